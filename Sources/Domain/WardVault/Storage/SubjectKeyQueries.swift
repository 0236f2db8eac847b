// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum SubjectKeyQueries {
    struct Stored {
        var subject: SubjectID
        var epoch: Int64
        /// Nil once destroyed.
        var wrapped: [UInt8]?
        var createdAt: Timestamp
    }

    /// Keys of at most a few hundred persons in one statement.
    static func some(
        _ subjects: [SubjectID],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Stored] {
        // Few lengths of the list, so that a store keeps few prepared statements: the last person is repeated.
        guard let last = subjects.last else { return [] }
        let length = [1, 4, 16, 64, 256, 500].first { $0 >= subjects.count } ?? subjects.count
        let padded = subjects + Array(repeating: last, count: length - subjects.count)
        return try tx.rows(
            """
            SELECT subject, epoch, wrapped, created_at FROM subject_key
            WHERE organization = \(organization) AND subject IN \(list: padded)
            """
        ).map(stored)
    }

    static func insert(
        _ keys: ArraySlice<Stored>,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        let rows = keys.map { key -> SQL in
            "(\(organization), \(key.subject), \(key.epoch), \(key.wrapped), \(key.createdAt), NULL)"
        }
        try tx.execute(
            """
            INSERT INTO subject_key (organization, subject, epoch, wrapped, created_at, destroyed_at)
            VALUES \(fragment: SQL.joined(rows, separator: ", "))
            """
        )
    }

    /// Returns whether there was a living key.
    static func destroy(
        _ subject: SubjectID,
        of organization: OrganizationID,
        at time: Timestamp,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE subject_key SET wrapped = NULL, destroyed_at = \(time)
            WHERE organization = \(organization) AND subject = \(subject) AND destroyed_at IS NULL
            """
        ) == 1
    }

    static func pageBelow(
        epoch: Int64,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Stored] {
        try tx.rows(
            """
            SELECT subject, epoch, wrapped, created_at FROM subject_key
            WHERE organization = \(organization) AND epoch < \(epoch) AND destroyed_at IS NULL
            ORDER BY epoch, subject LIMIT \(limit)
            """
        ).map(stored)
    }

    static func rewrap(_ key: Stored, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            UPDATE subject_key SET epoch = \(key.epoch), wrapped = \(key.wrapped)
            WHERE organization = \(organization) AND subject = \(key.subject) AND destroyed_at IS NULL
            """
        )
    }

    /// Not scoped to one organization: an epoch's key wraps persons of all of them.
    static func livingBelowAcrossAll(epoch: Int64, in tx: any ReadTransaction) throws -> Int {
        try tx.first("SELECT COUNT(*) FROM subject_key WHERE epoch < \(epoch) AND destroyed_at IS NULL") ?? 0
    }

    private static func stored(_ row: Row) throws -> Stored {
        Stored(
            subject: try row.value(at: 0),
            epoch: try row.value(at: 1),
            wrapped: try row.optional(at: 2),
            createdAt: try row.value(at: 3)
        )
    }
}
