// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

/// What became of an activation.
package enum KeyActivation: Sendable, Hashable {
    /// It signs from now on; those it replaces are retired, and their records stay until the time they say.
    case active(SigningKey, replaced: [SigningKey])
    /// Its record is not in the DNS as it should be; nothing changed.
    case recordNotSeen(RecordStanding)
}

extension SenderDomains {
    /// Makes a waiting key sign. Its DNS record is looked up first, unless a person says with a reason that it is published
    /// (split DNS, a resolver that is not reachable from here): a signature whose record is missing is worse than none.
    package func activate(
        selector: String,
        unseenBecause reason: String? = nil,
        by requester: Requester
    ) async throws -> KeyActivation {
        try require(requester)
        let stated = try reason.map { try Self.checked($0) }
        let key = try await waitingKey(selector, of: requester.organization)
        if stated == nil {
            let standing = await standing(of: key)
            guard standing == .good else { return .recordNotSeen(standing) }
        }
        let why = stated ?? Sensitive("Its DNS record was seen.")
        return try await store.write { [self] tx in
            let organization = requester.organization
            let all = try SigningKeyQueries.all(of: organization, in: tx)
            guard var key = all.first(where: { $0.id == key.id }), key.state == .waiting else {
                throw SenderDomainError.keyNotWaiting(selector: selector)
            }
            let now = surroundings.now()
            try SigningKeyQueries.activate(key.id, at: now, of: organization, in: tx)
            key.state = .active
            key.activatedAt = now
            let facts = ["record": stated == nil ? "seen" : "not-looked-up"]
            try record(.signingKeyActivate, key, why: why, facts: facts, by: requester, in: tx)
            let before = all.filter {
                $0.state == .active && $0.domain == key.domain && $0.algorithm == key.algorithm
            }
            let replaced = try before.map { try retire($0, why: why, at: now, by: requester, in: tx) }
            return .active(key, replaced: replaced)
        }
    }

    /// Stops a key from signing and destroys its secret half. Without another active key mail leaves unsigned.
    package func retire(selector: String, why reason: String, by requester: Requester) async throws -> SigningKey {
        try require(requester)
        let why = try Self.checked(reason)
        return try await store.write { [self] tx in
            let all = try SigningKeyQueries.all(of: requester.organization, in: tx)
            guard let key = all.last(where: { $0.selector == selector }) else {
                throw SenderDomainError.keyUnknown(selector: selector)
            }
            guard key.state != .retired else { throw SenderDomainError.keyRetiredAlready(selector: selector) }
            return try retire(key, why: why, at: surroundings.now(), by: requester, in: tx)
        }
    }

    private func retire(
        _ key: SigningKey,
        why: Sensitive<String>,
        at now: Timestamp,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> SigningKey {
        try SigningKeyQueries.retire(key.id, at: now, of: requester.organization, in: tx)
        try record(.signingKeyRetire, key, why: why, by: requester, in: tx)
        signers.forget([key.id])
        var retired = key
        retired.state = .retired
        retired.retiredAt = now
        return retired
    }

    private func waitingKey(_ selector: String, of organization: OrganizationID) async throws -> SigningKey {
        let all = try await store.read { try SigningKeyQueries.all(of: organization, in: $0) }
        guard let key = all.last(where: { $0.selector == selector }) else {
            throw SenderDomainError.keyUnknown(selector: selector)
        }
        guard key.state == .waiting else { throw SenderDomainError.keyNotWaiting(selector: selector) }
        return key
    }
}
