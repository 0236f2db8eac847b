// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardStorage

/// Somebody whom a dry run is asked about.
package struct DryRunCandidate: Sendable, Hashable {
    package var recipient: MessageRecipient
    package var address: EmailAddress
    package init(recipient: MessageRecipient, address: EmailAddress) {
        self.recipient = recipient
        self.address = address
    }
}

extension Delivery {
    /// What the gate would say to each candidate, in order; keeps nothing and sends nothing. Give an audience in chunks of
    /// some thousands. Look at the servers first (`learnProtection`), else TLS is taken to be possible.
    package func dryRun(
        _ candidates: [DryRunCandidate],
        terms: MessageTerms,
        by requester: Requester
    ) async throws -> [GateDecision] {
        if requester.kind != .service { try requester.require(.viewCampaigns) }
        let now = surroundings.now()
        let subjects = candidates.map { candidate in
            GateSubject(
                organization: requester.organization,
                recipient: candidate.recipient,
                address: candidate.address,
                terms: terms,
                now: now
            )
        }
        return try await store.read { tx in
            let order = try RouteQueries.settings(of: requester.organization, in: tx).effectiveOrder(
                for: terms.messageClass
            )
            let informed = try self.informed(subjects, organization: requester.organization, in: tx)
            return try self.gate.decide(informed, methodOrder: order, in: tx)
        }
    }

    /// Looks at the servers of these domains and keeps whether verified TLS is possible; a domain looked at within the last
    /// hour is not looked at again.
    ///
    /// - Returns: how many domains could be looked at now.
    @discardableResult
    package func learnProtection(of domains: Set<String>, by requester: Requester) async throws -> Int {
        if requester.kind != .service { try requester.require(.viewCampaigns) }
        let organization = requester.organization
        let now = surroundings.now()
        let (hashes, routes) = try await store.read { tx in
            let hashes = try self.destinations.hashes(of: Array(domains), organization: organization, in: tx)
            let known = try DestinationQueries.proofs(
                Array(hashes.values),
                since: now - TransportQuestion.proofLifetime,
                organization: organization,
                in: tx
            )
            var routes: [String: Route] = [:]
            for domain in hashes.keys { routes[domain] = try self.route(for: domain, of: organization, in: tx) }
            return (hashes.filter { known[$0.value] == nil }, routes)
        }
        return try await look(at: hashes, routes: routes, of: organization)
    }

    private func look(
        at hashes: [String: [UInt8]],
        routes: [String: Route],
        of organization: OrganizationID
    ) async throws -> Int {
        var waiting = hashes.keys.sorted()[...]
        return try await withThrowingTaskGroup(of: (String, DestinationLook).self) { group in
            func addNext() {
                guard let domain = waiting.popFirst() else { return }
                let route = routes[domain]
                group.addTask { (domain, await self.transmitter.look(at: domain, route: route, of: organization)) }
            }
            for _ in 0..<32 { addNext() }
            var count = 0
            while let (domain, look) = try await group.next() {
                addNext()
                guard let hash = hashes[domain], try await keep(look, of: hash, domain, organization) else { continue }
                count += 1
            }
            return count
        }
    }

    private func keep(
        _ look: DestinationLook,
        of destination: [UInt8],
        _ domain: String,
        _ organization: OrganizationID
    ) async throws -> Bool {
        let isProtectable: Bool
        let word: String
        switch look.finding {
        case .protectable: (isProtectable, word) = (true, "protectable")
        case .notProtectable(let reason): (isProtectable, word) = (false, reason)
        case .unknown: return false
        }
        try await store.write { tx in
            try DestinationQueries.put(
                destination,
                isProtectable: isProtectable,
                finding: word,
                at: self.surroundings.now(),
                organization: organization,
                in: tx
            )
            guard let posture = look.posture else { return }
            try self.keep(posture, of: destination, domain: domain, organization: organization, in: tx)
        }
        return true
    }
}
