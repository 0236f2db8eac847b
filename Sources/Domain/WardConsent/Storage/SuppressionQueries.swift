// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum SuppressionQueries {
    static func insert(
        _ hash: [UInt8],
        reason: SuppressionReason,
        at time: Timestamp,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            INSERT INTO suppression (organization, address_hash, reason, since, recorded_by_kind, recorded_by)
            VALUES (\(requester.organization), \(hash), \(reason), \(time), \(requester.kind.rawValue),
                \(requester.identifier))
            ON CONFLICT (organization, address_hash) DO NOTHING
            """
        ) > 0
    }

    static func delete(_ hash: [UInt8], of organization: OrganizationID, in tx: any WriteTransaction) throws -> Bool {
        try tx.execute(
            "DELETE FROM suppression WHERE organization = \(organization) AND address_hash = \(hash)"
        ) > 0
    }

    static func find(
        _ hashes: [[UInt8]],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [[UInt8]: SuppressionReason] {
        var found: [[UInt8]: SuppressionReason] = [:]
        let rows = try tx.rows(
            """
            SELECT address_hash, reason FROM suppression
            WHERE organization = \(organization) AND address_hash IN \(list: hashes)
            """
        )
        for row in rows { found[try row.value("address_hash")] = try row.value("reason") }
        return found
    }

    /// A page in the order of the keyed hashes, which says nothing of the addresses.
    static func page(
        after hash: [UInt8],
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Suppression] {
        try tx.rows(
            """
            SELECT address_hash, reason, since FROM suppression
            WHERE organization = \(organization) AND address_hash > \(hash) ORDER BY address_hash LIMIT \(limit)
            """
        ).map { row in
            Suppression(
                addressHash: try row.value("address_hash"),
                reason: try row.value("reason"),
                since: try row.value("since")
            )
        }
    }

    static func totals(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [Row] {
        try tx.rows(
            """
            SELECT reason, count(*) AS addresses FROM suppression WHERE organization = \(organization) GROUP BY reason
            """
        )
    }
}
