// SPDX-License-Identifier: Apache-2.0

package import WardAudit
package import WardConsent
package import WardKernel
import WardQueue
package import WardSegments
package import WardStorage
package import WardVault

/// One message to many people: written, classified, checked, sent once to each, and accounted for.
package final class Campaigns: Sendable {
    let store: any Store
    let vault: Vault
    let audit: Audit
    let queue: Queue
    let segments: Segments
    let people: any PeopleSource
    let consent: Consent
    let delivery: any CampaignDelivery
    let organizations: any CampaignOrganizations
    let surroundings: Surroundings
    /// The largest audience whose preflight is answered at once; a larger one is asked by the worker.
    let immediatePreflight: Int

    package init(
        store: any Store,
        vault: Vault,
        audit: Audit,
        segments: Segments,
        people: any PeopleSource,
        consent: Consent,
        delivery: any CampaignDelivery,
        organizations: any CampaignOrganizations,
        surroundings: Surroundings,
        immediatePreflight: Int = 2_000
    ) {
        self.store = store
        self.vault = vault
        self.audit = audit
        queue = Queue(surroundings: surroundings)
        self.segments = segments
        self.people = people
        self.consent = consent
        self.delivery = delivery
        self.organizations = organizations
        self.surroundings = surroundings
        self.immediatePreflight = immediatePreflight
    }

    // MARK: Sealed drafts

    func seal(
        _ draft: CampaignDraft,
        of id: CampaignID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        let plain = Sensitive(try CampaignJSON.encoded(draft))
        return try vault.seal(plain, at: Self.place(of: id, organization: organization), in: tx)
    }

    func openDraft(
        of row: CampaignRow,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> CampaignDraft {
        let opened = try vault.open(row.draftSealed, at: Self.place(of: row.id, organization: organization), in: tx)
        return try opened.expose(for: .evaluating) { bytes in try CampaignJSON.draft(from: bytes, of: row.id) }
    }

    static func place(of id: CampaignID, organization: OrganizationID) -> SealedPlace {
        SealedPlace(organization: organization, owner: .organization, kind: .campaignDraft, row: id.bytes)
    }

    // MARK: Common parts

    func row(
        _ id: CampaignID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> CampaignRow {
        guard let row = try CampaignQueries.find(id, of: organization, in: tx) else { throw CampaignError.notFound(id) }
        return row
    }

    func record(
        _ action: AuditAction,
        _ id: CampaignID,
        subject: SubjectID? = nil,
        fields: [String] = [],
        facts: [String: String] = [:],
        reason: Sensitive<String>? = nil,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try audit.record(
            AuditEntry(
                action,
                object: AuditObject(kind: "campaign", id),
                subject: subject,
                reason: reason,
                fields: fields,
                facts: facts
            ),
            by: requester,
            in: tx
        )
    }
}

/// Why a campaign does not do what was asked; descriptions are safe to show.
package enum CampaignError: Error, Hashable, Sendable, CustomStringConvertible {
    case notFound(CampaignID)
    /// The command makes no sense in this state.
    case notPossible(CampaignCommand, in: CampaignState)
    /// Something is missing; the sentences say what.
    case incomplete([CampaignProblem])
    /// The moment lies in the past, or more than two years ahead.
    case badTime
    /// Only a draft can be edited.
    case notADraft(CampaignState)
    case notAMember(ContactID)
    case noOwnAddress
    case damaged(CampaignID)

    package var description: String {
        switch self {
        case .notFound: "There is no such campaign."
        case .notPossible(let command, let state): "A campaign that is \(state.rawValue) cannot \(command.rawValue)."
        case .incomplete(let problems): problems.map(\.sentence).joined(separator: " ")
        case .badTime: "Choose a time within the next two years."
        case .notADraft(let state): "A campaign that is \(state.rawValue) cannot be changed."
        case .notAMember: "This person is not in the segment."
        case .noOwnAddress: "Your account has no e-mail address to send the test to."
        case .damaged: "The stored campaign cannot be read."
        }
    }
}

extension RecordKind {
    /// A campaign's draft.
    package static let campaignDraft = RecordKind(number: 150, name: "campaign.draft")
}

extension AuditAction {
    /// A campaign was begun.
    package static let campaignCreate = AuditAction(rawValue: "campaign.create")
    /// A draft was changed; the facts name the fields.
    package static let campaignEdit = AuditAction(rawValue: "campaign.edit")
    /// A draft was shown with one person's values.
    package static let campaignPreview = AuditAction(rawValue: "campaign.preview")
    /// A test with a made-up person went to the requester.
    package static let campaignTest = AuditAction(rawValue: "campaign.test")
    /// The gate was asked about the whole audience without sending; for a large one its start, its end, or that it was
    /// given up, as the facts say.
    package static let campaignPreflight = AuditAction(rawValue: "campaign.preflight")
    /// A campaign was told to go out, at once or at a time.
    package static let campaignSchedule = AuditAction(rawValue: "campaign.schedule")
    /// A scheduled campaign was made a draft again.
    package static let campaignUnschedule = AuditAction(rawValue: "campaign.unschedule")
    /// Sending began: the audience was written down.
    package static let campaignStart = AuditAction(rawValue: "campaign.start")
    package static let campaignPause = AuditAction(rawValue: "campaign.pause")
    package static let campaignResume = AuditAction(rawValue: "campaign.resume")
    package static let campaignCancel = AuditAction(rawValue: "campaign.cancel")
    /// Every message of a campaign has a final state.
    package static let campaignFinish = AuditAction(rawValue: "campaign.finish")
    /// The people behind a number were looked at, or one person's decision.
    package static let campaignPeople = AuditAction(rawValue: "campaign.people")
}

extension WorkKind {
    /// A campaign's time has come: write its audience down.
    static let campaignStart = WorkKind("campaign.start")
    /// Make the messages of people who have none yet.
    static let campaignExpand = WorkKind("campaign.expand")
    /// Ask the gate about a large audience without sending.
    static let campaignPreflight = WorkKind("campaign.preflight")
    /// Look whether every message has a final state.
    static let campaignFinish = WorkKind("campaign.finish")
}
