// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// How far one person of a campaign's audience has come.
enum RecipientState: String, SQLConvertible {
    /// In the audience; nothing made yet.
    case pending
    /// In the delivery queue, which knows the rest.
    case submitted
    /// Never handed over, with a reason.
    case notSent = "not_sent"
}

/// How many people of an audience have come so far.
struct RecipientCount: Sendable {
    var state: RecipientState
    var reason: String?
    var people: Int
}

enum RecipientQueries {
    /// Writes down people of the audience who have no row yet: running it again adds nobody twice.
    static func insertPending(
        _ contacts: [ContactID],
        of campaign: CampaignID,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        guard !contacts.isEmpty else { return }
        let values = contacts.map { contact -> SQL in
            "(\(organization), \(campaign), \(contact), \(RecipientState.pending), NULL, NULL, \(now))"
        }
        try tx.execute(
            """
            INSERT INTO campaign_recipient (organization, campaign, contact, state, message, reason, at)
            VALUES \(fragment: SQL.joined(values, separator: ", "))
            ON CONFLICT (organization, campaign, contact) DO NOTHING
            """
        )
    }

    static func pending(
        of campaign: CampaignID,
        after: ContactID?,
        limit: Int,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID] {
        try tx.rows(
            """
            SELECT contact FROM campaign_recipient
            WHERE organization = \(organization) AND campaign = \(campaign) AND state = \(RecipientState.pending)
                AND contact > \(after ?? ContactID(high: 0, low: 0))
            ORDER BY contact LIMIT \(limit)
            """
        ).map { try $0.value(at: 0) }
    }

    /// Notes that a person's message is in the delivery queue; false when that had already happened.
    static func noteSubmitted(
        _ contact: ContactID,
        message: MessageID?,
        of campaign: CampaignID,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE campaign_recipient
            SET state = \(RecipientState.submitted), message = \(message), reason = NULL, at = \(now)
            WHERE organization = \(organization) AND campaign = \(campaign) AND contact = \(contact)
                AND state = \(RecipientState.pending)
            """
        ) == 1
    }

    static func noteNotSent(
        _ contact: ContactID,
        reason: String,
        of campaign: CampaignID,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE campaign_recipient SET state = \(RecipientState.notSent), reason = \(reason), at = \(now)
            WHERE organization = \(organization) AND campaign = \(campaign) AND contact = \(contact)
                AND state = \(RecipientState.pending)
            """
        )
    }

    /// Everybody who has no message yet will never have one: the campaign was cancelled.
    static func cancelPending(
        of campaign: CampaignID,
        reason: String,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE campaign_recipient SET state = \(RecipientState.notSent), reason = \(reason), at = \(now)
            WHERE organization = \(organization) AND campaign = \(campaign) AND state = \(RecipientState.pending)
            """
        )
    }

    static func counts(
        of campaign: CampaignID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [RecipientCount] {
        try tx.rows(
            """
            SELECT state, reason, COUNT(*) AS people FROM campaign_recipient
            WHERE organization = \(organization) AND campaign = \(campaign) GROUP BY state, reason
            """
        ).map { row in
            RecipientCount(
                state: try row.value("state"),
                reason: try row.optional("reason"),
                people: try row.value("people")
            )
        }
    }

    /// People never handed over for a reason, after a position.
    static func notSent(
        reason: String,
        of campaign: CampaignID,
        after: ContactID?,
        limit: Int,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID] {
        try tx.rows(
            """
            SELECT contact FROM campaign_recipient
            WHERE organization = \(organization) AND campaign = \(campaign) AND state = \(RecipientState.notSent)
                AND reason = \(reason) AND contact > \(after ?? ContactID(high: 0, low: 0))
            ORDER BY contact LIMIT \(limit)
            """
        ).map { try $0.value(at: 0) }
    }

    /// A person's row; nil when the person is not in the audience.
    static func find(
        _ contact: ContactID,
        in campaign: CampaignID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> (state: RecipientState, message: MessageID?, reason: String?)? {
        try tx.row(
            """
            SELECT state, message, reason FROM campaign_recipient
            WHERE organization = \(organization) AND campaign = \(campaign) AND contact = \(contact)
            """
        ).map { (state: try $0.value(at: 0), message: try $0.optional(at: 1), reason: try $0.optional(at: 2)) }
    }

    static func count(
        of campaign: CampaignID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Int {
        try tx.first(
            "SELECT COUNT(*) FROM campaign_recipient WHERE organization = \(organization) AND campaign = \(campaign)"
        ) ?? 0
    }
}
