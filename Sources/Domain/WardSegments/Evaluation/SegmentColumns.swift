// SPDX-License-Identifier: Apache-2.0
//
// What segments are evaluated over: every person has an ordinal, every attribute a typed column by ordinal, every kind of
// record its rows with postings per code, every list a bitmap. All of it is opened in memory and nowhere else, and is
// derived: it can be rebuilt from the sealed contacts at any time.

package import WardContacts
package import WardKernel

/// The people of one organization in columns.
package struct SegmentColumns: Sendable {
    private var ordinals: [ContactID: UInt32] = [:]
    /// By ordinal.
    private(set) var contacts: [ContactID] = []
    /// Whether ordinals ascend with contacts.
    private(set) var isOrdered = true
    /// The ordinals whose person is there; those of erased people stay empty.
    private(set) var living = Bitmap(count: 0)
    private var attributes: [AttributeName: AttributeColumn] = [:]
    private var records: [DatedRecordKind: RecordColumns] = [:]
    private var lists: [ListID: Bitmap] = [:]

    package init() {}

    /// How many people there are.
    package var population: Int { living.population }

    /// How many dated records there are.
    package var recordCount: Int { records.values.reduce(0) { $0 + $1.count - $1.goneCount } }

    /// Bytes of memory, about.
    package var footprint: Int {
        contacts.capacity * 16 + ordinals.capacity * 24
            + attributes.values.reduce(0) { $0 + $1.footprint }
            + records.values.reduce(0) { $0 + $1.footprint }
            + lists.values.reduce(0) { $0 + $1.words.count * 8 }
    }

    /// Whether so many rows are gone that building anew is better.
    package var isSparse: Bool { records.values.contains { $0.isSparse } }

    // MARK: Filling

    /// Takes in a person who is not there yet.
    package mutating func add(_ person: PersonFacts) {
        let ordinal = contacts.count
        if let last = contacts.last, last >= person.contact { isOrdered = false }
        contacts.append(person.contact)
        ordinals[person.contact] = UInt32(ordinal)
        fill(person, at: ordinal)
    }

    /// Puts the people's facts in the place of what was known of them, and takes out those who are gone.
    package mutating func replace(_ people: [PersonFacts], removing gone: [ContactID] = []) {
        var changed = Bitmap(count: contacts.count)
        for contact in people.map(\.contact) + gone {
            if let ordinal = ordinals[contact] { changed[Int(ordinal)] = true }
        }
        for kind in Array(records.keys) { records[kind]?.remove(of: changed) }
        for list in Array(lists.keys) { lists[list]?.subtract(changed) }
        for name in Array(attributes.keys) {
            changed.forEach { ordinal in
                attributes[name]?.set(nil, at: ordinal)
                return true
            }
        }
        living.subtract(changed)
        for contact in gone { ordinals[contact] = nil }
        for person in people {
            if let ordinal = ordinals[person.contact] { fill(person, at: Int(ordinal)) } else { add(person) }
        }
    }

    private mutating func fill(_ person: PersonFacts, at ordinal: Int) {
        living[ordinal] = true
        for (name, value) in person.attributes { attributes[name, default: AttributeColumn()].set(value, at: ordinal) }
        for record in person.records {
            records[record.kind, default: RecordColumns()].append(record, of: ordinal)
        }
        for list in person.lists { lists[list, default: Bitmap(count: contacts.count)][ordinal] = true }
    }

    // MARK: Asking

    func contains(_ contact: ContactID) -> Bool { ordinals[contact] != nil }

    func ordinal(of contact: ContactID) -> Int? { ordinals[contact].map(Int.init) }

    /// The people for whom the rule holds.
    func selection(_ segment: CheckedSegment, at moment: EvaluationMoment, _ engagement: EngagementAnswers) -> Bitmap {
        selection(of: segment.expression, segment, at: moment, engagement)
    }

    /// The people for whom a part of the rule holds.
    func selection(
        of part: SegmentExpression,
        _ segment: CheckedSegment,
        at moment: EvaluationMoment,
        _ engagement: EngagementAnswers
    ) -> Bitmap {
        switch part {
        case .everyone: return living
        case .all(let parts):
            var result = living
            for part in parts {
                result.formIntersection(selection(of: part, segment, at: moment, engagement))
            }
            return result
        case .any(let parts):
            var result = Bitmap(count: contacts.count)
            for part in parts { result.formUnion(selection(of: part, segment, at: moment, engagement)) }
            return result
        case .not(let part):
            var result = living
            result.subtract(selection(of: part, segment, at: moment, engagement))
            return result
        case .term(let term):
            var result = living
            result.formIntersection(selection(of: term, segment, at: moment, engagement))
            return result
        }
    }

    private func selection(
        of term: SegmentTerm,
        _ segment: CheckedSegment,
        at moment: EvaluationMoment,
        _ engagement: EngagementAnswers
    ) -> Bitmap {
        switch term {
        case .field(SegmentCatalogue.age, let test):
            return (attributes[.birthDate] ?? AttributeColumn()).ageSelection(test, at: moment, of: living)
        case .field(let name, let test):
            let column = AttributeName(rawValue: name).flatMap { attributes[$0] } ?? AttributeColumn()
            return column.selection(test, as: segment.types[name] ?? .text, at: moment, of: living)
        case .list(let name):
            return segment.lists[FoldedText.of(name)].flatMap { lists[$0] } ?? Bitmap(count: contacts.count)
        case .engagement(let term):
            var result = Bitmap(count: contacts.count)
            for contact in engagement.people[term] ?? [] {
                if let ordinal = ordinals[contact] { result[Int(ordinal)] = true }
            }
            return result
        case .record(let term): return selection(of: term, at: moment)
        }
    }

    private func selection(of term: RecordTerm, at moment: EvaluationMoment) -> Bitmap {
        let rows = records[term.kind] ?? RecordColumns()
        switch term.quantity {
        case .some:
            var result = Bitmap(count: contacts.count)
            rows.forEachMatch(of: term, at: moment) { result[$0] = true }
            return result
        case .count(let comparison, let number):
            var counts = [Int32](repeating: 0, count: contacts.count)
            rows.forEachMatch(of: term, at: moment) { counts[$0] += 1 }
            return Bitmap(count: contacts.count) { comparison.holds(Int(counts[$0]), number) }
        }
    }
}
