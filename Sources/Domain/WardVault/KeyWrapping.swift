// SPDX-License-Identifier: Apache-2.0
//
// A wrapped key is the key's 32 octets in the sealed format of WardCrypto (format 1), under a key derived from the
// wrapping key; its associated data is one of
//
//     "ward key" 1 organization(16) role(8) version(8)
//     "ward key" 2 organization(16) subject(16)
//
// Subject keys: HKDF-SHA-256 over epoch key and organization key together, so that destroying either erases the person.

import WardCrypto
import WardKernel

enum KeyWrapping {
    static func organizationPlace(
        _ organization: OrganizationID,
        _ role: OrganizationKeyRole,
        version: Int64
    ) -> [UInt8] {
        var place = Array("ward key".utf8) + [1]
        place.append(organization: organization)
        place.append(word: UInt64(bitPattern: role.rawValue))
        place.append(word: UInt64(bitPattern: version))
        return place
    }

    static func subjectPlace(_ subject: SubjectID, of organization: OrganizationID) -> [UInt8] {
        var place = Array("ward key".utf8) + [2]
        place.append(organization: organization)
        place.append(word: subject.high)
        place.append(word: subject.low)
        return place
    }

    /// The key that wraps the subject keys of an organization in an epoch.
    static func subjectWrappingKey(epochKey: KeyMaterial, organization keys: OrganizationKeys) -> KeyMaterial {
        epochKey.joined(with: keys.derivation, info: "ward subject keys".utf8)
    }

    /// Wraps under a root key, which is used for nothing else but through derivation.
    static func seal(
        _ key: KeyMaterial,
        under root: KeyMaterial,
        place: [UInt8],
        with sealer: Sealer
    ) throws -> [UInt8] {
        try sealer.seal(
            key.bytes,
            key: root.derived(info: "ward organization keys".utf8),
            header: SealedHeader(keyVersion: 1),
            associated: place
        )
    }

    static func open(
        _ wrapped: [UInt8],
        under root: KeyMaterial,
        place: [UInt8],
        with sealer: Sealer
    ) throws -> KeyMaterial {
        let wrapping = root.derived(info: "ward organization keys".utf8)
        let bytes: [UInt8]
        do {
            bytes = try sealer.open(wrapped, key: wrapping, associated: place)
        } catch {
            throw VaultError.doesNotOpen(.wrappedKey)
        }
        guard let key = KeyMaterial(bytes) else { throw VaultError.doesNotOpen(.wrappedKey) }
        return key
    }
}

extension RecordKind {
    /// For errors alone: keys are wrapped at places of their own.
    static let wrappedKey = RecordKind(number: 1, name: "wrapped key")
}
