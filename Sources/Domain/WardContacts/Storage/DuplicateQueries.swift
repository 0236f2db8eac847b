// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// Statements on `possible_duplicate`.
enum DuplicateQueries {
    static func insert(
        _ pairs: [(contact: ContactID, other: ContactID, reason: DuplicateReason)],
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        for page in pairs.paged(ContactQueries.perStatement) {
            let values = page.map { pair -> SQL in
                "(\(organization), \(pair.contact), \(pair.other), \(pair.reason), \(now))"
            }
            try tx.execute(
                """
                INSERT INTO possible_duplicate (organization, contact, other, reason, found_at)
                VALUES \(fragment: SQL.joined(values, separator: ", ")) ON CONFLICT DO NOTHING
                """
            )
        }
    }

    static func open(
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [PossibleDuplicate] {
        try tx.rows(
            """
            SELECT contact, other, reason, found_at, resolution FROM possible_duplicate
            WHERE organization = \(organization) AND resolution IS NULL ORDER BY found_at, contact, other LIMIT \(limit)
            """
        ).map { row in
            PossibleDuplicate(
                contact: try row.value(at: 0),
                other: try row.value(at: 1),
                reason: try row.value(at: 2),
                foundAt: try row.value(at: 3),
                resolution: try row.optional(at: 4)
            )
        }
    }

    static func resolve(
        _ contact: ContactID,
        _ other: ContactID,
        as resolution: PossibleDuplicate.Resolution,
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE possible_duplicate SET resolution = \(resolution), resolved_at = \(now)
            WHERE organization = \(organization) AND contact = \(contact) AND other = \(other)
            """
        ) == 1
    }
}
