// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum WorkItemQueries {
    static func insert(
        id: WorkID,
        kind: WorkKind,
        organization: OrganizationID,
        reference: [UInt8],
        dueAt: Timestamp,
        priority: WorkPriority,
        madeAt: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO work_item (organization, id, kind, reference, priority, due_at, attempt, fence, made_at)
            VALUES (\(organization), \(id), \(kind.name), \(reference), \(priority.rawValue), \(dueAt), 0, 0, \(madeAt))
            """
        )
    }

    /// One statement for a batch. On PostgreSQL it locks what it reads and skips what others have locked; on SQLite the
    /// writer is alone anyway. What is due longest is claimed, and given in the order in which it was enqueued.
    static func claim(
        _ kind: WorkKind,
        _ priority: WorkPriority,
        now: Timestamp,
        until: Timestamp,
        owner: [UInt8],
        except held: [WorkID],
        limit: Int,
        in tx: any WriteTransaction
    ) throws -> [WorkItem] {
        let restriction: SQL = held.isEmpty ? "" : "AND id NOT IN \(list: held)"
        let due: SQL = """
            SELECT organization, id FROM work_item
            WHERE kind = \(kind.name) AND priority = \(priority.rawValue) AND due_at <= \(now)
                \(fragment: restriction)
            ORDER BY due_at LIMIT \(limit)
            """
        let change: SQL = "due_at = \(until), owner = \(owner), attempt = attempt + 1, fence = fence + 1"
        let rows =
            switch tx.dialect {
            case .sqlite:
                try tx.rows(
                    """
                    UPDATE work_item SET \(fragment: change)
                    WHERE (organization, id) IN (\(fragment: due))
                    RETURNING organization, id, reference, attempt, fence
                    """
                )
            case .postgres:
                // A list that locks is made once, before the change; in a subquery it could be made again for each row.
                try tx.rows(
                    """
                    WITH due AS MATERIALIZED (\(fragment: due) FOR UPDATE SKIP LOCKED)
                    UPDATE work_item SET \(fragment: change) FROM due
                    WHERE work_item.organization = due.organization AND work_item.id = due.id
                    RETURNING work_item.organization, work_item.id, reference, attempt, fence
                    """
                )
            }
        return try rows.map { row in
            WorkItem(
                organization: try row.value(at: 0),
                id: try row.value(at: 1),
                kind: kind,
                reference: try row.value(at: 2),
                priority: priority,
                attempt: try row.value(at: 3),
                fence: try row.value(at: 4)
            )
        }.sorted { $0.id < $1.id }
    }

    /// Reads the whole queue: for a start, not for a round.
    static func takeBack(from owner: [UInt8], at now: Timestamp, in tx: any WriteTransaction) throws -> Int {
        try tx.execute("UPDATE work_item SET due_at = \(now), owner = NULL, fence = fence + 1 WHERE owner = \(owner)")
    }

    static func remove(_ item: WorkItem, in tx: any WriteTransaction) throws -> Int {
        try tx.execute("DELETE FROM work_item WHERE \(fragment: held(item))")
    }

    static func makeDue(_ item: WorkItem, at time: Timestamp, in tx: any WriteTransaction) throws -> Int {
        try tx.execute("UPDATE work_item SET due_at = \(time), owner = NULL WHERE \(fragment: held(item))")
    }

    static func extend(_ item: WorkItem, until: Timestamp, in tx: any WriteTransaction) throws -> Int {
        try tx.execute("UPDATE work_item SET due_at = \(until) WHERE \(fragment: held(item))")
    }

    static func park(_ item: WorkItem, reason: String, in tx: any WriteTransaction) throws -> Int {
        try tx.execute(
            """
            UPDATE work_item SET due_at = NULL, owner = NULL, parked_reason = \(reason) WHERE \(fragment: held(item))
            """
        )
    }

    static func removeAll(
        _ kind: WorkKind,
        organization: OrganizationID,
        reference: [UInt8],
        in tx: any WriteTransaction
    ) throws -> Int {
        try tx.execute("DELETE FROM work_item WHERE \(fragment: about(kind, organization, reference))")
    }

    static func rescheduleAll(
        _ kind: WorkKind,
        organization: OrganizationID,
        reference: [UInt8],
        at time: Timestamp,
        in tx: any WriteTransaction
    ) throws -> Int {
        try tx.execute(
            """
            UPDATE work_item SET due_at = \(time), parked_reason = NULL
            WHERE \(fragment: about(kind, organization, reference)) AND owner IS NULL
            """
        )
    }

    static func isParked(
        _ kind: WorkKind,
        organization: OrganizationID,
        reference: [UInt8],
        in tx: any ReadTransaction
    ) throws -> Bool {
        try tx.row(
            """
            SELECT 1 FROM work_item
            WHERE \(fragment: about(kind, organization, reference)) AND parked_reason IS NOT NULL LIMIT 1
            """
        ) != nil
    }

    /// The kinds that there are, one probe of the index for each.
    private static func kinds(in tx: any ReadTransaction) throws -> [String] {
        var kinds: [String] = []
        var next: String? = try tx.first("SELECT min(kind) FROM work_item")
        while let kind = next {
            kinds.append(kind)
            next = try tx.first("SELECT min(kind) FROM work_item WHERE kind > \(kind)")
        }
        return kinds
    }

    static func parked(
        _ organization: OrganizationID,
        limit: Int,
        in tx: any ReadTransaction
    ) throws -> [ParkedItem] {
        let found = try kinds(in: tx).flatMap { kind in
            try WorkPriority.allCases.flatMap { priority in
                try tx.rows(
                    """
                    SELECT id, reference, parked_reason, made_at FROM work_item
                    WHERE kind = \(kind) AND priority = \(priority.rawValue) AND due_at IS NULL
                        AND organization = \(organization) LIMIT \(limit)
                    """
                ).map { row in
                    ParkedItem(
                        id: try row.value("id"),
                        kind: WorkKind(stored: kind),
                        reference: try row.value("reference"),
                        reason: try row.value("parked_reason"),
                        madeAt: try row.value("made_at")
                    )
                }
            }
        }
        return Array(found.sorted { ($0.madeAt, $0.id) < ($1.madeAt, $1.id) }.prefix(limit))
    }

    static func parkedCounts(in tx: any ReadTransaction) throws -> [WorkKind: Int] {
        var counts: [WorkKind: Int] = [:]
        for kind in try kinds(in: tx) {
            for priority in WorkPriority.allCases {
                let count: Int =
                    try tx.first(
                        """
                        SELECT count(*) FROM work_item
                        WHERE kind = \(kind) AND priority = \(priority.rawValue) AND due_at IS NULL
                        """
                    ) ?? 0
                if count > 0 { counts[WorkKind(stored: kind), default: 0] += count }
            }
        }
        return counts
    }

    static func counts(
        _ kind: WorkKind,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> WorkCounts {
        var counts = WorkCounts()
        let rows = try tx.rows(
            """
            SELECT due_at IS NULL, owner IS NULL, count(*) FROM work_item
            WHERE organization = \(organization) AND kind = \(kind.name)
            GROUP BY due_at IS NULL, owner IS NULL
            """
        )
        for row in rows {
            let isParked: Bool = try row.value(at: 0)
            let isFree: Bool = try row.value(at: 1)
            let count: Int = try row.value(at: 2)
            if isParked {
                counts.parked += count
            } else if isFree {
                counts.waiting += count
            } else {
                counts.leased += count
            }
        }
        return counts
    }

    static func nextDue(_ kind: WorkKind, in tx: any ReadTransaction) throws -> Timestamp? {
        var earliest: Timestamp?
        for priority in WorkPriority.allCases {
            let due: Timestamp? = try tx.first(
                """
                SELECT min(due_at) FROM work_item
                WHERE kind = \(kind.name) AND priority = \(priority.rawValue) AND due_at IS NOT NULL
                """
            )
            earliest = [earliest, due].compactMap(\.self).min()
        }
        return earliest
    }

    private static func held(_ item: WorkItem) -> SQL {
        "organization = \(item.organization) AND id = \(item.id) AND fence = \(item.fence) AND owner IS NOT NULL"
    }

    private static func about(_ kind: WorkKind, _ organization: OrganizationID, _ reference: [UInt8]) -> SQL {
        "organization = \(organization) AND kind = \(kind.name) AND reference = \(reference)"
    }
}
