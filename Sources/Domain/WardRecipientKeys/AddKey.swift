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
    /// nothing now is kept too, with its standing. Staff vouches for it, also where it was proposed or declined before.
    package func add(
        _ given: [UInt8],
        for contact: ContactID,
        by requester: Requester
    ) async throws -> KeyUpload {
        try requester.require(.editContacts)
        let now = surroundings.now()
        let key: RecipientKey
        switch await read(given, at: now) {
        case .success(let read): key = read
        case .failure(let refusal): return .refused(refusal)
        }
        let keeping = Keeping(contact: contact, now: now, requester: requester)
        let arrival = KeyArrival(key: key, origin: .upload, isVouchedFor: true)
        return try await store.write { [self] tx in try keep(arrival, keeping, in: tx) }
    }

    func read(_ given: [UInt8], at now: Timestamp) async -> Result<RecipientKey, KeyRefusal> {
        guard given.count <= Self.largestKey else { return .failure(.tooLarge) }
        return switch await reader.key(given, at: now.seconds) {
        case .read(let read): .success(read)
        case .refused: .failure(.unreadable)
        case .quarantined(let reason): .failure(.quarantined(reason: reason.sentence))
        }
    }

    /// Keeps a key that came; the rule for who vouches for it is `KeyAcceptance.of`.
    func keep(_ arrival: KeyArrival, _ keeping: Keeping, in tx: any WriteTransaction) throws -> KeyUpload {
        let (contact, organization) = (keeping.contact, keeping.requester.organization)
        guard let addresses = try people.addresses(of: contact, organization: organization, in: tx) else {
            throw RecipientKeysError.personUnknown(contact)
        }
        let facts = arrival.key.facts
        guard facts.addresses.isEmpty || !addresses.isDisjoint(with: facts.addresses) else {
            return .refused(.otherAddress)
        }
        let all = try allKeys(of: contact, at: keeping.now, organization: organization, in: tx)
        if let same = all.first(where: { $0.facts == facts }) { return try meet(same, arrival, keeping, in: tx) }
        let isUpload = arrival.origin == .upload
        let acceptance =
            isUpload
            ? .accepted
            : KeyAcceptance.of(
                isVouchedFor: arrival.isVouchedFor,
                isBesideAcceptedKey: all.contains { $0.acceptance == .accepted && $0.facts.kind == facts.kind }
            )
        if acceptance == .proposed, all.count(where: { $0.acceptance == .proposed }) >= Self.mostProposals {
            return .refused(.tooManyProposals)
        }
        let held = HeldKey(
            id: surroundings.makeIdentifier(),
            contact: contact,
            facts: facts,
            standing: facts.standing(at: keeping.now),
            addedAt: keeping.now,
            origin: arrival.origin,
            acceptance: acceptance
        )
        let place = Self.place(of: held.id, contact, organization)
        let sealed = try vault.seal(try Self.stored(arrival.key, issuer: arrival.issuer), at: place, in: tx)
        try KeyQueries.insert(held, sealed: sealed, of: organization, in: tx)
        try record(.recipientKeyAdd, held, by: keeping.requester, in: tx)
        return .added(held)
    }

    /// The very same key came again.
    private func meet(
        _ same: HeldKey,
        _ arrival: KeyArrival,
        _ keeping: Keeping,
        in tx: any WriteTransaction
    ) throws -> KeyUpload {
        guard arrival.origin == .upload, same.acceptance != .accepted else { return .alreadyHeld(same) }
        let organization = keeping.requester.organization
        try KeyQueries.set(.accepted, of: same.id, organization: organization, in: tx)
        var accepted = same
        accepted.acceptance = .accepted
        try record(.recipientKeyAccept, accepted, by: keeping.requester, in: tx)
        return .added(accepted)
    }
}

/// A key that came, from wherever.
struct KeyArrival: Sendable {
    let key: RecipientKey
    let origin: KeyOrigin
    let isVouchedFor: Bool
    /// The issuer's certificate in DER, where it is known.
    var issuer: [UInt8]?
}

/// For whom, when and by whom a key is kept.
struct Keeping: Sendable {
    let contact: ContactID
    let now: Timestamp
    let requester: Requester
}
