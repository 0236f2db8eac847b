// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum SegmentQueries {
    struct Stored {
        var id: SegmentID
        var version: Int64
        var isClinical: Bool
        var createdAt: Timestamp
        var changedAt: Timestamp
        var sealedName: [UInt8]

        init(_ row: Row) throws {
            id = try row.value(at: 0)
            version = try row.value(at: 1)
            isClinical = try row.value(at: 2)
            createdAt = try row.value(at: 3)
            changedAt = try row.value(at: 4)
            sealedName = try row.value(at: 5)
        }
    }

    private static let columns: SQL = "id, version, is_clinical, created_at, changed_at, sealed_name"

    static func insert(
        _ segment: Segment,
        nameIndex: [UInt8],
        sealedName: [UInt8],
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO segment (organization, id, name_index, version, is_clinical, created_at, changed_at, changed_by,
            sealed_name) VALUES (\(requester.organization), \(segment.id), \(nameIndex), \(segment.version),
            \(segment.isClinical), \(segment.createdAt), \(segment.changedAt), \(requester.identifier), \(sealedName))
            """
        )
    }

    /// Moves a segment to its next version; false when it is not at `version` any more.
    static func advance(
        _ id: SegmentID,
        from version: Int64,
        isClinical: Bool,
        at time: Timestamp,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE segment SET version = \(version + 1), is_clinical = \(isClinical), changed_at = \(time),
            changed_by = \(requester.identifier)
            WHERE organization = \(requester.organization) AND id = \(id) AND version = \(version)
            """
        ) == 1
    }

    static func rename(
        _ id: SegmentID,
        nameIndex: [UInt8],
        sealedName: [UInt8],
        at time: Timestamp,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE segment SET name_index = \(nameIndex), sealed_name = \(sealedName), changed_at = \(time),
            changed_by = \(requester.identifier)
            WHERE organization = \(requester.organization) AND id = \(id)
            """
        )
    }

    static func delete(_ id: SegmentID, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute("DELETE FROM segment WHERE organization = \(organization) AND id = \(id)")
    }

    static func one(
        _ id: SegmentID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Stored? {
        try tx.row(
            "SELECT \(fragment: columns) FROM segment WHERE organization = \(organization) AND id = \(id)"
        ).map(Stored.init)
    }

    static func all(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [Stored] {
        try tx.rows("SELECT \(fragment: columns) FROM segment WHERE organization = \(organization) ORDER BY id")
            .map(Stored.init)
    }

    /// The segment that has a name, by its index.
    static func named(
        _ nameIndex: [UInt8],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> SegmentID? {
        try tx.first("SELECT id FROM segment WHERE organization = \(organization) AND name_index = \(nameIndex)")
    }
}
