// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardContacts
import WardKernel
import WardStorage
import WardTestKit

@testable import WardSegments

/// What the send gate is told about an audience.
@Suite struct DecideMembershipTests {
    private struct Ground {
        let store: any Store
        let contacts: Contacts
        let segments: Segments
        let organization: OrganizationID
        let marketer: Requester

        func add(_ sex: String) async throws -> ContactID {
            let outcome = try await contacts.create(
                Sensitive([.givenName: .text("Testa"), .familyName: .text("Example"), .sex: .code(sex)]),
                by: marketer
            )
            guard case .created(let contact, _) = outcome else { throw StoreError(code: .decoding, detail: "create") }
            return contact
        }

        func segment(_ rule: String) async throws -> SegmentID {
            try await segments.create(name: "Audience \(rule.count)", rule: rule, by: marketer).id
        }

        func members(_ people: [ContactID], _ segment: SegmentID) async throws -> [ContactID] {
            try await store.write { [segments, organization] tx in
                try segments.members(among: people, in: segment, of: organization, in: tx).sorted()
            }
        }
    }

    private func with(
        _ kind: StoreKind,
        recalling: RecalledMembers? = nil,
        engagement: any EngagementFacts = NoEngagementFacts(),
        _ body: (Ground) async throws -> Void
    ) async throws {
        let migrations = TestVault.migrations + WardContactsMigrations.all + WardSegmentsMigrations.all
        try await TestStore.with(kind, migrations: migrations) { store in
            let vault = try await TestVault.make(in: store)
            let contacts = Contacts(
                store: store,
                vault: vault.vault,
                audit: vault.audit,
                surroundings: vault.surroundings,
                contacted: NobodyWrittenTo()
            )
            let people = ContactsPeople(contacts: contacts) { _, _ in "America/Chicago" }
            let columns = ColumnEvaluator(people: people, surroundings: vault.surroundings)
            let segments = Segments(
                store: store,
                people: people,
                vault: vault.vault,
                audit: vault.audit,
                evaluator: recalling.map { Recalling(columns: columns, answer: $0) } ?? columns,
                engagement: engagement,
                surroundings: vault.surroundings
            )
            try await body(
                Ground(
                    store: store,
                    contacts: contacts,
                    segments: segments,
                    organization: vault.organization,
                    marketer: TestRequester.with(roles: [.marketer], of: vault.organization)
                )
            )
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the gate's answer is that of a plain evaluation, however far the columns are behind`(
        kind: StoreKind
    ) async throws {
        try await with(kind) { ground in
            let segment = try await ground.segment("sex = \"female\"")
            let first = try await ground.add("female")
            let second = try await ground.add("male")
            #expect(try await ground.members([first, second], segment) == [first], "before there are columns")
            try await ground.segments.prepareMembership(of: ground.organization, builds: true)
            #expect(try await ground.members([first, second], segment) == [first])
            let leaves: [AttributeName: AttributeValue?] = [.sex: .code("male")]
            _ = try await ground.contacts.edit(first, Sensitive(leaves), by: ground.marketer)
            let third = try await ground.add("female")
            #expect(try await ground.members([first, second, third], segment) == [third], "not numbered yet")
            _ = try await ground.contacts.numberChanges(of: ground.organization)
            #expect(try await ground.members([first, second, third], segment) == [third], "numbered, not followed yet")
            try await ground.segments.prepareMembership(of: ground.organization, builds: false)
            #expect(try await ground.members([first, second, third], segment) == [third])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a rule is followed to its next version, and its names to what they stand for now`(
        kind: StoreKind
    ) async throws {
        try await with(kind) { ground in
            let woman = try await ground.add("female")
            let man = try await ground.add("male")
            guard case .named(let list) = try await ground.contacts.createList(named: "News", by: ground.marketer)
            else {
                Issue.record("the list was not made")
                return
            }
            let segment = try await ground.segment("in list \"News\"")
            try await ground.segments.prepareMembership(of: ground.organization, builds: true)
            #expect(try await ground.members([woman, man], segment).isEmpty)
            _ = try await ground.contacts.add([man], to: list, by: ground.marketer)
            #expect(try await ground.members([woman, man], segment) == [man])
            _ = try await ground.contacts.renameList(list, to: "Old news", by: ground.marketer)
            await #expect(throws: SegmentSyntaxError.self) { try await ground.members([woman, man], segment) }
            _ = try await ground.segments.update(segment, from: 1, rule: "sex = \"female\"", by: ground.marketer)
            #expect(try await ground.members([woman, man], segment) == [woman])
            #expect(try await ground.members([woman], SegmentID(high: 0, low: 0)).isEmpty)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `columns that are ahead of the transaction are not believed`(kind: StoreKind) async throws {
        try await with(kind, recalling: RecalledMembers(members: [], position: 1_000_000)) { ground in
            let woman = try await ground.add("female")
            let segment = try await ground.segment("sex = \"female\"")
            #expect(try await ground.members([woman], segment) == [woman])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the gate asks about messages of these people alone, and not of the campaign itself`(
        kind: StoreKind
    ) async throws {
        let facts = RecordedQuestions()
        try await with(kind, engagement: facts) { ground in
            let (one, other) = (try await ground.add("female"), try await ground.add("female"))
            facts.people.withLock { $0 = [one] }
            let segment = try await ground.segment("not sent(any) within 30 days")
            let campaign = CampaignID(high: 4, low: 2)
            let (segments, organization) = (ground.segments, ground.organization)
            let members = try await ground.store.write { tx in
                try segments.members(among: [one, other], in: segment, ignoring: campaign, of: organization, in: tx)
            }
            #expect(members == [other])
            let asked = try #require(facts.asked.withLock { $0.last })
            #expect(asked.event == .sent && asked.among == [one, other] && asked.ignoring == campaign)
            #expect(asked.period != nil)
        }
    }
}

/// Columns that claim to know an answer of a position.
private struct Recalling: SegmentEvaluator {
    let columns: ColumnEvaluator
    let answer: RecalledMembers

    func evaluate(_ question: SegmentQuestion, in tx: any ReadTransaction) throws -> SegmentAnswer {
        try columns.evaluate(question, in: tx)
    }
    func remembers(_ organization: OrganizationID) -> Bool { true }
    func refresh(_ organization: OrganizationID, in tx: any ReadTransaction) throws {}
    func recall(
        _ question: SegmentQuestion,
        of rule: RuleIdentity,
        among contacts: [ContactID]
    ) -> RecalledMembers? { answer }
}

/// Facts about messages as a test says, and what was asked.
final class RecordedQuestions: EngagementFacts {
    let events: [EngagementTerm.Event] = [.sent]
    let people = Mutex<Set<ContactID>>([])
    let asked = Mutex<[EngagementQuestion]>([])

    func answer(
        _ question: EngagementQuestion,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> EngagementAnswer {
        asked.withLock { $0.append(question) }
        if question.campaign != nil { return .noSuchCampaign }
        return question.event == .clicked ? .notKept : .people(people.withLock { $0 })
    }
}
