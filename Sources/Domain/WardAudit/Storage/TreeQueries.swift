// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum TreeQueries {
    struct StoredCheckpoint {
        var size: Int64
        var root: [UInt8]
        var note: String
    }

    static func tile(
        level: Int,
        number: Int64,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8]? {
        try tx.first(
            """
            SELECT hashes FROM audit_tile
            WHERE organization = \(organization) AND level = \(level) AND number = \(number)
            """
        )
    }

    static func store(
        _ hashes: [UInt8],
        level: Int,
        number: Int64,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO audit_tile (organization, level, number, hashes)
            VALUES (\(organization), \(level), \(number), \(hashes))
            ON CONFLICT (organization, level, number) DO UPDATE SET hashes = excluded.hashes
            """
        )
    }

    static func insert(
        _ checkpoint: StoredCheckpoint,
        at time: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO audit_checkpoint (organization, size, root, note, created_at)
            VALUES (\(organization), \(checkpoint.size), \(checkpoint.root), \(checkpoint.note), \(time))
            """
        )
    }

    static func newest(of organization: OrganizationID, in tx: any ReadTransaction) throws -> StoredCheckpoint? {
        try tx.row(
            """
            SELECT size, root, note FROM audit_checkpoint
            WHERE organization = \(organization) ORDER BY size DESC LIMIT 1
            """
        ).map(checkpoint)
    }

    /// Checkpoints above `size`, smallest first.
    static func checkpoints(
        above size: Int64,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [StoredCheckpoint] {
        try tx.rows(
            """
            SELECT size, root, note FROM audit_checkpoint
            WHERE organization = \(organization) AND size > \(size) ORDER BY size LIMIT \(limit)
            """
        ).map(checkpoint)
    }

    private static func checkpoint(_ row: Row) throws -> StoredCheckpoint {
        StoredCheckpoint(size: try row.value(at: 0), root: try row.value(at: 1), note: try row.value(at: 2))
    }
}
