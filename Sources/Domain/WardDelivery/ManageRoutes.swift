// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
package import WardKernel
import WardStorage
import WardVault

extension Delivery {
    /// The organization's routes, without credentials.
    package func routes(by requester: Requester) async throws -> [Route] {
        try requester.require(.manageSettings)
        return try await store.read { tx in try RouteQueries.all(of: requester.organization, in: tx) }
    }

    /// Sets the route of its domain.
    package func setRoute(_ route: Route, by requester: Requester) async throws {
        if requester.kind != .service { try requester.require(.manageSettings) }
        try Self.check(route)
        try await store.write { tx in
            let sealed = try route.credentials.map { credentials in
                try self.vault.seal(
                    credentials.map { Array(try JSONEncoder().encode($0)) },
                    at: Self.credentialsPlace(route.domain, requester.organization),
                    in: tx
                )
            }
            let now = self.surroundings.now()
            try RouteQueries.put(route, credentials: sealed, at: now, of: requester.organization, in: tx)
            try self.audit.record(
                AuditEntry(
                    .routeChange,
                    object: AuditObject(kind: "route", identifier: Array(route.domain.utf8)),
                    facts: [
                        "agreement": "\(route.hasAgreement)", "onward_tls": "\(route.hasOnwardTLS)",
                        "recipients_server": "\(route.isRecipientsServer)",
                    ]
                ),
                by: requester,
                in: tx
            )
        }
    }

    /// Removes the route of a domain; mail for it goes to the servers that its MX records name.
    package func removeRoute(of domain: String, by requester: Requester) async throws {
        try requester.require(.manageSettings)
        try await store.write { tx in
            guard try RouteQueries.remove(domain, of: requester.organization, in: tx) else { return }
            try self.audit.record(
                AuditEntry(
                    .routeChange,
                    object: AuditObject(kind: "route", identifier: Array(domain.utf8)),
                    facts: ["removed": "true"]
                ),
                by: requester,
                in: tx
            )
        }
    }

    /// How the organization sends.
    package func settings(by requester: Requester) async throws -> DeliverySettings {
        if requester.kind != .service { try requester.require(.manageSettings) }
        return try await store.read { tx in try RouteQueries.settings(of: requester.organization, in: tx) }
    }

    /// Changes the order of methods, with the reason; takes effect at the next decision.
    package func change(_ settings: DeliverySettings, why: Sensitive<String>, by requester: Requester) async throws {
        try requester.require(.manageSettings)
        let allowed: Set<SendMethod> = [.verifiedTLS, .portal]
        guard !settings.methodOrder.isEmpty, Set(settings.methodOrder).count == settings.methodOrder.count,
            Set(settings.methodOrder).isSubset(of: allowed)
        else {
            throw DeliveryError.invalidSettings(rule: "the order names verified TLS, the portal, or both, once each")
        }
        try await store.write { tx in
            let now = self.surroundings.now()
            try RouteQueries.put(settings, at: now, of: requester.organization, in: tx)
            try self.audit.record(
                AuditEntry(
                    .deliverySettings,
                    reason: why,
                    facts: ["order": settings.methodOrder.map(\.rawValue).joined(separator: "+")]
                ),
                by: requester,
                in: tx
            )
        }
    }

    /// The route that mail for a domain takes, with its credentials.
    func route(
        for domain: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Route? {
        guard var route = try RouteQueries.all(of: organization, in: tx).route(for: domain) else { return nil }
        if let sealed = try RouteQueries.credentials(of: route.domain, organization: organization, in: tx) {
            route.credentials = try vault.open(
                sealed,
                at: Self.credentialsPlace(route.domain, organization),
                in: tx
            ).map { try JSONDecoder().decode(RouteCredentials.self, from: Data($0)) }
        }
        return route
    }

    private static func credentialsPlace(_ domain: String, _ organization: OrganizationID) -> SealedPlace {
        SealedPlace(organization: organization, owner: .organization, kind: .routeCredentials, row: Array(domain.utf8))
    }

    private static func check(_ route: Route) throws {
        guard route.domain == "*" || EmailAddress("a@" + route.domain) != nil else {
            throw DeliveryError.invalidRoute(field: "domain", rule: "is neither a domain nor *")
        }
        guard !route.host.isEmpty, route.host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw DeliveryError.invalidRoute(field: "host", rule: "is no host name or address")
        }
        guard (1...65_535).contains(route.port) else {
            throw DeliveryError.invalidRoute(field: "port", rule: "must be 1 to 65535")
        }
        guard route.domain != "*" || !route.isRecipientsServer else {
            throw DeliveryError.invalidRoute(
                field: "domain",
                rule: "must be named when the server is the recipient's own"
            )
        }
    }
}
