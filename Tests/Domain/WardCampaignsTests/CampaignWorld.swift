// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardConsent
import WardContacts
import WardKernel
import WardQueue
import WardSegments
import WardStorage
import WardTestKit
import WardVault

@testable import WardCampaigns
@testable import WardDelivery

/// Made-up people in memory, the same for every organization.
final class CampaignPeople: PeopleSource {
    let people: [PersonFacts]

    init(_ people: [PersonFacts]) { self.people = people }

    func catalogue(of organization: OrganizationID, in tx: any ReadTransaction) throws -> SegmentCatalogue {
        SegmentCatalogue(attributes: AttributeDefinition.builtIns)
    }
    func timeZone(of organization: OrganizationID, in tx: any ReadTransaction) throws -> String { "UTC" }
    func prepare(_ organization: OrganizationID) async throws {}
    func position(of organization: OrganizationID, in tx: any ReadTransaction) throws -> Int64 { 1 }
    func forEachPerson(
        of organization: OrganizationID,
        in tx: any ReadTransaction,
        _ body: (Sensitive<PersonFacts>) throws -> Void
    ) throws {
        for person in people { try body(Sensitive(person)) }
    }
    func changes(
        of organization: OrganizationID,
        after position: Int64,
        in tx: any ReadTransaction
    ) throws -> PeopleChanges {
        PeopleChanges(contacts: [], position: 1)
    }
    func changed(
        among contacts: [ContactID],
        after position: Int64,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> { [] }
    func catalogueMark(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [UInt8] { [] }
    func people(
        _ contacts: [ContactID],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Sensitive<PersonFacts>] {
        people.filter { contacts.contains($0.contact) }.map { Sensitive($0) }
    }
}

/// A send path that remembers, refuses whom a test says, and fails when a test says.
final class RememberingCampaignDelivery: CampaignDelivery {
    struct State {
        var content: MessageContent?
        var submitted: [MessageID: MessageRecipient] = [:]
        var addresses: [MessageID: EmailAddress] = [:]
        var failuresLeft = 0
        /// People whom a dry run asked about, and how many dry runs succeed before one fails.
        var askedAbout: [ContactID?] = []
        var dryRunsUntilFailure: Int?
        var commands: [String] = []
        var isRefusingControl = false
        /// Addresses whose messages cannot be encoded.
        var unmakeable: Set<String> = []
        var releases = 0
        /// Looks at the counts that find a message on its way; the one after them fails.
        var looksLeft = 0
    }
    struct Failure: Error {}
    let state = Mutex(State())
    let surroundings: Surroundings

    init(surroundings: Surroundings) { self.surroundings = surroundings }

    func content(
        _ terms: MessageTerms,
        template: Sensitive<[UInt8]>,
        for owner: ContactID?,
        of organization: OrganizationID
    ) throws -> MessageContent {
        MessageContent(
            id: surroundings.makeIdentifier(),
            organization: organization,
            terms: terms,
            template: template,
            owner: owner
        )
    }
    func store(_ content: MessageContent, in tx: any WriteTransaction) throws {
        state.withLock { $0.content = content }
    }
    func content(_ id: MessageContentID, of organization: OrganizationID) async throws -> MessageContent {
        guard let content = state.withLock({ $0.content }), content.id == id else { throw Failure() }
        return content
    }
    /// Nothing is attempted here, so nothing is ready.
    func waitWhileAmple() async throws {}
    func prepare(_ drafts: [MessageDraft], content: MessageContent) throws -> [PreparedMessage] {
        try drafts.map { draft in
            try rehearse(draft, content: content)
            return PreparedMessage(
                id: surroundings.makeIdentifier(),
                content: content.id,
                organization: content.organization,
                terms: content.terms,
                draft: draft,
                frozen: FrozenMessage(date: surroundings.now(), messageIdentifier: "a@b", boundary: "x", digest: []),
                findings: nil
            )
        }
    }
    func rehearse(_ draft: MessageDraft, content: MessageContent) throws {
        if state.withLock({ $0.unmakeable.contains(draft.address.mailbox) }) { throw Failure() }
        _ = try CampaignComposer().compose(content.template, values: draft.values)
    }
    func submit(
        _ messages: [PreparedMessage],
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> [SubmissionOutcome] {
        try state.withLock { state in
            if state.failuresLeft > 0 {
                state.failuresLeft -= 1
                throw Failure()
            }
            return messages.map { message in
                state.submitted[message.id] = message.draft.recipient
                state.addresses[message.id] = message.draft.address
                return .queued(message.id, .verifiedTLS)
            }
        }
    }
    func dryRun(
        _ candidates: [DryRunCandidate],
        terms: MessageTerms,
        by requester: Requester
    ) async throws -> [GateDecision] {
        try state.withLock { state in
            if state.dryRunsUntilFailure == 0 {
                state.dryRunsUntilFailure = nil
                throw Failure()
            }
            state.dryRunsUntilFailure = state.dryRunsUntilFailure.map { $0 - 1 }
            state.askedAbout += candidates.map(\.recipient.contact)
        }
        return candidates.map { _ in
            GateDecision(
                verdict: .cleared(.verifiedTLS),
                answers: [],
                methodOrder: [],
                decidedAt: surroundings.now()
            )
        }
    }
    func learnProtection(of domains: Set<String>, by requester: Requester) async throws -> Int { domains.count }
    func pause(_ campaign: CampaignID, by requester: Requester, in tx: any WriteTransaction) throws {
        try note("pause")
    }
    func resume(_ campaign: CampaignID, by requester: Requester, in tx: any WriteTransaction) throws {
        try note("resume")
    }
    func cancel(_ campaign: CampaignID, by requester: Requester, in tx: any WriteTransaction) throws {
        try note("cancel")
    }
    func releasePaused(of campaign: CampaignID, by requester: Requester) async throws {
        state.withLock { $0.releases += 1 }
    }
    func cancelMessages(of campaign: CampaignID, by requester: Requester) async throws {}
    private func note(_ command: String) throws {
        try state.withLock { state in
            if state.isRefusingControl { throw Failure() }
            state.commands.append(command)
        }
    }

    func counts(of campaign: CampaignID, by requester: Requester) async throws -> DeliveryCounts {
        let (count, looks) = state.withLock { state in
            defer { state.looksLeft = max(0, state.looksLeft - 1) }
            return (state.submitted.count, state.looksLeft)
        }
        if looks == 1 { throw Failure() }
        if looks > 1 {
            let row = DeliveryCount(standing: .attempting, reason: nil, method: .verifiedTLS, count: count)
            return DeliveryCounts(rows: [row], attemptsInDoubt: 0)
        }
        let row = DeliveryCount(standing: .delivered, reason: nil, method: .verifiedTLS, count: count)
        return DeliveryCounts(rows: count == 0 ? [] : [row], attemptsInDoubt: 0)
    }
    func people(
        behind count: DeliveryCount,
        of campaign: CampaignID,
        after: MessageID?,
        limit: Int,
        by requester: Requester
    ) async throws -> [DeliverySummary] { [] }
    func explain(_ message: MessageID, by requester: Requester) async throws -> DeliveryExplanation { throw Failure() }
}

struct CampaignOffice: CampaignOrganizations {
    struct NoAddress: Error {}
    func campaignOrganization(
        _ organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> CampaignOrganization {
        guard let address = EmailAddress("messages@lakeside.example") else { throw NoAddress() }
        return CampaignOrganization(
            name: "Lakeside Health",
            postalAddress: "1 Lake Road, Lakeside",
            patientOrigin: "https://patients.lakeside.example/lakeside",
            timeZone: "UTC",
            senderAddress: address
        )
    }
    func ownAddress(of requester: Requester, in tx: any ReadTransaction) throws -> EmailAddress? { nil }
}

/// Campaigns over a segment of everybody: two who share an address, one without an address, one without a name.
struct CampaignWorld {
    static let migrations =
        TestVault.migrations + WardSegmentsMigrations.all + WardConsentMigrations.all + WardCampaignsMigrations.all
        + WardQueueMigrations.all

    let store: InterruptibleStore
    let clock: TestSurroundings
    let organization: OrganizationID
    let campaigns: Campaigns
    let worker: CampaignWorker
    let delivery: RememberingCampaignDelivery
    let segment: SegmentID
    let marketer: Requester

    /// - Parameter more: further people, beyond the four.
    static func with(
        _ kind: StoreKind,
        more: UInt64 = 0,
        immediatePreflight: Int = 2_000,
        _ body: (CampaignWorld) async throws -> Void
    ) async throws {
        try await TestStore.with(kind, migrations: migrations) { store in
            let store = InterruptibleStore(store)
            let clock = TestSurroundings()
            let surroundings = clock.surroundings
            let ground = try await TestVault.make(in: store, surroundings: surroundings)
            let people = CampaignPeople(
                [
                    person(1, "Ana", "family@a.example"), person(2, "Ben", "family@a.example"),
                    person(3, "Cleo", nil), person(4, nil, "dan@b.example"),
                ] + (0..<more).map { person(100 + $0, "Eve", "eve\($0)@c.example") }
            )
            let segments = Segments(
                store: store,
                people: people,
                vault: ground.vault,
                audit: ground.audit,
                evaluator: ColumnEvaluator(people: people, surroundings: surroundings),
                surroundings: surroundings
            )
            let delivery = RememberingCampaignDelivery(surroundings: surroundings)
            let campaigns = Campaigns(
                store: store,
                vault: ground.vault,
                audit: ground.audit,
                segments: segments,
                people: people,
                consent: Consent(
                    store: store,
                    vault: ground.vault,
                    audit: ground.audit,
                    surroundings: surroundings
                ),
                delivery: delivery,
                organizations: CampaignOffice(),
                surroundings: surroundings,
                immediatePreflight: immediatePreflight
            )
            let marketer = TestRequester.with(roles: [.marketer], of: ground.organization)
            let segment = try await segments.create(name: "Everybody", rule: "everyone", by: marketer)
            try await body(
                CampaignWorld(
                    store: store,
                    clock: clock,
                    organization: ground.organization,
                    campaigns: campaigns,
                    worker: CampaignWorker(campaigns),
                    delivery: delivery,
                    segment: segment.id,
                    marketer: marketer
                )
            )
        }
    }

    private static func person(_ number: UInt64, _ name: String?, _ address: String?) -> PersonFacts {
        var attributes: [AttributeName: AttributeValue] = [:]
        if let name { attributes[.givenName] = .text(name) }
        if let address { attributes[.email] = .text(address) }
        return PersonFacts(contact: ContactID(high: 9, low: number), attributes: attributes)
    }

    /// A complete draft for everybody, whose text asks for a name without a fall-back.
    func draft() async throws -> CampaignID {
        var draft = CampaignDraftTests.complete()
        draft.segment = segment
        draft.text = "Dear {{ given_name }}"
        return try await campaigns.create(draft, requester: marketer)
    }

    /// Lets the worker do what is due, and time go by, until nothing is.
    func work(rounds: Int = 40) async throws {
        for _ in 0..<rounds {
            try await worker.runOnce()
            clock.advance(by: .seconds(10))
        }
    }
}
