// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardContacts
package import WardKernel
package import WardStorage

/// How an organization's columns were last built.
package struct ColumnReport: Hashable, Sendable {
    package var people: Int
    package var records: Int
    /// Of memory, about.
    package var bytes: Int
    package var buildTime: Duration
}

/// Evaluates over columns in memory, one set for each organization: built on first use, then following the change feed.
///
/// An organization's columns are locked while they are built or asked; organizations do not wait for one another. Call
/// it in a read transaction: what an unfinished write transaction sees must not get into the columns.
package final class ColumnEvaluator: SegmentEvaluator {
    private final class Place: Sendable {
        let state = Mutex(State())
    }

    private struct State {
        var columns: SegmentColumns?
        var position: Int64 = 0
        var report: ColumnReport?
        /// Whom rules selected from these columns, each at its moment.
        var selections: [RuleIdentity: (moment: EvaluationMoment, members: Bitmap)] = [:]
    }

    /// Rules of one organization whose selections are remembered: those of the campaigns that are being sent.
    private static let mostSelections = 16

    private let people: any PeopleSource
    private let surroundings: Surroundings
    private let capacity: Int
    /// The most recently used last.
    private let places = Mutex<[(organization: OrganizationID, place: Place)]>([])

    /// - Parameter capacity: The columns of at most so many organizations stay in memory.
    package init(people: any PeopleSource, surroundings: Surroundings, capacity: Int = 16) {
        self.people = people
        self.surroundings = surroundings
        self.capacity = max(1, capacity)
    }

    package func evaluate(_ question: SegmentQuestion, in tx: any ReadTransaction) throws -> SegmentAnswer {
        try place(of: question.organization).state.withLock { state in
            let start = surroundings.now()
            try bringUpToDate(&state, question.organization, in: tx)
            let columns = state.columns ?? SegmentColumns()
            let upToDate = surroundings.now()
            func audience(_ members: Bitmap) -> SegmentAudience {
                SegmentAudience(contacts: columns.contacts, members: members, isOrdered: columns.isOrdered)
            }
            let members = columns.selection(question.segment, at: question.moment, question.engagement)
            let timing = EvaluationTiming(
                columns: upToDate.since(start),
                rule: surroundings.now().since(upToDate),
                records: state.report?.records ?? 0,
                bytes: state.report?.bytes ?? 0
            )
            return SegmentAnswer(
                audience: audience(members),
                parts: question.parts.map { part in
                    audience(
                        columns.selection(of: part, question.segment, at: question.moment, question.engagement)
                    )
                },
                population: columns.population,
                timing: timing
            )
        }
    }

    package func remembers(_ organization: OrganizationID) -> Bool {
        place(of: organization).state.withLock { $0.columns != nil }
    }

    package func refresh(_ organization: OrganizationID, in tx: any ReadTransaction) throws {
        try place(of: organization).state.withLock { try bringUpToDate(&$0, organization, in: tx) }
    }

    package func recall(
        _ question: SegmentQuestion,
        of rule: RuleIdentity,
        among contacts: [ContactID]
    ) -> RecalledMembers? {
        // Somebody who writes must not wait for columns that are being built.
        place(of: question.organization).state.withLockIfAvailable { state in
            guard let columns = state.columns else { return nil }
            let members: Bitmap
            if let known = state.selections[rule], known.moment == question.moment {
                members = known.members
            } else {
                members = columns.selection(question.segment, at: question.moment, question.engagement)
                if state.selections.count >= Self.mostSelections { state.selections = [:] }
                state.selections[rule] = (question.moment, members)
            }
            let found = contacts.filter { contact in columns.ordinal(of: contact).map { members[$0] } ?? false }
            return RecalledMembers(members: Set(found), position: state.position)
        } ?? nil
    }

    /// How the organization's columns were last built; nil before their first use.
    package func report(on organization: OrganizationID) -> ColumnReport? {
        place(of: organization).state.withLock { $0.report }
    }

    /// Drops the organization's columns: the next evaluation builds them anew.
    package func forget(_ organization: OrganizationID) {
        places.withLock { places in places.removeAll { $0.organization == organization } }
    }

    private func place(of organization: OrganizationID) -> Place {
        places.withLock { places in
            let found = places.firstIndex { $0.organization == organization }.map { places.remove(at: $0).place }
            let place = found ?? Place()
            places.append((organization, place))
            if places.count > capacity { places.removeFirst() }
            return place
        }
    }

    private func bringUpToDate(
        _ state: inout State,
        _ organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws {
        guard let population = state.columns?.population, state.columns?.isSparse == false else {
            return try build(&state, organization, in: tx)
        }
        let changes = try people.changes(of: organization, after: state.position, in: tx)
        guard !changes.contacts.isEmpty else {
            state.position = max(state.position, changes.position)
            return
        }
        guard changes.contacts.count < max(1_000, population / 2) else {
            return try build(&state, organization, in: tx)
        }
        state.selections = [:]
        for start in stride(from: 0, to: changes.contacts.count, by: 1_000) {
            let chunk = Array(changes.contacts[start..<min(start + 1_000, changes.contacts.count)])
            let facts = try people.people(chunk, of: organization, in: tx)
                .map { $0.expose(for: .evaluating) { $0 } }
            let gone = Set(chunk).subtracting(facts.map(\.contact))
            state.columns?.replace(facts, removing: gone.sorted())
        }
        state.position = max(state.position, changes.position)
    }

    private func build(_ state: inout State, _ organization: OrganizationID, in tx: any ReadTransaction) throws {
        // An error in the middle leaves no half of the people behind.
        state = State()
        let start = surroundings.now()
        let position = try people.position(of: organization, in: tx)
        var columns = SegmentColumns()
        try people.forEachPerson(of: organization, in: tx) { person in
            person.expose(for: .evaluating) { columns.add($0) }
        }
        state.report = ColumnReport(
            people: columns.population,
            records: columns.recordCount,
            bytes: columns.footprint,
            buildTime: surroundings.now().since(start)
        )
        state.columns = columns
        state.position = position
    }
}
