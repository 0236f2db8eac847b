// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardStorage
import WardTestKit

@testable import WardContacts

@Suite struct ContactsTests {
    @Test(arguments: TestStore.kinds)
    func `who lacks the permission is refused before anything is read`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let auditor = TestRequester.with(roles: [.auditor], of: fixture.organization)
            await #expect(throws: AccessDenied.self) { try await fixture.contacts.page(by: auditor) }
            await #expect(throws: AccessDenied.self) {
                try await fixture.contacts.create(Sensitive(.example()), by: auditor)
            }
            await #expect(throws: AccessDenied.self) {
                try await fixture.contacts.reveal(ContactID(high: 1, low: 1), reason: Sensitive("x"), by: auditor)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a person is masked until revealed with a reason, and revealing is audited`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let id = try await fixture.add(.example(email: "ada@mail.example", number: "17"))
            let page = try await fixture.contacts.page(by: fixture.marketer)
            #expect(page.people.map(\.name) == ["A… E…"])
            #expect(page.people[0].fields.first { $0.attribute == .email }?.text == "a…@mail.example")
            #expect(page.people[0].fields.first { $0.attribute == .birthDate }?.text == "••••")
            let none = try await fixture.contacts.reveal(id, reason: Sensitive("  "), by: fixture.marketer)
            guard case .reasonMissing = none else { return #expect(Bool(false), "a reason is needed") }
            #expect(try await fixture.auditCount("contact.reveal") == 0)
            let shown = try await fixture.contacts.reveal(id, reason: Sensitive("call back"), by: fixture.marketer)
            guard case .revealed(let facts) = shown else { return #expect(Bool(false), "not revealed") }
            #expect(facts.expose(for: .evaluating) { $0.attributes[.email] } == .text("ada@mail.example"))
            #expect(try await fixture.auditCount("contact.reveal") == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `clinical records are shown to clinicians only`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let id = try await fixture.add(.example())
            let day = try #require(CalendarDate("2026-01-02"))
            let records = [
                DatedRecord(kind: .condition, code: "44054006", display: "Diabetes", start: day),
                DatedRecord(kind: .purchase, code: "p1", display: "Cane", start: day),
            ]
            await #expect(throws: AccessDenied.self) {
                try await fixture.contacts.add(Sensitive(records), to: id, by: fixture.marketer)
            }
            #expect(try await fixture.contacts.add(Sensitive(records), to: id, by: fixture.clinician) == 2)
            #expect(try await fixture.contacts.add(Sensitive(records), to: id, by: fixture.clinician) == 0)
            func kinds(_ requester: Requester) async throws -> [DatedRecordKind] {
                let shown = try await fixture.contacts.reveal(id, reason: Sensitive("visit"), by: requester)
                guard case .revealed(let facts) = shown else { return [] }
                return facts.expose(for: .evaluating) { $0.records.map(\.kind) }
            }
            #expect(try await kinds(fixture.marketer) == [.purchase])
            #expect(try await Set(kinds(fixture.clinician)) == [.condition, .purchase])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `people are found by exact address, number, and by part of the name`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            var values: [AttributeName: AttributeValue] = .example(
                "José",
                "Gómez",
                email: "Jose@mail.example",
                number: "9"
            )
            values[.phone] = .text("+1 (555) 010-7203")
            let id = try await fixture.add(values)
            _ = try await fixture.add(.example("Ann", "Other", birth: "1990-01-01"))
            func found(_ query: ContactQuery) async throws -> [ContactID] {
                try await fixture.contacts.find(query, by: fixture.marketer).map(\.contact)
            }
            #expect(try await found(.email(Sensitive("jose@MAIL.example"))) == [id])
            #expect(try await found(.email(Sensitive("other@mail.example"))) == [])
            #expect(try await found(.phone(Sensitive("555 010 7203"))) == [id])
            #expect(try await found(.recordNumber(Sensitive("9"), source: "staff")) == [id])
            #expect(try await found(.recordNumber(Sensitive("9"), source: "other")) == [])
            let byName = try await fixture.contacts.search(name: Sensitive("gomez JOSE"), by: fixture.marketer)
            #expect(byName.people.map(\.contact) == [id])
            #expect(byName.next == nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `two organizations do not see each other's people`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let other: OrganizationID = fixture.ground.surroundings.makeIdentifier()
            try await fixture.ground.establish(other, in: fixture.store)
            let stranger = TestRequester.with(roles: [.marketer, .clinician], of: other)
            let id = try await fixture.add(.example(email: "shared@mail.example", number: "1"))
            #expect(try await fixture.contacts.page(by: stranger).people.isEmpty)
            let query = ContactQuery.email(Sensitive("shared@mail.example"))
            #expect(try await fixture.contacts.find(query, by: stranger).isEmpty)
            guard case .notFound = try await fixture.contacts.reveal(id, reason: Sensitive("x"), by: stranger) else {
                return #expect(Bool(false), "another organization's person was revealed")
            }
            let twin = try await fixture.contacts.create(
                Sensitive(.example(email: "shared@mail.example", number: "1")),
                by: stranger
            )
            guard case .created(_, let duplicates) = twin else { return #expect(Bool(false), "not created") }
            #expect(duplicates.isEmpty)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a record number belongs to one person of its source`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let id = try await fixture.add(.example(number: "5"))
            let again = try await fixture.contacts.create(Sensitive(.example("Bo", number: "5")), by: fixture.marketer)
            #expect(again == .recordNumberTaken(by: id))
            var elsewhere: [AttributeName: AttributeValue] = .example("Bo", number: "5")
            elsewhere[.source] = .text("clinic")
            _ = try await fixture.add(elsewhere)
            let edited = try await fixture.contacts.edit(
                id,
                Sensitive([.recordNumber: .text("6"), .city: .text("Chicopee")]),
                by: fixture.marketer
            )
            #expect(edited == .changed)
            let query = ContactQuery.recordNumber(Sensitive("6"), source: "staff")
            #expect(try await fixture.contacts.find(query, by: fixture.marketer).map(\.contact) == [id])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `values that cannot be are told by attribute`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            var values: [AttributeName: AttributeValue] = .example(birth: "2199-01-01", email: "not an address")
            values[.income] = .text("much")
            let outcome = try await fixture.contacts.create(Sensitive(values), by: fixture.marketer)
            guard case .invalid(let problems) = outcome else { return #expect(Bool(false), "taken") }
            #expect(problems.map(\.attribute) == [.birthDate, .email, .income])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `twins who share an address are noted for review and never merged`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let one = try await fixture.add(.example("Ada", email: "parent@mail.example"))
            let other = try await fixture.add(.example("Bea", email: "parent@mail.example"))
            let pairs = try await fixture.contacts.possibleDuplicates(by: fixture.marketer)
            #expect(pairs.map(\.contact) == [other])
            #expect(pairs.map(\.other) == [one])
            #expect(pairs.map(\.reason) == [.sameEmailAndBirthDate])
            #expect(try await fixture.contacts.count(by: fixture.marketer) == 2)
            let kept = try await fixture.contacts.resolve(other, one, as: .differentPeople, by: fixture.marketer)
            #expect(kept)
            #expect(try await fixture.contacts.possibleDuplicates(by: fixture.marketer).isEmpty)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the feed numbers changes without gaps in the order of commits`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let (contacts, organization) = (fixture.contacts, fixture.organization)
            let one = try await fixture.add(.example("Ada"))
            #expect(try await contacts.numberChanges(of: organization) == 1)
            let two = try await fixture.add(.example("Bea"))
            let edit: [AttributeName: AttributeValue?] = [.city: .text("Ware")]
            _ = try await contacts.edit(one, Sensitive(edit), by: fixture.marketer)
            #expect(try await contacts.numberChanges(of: organization) == 2)
            #expect(try await contacts.numberChanges(of: organization) == 0)
            let changes = try await fixture.store.read { tx in
                try contacts.changes(after: 0, of: organization, in: tx)
            }
            #expect(changes.map(\.position) == [1, 2, 3])
            #expect(changes.map(\.contact) == [one, two, one])
            #expect(changes.map(\.kind) == [.added, .added, .changed])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `numbering from many tasks at once leaves no gap and no double`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let (contacts, organization) = (fixture.contacts, fixture.organization)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        _ = try await fixture.add(.example("Person \(number)"))
                        // Another step may have won; the next one numbers what is left.
                        _ = try? await contacts.numberChanges(of: organization)
                    }
                }
                try await group.waitForAll()
            }
            try await contacts.numberChanges(of: organization)
            let changes = try await fixture.store.read { tx in
                try contacts.changes(after: 0, of: organization, in: tx)
            }
            #expect(changes.map(\.position) == Array(1...20).map(Int64.init))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a list holds people, and its name is taken once`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let contacts = fixture.contacts
            guard case .named(let list) = try await contacts.createList(named: "Knee group", by: fixture.marketer)
            else { return #expect(Bool(false), "not made") }
            let again = try await contacts.createList(named: "knee GROUP ", by: fixture.marketer)
            #expect(again == .nameTaken(by: list))
            let id = try await fixture.add(.example())
            #expect(try await contacts.add([id], to: list, by: fixture.marketer) == 1)
            #expect(try await contacts.add([id], to: list, by: fixture.marketer) == 0)
            #expect(try await contacts.lists(by: fixture.marketer).map(\.members) == [1])
            #expect(try await fixture.everybody().map(\.lists) == [[list]])
            #expect(try await contacts.members(of: list, by: fixture.marketer).people.map(\.contact) == [id])
            #expect(try await contacts.remove([id], from: list, by: fixture.marketer) == 1)
            #expect(try await contacts.deleteList(list, by: fixture.marketer))
            #expect(try await contacts.lists(by: fixture.marketer).isEmpty)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `bounces hold for the address, whoever has it`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let (contacts, organization) = (fixture.contacts, fixture.organization)
            let address = try #require(EmailAddress("Gone@mail.example"))
            let same = try #require(EmailAddress("gone@MAIL.example"))
            let states = try await fixture.store.write { tx in
                var states: [AddressState] = []
                func note() throws {
                    states.append(try contacts.addressState(of: same, organization: organization, in: tx))
                }
                try note()
                try contacts.noteBounce(
                    address,
                    isPermanent: false,
                    reason: "4.2.2",
                    organization: organization,
                    in: tx
                )
                try contacts.noteBounce(
                    address,
                    isPermanent: false,
                    reason: "4.2.2",
                    organization: organization,
                    in: tx
                )
                try note()
                try contacts.noteBounce(address, isPermanent: true, reason: "5.1.1", organization: organization, in: tx)
                try contacts.noteBounce(
                    address,
                    isPermanent: false,
                    reason: "4.2.2",
                    organization: organization,
                    in: tx
                )
                try note()
                try contacts.clearBounces(of: same, organization: organization, in: tx)
                try note()
                return states
            }
            #expect(states[0] == .deliverable)
            #expect(states[1] == .softBounces(2, reason: "4.2.2"))
            guard case .hardBounce("5.1.1", _) = states[2] else { return #expect(Bool(false), "not hard") }
            #expect(states[3] == .deliverable)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `who died is kept, says so, and keeps the address`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let (contacts, organization) = (fixture.contacts, fixture.organization)
            let id = try await fixture.add(.example(email: "late@mail.example"))
            let outcome = try await contacts.edit(id, Sensitive([:]), isDeceased: true, by: fixture.clinician)
            #expect(outcome == .changed)
            let state = try await fixture.store.read { tx in
                (
                    try contacts.isDeceased(id, organization: organization, in: tx),
                    try contacts.address(of: id, organization: organization, in: tx)
                )
            }
            #expect(state.0 == true)
            #expect(state.1 == EmailAddress("late@mail.example"))
        }
    }
}
