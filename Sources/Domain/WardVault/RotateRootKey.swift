// SPDX-License-Identifier: Apache-2.0
//
// Rotating the root key. It may be killed anywhere and goes on when it is asked for again:
//
//     1. root-next.key is written. From now on it wraps new keys; what the old key wraps still opens.
//     2. Each organization's keys are wrapped anew, with the audit entry, in a transaction of its own.
//     3. When no row of the database names another root key, root.key becomes root-retired-<name>.key and root-next.key
//        becomes root.key. Between the two renames root-next.key stands alone and is read as the root key.
//     4. If it is asked for, the retired key is destroyed, unless a row still names it. Backups of the database from before
//        the rotation open with the retired key only.

import WardCrypto
package import WardKernel
package import WardStorage

/// The named points of a rotation, at which tests let it die.
package enum RootRotationPoint: Hashable, Sendable {
    case successorWritten
    case organizationDone
    case oldRetired
}

/// What a rotation of the root key did.
package struct RootRotation: Hashable, Sendable {
    /// The root key's name from now on.
    package let name: String
    /// Organizations whose keys were wrapped anew; those that an interrupted run had done are not counted again.
    package let organizations: Int
    /// Root keys whose files are kept: backups made before the rotation need them.
    package let retired: [String]
    /// Root keys whose files were destroyed.
    package let destroyed: [String]
}

extension Vault {
    /// Replaces the root key and wraps every organization's keys by the new one.
    ///
    /// - Parameters:
    ///   - destroysRetired: whether the keys that were rotated out, now or before, are destroyed at the end.
    ///   - record: writes the audit entry of one organization in the transaction that wraps its keys anew.
    package func rotateRootKey(
        in store: any Store,
        destroysRetired: Bool,
        atPoint: @Sendable (RootRotationPoint) throws -> Void = { _ in },
        record:
            @escaping @Sendable (_ organization: OrganizationID, _ name: String, any WriteTransaction) throws -> Void
    ) async throws -> RootRotation {
        try keys.beginRootRotation(surroundings: surroundings)
        try atPoint(.successorWritten)
        let name = keys.rootKeyName
        let organizations = try await store.read { try OrganizationKeyQueries.organizationsAcrossAll(in: $0) }
        var count = 0
        for organization in organizations {
            let wasWrapped = try await store.writeAlone { tx in
                guard try self.rewrapOrganization(organization, in: tx) else { return false }
                try record(organization, name, tx)
                return true
            }
            count += wasWrapped ? 1 : 0
            try atPoint(.organizationDone)
        }
        let check = keys.rootKeyCheck
        let left = try await store.read { try OrganizationKeyQueries.countAcrossAll(notWrappedBy: check, in: $0) }
        guard left == 0 else { throw VaultError.rotationUnfinished(keys: left) }
        try keys.endRootRotation()
        try atPoint(.oldRetired)
        let destroyed = destroysRetired ? try await destroyRetiredRootKeys(in: store) : []
        return RootRotation(
            name: name,
            organizations: count,
            retired: try keys.retiredRootKeys,
            destroyed: destroyed
        )
    }

    /// Destroys the root keys that were rotated out and that no row of the database names.
    private func destroyRetiredRootKeys(in store: any Store) async throws -> [String] {
        var destroyed: [String] = []
        for name in try keys.retiredRootKeys {
            let check = stride(from: 0, to: name.utf8.count, by: 2).compactMap { place -> UInt8? in
                let start = name.index(name.startIndex, offsetBy: place)
                return UInt8(name[start..<name.index(start, offsetBy: 2)], radix: 16)
            }
            let hanging = try await store.read { try OrganizationKeyQueries.countAcrossAll(wrappedBy: check, in: $0) }
            guard check.count == 8, hanging == 0 else { continue }
            try keys.destroyRetiredRoot(name)
            destroyed.append(name)
        }
        return destroyed
    }

    /// False when nothing of the organization hangs on another root key.
    private func rewrapOrganization(_ organization: OrganizationID, in tx: any WriteTransaction) throws -> Bool {
        let check = keys.rootKeyCheck
        let stored = try OrganizationKeyQueries.all(of: organization, in: tx)
            .filter { !Digest.isEqual($0.rootKeyCheck, check) }
        for row in stored {
            let place = KeyWrapping.organizationPlace(organization, row.role, version: row.version)
            guard let old = keys.rootKey(check: row.rootKeyCheck) else {
                throw VaultError.wrongRootKey(
                    needed: Digest.hexadecimal(row.rootKeyCheck),
                    found: keys.rootKeyName
                )
            }
            let key = try KeyWrapping.open(row.wrapped, under: old, place: place, with: sealer)
            var changed = row
            changed.wrapped = try KeyWrapping.seal(key, under: keys.root, place: place, with: sealer)
            changed.rootKeyCheck = check
            try OrganizationKeyQueries.rewrap(changed, of: organization, in: tx)
        }
        return !stored.isEmpty
    }
}
