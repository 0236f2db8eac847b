// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardContacts
package import WardKernel
import WardPortal
import WardSegments
import WardStorage

/// A campaign as staff sees it.
package struct Campaign: Sendable {
    package let id: CampaignID
    package let state: CampaignState
    /// Grows with each save; given back with the next, so that nobody overwrites another's change.
    package let version: Int
    package let draft: CampaignDraft
    package let createdAt: Timestamp
    package let changedAt: Timestamp
    /// When it will go out, or should have.
    package let scheduledAt: Timestamp?
    package let startedAt: Timestamp?
    package let finishedAt: Timestamp?

    init(_ row: CampaignRow, draft: CampaignDraft) {
        id = row.id
        state = row.state
        version = row.version
        self.draft = draft
        createdAt = row.createdAt
        changedAt = row.changedAt
        scheduledAt = row.scheduledAt
        startedAt = row.startedAt
        finishedAt = row.finishedAt
    }
}

/// What came of a save.
package enum SaveOutcome: Hashable, Sendable {
    case saved(version: Int)
    /// Somebody else saved in the meantime; nothing was changed.
    case changedElsewhere
    case notADraft(CampaignState)
}

/// A position in the list of campaigns, for the next page.
package struct CampaignPosition: Hashable, Sendable {
    package let at: Timestamp
    package let id: CampaignID

    package init(at: Timestamp, id: CampaignID) {
        self.at = at
        self.id = id
    }
}

extension Campaigns {
    /// Begins a campaign; with the organization's name and postal address where the draft has none.
    package func create(_ draft: CampaignDraft = CampaignDraft(), requester: Requester) async throws -> CampaignID {
        try requester.require(.editCampaigns)
        let id = surroundings.makeIdentifier(CampaignTag.self)
        let organization = requester.organization
        try await store.write { [self] tx in
            var draft = draft
            let profile = try organizations.campaignOrganization(organization, in: tx)
            if draft.senderName.isEmpty { draft.senderName = profile.name }
            if draft.postalAddress.isEmpty { draft.postalAddress = profile.postalAddress }
            try CampaignQueries.insert(
                id,
                draftSealed: try seal(draft, of: id, organization: organization, in: tx),
                segment: draft.segment,
                by: requester.identifier,
                at: surroundings.now(),
                of: organization,
                in: tx
            )
            try record(.campaignCreate, id, by: requester, in: tx)
        }
        return id
    }

    /// Saves a draft as it is, with whatever is still missing; `problems(of:)` says what that is.
    package func save(
        _ draft: CampaignDraft,
        of id: CampaignID,
        version: Int,
        requester: Requester
    ) async throws -> SaveOutcome {
        try requester.require(.editCampaigns)
        let organization = requester.organization
        return try await store.write { [self] tx in
            let row = try row(id, of: organization, in: tx)
            guard row.state.isEditable else { return .notADraft(row.state) }
            let before = try openDraft(of: row, organization: organization, in: tx)
            guard row.version == version else {
                return before == draft ? .saved(version: row.version) : .changedElsewhere
            }
            guard before != draft else { return .saved(version: version) }
            let sealed = try seal(draft, of: id, organization: organization, in: tx)
            let isSaved = try CampaignQueries.saveDraft(
                id,
                version: version,
                draftSealed: sealed,
                segment: draft.segment,
                at: surroundings.now(),
                of: organization,
                in: tx
            )
            guard isSaved else { return .changedElsewhere }
            try record(.campaignEdit, id, fields: draft.changedFields(since: before), by: requester, in: tx)
            return .saved(version: version + 1)
        }
    }

    package func campaign(_ id: CampaignID, requester: Requester) async throws -> Campaign {
        try requester.require(.viewCampaigns)
        let organization = requester.organization
        return try await store.read { [self] tx in
            let row = try row(id, of: organization, in: tx)
            return Campaign(row, draft: try openDraft(of: row, organization: organization, in: tx))
        }
    }

    /// A page of campaigns, newest first, and where the next begins (nil on the last).
    package func list(
        after position: CampaignPosition? = nil,
        limit: Int = 50,
        requester: Requester
    ) async throws -> (campaigns: [Campaign], next: CampaignPosition?) {
        try requester.require(.viewCampaigns)
        let organization = requester.organization
        let limit = min(max(limit, 1), 200)
        let before = position.map { ($0.at, $0.id) }
        return try await store.read { [self] tx in
            let rows = try CampaignQueries.page(before: before, limit: limit + 1, of: organization, in: tx)
            let campaigns = try rows.prefix(limit).map { row in
                Campaign(row, draft: try openDraft(of: row, organization: organization, in: tx))
            }
            let last = rows.count > limit ? campaigns.last : nil
            return (campaigns, last.map { CampaignPosition(at: $0.createdAt, id: $0.id) })
        }
    }

    /// The fields that the requester's texts may merge; clinical ones only for those who may see them.
    package func fields(requester: Requester) async throws -> MergeFieldCatalogue {
        try requester.require(.viewCampaigns)
        return try await store.read { [self] tx in try fields(for: requester, in: tx) }
    }

    /// Everything that keeps a draft from being sent, in the order of the compose page.
    package func problems(of draft: CampaignDraft, requester: Requester) async throws -> [CampaignProblem] {
        draft.problems(fields: try await fields(requester: requester))
    }

    func fields(for requester: Requester, in tx: any ReadTransaction) throws -> MergeFieldCatalogue {
        let mayUseClinical = requester.kind == .service || requester.may(.viewClinical)
        let attributes = try people.catalogue(of: requester.organization, in: tx).fields.values
            .filter { mayUseClinical || !$0.isClinical }
            .sorted { $0.label < $1.label }
            .map { MergeField(name: $0.name.rawValue, label: $0.label, isPHI: $0.isPHI) }
        return MergeFieldCatalogue(MergeValues.common + attributes)
    }
}

extension CampaignDraft {
    /// The names of the fields that differ, for the audit log.
    func changedFields(since before: CampaignDraft) -> [String] {
        var names: [String] = []
        func note(_ isChanged: Bool, _ name: String) { if isChanged { names.append(name) } }
        note(name != before.name, "name")
        note(segment != before.segment, "segment")
        note(answers != before.answers, "classification")
        note(payer != before.payer, "payer")
        note(postalAddress != before.postalAddress, "postal_address")
        note(senderName != before.senderName, "sender_name")
        note(subject != before.subject, "subject")
        note(text != before.text, "text")
        note(sensitivity != before.sensitivity, "sensitivity")
        note(language != before.language, "language")
        return names
    }
}
