// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// Statements on the pieces of a file, its rejected rows, and what people were before.
enum ImportPieceQueries {
    static func insertChunk(
        _ number: Int64,
        of id: ImportID,
        firstByte: Int64,
        sealed: [UInt8],
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO contact_import_chunk (organization, import, number, first_byte, sealed)
            VALUES (\(organization), \(id), \(number), \(firstByte), \(sealed))
            """
        )
    }

    static func chunk(
        _ number: Int64,
        of id: ImportID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8]? {
        try tx.first(
            """
            SELECT sealed FROM contact_import_chunk
            WHERE organization = \(organization) AND import = \(id) AND number = \(number)
            """
        )
    }

    static func deleteChunks(
        of id: ImportID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute("DELETE FROM contact_import_chunk WHERE organization = \(organization) AND import = \(id)")
    }

    static func insertRows(
        _ rows: [(row: Int, kind: String, sealed: [UInt8])],
        of id: ImportID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        for page in rows.paged(ContactQueries.perStatement) {
            let values = page.map { row -> SQL in
                "(\(organization), \(id), \(row.row), \(row.kind), \(row.sealed))"
            }
            try tx.execute(
                """
                INSERT INTO contact_import_row (organization, import, row_number, kind, sealed)
                VALUES \(fragment: SQL.joined(values, separator: ", "))
                """
            )
        }
    }

    static func rows(
        of id: ImportID,
        kind: String,
        after row: Int,
        limit: Int,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [(row: Int, sealed: [UInt8])] {
        try tx.rows(
            """
            SELECT row_number, sealed FROM contact_import_row
            WHERE organization = \(organization) AND import = \(id) AND kind = \(kind) AND row_number > \(row)
            ORDER BY row_number LIMIT \(limit)
            """
        ).map { (try $0.value(at: 0), try $0.value(at: 1)) }
    }

    /// Keeps what people were before the import first changed them; later changes only move the revision on.
    static func keepBefore(
        _ people: [(contact: ContactID, profile: [UInt8], revisionAfter: Int64)],
        of id: ImportID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        for page in people.paged(ContactQueries.perStatement) {
            let values = page.map { person -> SQL in
                "(\(organization), \(id), \(person.contact), \(person.profile), \(person.revisionAfter))"
            }
            try tx.execute(
                """
                INSERT INTO contact_import_before (organization, import, contact, profile, revision_after)
                VALUES \(fragment: SQL.joined(values, separator: ", "))
                ON CONFLICT (organization, import, contact) DO UPDATE SET revision_after = excluded.revision_after
                """
            )
        }
    }

    static func before(
        of id: ImportID,
        limit: Int,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [(contact: ContactID, profile: [UInt8], revisionAfter: Int64)] {
        try tx.rows(
            """
            SELECT contact, profile, revision_after FROM contact_import_before
            WHERE organization = \(organization) AND import = \(id) ORDER BY contact LIMIT \(limit)
            """
        ).map { (try $0.value(at: 0), try $0.value(at: 1), try $0.value(at: 2)) }
    }

    static func before(
        of id: ImportID,
        contacts: [ContactID],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: Int64] {
        let rows = try tx.rows(
            """
            SELECT contact, revision_after FROM contact_import_before
            WHERE organization = \(organization) AND import = \(id) AND contact IN \(list: contacts)
            """
        )
        return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.value(at: 0), try $0.value(at: 1)) })
    }

    static func deleteBefore(
        of id: ImportID,
        contacts: [ContactID],
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            DELETE FROM contact_import_before
            WHERE organization = \(organization) AND import = \(id) AND contact IN \(list: contacts)
            """
        )
    }
}
