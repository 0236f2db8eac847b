// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

/// For how long sent messages are kept: 45 CFR 164.316(b)(2)(i) asks for six years.
package enum MessageRetention {
    package static let standardYears = 6
    package static let years = 1...100

    /// Calendar years are not needed where a day more or less is none: 365.25 days.
    static func period(years: Int) -> Duration { .hours(years * 8_766) }
}

extension Delivery {
    /// For how many years the organization keeps messages.
    package func retentionYears(by requester: Requester) async throws -> Int {
        if requester.kind != .service { try requester.require(.manageSettings) }
        return try await store.read { tx in try RetentionQueries.years(of: requester.organization, in: tx) }
    }

    /// Sets it; messages that are over then go at the next purge.
    package func keepMessages(forYears years: Int, why: String, by requester: Requester) async throws -> RateOutcome {
        try requester.require(.manageSettings)
        guard let why = Self.reason(why) else { return .refused("a reason is given") }
        guard MessageRetention.years.contains(years) else { return .refused("messages are kept for 1 to 100 years") }
        return try await store.write { tx in
            let organization = requester.organization
            try RetentionQueries.put(years, at: self.surroundings.now(), of: organization, in: tx)
            try self.recordRate("retention", "messages", ["years": "\(years)"], why: why, by: requester, in: tx)
            return .done
        }
    }

    /// Removes ended messages whose time is over, with their decisions, attempts and contents; each piece is audited with its
    /// number. Doing it again removes nothing.
    ///
    /// - Returns: how many messages went.
    @discardableResult
    package func purge(by requester: Requester) async throws -> Int {
        if requester.kind != .service { try requester.require(.manageSettings) }
        let organization = requester.organization
        var total = 0
        var count = 0
        repeat {
            count = try await store.writeAlone { tx in
                let years = try RetentionQueries.years(of: organization, in: tx)
                let bound = self.surroundings.now() - MessageRetention.period(years: years)
                let messages = try RetentionQueries.over(before: bound, limit: 500, of: organization, in: tx)
                guard !messages.isEmpty else { return 0 }
                for message in messages { try RetentionQueries.remove(message, of: organization, in: tx) }
                try self.audit.record(
                    AuditEntry(
                        .messagePurge,
                        object: AuditObject(kind: "message", messages[0].id),
                        facts: ["messages": "\(messages.count)", "years": "\(years)"]
                    ),
                    by: requester,
                    in: tx
                )
                return messages.count
            }
            total += count
        } while count > 0
        return total
    }
}

enum RetentionQueries {
    struct Over: Sendable {
        let id: MessageID
        let content: MessageContentID
    }

    static func years(of organization: OrganizationID, in tx: any ReadTransaction) throws -> Int {
        try tx.first("SELECT years FROM delivery_retention WHERE organization = \(organization)")
            ?? MessageRetention.standardYears
    }

    static func put(
        _ years: Int,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO delivery_retention (organization, years, changed_at)
            VALUES (\(organization), \(years), \(now))
            ON CONFLICT (organization) DO UPDATE SET years = excluded.years, changed_at = excluded.changed_at
            """
        )
    }

    /// Identifiers carry the time of making, so that these are the beginning of the primary key. What has not ended stays.
    static func over(
        before bound: Timestamp,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Over] {
        let final = DeliveryStanding.allCases.filter(\.isFinal).map(\.rawValue)
        return try tx.rows(
            """
            SELECT id, content FROM delivery
            WHERE organization = \(organization) AND id < \(MessageID.first(at: bound)) AND standing IN \(list: final)
            ORDER BY id LIMIT \(limit)
            """
        ).map { Over(id: try $0.value("id"), content: try $0.value("content")) }
    }

    static func remove(_ message: Over, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        let id = message.id
        try tx.execute("DELETE FROM delivery_attempt WHERE organization = \(organization) AND delivery = \(id)")
        try tx.execute("DELETE FROM delivery_decision WHERE organization = \(organization) AND delivery = \(id)")
        try tx.execute("DELETE FROM delivery_notice WHERE organization = \(organization) AND delivery = \(id)")
        try tx.execute("DELETE FROM delivery_complaint WHERE organization = \(organization) AND delivery = \(id)")
        try tx.execute("DELETE FROM delivery WHERE organization = \(organization) AND id = \(id)")
        // A content goes with its last message; (organization, content, recipient) is an index.
        try tx.execute(
            """
            DELETE FROM delivery_content WHERE organization = \(organization) AND id = \(message.content)
                AND NOT EXISTS (SELECT 1 FROM delivery
                    WHERE organization = \(organization) AND content = \(message.content))
            """
        )
    }
}
