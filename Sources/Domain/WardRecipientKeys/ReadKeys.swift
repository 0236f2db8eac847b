// SPDX-License-Identifier: Apache-2.0

import Foundation
package import WardKernel
package import WardMailCrypto
package import WardStorage
import WardVault

extension RecipientKeys {
    /// A person's keys that were accepted, newest first, each with its standing now.
    package func keys(of contact: ContactID, by requester: Requester) async throws -> [HeldKey] {
        try requester.require(.viewContacts)
        let now = surroundings.now()
        return try await store.read { [self] tx in
            try keys(of: contact, at: now, organization: requester.organization, in: tx)
        }
    }

    /// How many people's keys end within `HeldKey.warningTime`.
    package func countEndingSoon(by requester: Requester) async throws -> Int {
        try requester.require(.viewContacts)
        let now = surroundings.now()
        return try await store.read { tx in
            try KeyQueries.countEnding(now...now + HeldKey.warningTime, of: requester.organization, in: tx)
        }
    }

    /// Keys in use of the organization that end within `HeldKey.warningTime` or have ended, the earliest end first; at most
    /// `limit`.
    package func ending(limit: Int, by requester: Requester) async throws -> [EndingKey] {
        try requester.require(.viewContacts)
        let now = surroundings.now()
        return try await store.read { tx in
            try KeyQueries.ending(
                before: now + HeldKey.warningTime,
                at: now,
                limit: limit,
                of: requester.organization,
                in: tx
            )
        }
    }

    /// What each person's keys can do at the moment; people without keys are missing. For the send gate: shows nothing.
    package func standings(
        of contacts: [ContactID],
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: [RecipientKeyKind: Set<KeyStanding>]] {
        var found: [ContactID: [RecipientKeyKind: Set<KeyStanding>]] = [:]
        let rules = try KeyQueries.rules(of: organization, in: tx)
        for start in stride(from: 0, to: contacts.count, by: 500) {
            let page = Array(contacts[start..<min(start + 500, contacts.count)])
            for row in try KeyQueries.rows(of: page, organization: organization, in: tx)
            where row.acceptance == .accepted {
                found[row.contact, default: [:]][row.kind, default: []].insert(row.standing(at: now, rules))
            }
        }
        return found
    }

    /// The usable key of a kind that was added last. For the send path, which records the disclosure.
    package func usableKey(
        of contact: ContactID,
        kind: RecipientKeyKind,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> (id: RecipientKeyID, key: RecipientKey)? {
        let rules = try KeyQueries.rules(of: organization, in: tx)
        let rows = try KeyQueries.rows(of: [contact], organization: organization, in: tx)
            .filter { $0.kind == kind && $0.acceptance == .accepted && $0.standing(at: now, rules).isUsable }
        guard let newest = rows.max(by: { $0.id.bytes.lexicographicallyPrecedes($1.id.bytes) }) else { return nil }
        return (newest.id, try open(newest, organization: organization, in: tx).key)
    }

    /// A person's accepted keys that are neither revoked nor out of their time, whether or not they encrypt: what their
    /// signatures are known by. For mail that comes in.
    package func signingKeys(of contact: ContactID, in organization: OrganizationID) async throws -> [RecipientKey] {
        let now = surroundings.now()
        return try await store.read { [self] tx in
            try KeyQueries.rows(of: [contact], organization: organization, in: tx)
                .filter { row in
                    row.acceptance == .accepted && row.problem == nil && row.revocation != .revoked
                        && now >= row.validFrom && row.validUntil.map { now <= $0 } ?? true
                }
                .map { try open($0, organization: organization, in: tx).key }
        }
    }

    func keys(
        of contact: ContactID,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [HeldKey] {
        try allKeys(of: contact, at: now, organization: organization, in: tx).filter { $0.acceptance == .accepted }
    }

    /// Those proposed and declined included.
    func allKeys(
        of contact: ContactID,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [HeldKey] {
        let rules = try KeyQueries.rules(of: organization, in: tx)
        return try KeyQueries.rows(of: [contact], organization: organization, in: tx)
            .sorted { $1.id.bytes.lexicographicallyPrecedes($0.id.bytes) }
            .map { row in
                HeldKey(
                    id: row.id,
                    contact: row.contact,
                    facts: try open(row, organization: organization, in: tx).key.facts,
                    standing: row.standing(at: now, rules),
                    addedAt: row.addedAt,
                    origin: row.origin,
                    acceptance: row.acceptance,
                    revocation: row.revocation,
                    checkedAt: row.checkedAt
                )
            }
    }

    func open(
        _ row: KeyQueries.KeyRow,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> (key: RecipientKey, issuer: [UInt8]?) {
        let stored = try vault.open(row.sealed, at: Self.place(of: row.id, row.contact, organization), in: tx)
            .expose(for: .evaluating) { try JSONDecoder().decode(StoredKey.self, from: Data($0)) }
        return (stored.key, stored.issuer.map { Array($0) })
    }

    static func stored(_ key: RecipientKey, issuer: [UInt8]?) throws -> Sensitive<[UInt8]> {
        let stored = StoredKey(facts: key.facts, bytes: Data(key.bytes), issuer: issuer.map { Data($0) })
        return Sensitive(Array(try JSONEncoder().encode(stored)))
    }
}

/// The sealed form of a key. Fields are only added, and optional.
private struct StoredKey: Codable, Sendable {
    var facts: RecipientKeyFacts
    var bytes: Data
    /// The issuer's certificate in DER.
    var issuer: Data?

    var key: RecipientKey { RecipientKey(facts: facts, bytes: Array(bytes)) }
}

extension Timestamp {
    /// Since 1970, as the confined child takes it.
    var seconds: Int64 { microseconds / 1_000_000 }
}

extension RecipientKeyFacts {
    func standing(at now: Timestamp) -> KeyStanding {
        .of(problem: problem, validFrom: validFromTime, validUntil: validUntilTime, at: now)
    }

    /// Seconds far outside of the calendar are kept within it.
    var validFromTime: Timestamp { Timestamp(seconds: min(max(validFrom, 0), Self.latest)) }
    var validUntilTime: Timestamp? { validUntil.map { Timestamp(seconds: min(max($0, 0), Self.latest)) } }
    /// The end of the year 9999.
    private static let latest: Int64 = 253_402_300_799
}
