// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardKernel
import WardStorage
import WardVault

enum PolicyQueries {
    static func inForce(of organization: OrganizationID, in tx: any ReadTransaction) throws -> NumberedPolicy? {
        try tx.row("\(fragment: selection) WHERE organization = \(organization) AND state = 'in_force'").map(policy)
    }

    static func draft(of organization: OrganizationID, in tx: any ReadTransaction) throws -> NumberedPolicy? {
        try tx.row("\(fragment: selection) WHERE organization = \(organization) AND state = 'draft'").map(policy)
    }

    /// The state is written out behind it: the index of the policy in force is one of those rows alone, which a planner
    /// cannot tell from a parameter.
    private static let selection: SQL = """
        SELECT number, body, made_at, activated_at, tried_at, tried_days, tried_against, tried_decisions
        FROM delivery_policy
        """

    static func body(
        _ number: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> ProtectionPolicy? {
        let text: String? = try tx.first(
            "SELECT body FROM delivery_policy WHERE organization = \(organization) AND number = \(number)"
        )
        return try text.map { try JSONDecoder().decode(ProtectionPolicy.self, from: Data($0.utf8)) }
    }

    private static func policy(_ row: Row) throws -> NumberedPolicy {
        let text: String = try row.value("body")
        let made: Timestamp = try row.value("made_at")
        var trial: PolicyTrial?
        if let triedAt: Timestamp = try row.optional("tried_at") {
            trial = PolicyTrial(
                triedAt: triedAt,
                days: try row.value("tried_days"),
                against: try row.value("tried_against"),
                decisions: try row.value("tried_decisions")
            )
        }
        return NumberedPolicy(
            number: try row.value("number"),
            policy: try JSONDecoder().decode(ProtectionPolicy.self, from: Data(text.utf8)),
            changedAt: try row.optional("activated_at") ?? made,
            trial: trial
        )
    }

    static func lastNumber(of organization: OrganizationID, in tx: any ReadTransaction) throws -> Int {
        try tx.first("SELECT max(number) FROM delivery_policy WHERE organization = \(organization)") ?? 0
    }

    static func insertDraft(
        _ policy: ProtectionPolicy,
        number: Int,
        at now: Timestamp,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO delivery_policy (organization, number, state, body, made_at, made_by)
            VALUES (\(requester.organization), \(number), 'draft', \(try text(policy)), \(now),
                \(requester.identifier))
            """
        )
    }

    static func updateDraft(
        _ policy: ProtectionPolicy,
        at now: Timestamp,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE delivery_policy SET body = \(try text(policy)), made_at = \(now), made_by = \(requester.identifier),
                tried_at = NULL, tried_days = NULL, tried_against = NULL, tried_decisions = NULL
            WHERE organization = \(requester.organization) AND state = 'draft'
            """
        )
    }

    static func noteTrial(
        _ trial: PolicyTrial,
        of number: Int,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE delivery_policy SET tried_at = \(trial.triedAt), tried_days = \(trial.days),
                tried_against = \(trial.against), tried_decisions = \(trial.decisions)
            WHERE organization = \(organization) AND number = \(number) AND state = 'draft'
            """
        )
    }

    static func forgetTrial(of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            UPDATE delivery_policy SET tried_at = NULL, tried_days = NULL, tried_against = NULL, tried_decisions = NULL
            WHERE organization = \(organization) AND state = 'draft'
            """
        )
    }

    static func activate(
        _ number: Int,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            "UPDATE delivery_policy SET state = 'past' WHERE organization = \(organization) AND state = 'in_force'"
        )
        try tx.execute(
            """
            UPDATE delivery_policy SET state = 'in_force', activated_at = \(now)
            WHERE organization = \(organization) AND number = \(number)
            """
        )
    }

    /// A discarded draft keeps its number, so that no number ever means two policies.
    static func discardDraft(of organization: OrganizationID, in tx: any WriteTransaction) throws -> Bool {
        try tx.execute(
            "UPDATE delivery_policy SET state = 'discarded' WHERE organization = \(organization) AND state = 'draft'"
        ) > 0
    }

    static func contactRules(
        of contacts: [ContactID],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: ProtectionRule] {
        var found: [ContactID: ProtectionRule] = [:]
        for start in stride(from: 0, to: contacts.count, by: 500) {
            let page = Array(contacts[start..<min(start + 500, contacts.count)])
            let rows = try tx.rows(
                """
                SELECT contact, body FROM delivery_contact_protection
                WHERE organization = \(organization) AND contact IN \(list: page)
                """
            )
            for row in rows {
                let text: String = try row.value("body")
                found[try row.value("contact")] = try JSONDecoder().decode(ProtectionRule.self, from: Data(text.utf8))
            }
        }
        return found
    }

    static func putContactRule(
        _ rule: ProtectionRule?,
        of contact: ContactID,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            DELETE FROM delivery_contact_protection WHERE organization = \(organization) AND contact = \(contact)
            """
        )
        guard let rule else { return }
        try tx.execute(
            """
            INSERT INTO delivery_contact_protection (organization, contact, body, changed_at)
            VALUES (\(organization), \(contact), \(try text(rule)), \(now))
            """
        )
    }

    static func text(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}

/// The list of what a draft would have changed.
enum PolicyChangeQueries {
    static func clear(_ number: Int, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            "DELETE FROM delivery_policy_change WHERE organization = \(organization) AND number = \(number)"
        )
    }

    /// The message's last decision counts: an earlier one's line goes.
    static func put(
        _ decision: DecisionPages.Kept,
        before: String,
        after: String,
        number: Int,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            DELETE FROM delivery_policy_change
            WHERE organization = \(organization) AND number = \(number) AND delivery = \(decision.message)
            """
        )
        guard before != after else { return }
        try tx.execute(
            """
            INSERT INTO delivery_policy_change
                (organization, number, delivery, recipient_kind, recipient, verdict_before, verdict_after)
            VALUES (\(organization), \(number), \(decision.message), \(decision.recipient.kind),
                \(decision.recipient.bytes), \(before), \(after))
            """
        )
    }

    static func counts(
        _ number: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [PolicyChangeCount] {
        try tx.rows(
            """
            SELECT verdict_before, verdict_after, count(*) AS messages FROM delivery_policy_change
            WHERE organization = \(organization) AND number = \(number) GROUP BY verdict_before, verdict_after
            """
        ).map {
            PolicyChangeCount(
                before: try $0.value("verdict_before"),
                after: try $0.value("verdict_after"),
                messages: try $0.value("messages")
            )
        }.sorted { ($1.messages, $0.before, $0.after) < ($0.messages, $1.before, $1.after) }
    }

    static func page(
        _ number: Int,
        after: MessageID,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [PolicyChange] {
        try tx.rows(
            """
            SELECT delivery, verdict_before, verdict_after FROM delivery_policy_change
            WHERE organization = \(organization) AND number = \(number) AND delivery > \(after)
            ORDER BY delivery LIMIT \(limit)
            """
        ).map { row in
            PolicyChange(
                message: try row.value("delivery"),
                before: try row.value("verdict_before"),
                after: try row.value("verdict_after")
            )
        }
    }
}

/// Kept decisions in the order of their making.
enum DecisionPages {
    struct Kept {
        var id: GateDecisionID
        var message: MessageID
        var recipient: MessageRecipient
        var sealed: [UInt8]
    }

    /// Behind every identifier that is made: an end that leaves nothing out.
    private static let last = GateDecisionID(high: .max, low: .max)

    static func count(
        after: GateDecisionID,
        before end: GateDecisionID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Int {
        try tx.first(
            """
            SELECT COUNT(*) FROM delivery_decision
            WHERE organization = \(organization) AND id > \(after) AND id < \(end)
            """
        ) ?? 0
    }

    static func page(
        after: GateDecisionID,
        before end: GateDecisionID?,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Kept] {
        try tx.rows(
            """
            SELECT g.id AS id, g.delivery AS delivery, g.sealed AS sealed, d.recipient_kind AS recipient_kind,
                d.recipient AS recipient
            FROM delivery_decision g
            JOIN delivery d ON d.organization = g.organization AND d.id = g.delivery
            WHERE g.organization = \(organization) AND g.id > \(after) AND g.id < \(end ?? last)
            ORDER BY g.id LIMIT \(limit)
            """
        ).map { row in
            Kept(
                id: try row.value("id"),
                message: try row.value("delivery"),
                recipient: try recipient(row),
                sealed: try row.value("sealed")
            )
        }
    }

    static func recipient(_ row: Row) throws -> MessageRecipient {
        try MessageRecipient(kind: try row.value("recipient_kind"), bytes: try row.value("recipient"))
    }
}

/// What the content scan found, by message.
enum ScanQueries {
    static func insert(
        _ sealed: [UInt8],
        of message: MessageID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            "INSERT INTO delivery_scan (organization, delivery, sealed) VALUES (\(organization), \(message), \(sealed))"
        )
    }

    static func find(
        _ message: MessageID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> (sealed: [UInt8], isReviewed: Bool)? {
        try tx.row(
            """
            SELECT sealed, CASE WHEN reviewed_at IS NULL THEN 0 ELSE 1 END AS is_reviewed FROM delivery_scan
            WHERE organization = \(organization) AND delivery = \(message)
            """
        ).map { (try $0.value("sealed"), try $0.value("is_reviewed")) }
    }

    static func review(
        _ message: MessageID,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE delivery_scan SET reviewed_at = \(now)
            WHERE organization = \(organization) AND delivery = \(message)
            """
        )
    }
}
