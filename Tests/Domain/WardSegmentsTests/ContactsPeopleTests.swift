// SPDX-License-Identifier: Apache-2.0

import Testing
import WardContacts
import WardKernel
import WardQueue
import WardStorage
import WardTestKit

@testable import WardSegments

@Suite struct ContactsPeopleTests {
    private struct Ground {
        let contacts: Contacts
        let segments: Segments
        let requester: Requester

        func add(_ given: String, born: String, sex: String) async throws -> ContactID {
            let outcome = try await contacts.create(
                Sensitive([
                    .givenName: .text(given), .familyName: .text("Example"),
                    .birthDate: .date(CalendarDate(born) ?? CalendarDate(daysSince1970: 0)), .sex: .code(sex),
                ]),
                by: requester
            )
            guard case .created(let contact, _) = outcome else { throw StoreError(code: .decoding, detail: "create") }
            return contact
        }
    }

    private func with(_ kind: StoreKind, _ body: (Ground) async throws -> Void) async throws {
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
            let segments = Segments(
                store: store,
                people: people,
                vault: vault.vault,
                audit: vault.audit,
                evaluator: ColumnEvaluator(people: people, surroundings: vault.surroundings),
                surroundings: vault.surroundings
            )
            let requester = TestRequester.with(roles: [.clinician, .marketer], of: vault.organization)
            try await body(Ground(contacts: contacts, segments: segments, requester: requester))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what staff enter about people decides the next count`(kind: StoreKind) async throws {
        try await with(kind) { ground in
            let segments = ground.segments
            let requester = ground.requester
            let rule =
                "sex = \"female\" and any(lab where code = \"4548-4\" and value > 9) and not in list \"Diabetes class\""
            let first = try await ground.add("Testa", born: "1960-02-29", sex: "female")
            let second = try await ground.add("Testine", born: "1950-01-01", sex: "female")
            let outcome = try await ground.contacts.createList(named: "Diabetes class", by: requester)
            guard case .named(let list) = outcome else { throw StoreError(code: .decoding, detail: "list") }
            #expect(try await segments.count(rule: rule, by: requester).count == .exactly(0))

            let lab = DatedRecord(
                kind: .lab,
                code: "4548-4",
                display: "Hemoglobin A1c",
                start: CalendarDate(daysSince1970: 20_000),
                value: .number(9.4),
                unit: "%"
            )
            for contact in [first, second] {
                _ = try await ground.contacts.add(Sensitive([lab]), to: contact, by: requester)
            }
            #expect(try await segments.count(rule: rule, by: requester).count == .exactly(2))
            _ = try await ground.contacts.add([first], to: list, by: requester)
            let members = try await segments.members(ofRule: rule, by: requester)
            #expect(members.members.map(\.contact) == [second])
            #expect(members.members.map(\.maskedName) == ["T•••• E••••"])
            let third = try await ground.add("Testolo", born: "1990-05-05", sex: "male")
            #expect(try await segments.count(rule: "sex = \"male\" and age >= 18", by: requester).count == .exactly(1))
            #expect(try await segments.why(third, inRule: rule, by: requester).isMember == false)
        }
    }
}

/// No message was written to anybody.
struct NobodyWrittenTo: ContactedPeople {
    func contacted(
        among people: [ContactID],
        since moment: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> { [] }
}
