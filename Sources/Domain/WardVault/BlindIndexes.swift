// SPDX-License-Identifier: Apache-2.0

import WardCrypto
package import WardKernel
package import WardStorage

extension Vault {
    /// The look-up value of a normalized text: HMAC-SHA-256 (32 octets) under a key of the organization and the kind.
    /// Equal texts have equal values, which is what a blind index reveals.
    package func blindIndex(
        _ normalized: Sensitive<String>,
        kind: BlindIndexKind,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        let key = try indexKey(kind, of: organization, in: tx)
        return normalized.expose(for: .blindIndexing) { key.authenticationCode(for: $0.utf8) }
    }

    /// The look-up values of many texts, in order.
    package func blindIndexes(
        _ normalized: [Sensitive<String>],
        kind: BlindIndexKind,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [[UInt8]] {
        let key = try indexKey(kind, of: organization, in: tx)
        return normalized.map { text in
            text.expose(for: .blindIndexing) { key.authenticationCode(for: $0.utf8) }
        }
    }

    /// A stable 256-bit key of the organization for a purpose outside sealing: a password's pepper, a token's hash.
    package func purposeKey(
        _ purpose: KeyPurpose,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Sensitive<[UInt8]> {
        Sensitive(try organizationKeys(organization, in: tx).key(.purpose(purpose)).bytes)
    }

    /// The 32-octet seed of the Ed25519 key that signs the organization's audit checkpoints.
    package func checkpointSigningSeed(
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Sensitive<[UInt8]> {
        let keys = try organizationKeys(organization, in: tx)
        return Sensitive(keys.signing.derived(info: "ward audit checkpoints".utf8).bytes)
    }

    private func indexKey(
        _ kind: BlindIndexKind,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> KeyMaterial {
        try organizationKeys(organization, in: tx).key(.blindIndex(kind.number))
    }
}
