// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// Statements on `contact_import`.
enum ImportQueries {
    struct Stored: Sendable {
        var id: ImportID
        var state: ImportState
        var settings: [UInt8]
        var requester: [UInt8]
        var byteCount: Int64
        var chunkCount: Int64
        var rowTotal: Int?
        var nextOffset: Int64
        var lastRow: Int
        var counts: ImportCounts
        var createdAt: Timestamp
        var startedAt: Timestamp?
        var finishedAt: Timestamp?
    }

    private static let columns: SQL = """
        id, state, settings, requester, byte_count, chunk_count, row_total, next_offset, last_row, added, updated,
        unchanged, possible_duplicates, rejected, noted, created_at, started_at, finished_at
        """

    static func insert(
        _ id: ImportID,
        settings: [UInt8],
        requester: [UInt8],
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO contact_import (organization, id, state, settings, requester, byte_count, chunk_count,
            next_offset, last_row, added, updated, unchanged, possible_duplicates, rejected, noted, created_at)
            VALUES (\(organization), \(id), \(ImportState.uploading), \(settings), \(requester), 0, 0, 0, 0, 0, 0, 0, 0,
            0, 0, \(now))
            """
        )
    }

    static func find(_ id: ImportID, of organization: OrganizationID, in tx: any ReadTransaction) throws -> Stored? {
        try tx.row(
            """
            SELECT \(fragment: columns) FROM contact_import WHERE organization = \(organization) AND id = \(id)
            """
        ).map(stored)
    }

    static func newest(limit: Int, of organization: OrganizationID, in tx: any ReadTransaction) throws -> [Stored] {
        try tx.rows(
            """
            SELECT \(fragment: columns) FROM contact_import WHERE organization = \(organization)
            ORDER BY created_at DESC, id DESC LIMIT \(limit)
            """
        ).map(stored)
    }

    private static func stored(_ row: Row) throws -> Stored {
        var counts = ImportCounts()
        counts.added = try row.value(at: 9)
        counts.updated = try row.value(at: 10)
        counts.unchanged = try row.value(at: 11)
        counts.possibleDuplicates = try row.value(at: 12)
        counts.rejected = try row.value(at: 13)
        counts.noted = try row.value(at: 14)
        return Stored(
            id: try row.value(at: 0),
            state: try row.value(at: 1),
            settings: try row.value(at: 2),
            requester: try row.value(at: 3),
            byteCount: try row.value(at: 4),
            chunkCount: try row.value(at: 5),
            rowTotal: try row.optional(at: 6),
            nextOffset: try row.value(at: 7),
            lastRow: try row.value(at: 8),
            counts: counts,
            createdAt: try row.value(at: 15),
            startedAt: try row.optional(at: 16),
            finishedAt: try row.optional(at: 17)
        )
    }

    static func put(
        _ id: ImportID,
        state: ImportState,
        settings: [UInt8],
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE contact_import SET state = \(state), settings = \(settings)
            WHERE organization = \(organization) AND id = \(id)
            """
        )
    }

    static func measured(
        _ id: ImportID,
        byteCount: Int64,
        chunkCount: Int64,
        rowTotal: Int?,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE contact_import SET byte_count = \(byteCount), chunk_count = \(chunkCount), row_total = \(rowTotal)
            WHERE organization = \(organization) AND id = \(id)
            """
        )
    }

    /// Moves from one state to another; false when it was in none of the expected ones.
    static func move(
        _ id: ImportID,
        from states: [ImportState],
        to state: ImportState,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE contact_import SET state = \(state)
            WHERE organization = \(organization) AND id = \(id) AND state IN \(list: states)
            """
        ) == 1
    }

    static func started(
        _ id: ImportID,
        requester: [UInt8],
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE contact_import SET started_at = \(now), requester = \(requester)
            WHERE organization = \(organization) AND id = \(id)
            """
        )
    }

    static func ended(
        _ id: ImportID,
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            "UPDATE contact_import SET finished_at = \(now) WHERE organization = \(organization) AND id = \(id)"
        )
    }

    /// Moves the place in the file on and adds to the counts; false when another worker moved it meanwhile.
    static func advance(
        _ id: ImportID,
        from offset: Int64,
        to newOffset: Int64,
        lastRow: Int,
        adding counts: ImportCounts,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE contact_import SET next_offset = \(newOffset), last_row = \(lastRow),
            added = added + \(counts.added), updated = updated + \(counts.updated),
            unchanged = unchanged + \(counts.unchanged),
            possible_duplicates = possible_duplicates + \(counts.possibleDuplicates),
            rejected = rejected + \(counts.rejected), noted = noted + \(counts.noted)
            WHERE organization = \(organization) AND id = \(id) AND next_offset = \(offset)
            AND state = \(ImportState.running)
            """
        ) == 1
    }

    static func people(
        createdBy id: ImportID,
        after contact: ContactID?,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [(id: ContactID, revision: Int64)] {
        try tx.rows(
            """
            SELECT id, revision FROM contact WHERE organization = \(organization) AND created_by_import = \(id)
            AND id > \(contact ?? ContactID(high: 0, low: 0)) ORDER BY id LIMIT \(limit)
            """
        ).map { (try $0.value(at: 0), try $0.value(at: 1)) }
    }

    /// What an import did to people.
    enum PeopleOfImport: CaseIterable {
        case added, changed, givenRecords
    }

    /// The people of an import, ascending.
    static func people(
        _ source: PeopleOfImport,
        _ id: ImportID,
        after contact: ContactID?,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID] {
        let start = contact ?? ContactID(high: 0, low: 0)
        let statement: SQL =
            switch source {
            case .added:
                """
                SELECT id FROM contact WHERE organization = \(organization) AND created_by_import = \(id)
                AND id > \(start) ORDER BY id LIMIT \(limit)
                """
            case .changed:
                """
                SELECT contact FROM contact_import_before WHERE organization = \(organization) AND import = \(id)
                AND contact > \(start) ORDER BY contact LIMIT \(limit)
                """
            case .givenRecords:
                """
                SELECT DISTINCT contact FROM contact_record WHERE organization = \(organization) AND import = \(id)
                AND contact > \(start) ORDER BY contact LIMIT \(limit)
                """
            }
        return try tx.rows(statement).map { try $0.value(at: 0) }
    }

    /// The imports that are being undone. The state stands in the statement as it does in the index.
    static func undoing(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [ImportID] {
        try tx.rows(
            "SELECT id FROM contact_import WHERE organization = \(organization) AND state = 'undoing' ORDER BY id"
        ).map { try $0.value(at: 0) }
    }

    /// Those of these people whom an import added, changed or gave records to.
    static func people(
        among contacts: [ContactID],
        of id: ImportID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        var found: Set<ContactID> = []
        for page in contacts.paged(ContactQueries.perStatement) {
            let page = Array(page)
            let rows = try tx.rows(
                """
                SELECT id FROM contact
                WHERE organization = \(organization) AND id IN \(list: page) AND created_by_import = \(id)
                UNION SELECT contact FROM contact_import_before
                WHERE organization = \(organization) AND import = \(id) AND contact IN \(list: page)
                UNION SELECT contact FROM contact_record
                WHERE organization = \(organization) AND contact IN \(list: page) AND import = \(id)
                """
            )
            for row in rows { found.insert(try row.value(at: 0)) }
        }
        return found
    }

    /// Of these people, those with dated records that another import or a person added.
    static func withOtherRecords(
        _ contacts: [ContactID],
        than id: ImportID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        let rows = try tx.rows(
            """
            SELECT DISTINCT contact FROM contact_record WHERE organization = \(organization)
            AND contact IN \(list: contacts) AND (import IS NULL OR import <> \(id))
            """
        )
        return Set(try rows.map { try $0.value(at: 0) })
    }
}
