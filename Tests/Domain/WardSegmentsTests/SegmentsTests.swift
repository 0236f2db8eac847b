// SPDX-License-Identifier: Apache-2.0

import Testing
import WardAudit
import WardContacts
import WardKernel
import WardStorage
import WardTestKit
import WardVault

@testable import WardSegments

/// A façade over people in memory, and requesters of two kinds.
struct SegmentsGround {
    let ground: TestVault
    let people = MemoryPeople()
    let segments: Segments
    let evaluator: ColumnEvaluator
    let clinician: Requester
    let marketer: Requester
    let administrator: Requester
    let clock = TestSurroundings()

    var organization: OrganizationID { ground.organization }

    init(_ store: any Store, uses: [any SegmentUses] = []) async throws {
        ground = try await TestVault.make(in: store, surroundings: clock.surroundings)
        evaluator = ColumnEvaluator(people: people, surroundings: clock.surroundings)
        segments = Segments(
            store: store,
            people: people,
            vault: ground.vault,
            audit: ground.audit,
            evaluator: evaluator,
            uses: uses,
            surroundings: clock.surroundings
        )
        clinician = TestRequester.with(roles: [.clinician], of: ground.organization)
        marketer = TestRequester.with(roles: [.marketer], of: ground.organization)
        administrator = TestRequester.with(roles: [.administrator], of: ground.organization)
    }

    /// Twenty women and twelve men; five of the women have diabetes.
    func settle() {
        for number in 1...32 as ClosedRange<UInt64> {
            let sex = number <= 20 ? "female" : "male"
            people.put(.example(number, sex: sex, records: number <= 5 ? [.diabetes] : []), in: organization)
        }
    }

    static func with(
        _ kind: StoreKind,
        uses: [any SegmentUses] = [],
        _ body: (SegmentsGround, any Store) async throws -> Void
    ) async throws {
        try await TestStore.with(kind, migrations: TestVault.migrations + WardSegmentsMigrations.all) { store in
            try await body(try await SegmentsGround(store, uses: uses), store)
        }
    }
}

@Suite struct SegmentsTests {
    private static let diabetes = "any(condition where code = \"44054006\")"

    private func audited(_ action: AuditAction, in store: any Store) async throws -> [(outcome: String, facts: String)]
    {
        try await store.read { tx in
            try tx.rows(
                "SELECT outcome, facts FROM audit_entry WHERE action = \(action.rawValue) ORDER BY recorded_at, id"
            )
            .map { (try $0.value("outcome"), try $0.value("facts")) }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a marketer can neither make, count, read nor use a rule about health`(kind: StoreKind) async throws {
        try await SegmentsGround.with(kind) { ground, store in
            ground.settle()
            let segments = ground.segments
            let segment = try await segments.create(name: "Diabetes", rule: Self.diabetes, by: ground.clinician)
            let refusal = SegmentsError.clinicalTerms(["condition"])
            let marketer = ground.marketer
            await #expect(throws: refusal) { try await segments.create(name: "X", rule: Self.diabetes, by: marketer) }
            await #expect(throws: refusal) { try await segments.count(rule: Self.diabetes, by: marketer) }
            await #expect(throws: refusal) { try await segments.count(segment.id, by: marketer) }
            await #expect(throws: refusal) { try await segments.members(of: segment.id, by: marketer) }
            await #expect(throws: refusal) { try await segments.versions(of: segment.id, by: marketer) }
            await #expect(throws: refusal) { try await segments.audience(of: segment.id, by: marketer) }
            await #expect(throws: refusal) {
                try await segments.why(ContactID(high: 9, low: 1), in: segment.id, by: marketer)
            }
            await #expect(throws: SegmentsError.self) {
                try await segments.update(segment.id, from: 1, rule: "age > 4", by: marketer)
            }
            #expect(try await segments.segment(segment.id, by: marketer).rule == nil)
            #expect(try await segments.segment(segment.id, by: ground.clinician).rule == Sensitive(Self.diabetes))
            #expect(try await segments.vocabulary(by: marketer).records == [.appointment, .purchase])
            let counts = try await audited(.segmentCount, in: store)
            #expect(counts.map(\.outcome) == ["denied", "denied"])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `counts under eleven are masked for those who may not filter by health`(kind: StoreKind) async throws {
        try await SegmentsGround.with(kind) { ground, _ in
            ground.settle()
            ground.people.put(.example(40, given: "Rare"), in: ground.organization)
            let segments = ground.segments
            let rule = "sex = \"female\" and given_name = \"Rare\""
            let masked = try await segments.count(rule: rule, by: ground.marketer)
            #expect(masked.count == .fewerThanEleven)
            #expect(masked.lines.map(\.each) == [.exactly(21), .fewerThanEleven])
            #expect(masked.lines.map(\.left) == [.exactly(21), .fewerThanEleven])
            #expect(try await segments.count(rule: rule, by: ground.clinician).count == .exactly(1))
            #expect(try await segments.count(rule: "sex = \"male\"", by: ground.marketer).count == .exactly(12))
            #expect(
                try await segments.count(rule: "sex is missing", by: ground.marketer).count.description
                    == "fewer than 11"
            )
            await #expect(throws: SegmentsError.tooFew) {
                try await segments.members(ofRule: rule, by: ground.marketer)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `without the permission nothing is made, seen or explained`(kind: StoreKind) async throws {
        try await SegmentsGround.with(kind) { ground, _ in
            let segments = ground.segments
            let auditor = TestRequester.with(roles: [.auditor], of: ground.organization)
            await #expect(throws: AccessDenied.self) { try await segments.list(by: auditor) }
            await #expect(throws: AccessDenied.self) { try await segments.count(rule: "everyone", by: auditor) }
            await #expect(throws: AccessDenied.self) {
                try await segments.create(name: "All", rule: "everyone", by: ground.administrator)
            }
            await #expect(throws: AccessDenied.self) {
                try await segments.members(ofRule: "everyone", by: ground.administrator)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a mistake in a rule stores nothing`(kind: StoreKind) async throws {
        try await SegmentsGround.with(kind) { ground, _ in
            let segments = ground.segments
            await #expect(throws: SegmentSyntaxError.self) {
                try await segments.create(name: "Young", rule: "agee < 30", by: ground.marketer)
            }
            for name in ["", "  ", "a\nb", String(repeating: "x", count: 121)] {
                await #expect(throws: SegmentsError.badName) {
                    try await segments.create(name: name, rule: "age < 30", by: ground.marketer)
                }
            }
            await #expect(throws: SegmentSyntaxError.self) {
                try await segments.count(rule: "opened(any)", by: ground.marketer)
            }
            #expect(try await segments.vocabulary(by: ground.marketer).events.isEmpty)
            let stored = try await segments.list(by: ground.marketer)
            #expect(stored.isEmpty)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `versions are kept, names are unique, and a lost update is refused`(kind: StoreKind) async throws {
        try await SegmentsGround.with(kind) { ground, store in
            let segments = ground.segments
            let marketer = ground.marketer
            let segment = try await segments.create(name: "  Young  women", rule: "age < 30", by: marketer)
            #expect(segment.name == "Young women")
            await #expect(throws: SegmentsError.nameTaken) {
                try await segments.create(name: "YOUNG WOMEN", rule: "age < 30", by: marketer)
            }
            let changed = try await segments.update(segment.id, from: 1, rule: "age\n < 40", by: marketer)
            #expect(changed.version == 2)
            #expect(changed.rule == Sensitive("age\n < 40"))
            await #expect(throws: SegmentsError.changedMeanwhile(segment.id, current: 2)) {
                try await segments.update(segment.id, from: 1, rule: "age < 50", by: marketer)
            }
            #expect(try await segments.versions(of: segment.id, by: marketer).map(\.version) == [2, 1])
            try await segments.rename(segment.id, to: "Jüngere", by: marketer)
            #expect(try await segments.segment(named: "jungere", by: marketer)?.id == segment.id)
            _ = try await segments.create(name: "Young women", rule: "age < 35", by: marketer)
            #expect(try await segments.list(by: marketer).map(\.name) == ["Jüngere", "Young women"])
            #expect(try await segments.list(matching: "WOM", by: marketer).map(\.name) == ["Young women"])
            #expect(try await audited(.segmentUpdate, in: store).map(\.facts) == ["version=2"])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a segment in use is not deleted`(kind: StoreKind) async throws {
        struct OneUse: SegmentUses {
            func uses(
                of segment: SegmentID,
                of organization: OrganizationID,
                in tx: any ReadTransaction
            ) throws -> [SegmentUse] { [SegmentUse(kind: "campaign", identifier: [1], name: "Flu shots")] }
        }
        try await SegmentsGround.with(kind, uses: [OneUse()]) { ground, _ in
            let segment = try await ground.segments.create(name: "A", rule: "everyone", by: ground.marketer)
            await #expect(throws: SegmentsError.self) {
                try await ground.segments.delete(segment.id, by: ground.marketer)
            }
            #expect(try await ground.segments.list(by: ground.marketer).count == 1)
        }
        try await SegmentsGround.with(kind) { ground, store in
            let segment = try await ground.segments.create(name: "A", rule: "everyone", by: ground.marketer)
            try await ground.segments.delete(segment.id, by: ground.marketer)
            #expect(try await ground.segments.list(by: ground.marketer).isEmpty)
            await #expect(throws: SegmentsError.noSuchSegment(segment.id)) {
                try await ground.segments.count(segment.id, by: ground.marketer)
            }
            #expect(try await audited(.segmentDelete, in: store).count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a change to a person is in the next evaluation without reading everybody again`(kind: StoreKind) async throws
    {
        try await SegmentsGround.with(kind) { ground, store in
            ground.settle()
            let segments = ground.segments
            let clinician = ground.clinician
            let segment = try await segments.create(name: "Diabetes", rule: Self.diabetes, by: clinician)
            #expect(try await segments.count(segment.id, by: clinician).count == .exactly(5))
            ground.people.put(.example(30, records: [.diabetes]), in: ground.organization)
            ground.people.put(.example(31), in: ground.organization)
            ground.people.put(.example(99, records: [.diabetes]), in: ground.organization)
            ground.people.remove(ContactID(high: 9, low: 1), from: ground.organization)
            #expect(try await segments.count(segment.id, by: clinician).count == .exactly(6))
            #expect(ground.people.passes == 1)
            #expect(ground.evaluator.report(on: ground.organization)?.people == 32)
            let audience = try await segments.audience(
                of: segment.id,
                by: .service("campaigns", of: ground.organization)
            )
            var seen: [UInt64] = []
            audience.forEach { seen.append($0.low) }
            #expect(seen == [2, 3, 4, 5, 30, 99])
            #expect(audience.page(after: ContactID(high: 9, low: 4), limit: 2).map(\.low) == [5, 30])
            #expect(try await segments.segment(segment.id, by: clinician).sizes.map(\.size) == [.exactly(6)])
            let sizes = try await audited(.segmentCount, in: store).map(\.facts)
            #expect(sizes.sorted() == ["size=5", "size=6"])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `members are masked, in a stable order, page by page`(kind: StoreKind) async throws {
        try await SegmentsGround.with(kind) { ground, store in
            ground.settle()
            let segments = ground.segments
            let segment = try await segments.create(name: "Women", rule: "sex = \"female\"", by: ground.marketer)
            let first = try await segments.members(of: segment.id, by: ground.marketer)
            #expect(first.members.map(\.contact.low) == Array(1...10))
            #expect(first.members[0].maskedName == "T•••• E••••")
            #expect(first.total == .exactly(20))
            let second = try await segments.members(of: segment.id, after: first.next, by: ground.marketer)
            #expect(second.members.map(\.contact.low) == Array(11...20))
            #expect(second.next == nil)
            #expect(try await audited(.segmentMembers, in: store).map(\.facts) == ["people=10", "people=10"])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `why tells each term with its reason, and values only as sensitive`(kind: StoreKind) async throws {
        try await SegmentsGround.with(kind) { ground, _ in
            ground.settle()
            let rule = "age > 90 or not any(procedure) and \(Self.diabetes)"
            let answer = try await ground.segments.why(ContactID(high: 9, low: 1), inRule: rule, by: ground.clinician)
            #expect(answer.isMember)
            #expect(answer.terms.map(\.holds) == [true, false, true, true, true])
            #expect(answer.terms.map(\.depth) == [0, 1, 1, 2, 2])
            let reasons = answer.terms.map { $0.reason?.expose(for: .disclosing) { $0 } }
            #expect(reasons[1]?.hasSuffix("(born 1980-05-17)") == true)
            #expect(reasons[3] == "no procedure is on record")
            #expect(reasons[4] == "1 matches: Diabetes mellitus type 2, 44054006 on 2024-10-04")
            #expect("\(answer)".contains("1980") == false)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the gate learns whether somebody still belongs`(kind: StoreKind) async throws {
        try await SegmentsGround.with(kind) { ground, store in
            ground.settle()
            let segments = ground.segments
            let organization = ground.organization
            let segment = try await segments.create(name: "Women", rule: "sex = \"female\"", by: ground.marketer)
            _ = try await segments.update(segment.id, from: 1, rule: "sex = \"male\"", by: ground.marketer)
            func ask(_ number: UInt64, _ id: SegmentID, _ version: Int64?) async throws -> MembershipAnswer {
                try await store.read { tx in
                    let contact = ContactID(high: 9, low: number)
                    return try segments.membership(of: contact, in: id, version: version, of: organization, in: tx)
                }
            }
            #expect(try await ask(1, segment.id, 1) == .member)
            #expect(try await ask(1, segment.id, nil) == .notMember)
            #expect(try await ask(1_000, segment.id, nil) == .noSuchPerson)
            #expect(try await ask(1, SegmentID(high: 0, low: 0), nil) == .noSuchSegment)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `organizations see neither each other's segments nor people`(kind: StoreKind) async throws {
        try await SegmentsGround.with(kind) { ground, store in
            ground.settle()
            let other = OrganizationID(high: 5, low: 5)
            try await ground.ground.establish(other, in: store)
            ground.people.put(.example(1), in: other)
            let stranger = TestRequester.with(roles: [.clinician, .marketer], of: other)
            let segment = try await ground.segments.create(name: "All", rule: "everyone", by: ground.marketer)
            #expect(try await ground.segments.list(by: stranger).isEmpty)
            await #expect(throws: SegmentsError.noSuchSegment(segment.id)) {
                try await ground.segments.count(segment.id, by: stranger)
            }
            #expect(try await ground.segments.count(rule: "everyone", by: stranger).count == .exactly(1))
            #expect(try await ground.segments.count(rule: "everyone", by: ground.clinician).count == .exactly(32))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `neither names nor rules are stored in the clear`(kind: StoreKind) async throws {
        try await SegmentsGround.with(kind) { ground, store in
            _ = try await ground.segments.create(name: "Plantedname", rule: Self.diabetes, by: ground.clinician)
            let stored = try await store.read { tx in
                try tx.rows("SELECT sealed_name FROM segment") + tx.rows("SELECT sealed_rule FROM segment_version")
            }
            for row in stored {
                let bytes: [UInt8] = try row.value(at: 0)
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(!text.contains("Planted") && !text.contains("44054006"))
            }
        }
    }
}
