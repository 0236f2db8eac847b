// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardKernel
import WardStorage

extension CampaignState: SQLConvertible {}

/// A row of `campaign`.
struct CampaignRow: Sendable {
    var id: CampaignID
    var state: CampaignState
    var version: Int
    var draftSealed: [UInt8]
    var segment: SegmentID?
    var createdAt: Timestamp
    var createdBy: [UInt8]
    var changedAt: Timestamp
    var scheduledAt: Timestamp?
    var startedBy: [UInt8]?
    var startedAt: Timestamp?
    var finishedAt: Timestamp?
    /// When every person of the audience had a row; nil while the audience is still being written down.
    var expandedAt: Timestamp?
    /// What the delivery queue stores once for all recipients; nil until it starts.
    var content: MessageContentID?

    init(_ row: Row) throws {
        id = try row.value("id")
        state = try row.value("state")
        version = try row.value("version")
        draftSealed = try row.value("draft_sealed")
        segment = try row.optional("segment")
        createdAt = try row.value("created_at")
        createdBy = try row.value("created_by")
        changedAt = try row.value("changed_at")
        scheduledAt = try row.optional("scheduled_at")
        startedBy = try row.optional("started_by")
        startedAt = try row.optional("started_at")
        finishedAt = try row.optional("finished_at")
        expandedAt = try row.optional("expanded_at")
        content = try row.optional("content")
    }
}

enum CampaignQueries {
    private static let columns: SQL = """
        id, state, version, draft_sealed, segment, created_at, created_by, changed_at, scheduled_at, started_by,
        started_at, finished_at, expanded_at, content
        """

    static func insert(
        _ id: CampaignID,
        draftSealed: [UInt8],
        segment: SegmentID?,
        by creator: [UInt8],
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO campaign (organization, id, state, version, draft_sealed, segment, created_at, created_by,
                changed_at, scheduled_at, started_by, started_at, finished_at, expanded_at,
                content)
            VALUES (\(organization), \(id), \(CampaignState.draft), 1, \(draftSealed), \(segment), \(now), \(creator),
                \(now), NULL, NULL, NULL, NULL, NULL, NULL)
            """
        )
    }

    static func find(
        _ id: CampaignID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> CampaignRow? {
        try tx.row("SELECT \(fragment: columns) FROM campaign WHERE organization = \(organization) AND id = \(id)")
            .map(CampaignRow.init)
    }

    /// Each campaign and the version of its draft.
    static func versions(
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [(id: CampaignID, version: Int)] {
        try tx.rows("SELECT id, version FROM campaign WHERE organization = \(organization) ORDER BY id")
            .map { (try $0.value(at: 0), try $0.value(at: 1)) }
    }

    /// Newest first, before a position.
    static func page(
        before: (at: Timestamp, id: CampaignID)?,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [CampaignRow] {
        let position = before ?? (at: Timestamp(microseconds: .max), id: CampaignID(high: .max, low: .max))
        return try tx.rows(
            """
            SELECT \(fragment: columns) FROM campaign
            WHERE organization = \(organization)
                AND (created_at < \(position.at) OR (created_at = \(position.at) AND id < \(position.id)))
            ORDER BY created_at DESC, id DESC LIMIT \(limit)
            """
        ).map(CampaignRow.init)
    }

    /// Saves a draft if nobody else saved since `version`; false otherwise.
    static func saveDraft(
        _ id: CampaignID,
        version: Int,
        draftSealed: [UInt8],
        segment: SegmentID?,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE campaign
            SET draft_sealed = \(draftSealed), segment = \(segment), version = version + 1, changed_at = \(now)
            WHERE organization = \(organization) AND id = \(id) AND version = \(version)
                AND state = \(CampaignState.draft)
            """
        ) == 1
    }

    static func setState(
        _ state: CampaignState,
        from earlier: CampaignState,
        _ id: CampaignID,
        scheduledAt: Timestamp?,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE campaign SET state = \(state), scheduled_at = \(scheduledAt), changed_at = \(now)
            WHERE organization = \(organization) AND id = \(id) AND state = \(earlier)
            """
        ) == 1
    }

    /// Who decided that it goes out; kept while it waits for its time and while it goes.
    static func setStarter(
        _ starter: [UInt8]?,
        _ id: CampaignID,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            "UPDATE campaign SET started_by = \(starter) WHERE organization = \(organization) AND id = \(id)"
        )
    }

    static func noteStarted(
        _ id: CampaignID,
        content: MessageContentID,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE campaign SET started_at = \(now), content = \(content)
            WHERE organization = \(organization) AND id = \(id)
            """
        )
    }

    static func noteExpanded(
        _ id: CampaignID,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute("UPDATE campaign SET expanded_at = \(now) WHERE organization = \(organization) AND id = \(id)")
    }

    static func noteFinished(
        _ id: CampaignID,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute("UPDATE campaign SET finished_at = \(now) WHERE organization = \(organization) AND id = \(id)")
    }
}
