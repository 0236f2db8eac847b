// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardMailCrypto
import WardStorage

enum KeyQueries {
    /// A stored key, sealed.
    struct KeyRow {
        let id: RecipientKeyID
        let contact: ContactID
        let kind: RecipientKeyKind
        let problem: RecipientKeyProblem?
        let validFrom: Timestamp
        let validUntil: Timestamp?
        let sealed: [UInt8]
        let addedAt: Timestamp
        let origin: KeyOrigin
        let acceptance: KeyAcceptance
        let revocation: RevocationState?
        let checkedAt: Timestamp?

        func standing(at now: Timestamp, _ rules: RecipientKeyRules) -> KeyStanding {
            let found = revocation == .revoked ? .revoked : problem
            let standing = KeyStanding.of(problem: found, validFrom: validFrom, validUntil: validUntil, at: now)
            guard standing.isUsable, rules.demandsCheck, kind == .smime else { return standing }
            let isFresh = checkedAt.map { $0 + RecipientKeyRules.longestAnswer >= now } ?? false
            return isFresh ? standing : .notChecked
        }
    }

    static func insert(
        _ key: HeldKey,
        sealed: [UInt8],
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO recipient_key
                (organization, id, contact, kind, problem, valid_from, valid_until, sealed, added_at,
                origin, acceptance)
            VALUES (\(organization), \(key.id), \(key.contact), \(key.facts.kind.rawValue),
                \(key.facts.problem?.rawValue), \(key.facts.validFromTime), \(key.facts.validUntilTime), \(sealed),
                \(key.addedAt), \(key.origin.rawValue), \(key.acceptance.rawValue))
            """
        )
    }

    static func delete(_ id: RecipientKeyID, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute("DELETE FROM recipient_key WHERE organization = \(organization) AND id = \(id)")
    }

    /// Of at most 500 people, in no order.
    static func rows(
        of contacts: [ContactID],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [KeyRow] {
        guard !contacts.isEmpty else { return [] }
        return try tx.rows(
            """
            SELECT id, contact, kind, problem, valid_from, valid_until, sealed, added_at, origin, acceptance, revocation,
                checked_at
            FROM recipient_key
            WHERE organization = \(organization) AND contact IN \(list: contacts)
            """
        ).compactMap { row in
            guard let kind = RecipientKeyKind(rawValue: try row.value("kind")) else { return nil }
            return KeyRow(
                id: try row.value("id"),
                contact: try row.value("contact"),
                kind: kind,
                problem: try row.optional("problem", as: String.self).map {
                    RecipientKeyProblem(rawValue: $0) ?? .weak
                },
                validFrom: try row.value("valid_from"),
                validUntil: try row.optional("valid_until"),
                sealed: try row.value("sealed"),
                addedAt: try row.value("added_at"),
                origin: KeyOrigin(rawValue: try row.value("origin")) ?? .upload,
                // A word of a newer version is no permission.
                acceptance: KeyAcceptance(rawValue: try row.value("acceptance")) ?? .proposed,
                revocation: try row.optional("revocation", as: String.self).map {
                    RevocationState(rawValue: $0) ?? .unknown
                },
                checkedAt: try row.optional("checked_at")
            )
        }
    }

    static func countEnding(
        _ period: ClosedRange<Timestamp>,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Int {
        let rows = try tx.rows(
            """
            SELECT COUNT(*) AS number FROM recipient_key
            WHERE organization = \(organization) AND valid_until >= \(period.lowerBound)
                AND valid_until <= \(period.upperBound) AND problem IS NULL
                AND acceptance = \(KeyAcceptance.accepted.rawValue)
            """
        )
        return try rows.first?.value("number") ?? 0
    }

    /// In use; expired ones for as long as they are kept.
    static func ending(
        before end: Timestamp,
        at now: Timestamp,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [EndingKey] {
        try tx.rows(
            """
            SELECT id, contact, kind, valid_until FROM recipient_key
            WHERE organization = \(organization) AND valid_until <= \(end) AND problem IS NULL
                AND acceptance = \(KeyAcceptance.accepted.rawValue)
            ORDER BY valid_until, id LIMIT \(limit)
            """
        ).compactMap { row in
            guard let kind = RecipientKeyKind(rawValue: try row.value("kind")) else { return nil }
            let validUntil: Timestamp = try row.value("valid_until")
            return EndingKey(
                id: try row.value("id"),
                contact: try row.value("contact"),
                kind: kind,
                validUntil: validUntil,
                hasEnded: validUntil < now
            )
        }
    }
}
