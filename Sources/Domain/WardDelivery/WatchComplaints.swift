// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
package import WardStorage

/// A sender domain whose campaigns wait because too many people complained.
package struct ComplaintBrake: Sendable, Hashable {
    package let source: String
    package let pulledAt: Timestamp
    /// Of the day before it was pulled.
    package let complaints: Int
    /// Messages delivered in that day, counted as far as needed.
    package let delivered: Int
    package let releasedAt: Timestamp?

    package var isPulled: Bool { releasedAt == nil }
}

/// When sending pauses by itself: `hipaa/rules.md` AT-6.7, and what Gmail, Yahoo and Microsoft ask (reliability.md C2).
enum ComplaintRule {
    static let period: Duration = .days(1)
    /// More than three in a thousand.
    static let perThousand = 3
    /// One person alone does not stop a small clinic's mail.
    static let fewest = 2

    /// Whether so many complaints about so many messages stop the sending.
    static func stops(complaints: Int, delivered: Int) -> Bool {
        complaints >= fewest && complaints * 1_000 > delivered * perThousand
    }

    /// As many messages as these complaints are tolerated among: counting further changes nothing.
    static func enough(for complaints: Int) -> Int { complaints * 1_000 / perThousand + 1 }
}

extension Delivery {
    /// Somebody reported a message as unwanted (RFC 5965). When the complaints of a day pass three in a thousand, the
    /// campaigns of the sender's domain wait until a person looks. The same message again changes nothing.
    ///
    /// - Returns: the brake, when this complaint pulled it.
    @discardableResult
    package func complained(
        about id: MessageID,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> ComplaintBrake? {
        guard let row = try DeliveryQueries.find(id, of: organization, in: tx) else {
            throw DeliveryError.messageNotFound(id)
        }
        let now = surroundings.now()
        let source = Self.source(of: row)
        let isNew = try BrakeQueries.complain(id, source: source, at: now, of: organization, in: tx)
        guard isNew else { return nil }
        let before = try BrakeQueries.find(source, of: organization, in: tx)
        if before?.isPulled == true { return nil }
        let since = max(now - ComplaintRule.period, before?.releasedAt ?? now - ComplaintRule.period)
        let complaints = try BrakeQueries.complaints(about: source, since: since, of: organization, in: tx)
        guard complaints >= ComplaintRule.fewest else { return nil }
        let delivered = try BrakeQueries.delivered(
            from: source,
            since: since,
            atMost: ComplaintRule.enough(for: complaints),
            of: organization,
            in: tx
        )
        guard ComplaintRule.stops(complaints: complaints, delivered: delivered) else { return nil }
        let brake = ComplaintBrake(
            source: source,
            pulledAt: now,
            complaints: complaints,
            delivered: delivered,
            releasedAt: nil
        )
        try BrakeQueries.pull(brake, of: organization, in: tx)
        let facts = ["change": "pulled", "complaints": "\(complaints)", "delivered": "\(delivered)"]
        try recordRate("complaint_brake", source, facts, why: nil, by: Self.service(organization), in: tx)
        return brake
    }

    /// Lets the campaigns of a sender domain go on after complaints. `releaseStopped` then brings back what waits.
    package func releaseBrake(on source: String, why: String, by requester: Requester) async throws -> RateOutcome {
        try requester.require(.manageSettings)
        guard let why = Self.reason(why) else { return .refused("a reason is given") }
        let source = source.lowercased()
        let outcome: RateOutcome = try await store.write { tx in
            let organization = requester.organization
            guard let brake = try BrakeQueries.find(source, of: organization, in: tx), brake.isPulled else {
                return .unknown
            }
            try BrakeQueries.release(source, at: self.surroundings.now(), of: organization, in: tx)
            try self.recordRate("complaint_brake", source, ["change": "released"], why: why, by: requester, in: tx)
            return .done
        }
        if outcome == .done { try await releaseStopped(by: requester) }
        return outcome
    }

    /// Brings back what waited behind brakes; whatever another brake still stops waits again.
    private func releaseStopped(by requester: Requester) async throws {
        let organization = requester.organization
        var position = MessageID(high: 0, low: 0)
        var count = 500
        while count == 500 {
            (position, count) = try await store.writeAlone { [position] tx in
                let rows = try QueueQueries.exceptional(
                    .held,
                    reason: HoldReason.complaints.rawValue,
                    after: position,
                    limit: 500,
                    organization: organization,
                    in: tx
                )
                let now = self.surroundings.now()
                for row in rows {
                    var row = row
                    for case .runAt(let time) in self.apply(.released, to: &row, at: now) {
                        try self.enqueue(row, terms: nil, at: time, of: organization, in: tx)
                    }
                    try DeliveryQueries.update(row.life, of: row.id, organization: organization, at: now, in: tx)
                }
                return (rows.last?.id ?? position, rows.count)
            }
        }
    }

    /// The sender's domain, as the message's own identifier has it.
    static func source(of row: StoredDelivery) -> String {
        row.frozen.messageIdentifier.split(separator: "@").last.map { $0.lowercased() } ?? ""
    }
}

enum BrakeQueries {
    static func complain(
        _ id: MessageID,
        source: String,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            INSERT INTO delivery_complaint (organization, delivery, source, complained_at)
            VALUES (\(organization), \(id), \(source), \(now)) ON CONFLICT (organization, delivery) DO NOTHING
            """
        ) > 0
    }

    static func complaints(
        about source: String,
        since: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Int {
        try tx.first(
            """
            SELECT count(*) FROM delivery_complaint
            WHERE organization = \(organization) AND source = \(source) AND complained_at >= \(since)
            """
        ) ?? 0
    }

    /// Identifiers carry the time of making (UUIDv7), so that the day's messages are a range of the primary key.
    static func delivered(
        from source: String,
        since: Timestamp,
        atMost: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Int {
        try tx.first(
            """
            SELECT count(*) FROM (SELECT 1 FROM delivery WHERE organization = \(organization)
                AND id >= \(MessageID.first(at: since)) AND standing = \(DeliveryStanding.delivered.rawValue)
                AND message_identifier LIKE \("%@" + source) LIMIT \(atMost)) AS found
            """
        ) ?? 0
    }

    static func find(
        _ source: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> ComplaintBrake? {
        try tx.row(
            """
            SELECT source, pulled_at, complaints, delivered, released_at FROM delivery_brake
            WHERE organization = \(organization) AND source = \(source)
            """
        ).map(brake)
    }

    static func all(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [ComplaintBrake] {
        try tx.rows(
            """
            SELECT source, pulled_at, complaints, delivered, released_at FROM delivery_brake
            WHERE organization = \(organization) ORDER BY source
            """
        ).map(brake)
    }

    static func pull(_ brake: ComplaintBrake, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            INSERT INTO delivery_brake (organization, source, pulled_at, complaints, delivered)
            VALUES (\(organization), \(brake.source), \(brake.pulledAt), \(brake.complaints), \(brake.delivered))
            ON CONFLICT (organization, source) DO UPDATE SET pulled_at = excluded.pulled_at,
                complaints = excluded.complaints, delivered = excluded.delivered, released_at = NULL
            """
        )
    }

    static func release(
        _ source: String,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            "UPDATE delivery_brake SET released_at = \(now) WHERE organization = \(organization) AND source = \(source)"
        )
    }

    private static func brake(_ row: Row) throws -> ComplaintBrake {
        ComplaintBrake(
            source: try row.value("source"),
            pulledAt: try row.value("pulled_at"),
            complaints: try row.value("complaints"),
            delivered: try row.value("delivered"),
            releasedAt: try row.optional("released_at")
        )
    }
}

extension MessageID {
    /// The first that could have been made at this moment (RFC 9562 section 5.7).
    static func first(at time: Timestamp) -> Self {
        Self(high: UInt64(max(0, time.microseconds / 1_000)) << 16, low: 0)
    }

    /// When it was made, to the millisecond.
    var madeAt: Timestamp { Timestamp(microseconds: Int64(high >> 16) * 1_000) }
}
