// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardMailCrypto
import WardStorage
import WardTrust

extension RecipientKeys {
    /// Asks the domain of a person's address for their OpenPGP key (Web Key Directory) and proposes it. The domain learns
    /// that somebody asks about this address, and from where.
    package func lookUp(_ contact: ContactID, by requester: Requester) async throws -> KeyLookUp {
        try requester.require(.editContacts)
        return try await lookUp(contact, asking: requester)
    }

    /// As `lookUp`, for a message that is being written; nil, and nobody is asked, unless the organization's rules say so and
    /// the person has no OpenPGP key of any acceptance.
    package func lookUpWhenWriting(to contact: ContactID, by requester: Requester) async throws -> KeyLookUp? {
        try requester.require(.viewContacts)
        let now = surroundings.now()
        let isAsked = try await store.read { [self] tx in
            let organization = requester.organization
            guard try KeyQueries.rules(of: organization, in: tx).looksUp else { return false }
            return try allKeys(of: contact, at: now, organization: organization, in: tx)
                .allSatisfy { $0.facts.kind != .openPGP }
        }
        return isAsked ? try await lookUp(contact, asking: requester) : nil
    }

    private func lookUp(_ contact: ContactID, asking requester: Requester) async throws -> KeyLookUp {
        guard let web = sources.web else { return .unavailable }
        let addresses = try await recordQuestion(about: contact, by: requester)
        var answer = KeyLookUp.nothing
        for address in addresses {
            switch await web.webKey(local: address.local, domain: address.domain, largest: Self.largestKey) {
            case .found(let octets): return try await propose(octets, for: contact, by: requester)
            case .nothing: continue
            case .problem: answer = .failed
            }
        }
        return answer
    }

    /// What leaves is on record before it leaves.
    private func recordQuestion(about contact: ContactID, by requester: Requester) async throws -> [EmailAddress] {
        try await store.write { [people, audit] tx in
            guard let found = try people.addresses(of: contact, organization: requester.organization, in: tx) else {
                throw RecipientKeysError.personUnknown(contact)
            }
            let addresses = found.sorted().prefix(4).compactMap { EmailAddress($0) }
            try audit.record(
                AuditEntry(.recipientKeyLookUp, subject: contact, facts: ["addresses": "\(addresses.count)"]),
                by: requester,
                in: tx
            )
            return addresses
        }
    }

    private func propose(
        _ octets: [UInt8],
        for contact: ContactID,
        by requester: Requester
    ) async throws -> KeyLookUp {
        let now = surroundings.now()
        let key: RecipientKey
        switch await read(octets, at: now) {
        case .success(let read): key = read
        case .failure(let refusal): return .refused(refusal)
        }
        guard key.facts.kind == .openPGP else { return .refused(.unreadable) }
        let arrival = KeyArrival(key: key, origin: .webKeyDirectory, isVouchedFor: false)
        let keeping = Keeping(contact: contact, now: now, requester: requester)
        return switch try await store.write({ [self] tx in try keep(arrival, keeping, in: tx) }) {
        case .added(let key): .proposed(key)
        case .alreadyHeld(let key): .alreadyHeld(key)
        case .refused(let refusal): .refused(refusal)
        }
    }
}
