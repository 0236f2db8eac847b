// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum SegmentVersionQueries {
    struct Stored {
        var version: Int64
        var createdAt: Timestamp
        var createdBy: [UInt8]
        var sealedRule: [UInt8]

        init(_ row: Row) throws {
            version = try row.value(at: 0)
            createdAt = try row.value(at: 1)
            createdBy = try row.value(at: 2)
            sealedRule = try row.value(at: 3)
        }
    }

    static func insert(
        _ version: Int64,
        of segment: SegmentID,
        sealedRule: [UInt8],
        at time: Timestamp,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO segment_version (organization, segment, version, grammar, created_at, created_by, sealed_rule)
            VALUES (\(requester.organization), \(segment), \(version), \(SegmentLanguage.version), \(time),
            \(requester.identifier), \(sealedRule))
            """
        )
    }

    static func one(
        _ version: Int64,
        of segment: SegmentID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Stored? {
        try tx.row(
            """
            SELECT version, created_at, created_by, sealed_rule FROM segment_version
            WHERE organization = \(organization) AND segment = \(segment) AND version = \(version)
            """
        ).map(Stored.init)
    }

    /// Newest first.
    static func all(
        of segment: SegmentID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Stored] {
        try tx.rows(
            """
            SELECT version, created_at, created_by, sealed_rule FROM segment_version
            WHERE organization = \(organization) AND segment = \(segment) ORDER BY version DESC
            """
        ).map(Stored.init)
    }
}
