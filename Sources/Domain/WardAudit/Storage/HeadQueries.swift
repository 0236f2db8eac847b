// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum HeadQueries {
    struct Head {
        var size: Int64
        var root: [UInt8]
        var fence: Int64
    }

    static func head(of organization: OrganizationID, in tx: any ReadTransaction) throws -> Head? {
        try tx.row("SELECT size, root, fence FROM audit_head WHERE organization = \(organization)").map {
            Head(size: try $0.value(at: 0), root: try $0.value(at: 1), fence: try $0.value(at: 2))
        }
    }

    static func makeIfMissing(
        of organization: OrganizationID,
        emptyRoot: [UInt8],
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO audit_head (organization, size, root, fence, lease_owner, lease_until)
            VALUES (\(organization), 0, \(emptyRoot), 0, \([UInt8]()), 0)
            ON CONFLICT (organization) DO NOTHING
            """
        )
    }

    /// Takes or renews the lease; the fence rises whenever the holder changes. False while another holds it.
    static func lease(
        of organization: OrganizationID,
        for owner: [UInt8],
        at now: Timestamp,
        until: Timestamp,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE audit_head
            SET fence = fence + CASE WHEN lease_owner = \(owner) THEN 0 ELSE 1 END,
                lease_owner = \(owner), lease_until = \(until)
            WHERE organization = \(organization) AND (lease_owner = \(owner) OR lease_until < \(now))
            """
        ) == 1
    }

    /// Moves the head on; false when the fence or the size is no longer the one that was read.
    static func advance(
        of organization: OrganizationID,
        from head: Head,
        to size: Int64,
        root: [UInt8],
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE audit_head SET size = \(size), root = \(root)
            WHERE organization = \(organization) AND fence = \(head.fence) AND size = \(head.size)
            """
        ) == 1
    }

    /// Numbers entries that have no position yet, oldest first; returns how many.
    static func number(
        from size: Int64,
        limit: Int,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Int {
        try tx.execute(
            """
            UPDATE audit_entry SET position = numbered.place FROM (
                SELECT id AS entry, \(size - 1) + ROW_NUMBER() OVER (ORDER BY id) AS place FROM audit_entry
                WHERE organization = \(organization) AND position IS NULL ORDER BY id LIMIT \(limit)
            ) AS numbered
            WHERE audit_entry.organization = \(organization) AND audit_entry.id = numbered.entry
            """
        )
    }

    static func unsealedCount(of organization: OrganizationID, in tx: any ReadTransaction) throws -> Int {
        try tx.first(
            "SELECT COUNT(*) FROM audit_entry WHERE organization = \(organization) AND position IS NULL"
        ) ?? 0
    }

    static func countBeyond(_ size: Int64, of organization: OrganizationID, in tx: any ReadTransaction) throws -> Int {
        try tx.first(
            "SELECT COUNT(*) FROM audit_entry WHERE organization = \(organization) AND position >= \(size)"
        ) ?? 0
    }

    /// Not scoped to one organization: the sealer serves all of them.
    static func organizationsWithUnsealedEntriesAcrossAll(in tx: any ReadTransaction) throws -> [OrganizationID] {
        try tx.rows("SELECT DISTINCT organization FROM audit_entry WHERE position IS NULL").map { try $0.value(at: 0) }
    }
}
