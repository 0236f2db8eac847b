// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// Statements on lists and their members.
enum ListQueries {
    static func nameIndexes(
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [(id: ListID, nameIndex: [UInt8])] {
        try tx.rows("SELECT id, name_index FROM contact_list WHERE organization = \(organization) ORDER BY id")
            .map { (try $0.value(at: 0), try $0.value(at: 1)) }
    }

    struct Stored: Sendable {
        var id: ListID
        var name: [UInt8]
        var members: Int
    }

    static func all(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [Stored] {
        try tx.rows(
            """
            SELECT id, name, (SELECT COUNT(*) FROM contact_list_member
            WHERE contact_list_member.organization = contact_list.organization
            AND contact_list_member.list = contact_list.id) AS members
            FROM contact_list WHERE organization = \(organization) ORDER BY id
            """
        ).map { Stored(id: try $0.value(at: 0), name: try $0.value(at: 1), members: try $0.value(at: 2)) }
    }

    static func exists(_ list: ListID, of organization: OrganizationID, in tx: any ReadTransaction) throws -> Bool {
        try tx.row("SELECT id FROM contact_list WHERE organization = \(organization) AND id = \(list)") != nil
    }

    /// Zero when the name is taken.
    static func insert(
        _ list: ListID,
        name: [UInt8],
        nameIndex: [UInt8],
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> Int {
        try tx.execute(
            """
            INSERT INTO contact_list (organization, id, name, name_index, created_at)
            VALUES (\(organization), \(list), \(name), \(nameIndex), \(now)) ON CONFLICT DO NOTHING
            """
        )
    }

    static func named(
        _ nameIndex: [UInt8],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> ListID? {
        try tx.first(
            "SELECT id FROM contact_list WHERE organization = \(organization) AND name_index = \(nameIndex)"
        )
    }

    static func rename(
        _ list: ListID,
        name: [UInt8],
        nameIndex: [UInt8],
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE contact_list SET name = \(name), name_index = \(nameIndex)
            WHERE organization = \(organization) AND id = \(list)
            """
        )
    }

    static func delete(_ list: ListID, of organization: OrganizationID, in tx: any WriteTransaction) throws -> Int {
        try tx.execute("DELETE FROM contact_list WHERE organization = \(organization) AND id = \(list)")
    }

    static func add(
        _ contacts: [ContactID],
        to list: ListID,
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> Int {
        try contacts.paged(ContactQueries.perStatement).reduce(0) { total, page in
            let values = page.map { contact -> SQL in "(\(organization), \(list), \(contact), \(now))" }
            return total
                + (try tx.execute(
                    """
                    INSERT INTO contact_list_member (organization, list, contact, added_at)
                    VALUES \(fragment: SQL.joined(values, separator: ", ")) ON CONFLICT DO NOTHING
                    """
                ))
        }
    }

    static func remove(
        _ contacts: [ContactID],
        from list: ListID,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Int {
        try contacts.paged(ContactQueries.perStatement).reduce(0) { total, page in
            total
                + (try tx.execute(
                    """
                    DELETE FROM contact_list_member
                    WHERE organization = \(organization) AND list = \(list) AND contact IN \(list: Array(page))
                    """
                ))
        }
    }

    static func members(
        of list: ListID,
        after contact: ContactID?,
        limit: Int,
        in organization: OrganizationID,
        tx: any ReadTransaction
    ) throws -> [ContactID] {
        try tx.rows(
            """
            SELECT contact FROM contact_list_member
            WHERE organization = \(organization) AND list = \(list)
            AND contact > \(contact ?? ContactID(high: 0, low: 0)) ORDER BY contact LIMIT \(limit)
            """
        ).map { try $0.value(at: 0) }
    }

    static func memberships(
        of contacts: [ContactID],
        in organization: OrganizationID,
        tx: any ReadTransaction
    ) throws -> [ContactID: Set<ListID>] {
        var found: [ContactID: Set<ListID>] = [:]
        for page in contacts.paged(ContactQueries.perStatement) {
            let rows = try tx.rows(
                """
                SELECT contact, list FROM contact_list_member
                WHERE organization = \(organization) AND contact IN \(list: Array(page))
                """
            )
            for row in rows { found[try row.value(at: 0), default: []].insert(try row.value(at: 1)) }
        }
        return found
    }
}
