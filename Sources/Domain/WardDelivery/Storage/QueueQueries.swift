// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardQueue
import WardStorage

/// The queue as staff looks at it. What waits is found through the work items, which are few beside everything that was ever
/// sent; what did not simply go has an index of its own.
enum QueueQueries {
    /// A page of identifiers with the time of the next attempt, in the order of their making.
    static func waiting(
        _ filter: QueueFilter,
        destination: [UInt8]?,
        after: MessageID?,
        before made: Timestamp?,
        limit: Int,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [(MessageID, Timestamp?)] {
        var conditions: [SQL] = []
        if let after {
            // A reference is longer than its message, so that it sorts after it: the page begins behind the message's own.
            let bound =
                after.bytes + [UInt8](repeating: filter.isOldestFirst ? 0xff : 0, count: filter.isOldestFirst ? 64 : 0)
            conditions.append(filter.isOldestFirst ? "AND w.reference > \(bound)" : "AND w.reference < \(bound)")
        }
        if let made { conditions.append("AND w.reference < \(MessageID.first(at: made).bytes)") }
        if let destination {
            conditions.append("AND substr(w.reference, 17) = \(StoredDelivery.mark(of: destination))")
        }
        if let campaign = filter.campaign { conditions.append("AND d.campaign = \(campaign)") }
        if !filter.recipients.isEmpty {
            conditions.append("AND d.recipient IN \(list: filter.recipients.map(\.bytes))")
        }
        let restriction = conditions.reduce("" as SQL) { "\(fragment: $0) \(fragment: $1)" }
        let order: SQL = filter.isOldestFirst ? "ASC" : "DESC"
        let final = DeliveryStanding.held.rawValue
        return try tx.rows(
            """
            SELECT d.id AS id, w.due_at AS due_at FROM work_item w
            JOIN delivery d ON d.organization = w.organization AND d.id = substr(w.reference, 1, 16)
            WHERE w.organization = \(organization) AND w.kind = \(WorkKind.deliveryAttempt.name)
                AND d.standing <> \(final) \(fragment: restriction)
            ORDER BY w.reference \(fragment: order) LIMIT \(limit)
            """
        ).map { (try $0.value("id"), try $0.optional("due_at")) }
    }

    /// A page of one of the exceptional standings.
    static func exceptionalIdentifiers(
        _ filter: QueueFilter,
        destination: [UInt8]?,
        after: MessageID?,
        before made: Timestamp?,
        limit: Int,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [MessageID] {
        var conditions: [SQL] = []
        if let after { conditions.append(filter.isOldestFirst ? "AND id > \(after)" : "AND id < \(after)") }
        if let made { conditions.append("AND id < \(MessageID.first(at: made))") }
        if let destination { conditions.append("AND destination = \(destination)") }
        if let campaign = filter.campaign { conditions.append("AND campaign = \(campaign)") }
        if !filter.recipients.isEmpty { conditions.append("AND recipient IN \(list: filter.recipients.map(\.bytes))") }
        let restriction = conditions.reduce("" as SQL) { "\(fragment: $0) \(fragment: $1)" }
        let order: SQL = filter.isOldestFirst ? "ASC" : "DESC"
        // One standing at a time, so that each is a range of the index; merged and cut here.
        let found = try filter.part.exceptionalStandings.flatMap { standing in
            try tx.rows(
                """
                SELECT id FROM delivery WHERE organization = \(organization) AND standing = \(standing.rawValue)
                    AND standing IN ('held', 'in_doubt', 'refused', 'expired', 'unknown') \(fragment: restriction)
                ORDER BY id \(fragment: order) LIMIT \(limit)
                """
            ).map { try $0.value("id", as: MessageID.self) }
        }
        let sorted = filter.isOldestFirst ? found.sorted(by: <) : found.sorted(by: >)
        return Array(sorted.prefix(limit))
    }

    static func exceptional(
        _ standing: DeliveryStanding,
        reason: String,
        after: MessageID,
        limit: Int,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [StoredDelivery] {
        let identifiers = try tx.rows(
            """
            SELECT id FROM delivery WHERE organization = \(organization) AND standing = \(standing.rawValue)
                AND standing IN ('held', 'in_doubt', 'refused', 'expired', 'unknown') AND reason = \(reason)
                AND id > \(after)
            ORDER BY id LIMIT \(limit)
            """
        ).map { try $0.value("id", as: MessageID.self) }
        return try identifiers.compactMap { try DeliveryQueries.find($0, of: organization, in: tx) }
    }

    static func dueAt(
        _ reference: [UInt8],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Timestamp? {
        try tx.row(
            """
            SELECT due_at FROM work_item WHERE organization = \(organization)
                AND kind = \(WorkKind.deliveryAttempt.name) AND reference = \(reference)
            """
        )?.optional("due_at")
    }
}

enum NoticeQueries {
    static func raise(
        _ kind: SenderNoticeKind,
        about id: MessageID,
        at time: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO delivery_notice (organization, delivery, kind, raised_at)
            VALUES (\(organization), \(id), \(kind.rawValue), \(time))
            ON CONFLICT (organization, delivery, kind) DO NOTHING
            """
        )
    }

    /// Takes back what was to be said later.
    static func withdraw(
        about id: MessageID,
        after now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            DELETE FROM delivery_notice
            WHERE organization = \(organization) AND delivery = \(id) AND raised_at > \(now)
            """
        )
    }

    static func unseen(
        at now: Timestamp,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [SenderNotice] {
        try tx.rows(
            """
            SELECT delivery, kind, raised_at FROM delivery_notice
            WHERE organization = \(organization) AND raised_at <= \(now) AND seen_at IS NULL
            ORDER BY raised_at DESC LIMIT \(limit)
            """
        ).compactMap { row in
            guard let kind = SenderNoticeKind(rawValue: try row.value("kind")) else { return nil }
            return SenderNotice(message: try row.value("delivery"), kind: kind, raisedAt: try row.value("raised_at"))
        }
    }

    /// What is to be said now and was said in no mail, oldest first.
    static func unmailed(
        at now: Timestamp,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [SenderNotice] {
        try tx.rows(
            """
            SELECT delivery, kind, raised_at FROM delivery_notice
            WHERE organization = \(organization) AND raised_at <= \(now) AND mailed_at IS NULL
            ORDER BY raised_at, delivery LIMIT \(limit)
            """
        ).compactMap { row in
            guard let kind = SenderNoticeKind(rawValue: try row.value("kind")) else { return nil }
            return SenderNotice(message: try row.value("delivery"), kind: kind, raisedAt: try row.value("raised_at"))
        }
    }

    /// - Returns: false where it went out by mail before.
    static func markMailed(
        _ notice: SenderNotice,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE delivery_notice SET mailed_at = \(now)
            WHERE organization = \(organization) AND delivery = \(notice.message) AND kind = \(notice.kind.rawValue)
                AND mailed_at IS NULL
            """
        ) > 0
    }

    static func markSeen(at now: Timestamp, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            UPDATE delivery_notice SET seen_at = \(now)
            WHERE organization = \(organization) AND raised_at <= \(now) AND seen_at IS NULL
            """
        )
    }
}
