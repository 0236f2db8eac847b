// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
package import WardKernel
package import WardStorage
package import WardTrust
package import WardVault

/// Keeps MTA-STS policies over restarts. `KeptPolicies` is the only one outside tests.
package protocol PolicyMemory: Sendable {
    /// The policy that was kept about a domain; asked of the database once in the life of a process, nil after that.
    func firstRecall(of domain: String, organization: OrganizationID) async throws -> KnownMTASTSPolicy?
    /// Keeps a policy, unless it is kept already.
    func keep(_ known: KnownMTASTSPolicy, of domain: String, organization: OrganizationID) async throws
}

/// Policies in the organization's own tables, sealed, by the keyed hash of the domain.
package final class KeptPolicies: PolicyMemory {
    private struct Key: Hashable {
        var organization: OrganizationID
        var domain: String
    }

    private struct SealedPolicy: Codable {
        var domain: String
        var identifier: String
        var text: String
    }

    /// Domains known to be kept; beyond that they are asked about again.
    private static let limit = 50_000

    private let store: any Store
    private let vault: Vault
    private let destinations: Destinations
    /// When the kept policy was fetched; nil: none is kept.
    private let kept = Mutex<[Key: Timestamp?]>([:])

    package init(store: any Store, vault: Vault) {
        self.store = store
        self.vault = vault
        destinations = Destinations(vault: vault)
    }

    package func firstRecall(of domain: String, organization: OrganizationID) async throws -> KnownMTASTSPolicy? {
        let key = Key(organization: organization, domain: domain)
        if kept.withLock({ $0[key] != nil }) { return nil }
        let known = try await store.read { tx in
            try self.find(domain, organization, in: tx)
        }
        remember(known?.fetchedAt, key)
        return known
    }

    package func keep(
        _ known: KnownMTASTSPolicy,
        of domain: String,
        organization: OrganizationID
    ) async throws {
        let key = Key(organization: organization, domain: domain)
        let last = kept.withLock { $0[key] ?? nil }
        if let last, last >= known.fetchedAt { return }
        try await store.write { tx in
            guard let hash = try self.hash(domain, organization, in: tx) else { return }
            let policy = SealedPolicy(domain: domain, identifier: known.identifier, text: known.policy.text)
            let plain = Sensitive(Array(try JSONEncoder().encode(policy)))
            try MTASTSPolicyQueries.put(
                hash,
                sealed: try self.vault.seal(plain, at: Self.place(hash, organization), in: tx),
                fetchedAt: known.fetchedAt,
                of: organization,
                in: tx
            )
        }
        remember(known.fetchedAt, key)
    }

    private func remember(_ time: Timestamp?, _ key: Key) {
        kept.withLock { kept in
            if kept.count >= Self.limit { kept = [:] }
            kept[key] = .some(time)
        }
    }

    private func find(
        _ domain: String,
        _ organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> KnownMTASTSPolicy? {
        guard let hash = try hash(domain, organization, in: tx),
            let stored = try MTASTSPolicyQueries.find(hash, of: organization, in: tx)
        else { return nil }
        let sealed = try vault.open(stored.sealed, at: Self.place(hash, organization), in: tx)
            .expose(for: .disclosing) { try JSONDecoder().decode(SealedPolicy.self, from: Data($0)) }
        return KnownMTASTSPolicy(
            identifier: sealed.identifier,
            policy: try MTASTSPolicy(Array(sealed.text.utf8)),
            fetchedAt: stored.fetchedAt
        )
    }

    private func hash(
        _ domain: String,
        _ organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8]? {
        try destinations.hashes(of: [domain], organization: organization, in: tx)[domain]
    }

    private static func place(_ hash: [UInt8], _ organization: OrganizationID) -> SealedPlace {
        SealedPlace(organization: organization, owner: .organization, kind: .destinationPolicy, row: hash)
    }
}
