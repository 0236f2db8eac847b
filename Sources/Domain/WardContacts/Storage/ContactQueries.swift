// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// Statements on `contact` and `contact_record_number`.
enum ContactQueries {
    /// So many values in one statement, below every store's limit of parameters.
    static let perStatement = 500

    struct Stored: Sendable {
        var id: ContactID
        var profile: [UInt8]
        var revision: Int64
        var createdByImport: ImportID?
    }

    struct New: Sendable {
        var id: ContactID
        var profile: [UInt8]
        var indexes: PersonIndexes
        var createdByImport: ImportID?
    }

    static func insert(
        _ people: [New],
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        for page in people.paged(perStatement) {
            let values = page.map { person -> SQL in
                """
                (\(organization), \(person.id), \(person.profile), 1, \(person.indexes.email), \(person.indexes.phone),
                \(person.indexes.identity), \(person.indexes.name), \(person.createdByImport), \(now), \(now))
                """
            }
            try tx.execute(
                """
                INSERT INTO contact (organization, id, profile, revision, email_index, phone_index, identity_index,
                name_index, created_by_import, created_at, changed_at)
                VALUES \(fragment: SQL.joined(values, separator: ", "))
                """
            )
        }
    }

    /// False when the revision is no longer the expected one.
    static func update(
        _ id: ContactID,
        profile: [UInt8],
        indexes: PersonIndexes,
        revision: Int64,
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE contact SET profile = \(profile), revision = \(revision + 1), email_index = \(indexes.email),
            phone_index = \(indexes.phone), identity_index = \(indexes.identity), name_index = \(indexes.name),
            changed_at = \(now)
            WHERE organization = \(organization) AND id = \(id) AND revision = \(revision)
            """
        ) == 1
    }

    static func delete(_ id: ContactID, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute("DELETE FROM contact WHERE organization = \(organization) AND id = \(id)")
    }

    static func find(
        _ ids: [ContactID],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Stored] {
        try ids.paged(perStatement).flatMap { page in
            try tx.rows(
                """
                SELECT id, profile, revision, created_by_import FROM contact
                WHERE organization = \(organization) AND id IN \(list: Array(page))
                """
            ).map(stored)
        }
    }

    /// The contacts after an identifier, in the order of identifiers.
    static func page(
        after id: ContactID?,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Stored] {
        try tx.rows(
            """
            SELECT id, profile, revision, created_by_import FROM contact
            WHERE organization = \(organization) AND id > \(id ?? ContactID(high: 0, low: 0))
            ORDER BY id LIMIT \(limit)
            """
        ).map(stored)
    }

    static func count(of organization: OrganizationID, in tx: any ReadTransaction) throws -> Int {
        try tx.first("SELECT COUNT(*) FROM contact WHERE organization = \(organization)", as: Int.self) ?? 0
    }

    private static func stored(_ row: Row) throws -> Stored {
        Stored(
            id: try row.value(at: 0),
            profile: try row.value(at: 1),
            revision: try row.value(at: 2),
            createdByImport: try row.optional(at: 3)
        )
    }

    static func byEmail(
        _ values: [[UInt8]],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [[UInt8]: [ContactID]] {
        try grouped(values) { page in
            """
            SELECT email_index, id FROM contact
            WHERE organization = \(organization) AND email_index IN \(list: page)
            """
        } in: {
            try tx.rows($0)
        }
    }

    static func byPhone(
        _ values: [[UInt8]],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [[UInt8]: [ContactID]] {
        try grouped(values) { page in
            """
            SELECT phone_index, id FROM contact
            WHERE organization = \(organization) AND phone_index IN \(list: page)
            """
        } in: {
            try tx.rows($0)
        }
    }

    static func byIdentity(
        _ values: [[UInt8]],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [[UInt8]: [ContactID]] {
        try grouped(values) { page in
            """
            SELECT identity_index, id FROM contact
            WHERE organization = \(organization) AND identity_index IN \(list: page)
            """
        } in: {
            try tx.rows($0)
        }
    }

    static func byName(
        _ values: [[UInt8]],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [[UInt8]: [ContactID]] {
        try grouped(values) { page in
            """
            SELECT name_index, id FROM contact
            WHERE organization = \(organization) AND name_index IN \(list: page)
            """
        } in: {
            try tx.rows($0)
        }
    }

    static func byRecordNumber(
        _ values: [[UInt8]],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [[UInt8]: [ContactID]] {
        try grouped(values) { page in
            """
            SELECT number_index, contact FROM contact_record_number
            WHERE organization = \(organization) AND number_index IN \(list: page)
            """
        } in: {
            try tx.rows($0)
        }
    }

    /// The people behind each value, in the order of their identifiers. They are ordered here: with ORDER BY id SQLite reads
    /// the whole organization by its primary key in place of the index of the values.
    private static func grouped(
        _ values: [[UInt8]],
        statement: ([[UInt8]]) -> SQL,
        in run: (SQL) throws -> [Row]
    ) throws -> [[UInt8]: [ContactID]] {
        var found: [[UInt8]: [ContactID]] = [:]
        for page in values.paged(perStatement) {
            for row in try run(statement(Array(page))) {
                found[try row.value(at: 0), default: []].append(try row.value(at: 1))
            }
        }
        return found.mapValues { $0.sorted() }
    }

    static func insertNumbers(
        _ numbers: [(index: [UInt8], contact: ContactID)],
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        for page in numbers.paged(perStatement) {
            let values = page.map { number -> SQL in "(\(organization), \(number.index), \(number.contact))" }
            try tx.execute(
                """
                INSERT INTO contact_record_number (organization, number_index, contact)
                VALUES \(fragment: SQL.joined(values, separator: ", "))
                """
            )
        }
    }

    static func deleteNumbers(
        of contact: ContactID,
        in organization: OrganizationID,
        tx: any WriteTransaction
    ) throws {
        try tx.execute(
            "DELETE FROM contact_record_number WHERE organization = \(organization) AND contact = \(contact)"
        )
    }
}

extension RandomAccessCollection where Index == Int {
    /// The elements in pages of at most so many.
    func paged(_ size: Int) -> [SubSequence] {
        stride(from: startIndex, to: endIndex, by: size).map { self[$0..<Swift.min($0 + size, endIndex)] }
    }
}
