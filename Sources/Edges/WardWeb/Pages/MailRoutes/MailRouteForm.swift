// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardKernel
import WardRender

/// The fields of a route, as typed or as they are.
struct MailRouteForm: Sendable {
    var domain = ""
    var host = ""
    var port = "25"
    var certificateName = ""
    /// `recipients`, `relay`, or empty while nothing is chosen.
    var owner = ""
    var hasAgreement = false
    var hasOnwardTLS = false
    var user = ""
    /// `keep`, `replace` or `remove`.
    var credentials = "replace"
    var reason = ""

    init() {}

    init(_ listing: RouteListing) {
        let route = listing.route
        domain = route.domain
        host = route.host
        port = "\(route.port)"
        certificateName = route.certificateName
        owner = route.isRecipientsServer ? "recipients" : "relay"
        hasAgreement = route.hasAgreement
        hasOnwardTLS = route.hasOnwardTLS
        credentials = listing.hasCredentials ? "keep" : "replace"
    }

    init(_ fields: Fields) throws(BadRequest) {
        domain = try fields.text("domain").lowercased()
        host = try fields.text("host")
        port = try fields.text("port")
        certificateName = try fields.text("certificate")
        owner = try fields.text("owner")
        hasAgreement = try fields.text("agreement") == "yes"
        hasOnwardTLS = try fields.text("onward") == "yes"
        user = try fields.text("user")
        credentials = try fields.optional("credentials") ?? "replace"
        reason = try fields.text("reason")
    }

    /// What the façade is asked for; a port that is no number becomes 0, which it refuses.
    func change(password: Sensitive<String>, addsDomain: Bool) -> RouteChange {
        let isRecipients = owner == "recipients"
        let route = WardDelivery.Route(
            domain: domain,
            host: host,
            port: Int(port) ?? 0,
            certificateName: certificateName.isEmpty ? nil : certificateName,
            isRecipientsServer: isRecipients,
            hasAgreement: !isRecipients && hasAgreement,
            hasOnwardTLS: !isRecipients && hasOnwardTLS
        )
        return RouteChange(route: route, credentials: changed(password), addsDomain: addsDomain)
    }

    private func changed(_ password: Sensitive<String>) -> RouteChange.Credentials {
        switch credentials {
        case "keep": return .keep
        case "remove": return .remove
        default:
            let isEmpty = user.isEmpty && password.expose(for: .evaluating, \.isEmpty)
            guard !isEmpty else { return .remove }
            let user = user
            return .replace(password.map { RouteCredentials(user: user, password: $0) })
        }
    }

    /// The field that a problem leads to.
    static func field(of problem: RouteProblem) -> String {
        switch problem {
        case .domainInvalid, .domainTaken: "domain"
        case .hostInvalid: "host"
        case .portInvalid: "port"
        case .certificateNameInvalid: "certificate"
        case .userInvalid: "user"
        case .passwordInvalid, .credentialsOfAnotherServer: "password"
        case .everybodysServer: "owner-recipients"
        case .reasonMissing: "reason"
        }
    }
}
