// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
package import WardKernel
import WardStorage
import WardVault

extension Delivery {
    /// The organization's routes by domain; credentials are shown to nobody.
    package func routes(by requester: Requester) async throws -> [RouteListing] {
        try requester.require(.manageSettings)
        return try await store.read { tx in try RouteQueries.listings(of: requester.organization, in: tx) }
    }

    /// Adds a route for a domain that has none, or changes the one it has.
    /// - Parameter why: the reason, kept in the audit log, sealed.
    package func change(_ change: RouteChange, why: String, by requester: Requester) async throws -> RouteOutcome {
        try requester.require(.manageSettings)
        guard let why = Self.reason(why) else { return .refused(.reasonMissing) }
        if let problem = change.route.problem { return .refused(problem) }
        if case .replace(let credentials) = change.credentials,
            let problem = credentials.expose(for: .evaluating, \.problem)
        {
            return .refused(problem)
        }
        return try await store.write { tx in
            let before = try RouteQueries.listings(of: requester.organization, in: tx)
                .first { $0.route.domain == change.route.domain }
            if let refusal = change.refusal(before: before) { return refusal }
            try self.keep(change, isNew: before == nil, why: why, by: requester, in: tx)
            return .done
        }
    }

    /// Removes the route of a domain; mail for it goes to the servers that its MX records name.
    package func removeRoute(of domain: String, why: String, by requester: Requester) async throws -> RouteOutcome {
        try requester.require(.manageSettings)
        guard let why = Self.reason(why) else { return .refused(.reasonMissing) }
        return try await store.write { tx in
            guard try RouteQueries.remove(domain, of: requester.organization, in: tx) else { return .unknown }
            try self.audit.record(
                AuditEntry(
                    .routeChange,
                    object: AuditObject(kind: "route", identifier: Array(domain.utf8)),
                    reason: why,
                    facts: ["change": "removed"]
                ),
                by: requester,
                in: tx
            )
            return .done
        }
    }

    /// Sets a route without a person: the demonstration's, at its start.
    package func setRoute(_ route: Route, by service: Requester) async throws {
        guard service.kind == .service else { throw AccessDenied(permission: .manageSettings) }
        if let problem = route.problem { throw DeliveryError.invalidRoute(problem) }
        let change = RouteChange(
            route: route,
            credentials: route.credentials.map { .replace($0) } ?? .remove,
            addsDomain: true
        )
        try await store.write { tx in
            let isNew = try !RouteQueries.all(of: service.organization, in: tx).contains { $0.domain == route.domain }
            try self.keep(change, isNew: isNew, why: nil, by: service, in: tx)
        }
    }

    private func keep(
        _ change: RouteChange,
        isNew: Bool,
        why: Sensitive<String>?,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        let (route, organization) = (change.route, requester.organization)
        let sealed: [UInt8]? =
            switch change.credentials {
            case .keep: try RouteQueries.credentials(of: route.domain, organization: organization, in: tx)
            case .remove: nil
            case .replace(let credentials):
                try vault.seal(
                    credentials.map { Array(try JSONEncoder().encode($0)) },
                    at: Self.credentialsPlace(route.domain, organization),
                    in: tx
                )
            }
        try RouteQueries.put(route, credentials: sealed, at: surroundings.now(), of: organization, in: tx)
        try audit.record(
            AuditEntry(
                .routeChange,
                object: AuditObject(kind: "route", identifier: Array(route.domain.utf8)),
                reason: why,
                facts: [
                    "change": isNew ? "added" : "changed", "credentials": change.credentials.word,
                    "agreement": "\(route.hasAgreement)", "onward_tls": "\(route.hasOnwardTLS)",
                    "recipients_server": "\(route.isRecipientsServer)",
                ]
            ),
            by: requester,
            in: tx
        )
    }

    static func reason(_ text: String) -> Sensitive<String>? {
        let trimmed = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return trimmed.isEmpty ? nil : Sensitive(String(trimmed.prefix(500)))
    }

    /// How the organization sends.
    package func settings(by requester: Requester) async throws -> DeliverySettings {
        if requester.kind != .service { try requester.require(.manageSettings) }
        return try await store.read { tx in try RouteQueries.settings(of: requester.organization, in: tx) }
    }

    /// The route that mail for a domain takes, with its credentials.
    func route(
        for domain: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Route? {
        try RouteQueries.listings(of: organization, in: tx).listing(for: domain).map {
            try route($0, of: organization, in: tx)
        }
    }

    /// A listed route with what its relay asks for.
    func route(
        _ listing: RouteListing,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Route {
        var route = listing.route
        guard listing.hasCredentials,
            let sealed = try RouteQueries.credentials(of: route.domain, organization: organization, in: tx)
        else { return route }
        let place = Self.credentialsPlace(route.domain, organization)
        route.credentials = try vault.open(sealed, at: place, in: tx).map {
            try JSONDecoder().decode(RouteCredentials.self, from: Data($0))
        }
        return route
    }

    private static func credentialsPlace(_ domain: String, _ organization: OrganizationID) -> SealedPlace {
        SealedPlace(organization: organization, owner: .organization, kind: .routeCredentials, row: Array(domain.utf8))
    }
}
