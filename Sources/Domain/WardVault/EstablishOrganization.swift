// SPDX-License-Identifier: Apache-2.0

import WardCrypto
package import WardKernel
package import WardStorage

/// An organization's keys as an operator may see them.
package struct KeyFacts: Hashable, Sendable {
    /// The root key's check value.
    package let rootKeyName: String
    /// Epochs whose key files are here; more than one while a change of epoch is under way.
    package let epochs: [Int64]
    package let sealingKeyVersion: Int64
    package let sealingKeyMadeAt: Timestamp
    /// How often this process has sealed under its present derived key; 2^32 is the limit, at which it takes another.
    package let usesByThisProcess: Int
}

extension Vault {
    /// Makes the first keys of an organization; throws `alreadyEstablished` when it has some.
    package func establish(_ organization: OrganizationID, in tx: any WriteTransaction) throws {
        guard try OrganizationKeyQueries.all(of: organization, in: tx).isEmpty else {
            throw VaultError.alreadyEstablished(organization)
        }
        for role in OrganizationKeyRole.allCases { try addKey(role, version: 1, of: organization, in: tx) }
    }

    /// Makes the next version of the key that seals the organization's own records and returns its number. Records sealed
    /// before open under the version that they name; other processes take the new version when they first meet it. The
    /// caller records it.
    package func rotateSealingKey(of organization: OrganizationID, in tx: any WriteTransaction) throws -> Int64 {
        let stored = try OrganizationKeyQueries.all(of: organization, in: tx)
        guard let newest = stored.filter({ $0.role == .sealing }).map(\.version).max() else {
            throw VaultError.notEstablished(organization)
        }
        _ = try organizationKeys(organization, in: tx)
        try addKey(.sealing, version: newest + 1, of: organization, in: tx)
        forgetKeys(of: organization)
        return newest + 1
    }

    /// What can be said about the keys without telling any of them.
    package func keyFacts(of organization: OrganizationID, in tx: any ReadTransaction) throws -> KeyFacts {
        let stored = try OrganizationKeyQueries.all(of: organization, in: tx).filter { $0.role == .sealing }
        guard let newest = stored.max(by: { $0.version < $1.version }) else {
            throw VaultError.notEstablished(organization)
        }
        return KeyFacts(
            rootKeyName: keys.rootKeyName,
            epochs: keys.epochNumbers,
            sealingKeyVersion: newest.version,
            sealingKeyMadeAt: newest.createdAt,
            usesByThisProcess: try organizationKeys(organization, in: tx).uses
        )
    }

    /// Whether the key files are the ones that this organization's keys need; throws `wrongRootKey`, which names both, or
    /// `notEstablished`. For the start of a server and for `ward doctor`.
    package func check(_ organization: OrganizationID, in tx: any ReadTransaction) throws {
        _ = try organizationKeys(organization, in: tx)
    }

    /// Every organization that has keys in this database. Not scoped to one organization.
    package func organizationsAcrossAll(in tx: any ReadTransaction) throws -> [OrganizationID] {
        try OrganizationKeyQueries.organizationsAcrossAll(in: tx)
    }

    private func addKey(
        _ role: OrganizationKeyRole,
        version: Int64,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        guard let key = KeyMaterial(surroundings.randomBytes(KeyMaterial.byteCount)) else {
            throw CryptoError(.wrongKeySize)
        }
        let root = keys.root
        let wrapped = try KeyWrapping.seal(
            key,
            under: root,
            place: KeyWrapping.organizationPlace(organization, role, version: version),
            with: sealer
        )
        try OrganizationKeyQueries.insert(
            .init(
                role: role,
                version: version,
                wrapped: wrapped,
                rootKeyCheck: KeyDirectory.check(of: root),
                createdAt: surroundings.now()
            ),
            of: organization,
            in: tx
        )
    }
}
