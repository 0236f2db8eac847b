// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum PreflightQueries {
    /// Forgets the last dry run, and one that is under way.
    static func clear(
        _ campaign: CampaignID,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try PreflightWorkQueries.remove(campaign, of: organization, in: tx)
        try clearAnswers(campaign, of: organization, in: tx)
    }

    static func clearAnswers(
        _ campaign: CampaignID,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            "DELETE FROM campaign_preflight_run WHERE organization = \(organization) AND campaign = \(campaign)"
        )
        try tx.execute(
            "DELETE FROM campaign_preflight WHERE organization = \(organization) AND campaign = \(campaign)"
        )
    }

    static func insert(
        _ answers: [(contact: ContactID, method: String, reason: String)],
        of campaign: CampaignID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        guard !answers.isEmpty else { return }
        let values = answers.map { answer -> SQL in
            "(\(organization), \(campaign), \(answer.contact), \(answer.method), \(answer.reason))"
        }
        try tx.execute(
            """
            INSERT INTO campaign_preflight (organization, campaign, contact, method, reason)
            VALUES \(fragment: SQL.joined(values, separator: ", "))
            ON CONFLICT (organization, campaign, contact)
            DO UPDATE SET method = excluded.method, reason = excluded.reason
            """
        )
    }

    static func noteRun(
        _ campaign: CampaignID,
        version: Int,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO campaign_preflight_run (organization, campaign, version, finished_at)
            VALUES (\(organization), \(campaign), \(version), \(now))
            ON CONFLICT (organization, campaign)
            DO UPDATE SET version = excluded.version, finished_at = excluded.finished_at
            """
        )
    }

    static func run(
        of campaign: CampaignID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> (version: Int, finishedAt: Timestamp)? {
        try tx.row(
            """
            SELECT version, finished_at FROM campaign_preflight_run
            WHERE organization = \(organization) AND campaign = \(campaign)
            """
        ).map { (version: try $0.value(at: 0), finishedAt: try $0.value(at: 1)) }
    }

    static func groups(
        of campaign: CampaignID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [(method: String, reason: String, count: Int)] {
        try tx.rows(
            """
            SELECT method, reason, COUNT(*) AS people FROM campaign_preflight
            WHERE organization = \(organization) AND campaign = \(campaign)
            GROUP BY method, reason ORDER BY method, people DESC, reason
            """
        ).map {
            (method: try $0.value("method"), reason: try $0.value("reason"), count: try $0.value("people"))
        }
    }

    static func people(
        method: String,
        reason: String,
        of campaign: CampaignID,
        after: ContactID?,
        limit: Int,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID] {
        try tx.rows(
            """
            SELECT contact FROM campaign_preflight
            WHERE organization = \(organization) AND campaign = \(campaign) AND method = \(method)
                AND reason = \(reason) AND contact > \(after ?? ContactID(high: 0, low: 0))
            ORDER BY contact LIMIT \(limit)
            """
        ).map { try $0.value(at: 0) }
    }
}
