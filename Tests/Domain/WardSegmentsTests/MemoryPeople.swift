// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardContacts
import WardKernel
import WardStorage

@testable import WardSegments

/// People of several organizations in memory, with a change feed.
final class MemoryPeople: PeopleSource {
    private struct State {
        var people: [OrganizationID: [ContactID: PersonFacts]] = [:]
        var changes: [OrganizationID: [ContactID]] = [:]
        var passes = 0
    }

    private let state = Mutex(State())

    /// How often everybody was read.
    var passes: Int { state.withLock { $0.passes } }

    func put(_ person: PersonFacts, in organization: OrganizationID) {
        state.withLock { state in
            state.people[organization, default: [:]][person.contact] = person
            state.changes[organization, default: []].append(person.contact)
        }
    }

    func remove(_ contact: ContactID, from organization: OrganizationID) {
        state.withLock { state in
            state.people[organization]?[contact] = nil
            state.changes[organization, default: []].append(contact)
        }
    }

    func catalogue(of organization: OrganizationID, in tx: any ReadTransaction) throws -> SegmentCatalogue { .example }

    func timeZone(of organization: OrganizationID, in tx: any ReadTransaction) throws -> String { "UTC" }

    func forEachPerson(
        of organization: OrganizationID,
        in tx: any ReadTransaction,
        _ body: (Sensitive<PersonFacts>) throws -> Void
    ) throws {
        let people = state.withLock { state in
            state.passes += 1
            return state.people[organization, default: [:]].values.sorted { $0.contact < $1.contact }
        }
        for person in people { try body(Sensitive(person)) }
    }

    func prepare(_ organization: OrganizationID) async throws {}

    func position(of organization: OrganizationID, in tx: any ReadTransaction) throws -> Int64 {
        state.withLock { Int64($0.changes[organization, default: []].count) }
    }

    func changes(
        of organization: OrganizationID,
        after position: Int64,
        in tx: any ReadTransaction
    ) throws -> PeopleChanges {
        state.withLock { state in
            let all = state.changes[organization, default: []]
            let start = Int(clamping: position)
            let changed = start < all.count ? Set(all[start...]).sorted() : []
            return PeopleChanges(contacts: changed, position: Int64(all.count))
        }
    }

    func changed(
        among contacts: [ContactID],
        after position: Int64,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        Set(try changes(of: organization, after: position, in: tx).contacts).intersection(contacts)
    }

    func catalogueMark(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [UInt8] { [] }

    func people(
        _ contacts: [ContactID],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Sensitive<PersonFacts>] {
        state.withLock { state in contacts.compactMap { state.people[organization]?[$0].map { Sensitive($0) } } }
    }
}

extension PersonFacts {
    /// An unmistakably made-up person.
    static func example(
        _ number: UInt64,
        given: String = "Testa",
        born: String = "1980-05-17",
        sex: String = "female",
        records: [DatedRecord] = []
    ) -> PersonFacts {
        PersonFacts(
            contact: ContactID(high: 9, low: number),
            attributes: [
                .givenName: .text(given), .familyName: .text("Example"), .sex: .code(sex),
                .birthDate: .date(CalendarDate(born) ?? CalendarDate(daysSince1970: 0)),
            ],
            records: records
        )
    }
}

extension DatedRecord {
    /// A diagnosis for clinicians only.
    static let diabetes = DatedRecord(
        kind: .condition,
        code: "44054006",
        display: "Diabetes mellitus type 2",
        start: CalendarDate(daysSince1970: 20_000)
    )
}
