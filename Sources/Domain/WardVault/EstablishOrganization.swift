// SPDX-License-Identifier: Apache-2.0

import WardCrypto
package import WardKernel
package import WardStorage

extension Vault {
    /// Makes the first keys of an organization; throws `alreadyEstablished` when it has some.
    package func establish(_ organization: OrganizationID, in tx: any WriteTransaction) throws {
        guard try OrganizationKeyQueries.all(of: organization, in: tx).isEmpty else {
            throw VaultError.alreadyEstablished(organization)
        }
        for role in OrganizationKeyRole.allCases { try addKey(role, version: 1, of: organization, in: tx) }
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
        let wrapped = try KeyWrapping.seal(
            key,
            under: keys.root,
            place: KeyWrapping.organizationPlace(organization, role, version: version),
            with: sealer
        )
        try OrganizationKeyQueries.insert(
            .init(
                role: role,
                version: version,
                wrapped: wrapped,
                rootKeyCheck: keys.rootKeyCheck,
                createdAt: surroundings.now()
            ),
            of: organization,
            in: tx
        )
    }
}
