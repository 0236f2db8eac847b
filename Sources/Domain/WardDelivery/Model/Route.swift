// SPDX-License-Identifier: Apache-2.0

import WardConsent
package import WardKernel

/// Where mail for a domain (or `*`, all others) is handed over instead of at the servers that its MX records name.
package struct Route: Sendable, Hashable {
    /// Lower case, or `*`.
    package var domain: String
    /// A host name or an IP address.
    package var host: String
    package var port: Int
    /// The name that the server's certificate must show.
    package var certificateName: String
    package var credentials: Sensitive<RouteCredentials>?
    /// The server is the recipient domain's own: nobody else is on the way.
    package var isRecipientsServer: Bool
    /// An agreement (BAA) with the relay's operator is declared to be in force.
    package var hasAgreement: Bool
    /// The relay is declared to pass mail on over verified TLS alone.
    package var hasOnwardTLS: Bool

    package init(
        domain: String,
        host: String,
        port: Int = 25,
        certificateName: String? = nil,
        credentials: Sensitive<RouteCredentials>? = nil,
        isRecipientsServer: Bool = false,
        hasAgreement: Bool = false,
        hasOnwardTLS: Bool = false
    ) {
        self.domain = domain.lowercased()
        self.host = host
        self.port = port
        self.certificateName = (certificateName ?? host).lowercased()
        self.credentials = credentials
        self.isRecipientsServer = isRecipientsServer
        self.hasAgreement = hasAgreement
        self.hasOnwardTLS = hasOnwardTLS
    }

    /// Whether protected mail may take it.
    package var mayCarryProtected: Bool { isRecipientsServer || hasAgreement && hasOnwardTLS }

    /// What the evidence says about where the proof ends.
    package var proofEndsAt: String {
        isRecipientsServer ? "the recipient's own server, by a route" : "the relay \(host)"
    }
}

/// What a relay asks for.
package struct RouteCredentials: Sendable, Hashable, Codable {
    package var user: String
    package var password: String
    package init(user: String, password: String) {
        self.user = user
        self.password = password
    }
}

extension [RouteListing] {
    /// The domain's own route, else the one for all others.
    func listing(for domain: String) -> RouteListing? {
        first { $0.route.domain == domain } ?? first { $0.route.domain == "*" }
    }
}

extension [Route] {
    /// The domain's own route, else the one for all others.
    func route(for domain: String) -> Route? {
        first { $0.domain == domain } ?? first { $0.domain == "*" }
    }
}

/// How an organization sends.
package struct DeliverySettings: Sendable, Hashable {
    /// What is tried first. Verified TLS alone is forced TLS: what cannot go over it waits for a person.
    package var methodOrder: [SendMethod]
    package init(methodOrder: [SendMethod] = ProtectionPolicy.standardOrder) { self.methodOrder = methodOrder }

    /// The organization's order for messages of a class. What is not in it carries nothing but what has no content to
    /// protect and no other way: a portal notice, mail to staff, a report about TLS.
    func effectiveOrder(for messageClass: MessageClass) -> [SendMethod] {
        let order =
            methodOrder.isEmpty ? ProtectionPolicy.standardOrder : methodOrder.filter { $0 != .opportunisticTLS }
        guard messageClass.isWithoutContent else { return order }
        return order + [.verifiedTLS, .opportunisticTLS].filter { !order.contains($0) }
    }
}
