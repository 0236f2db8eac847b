// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// A route as pages list it.
package struct RouteListing: Sendable, Hashable {
    /// Without its credentials.
    package let route: Route
    package let hasCredentials: Bool
    package let changedAt: Timestamp
}

/// What a person changes about a route.
package struct RouteChange: Sendable {
    /// What becomes of the user and password.
    package enum Credentials: Sendable {
        case keep
        case replace(Sensitive<RouteCredentials>)
        case remove

        var word: String {
            switch self {
            case .keep: "kept"
            case .replace: "replaced"
            case .remove: "none"
            }
        }
    }

    /// Its own credentials are not looked at.
    package let route: Route
    package let credentials: Credentials
    /// The domain must have no route yet; else it must have one.
    package let addsDomain: Bool

    package init(route: Route, credentials: Credentials, addsDomain: Bool) {
        self.route = route
        self.credentials = credentials
        self.addsDomain = addsDomain
    }

    /// What stands against it, given the domain's route until now.
    func refusal(before: RouteListing?) -> RouteOutcome? {
        guard let before else { return addsDomain ? nil : .unknown }
        if addsDomain { return .refused(.domainTaken) }
        // Whoever may point a route elsewhere must not thereby learn the password of the old server.
        let isSameServer =
            before.route.host == route.host && before.route.port == route.port
            && before.route.certificateName == route.certificateName
        if case .keep = credentials, before.hasCredentials, !isSameServer {
            return .refused(.credentialsOfAnotherServer)
        }
        return nil
    }
}

/// What came of changing or removing a route.
package enum RouteOutcome: Hashable, Sendable {
    case done
    case refused(RouteProblem)
    /// The domain has no route.
    case unknown
}

/// What is wrong with a route; the sentences are safe to show.
package enum RouteProblem: String, Error, Hashable, Sendable, CaseIterable {
    case domainInvalid, domainTaken, hostInvalid, portInvalid, certificateNameInvalid, userInvalid, passwordInvalid
    case credentialsOfAnotherServer
    case everybodysServer
    case reasonMissing

    /// What is wrong and what to do.
    package var sentence: String {
        switch self {
        case .domainInvalid: "Write one domain, such as clinic.example, or * for all others."
        case .domainTaken: "This domain has a route already. Change that one."
        case .hostInvalid: "Write the name or the IP address of the server, such as relay.example."
        case .portInvalid: "Write a port from 1 to 65535. Mail servers listen at 25, relays often at 587."
        case .certificateNameInvalid: "Write the name that stands in the server’s certificate, such as relay.example."
        case .userInvalid: "Write a user and a password, or neither."
        case .passwordInvalid: "Write the password that belongs to the user, without line breaks."
        case .credentialsOfAnotherServer:
            "The password on record belongs to the server before. Write the new server’s, or remove it."
        case .everybodysServer: "A server that is the recipients’ own has a domain: * stands for many."
        case .reasonMissing: "Give a reason. It is kept in the audit log."
        }
    }
}

extension Route {
    /// What is wrong with it by itself; nil when it can be used.
    var problem: RouteProblem? {
        guard domain == "*" || EmailAddress("a@" + domain) != nil else { return .domainInvalid }
        guard (1...255).contains(host.utf8.count), host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            return .hostInvalid
        }
        guard (1...65_535).contains(port) else { return .portInvalid }
        guard (1...255).contains(certificateName.utf8.count),
            certificateName.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return .certificateNameInvalid }
        if domain == "*", isRecipientsServer { return .everybodysServer }
        return nil
    }
}

extension RouteCredentials {
    /// What is wrong with them; nil when a server can be given them.
    var problem: RouteProblem? {
        func isUsable(_ text: String) -> Bool {
            (1...255).contains(text.utf8.count)
                && text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f }
        }
        if !isUsable(user) { return .userInvalid }
        return isUsable(password) ? nil : .passwordInvalid
    }
}
