// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// Statements on the change feed.
enum ChangeQueries {
    static func insert(
        _ changes: [(id: Identifier<ContactChangeTag>, contact: ContactID, change: ContactChange.Kind)],
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        for page in changes.paged(ContactQueries.perStatement) {
            let values = page.map { change -> SQL in
                "(\(organization), \(change.id), \(change.contact), \(change.change), \(now))"
            }
            try tx.execute(
                """
                INSERT INTO contact_change (organization, id, contact, change, made_at)
                VALUES \(fragment: SQL.joined(values, separator: ", "))
                """
            )
        }
    }

    static func head(of organization: OrganizationID, in tx: any ReadTransaction) throws -> Int64 {
        try tx.first("SELECT head FROM contact_feed WHERE organization = \(organization)", as: Int64.self) ?? 0
    }

    static func startFeed(of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            "INSERT INTO contact_feed (organization, head) VALUES (\(organization), 0) ON CONFLICT DO NOTHING"
        )
    }

    static func unnumbered(
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Int {
        try tx.first(
            """
            SELECT COUNT(*) FROM (SELECT id FROM contact_change
            WHERE organization = \(organization) AND position IS NULL LIMIT \(limit)) AS waiting
            """,
            as: Int.self
        ) ?? 0
    }

    /// Numbers the oldest committed changes from `head + 1` on; returns how many.
    static func number(
        from head: Int64,
        limit: Int,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Int {
        try tx.execute(
            """
            UPDATE contact_change SET position = \(head) + waiting.rank
            FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS rank FROM contact_change
            WHERE organization = \(organization) AND position IS NULL ORDER BY id LIMIT \(limit)) AS waiting
            WHERE contact_change.organization = \(organization) AND contact_change.id = waiting.id
            """
        )
    }

    /// False when another step advanced the head meanwhile.
    static func advance(
        from head: Int64,
        to newHead: Int64,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE contact_feed SET head = \(newHead) WHERE organization = \(organization) AND head = \(head)
            """
        ) == 1
    }

    static func changed(
        among contacts: [ContactID],
        after position: Int64,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        var found: Set<ContactID> = []
        for page in contacts.paged(ContactQueries.perStatement) {
            let rows = try tx.rows(
                """
                SELECT contact FROM contact_change
                WHERE organization = \(organization) AND position > \(position) AND contact IN \(list: Array(page))
                UNION SELECT contact FROM contact_change
                WHERE organization = \(organization) AND position IS NULL AND contact IN \(list: Array(page))
                """
            )
            for row in rows { found.insert(try row.value(at: 0)) }
        }
        return found
    }

    static func page(
        after position: Int64,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactChange] {
        try tx.rows(
            """
            SELECT position, contact, change, made_at FROM contact_change
            WHERE organization = \(organization) AND position > \(position) ORDER BY position LIMIT \(limit)
            """
        ).map { row in
            ContactChange(
                position: try row.value(at: 0),
                contact: try row.value(at: 1),
                kind: try row.value(at: 2),
                madeAt: try row.value(at: 3)
            )
        }
    }
}
