// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// A dry run that is under way.
struct PreflightWork: Sendable {
    /// The version of the campaign that is asked about.
    let version: Int
    let people: Int
    let done: Int
    /// The last person asked about.
    let position: ContactID?
    let beganAt: Timestamp
}

enum PreflightWorkQueries {
    /// False when one is under way.
    static func begin(
        _ campaign: CampaignID,
        version: Int,
        people: Int,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            INSERT INTO campaign_preflight_work (organization, campaign, version, people, done, position, began_at)
            VALUES (\(organization), \(campaign), \(version), \(people), 0, NULL, \(now))
            ON CONFLICT (organization, campaign) DO NOTHING
            """
        ) == 1
    }

    static func find(
        _ campaign: CampaignID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> PreflightWork? {
        try tx.row(
            """
            SELECT version, people, done, position, began_at FROM campaign_preflight_work
            WHERE organization = \(organization) AND campaign = \(campaign)
            """
        ).map { row in
            PreflightWork(
                version: try row.value("version"),
                people: try row.value("people"),
                done: try row.value("done"),
                position: try row.optional("position"),
                beganAt: try row.value("began_at")
            )
        }
    }

    static func advance(
        _ campaign: CampaignID,
        by count: Int,
        to position: ContactID,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE campaign_preflight_work SET done = done + \(count), position = \(position)
            WHERE organization = \(organization) AND campaign = \(campaign)
            """
        )
    }

    static func remove(
        _ campaign: CampaignID,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            "DELETE FROM campaign_preflight_work WHERE organization = \(organization) AND campaign = \(campaign)"
        )
    }
}
