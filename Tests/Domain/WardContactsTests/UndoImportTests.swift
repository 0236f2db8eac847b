// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardKernel
import WardStorage
import WardTestKit

@testable import WardContacts

@Suite struct UndoImportTests {
    @Test(arguments: TestStore.kinds)
    func `undoing takes away what came and restores what was, unless changed since`(kind: StoreKind) async throws {
        let crash = Crash(at: [.whileUndoing(people: 19)])
        try await ContactsFixture.with(kind, atImportPoint: crash.pass) { fixture in
            try await fixture.importing(DamagedExport.people(10))
            let before = try await fixture.census()
            let changed = DamagedExport.people(30).replacing("Chicopee", with: "Ware")
            let progress = try await fixture.importing(changed)
            #expect(progress.counts.updated == 10)
            #expect(progress.counts.added == 20)
            let query = ContactQuery.recordNumber(Sensitive("id-20"), source: "clinic")
            let edited = try #require(try await fixture.contacts.find(query, by: fixture.marketer).first)
            let edit: [AttributeName: AttributeValue?] = [.phone: .text("555-010-0000")]
            _ = try await fixture.contacts.edit(edited.contact, Sensitive(edit), by: fixture.marketer)
            await #expect(throws: FixtureError.interrupted) {
                try await fixture.contacts.undo(progress.id, reason: Sensitive("wrong file"), by: fixture.marketer)
            }
            let outcome = try await fixture.contacts.undo(
                progress.id,
                reason: Sensitive("wrong file"),
                by: fixture.marketer
            )
            #expect(outcome == .undone(UndoCounts(removed: 0, restored: 10, kept: 1)))
            let after = try await fixture.census()
            #expect(after.count == 11)
            #expect(Set(before).isSubset(of: after))
            let state = try await fixture.contacts.progress(of: progress.id, by: fixture.marketer)?.state
            #expect(state == .undone)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `dated records of an undone import are gone, the people stay`(kind: StoreKind) async throws {
        try await ContactsFixture.with(kind) { fixture in
            let people = try await fixture.importing(DamagedExport.people(10))
            let records = try await fixture.importing(DamagedExport.conditions(50, of: 10), name: "conditions.csv")
            // People with records of another import are not taken away from under it.
            let early = try await fixture.contacts.undo(people.id, reason: Sensitive("test"), by: fixture.marketer)
            #expect(early == .undone(UndoCounts(removed: 0, restored: 0, kept: 10)))
            let outcome = try await fixture.contacts.undo(records.id, reason: Sensitive("test"), by: fixture.marketer)
            #expect(outcome == .undone(UndoCounts()))
            #expect(try await fixture.everybody().count == 10)
            #expect(try await fixture.everybody().allSatisfy { $0.records.isEmpty })
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an import is not undone once its people were written to, nor without a reason`(kind: StoreKind) async throws {
        let written = WrittenTo()
        try await ContactsFixture.with(kind, contacted: written) { fixture in
            let progress = try await fixture.importing(DamagedExport.people(10))
            let empty = try await fixture.contacts.undo(progress.id, reason: Sensitive(" "), by: fixture.marketer)
            #expect(empty == .reasonMissing)
            let first = try #require(try await fixture.everybody().first)
            written.people.withLock { _ = $0.insert(first.contact) }
            let outcome = try await fixture.contacts.undo(progress.id, reason: Sensitive("x"), by: fixture.marketer)
            #expect(outcome == .peopleWereWrittenTo(1))
            #expect(try await fixture.everybody().count == 10)
        }
    }
}

final class WrittenTo: ContactedPeople {
    let people = Mutex<Set<ContactID>>([])

    func contacted(
        among people: [ContactID],
        since moment: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        self.people.withLock { $0.intersection(people) }
    }
}
