// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardDelivery
import WardKernel
import WardMailCrypto
import WardRecipientKeys
import WardStorage

/// Tells the send path which of people's own keys protect messages now.
struct KeysForEncrypting: RecipientKeySource {
    let recipientKeys: RecipientKeys

    func held(
        by contacts: [ContactID],
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: HeldKeys] {
        try recipientKeys.standings(of: contacts, at: now, organization: organization, in: tx).mapValues { kinds in
            var held = HeldKeys()
            for (kind, standings) in kinds {
                if standings.contains(where: \.isUsable) {
                    held.usable.insert(Self.method(of: kind))
                } else if standings.contains(where: \.isLost) {
                    held.lost.insert(Self.method(of: kind))
                }
                if !standings.allSatisfy(\.isUsable) { held.hasUnusable = true }
            }
            return held
        }
    }

    func key(
        of contact: ContactID,
        for method: SendMethod,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> ProtectingKey? {
        guard let kind = RecipientKeyKind.allCases.first(where: { Self.method(of: $0) == method }) else { return nil }
        return try recipientKeys.usableKey(of: contact, kind: kind, at: now, organization: organization, in: tx)
            .map { ProtectingKey(id: $0.id.bytes, key: $0.key) }
    }

    private static func method(of kind: RecipientKeyKind) -> SendMethod {
        switch kind {
        case .smime: .smime
        case .openPGP: .openPGP
        }
    }
}

/// Tells WardRecipientKeys which addresses a person has.
struct AddressesOnRecord: PersonAddressSource {
    let contacts: Contacts

    func addresses(
        of contact: ContactID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<String>? {
        try contacts.profiles(of: [contact], organization: organization, in: tx)[contact]?
            .expose(for: .evaluating) { person in
                guard case .text(let text) = person.attributes[.email], let address = EmailAddress(text) else {
                    return []
                }
                return [address.normalized]
            }
    }
}
