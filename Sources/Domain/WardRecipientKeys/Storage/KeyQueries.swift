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

        func standing(at now: Timestamp) -> KeyStanding {
            .of(problem: problem, validFrom: validFrom, validUntil: validUntil, at: now)
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
                (organization, id, contact, kind, problem, valid_from, valid_until, sealed, added_at)
            VALUES (\(organization), \(key.id), \(key.contact), \(key.facts.kind.rawValue),
                \(key.facts.problem?.rawValue), \(key.facts.validFromTime), \(key.facts.validUntilTime), \(sealed),
                \(key.addedAt))
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
            SELECT id, contact, kind, problem, valid_from, valid_until, sealed, added_at FROM recipient_key
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
                addedAt: try row.value("added_at")
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
            """
        )
        return try rows.first?.value("number") ?? 0
    }
}
