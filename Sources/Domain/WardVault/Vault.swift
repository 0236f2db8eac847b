// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardCrypto
package import WardKernel
import WardStorage

/// Seals and opens every protected record (invariant I1), and keeps the keys:
///
///     root key (file) → organization keys (database, wrapped) → purpose keys
///     epoch key (file) + organization key → subject keys (database, wrapped) → AES-256-GCM
///
/// The vault returns facts and writes no audit entries; whoever asks for a key operation records it.
package final class Vault: Sendable {
    /// Rows younger than this may belong to a transaction that is rolled back: their keys are not remembered from within
    /// a write transaction.
    static let settlingTime = Duration.minutes(10)

    package let keys: KeyDirectory
    let surroundings: Surroundings
    let sealer: Sealer
    private let organizations = Mutex<[OrganizationID: OrganizationKeys]>([:])
    let subjects: SubjectKeyCache

    /// - Parameter cachedSubjects: at most so many subject keys are held in memory (about 150 octets each).
    package init(keys: KeyDirectory, surroundings: Surroundings, cachedSubjects: Int = 100_000) {
        self.keys = keys
        self.surroundings = surroundings
        sealer = Sealer(randomBytes: surroundings.randomBytes)
        subjects = SubjectKeyCache(capacity: cachedSubjects)
    }

    /// The organization's keys from memory or the database; throws `notEstablished` or `wrongRootKey`.
    func organizationKeys(
        _ organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> OrganizationKeys {
        if let known = organizations.withLock({ $0[organization] }) { return known }
        let stored = try OrganizationKeyQueries.all(of: organization, in: tx)
        let unwrapped = try unwrap(stored, of: organization)
        let youngest = stored.map(\.createdAt).max() ?? surroundings.now()
        if isSettled(createdAt: youngest, in: tx) {
            return organizations.withLock { known in
                if let other = known[organization] { return other }
                known[organization] = unwrapped
                return unwrapped
            }
        }
        return unwrapped
    }

    func forgetKeys(of organization: OrganizationID) {
        organizations.withLock { $0[organization] = nil }
    }

    /// The key that opens a record of the organization; reads the keys again when another process has made a version that
    /// this one has not met.
    func openingKey(
        for header: SealedHeader,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> KeyMaterial {
        do {
            return try organizationKeys(organization, in: tx).openingKey(for: header)
        } catch VaultError.keyVersionUnknown {
            forgetKeys(of: organization)
            return try organizationKeys(organization, in: tx).openingKey(for: header)
        }
    }

    /// Whether a row that `tx` sees can no longer be undone.
    func isSettled(createdAt: Timestamp, in tx: any ReadTransaction) -> Bool {
        !(tx is any WriteTransaction) || surroundings.now().since(createdAt) > Self.settlingTime
    }

    private func unwrap(
        _ stored: [OrganizationKeyQueries.Stored],
        of organization: OrganizationID
    ) throws -> OrganizationKeys {
        var sealing: [UInt32: KeyMaterial] = [:]
        var single: [OrganizationKeyRole: KeyMaterial] = [:]
        for row in stored {
            guard let root = keys.rootKey(check: row.rootKeyCheck) else {
                throw VaultError.wrongRootKey(
                    needed: Digest.hexadecimal(row.rootKeyCheck),
                    found: keys.rootKeyName
                )
            }
            let key = try KeyWrapping.open(
                row.wrapped,
                under: root,
                place: KeyWrapping.organizationPlace(organization, row.role, version: row.version),
                with: sealer
            )
            if row.role == .sealing { sealing[UInt32(clamping: row.version)] = key } else { single[row.role] = key }
        }
        guard !sealing.isEmpty, let derivation = single[.derivation], let signing = single[.signing] else {
            throw VaultError.notEstablished(organization)
        }
        return OrganizationKeys(sealing: sealing, derivation: derivation, signing: signing)
    }
}
