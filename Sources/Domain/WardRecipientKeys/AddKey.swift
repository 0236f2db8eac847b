// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardMailCrypto
import WardSandbox
import WardStorage
import WardVault

extension RecipientKeys {
    /// Octets of a file with a key: the largest certificates and OpenPGP keys have some tens of thousands.
    package static let largestKey = 256 << 10

    /// Reads what somebody gave as a person's certificate or key, in the confined child, and keeps it. A key that protects
    /// nothing now is kept too, with its standing.
    package func add(
        _ given: [UInt8],
        for contact: ContactID,
        by requester: Requester
    ) async throws -> KeyUpload {
        try requester.require(.editContacts)
        guard given.count <= Self.largestKey else { return .refused(.tooLarge) }
        let now = surroundings.now()
        let key: RecipientKey
        switch await reader.key(given, at: now.microseconds / 1_000_000) {
        case .read(let read): key = read
        case .refused: return .refused(.unreadable)
        case .quarantined(let reason): return .refused(.quarantined(reason: reason.sentence))
        }
        return try await store.write { [self] tx in try keep(key, for: contact, at: now, by: requester, in: tx) }
    }

    private func keep(
        _ key: RecipientKey,
        for contact: ContactID,
        at now: Timestamp,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> KeyUpload {
        let organization = requester.organization
        guard let addresses = try people.addresses(of: contact, organization: organization, in: tx) else {
            throw RecipientKeysError.personUnknown(contact)
        }
        guard key.facts.addresses.isEmpty || !addresses.isDisjoint(with: key.facts.addresses) else {
            return .refused(.otherAddress)
        }
        let existing = try keys(of: contact, at: now, organization: organization, in: tx)
        if let same = existing.first(where: {
            $0.facts.kind == key.facts.kind && $0.facts.fingerprint == key.facts.fingerprint
        }), same.facts == key.facts {
            return .alreadyHeld(same)
        }
        let held = HeldKey(
            id: surroundings.makeIdentifier(),
            contact: contact,
            facts: key.facts,
            standing: key.facts.standing(at: now),
            addedAt: now
        )
        try KeyQueries.insert(
            held,
            sealed: try vault.seal(try Self.stored(key), at: Self.place(of: held.id, contact, organization), in: tx),
            of: organization,
            in: tx
        )
        try record(.recipientKeyAdd, held, by: requester, in: tx)
        return .added(held)
    }
}
