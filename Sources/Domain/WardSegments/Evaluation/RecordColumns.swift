// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel

/// The dated records of one kind of everybody: one row each, with postings per code.
///
/// A person's rows are replaced by marking the old ones as gone and appending; `compact` drops what is gone.
struct RecordColumns: Sendable {
    static let gone = UInt32.max
    private static let noMinute = Int32.min

    private(set) var persons: [UInt32] = []
    private(set) var days: [Int32] = []
    /// Minutes since 1970, or `noMinute`; shorter than the rows when the last ones have none.
    private(set) var minutes: [Int32] = []
    private(set) var codes = TextColumn()
    private(set) var displays = TextColumn()
    private(set) var statuses = TextColumn()
    private(set) var units = TextColumn()
    private(set) var resultTexts = TextColumn()
    /// Not a number for none; shorter than the rows when the last ones have none.
    private(set) var resultNumbers: [Double] = []
    /// Rows in ascending order, by number of the code.
    private(set) var postings: [[UInt32]] = []
    private(set) var goneCount = 0

    var count: Int { persons.count }

    mutating func append(_ record: DatedRecord, of ordinal: Int) {
        let row = persons.count
        persons.append(UInt32(ordinal))
        days.append(Int32(record.start.daysSince1970))
        if let startTime = record.startTime {
            while minutes.count < row { minutes.append(Self.noMinute) }
            minutes.append(Int32(clamping: EvaluationMoment.minute(of: startTime)))
        }
        let code = codes.append(record.code, at: row)
        while postings.count <= code { postings.append([]) }
        postings[code].append(UInt32(row))
        displays.append(FoldedText.of(record.display), at: row)
        statuses.append(FoldedText.of(record.status ?? ""), at: row)
        units.append(FoldedText.of(record.unit ?? ""), at: row)
        guard let value = record.value else { return }
        resultTexts.append(FoldedText.of(value.display), at: row)
        guard let number = value.resultNumber else { return }
        while resultNumbers.count < row { resultNumbers.append(.nan) }
        resultNumbers.append(number)
    }

    /// Marks the rows of these people as gone.
    mutating func remove(of people: Bitmap) {
        for row in persons.indices where persons[row] != Self.gone && people[Int(persons[row])] {
            persons[row] = Self.gone
            goneCount += 1
        }
    }

    /// Whether a third of the rows is gone, so that the columns are better built anew.
    var isSparse: Bool { goneCount > 1_000 && goneCount * 3 > persons.count }

    /// The minute of a row, nil when only its day is known.
    func minute(of row: Int) -> Int64? {
        guard row < minutes.count, minutes[row] != Self.noMinute else { return nil }
        return Int64(minutes[row])
    }

    /// Bytes of memory, about.
    var footprint: Int {
        4 * (persons.capacity + days.capacity + minutes.capacity) + 8 * resultNumbers.capacity
            + [codes, displays, statuses, units, resultTexts].reduce(0) { $0 + $1.footprint }
            + postings.reduce(0) { $0 + 16 + 4 * $1.capacity }
    }
}

/// A text per row as a number of a dictionary; shorter than the rows when the last ones have none.
struct TextColumn: Sendable {
    private(set) var dictionary = TextDictionary()
    private(set) var numbers: [UInt32] = []

    @discardableResult
    mutating func append(_ text: String, at row: Int) -> Int {
        guard !text.isEmpty else { return 0 }
        while numbers.count < row { numbers.append(0) }
        let number = dictionary.number(of: text)
        numbers.append(number)
        return Int(number)
    }

    var footprint: Int { dictionary.footprint + 4 * numbers.capacity }

    /// Whether the test holds, for each number of the dictionary; number 0 stands for no text.
    func passes(_ test: FieldTest, fold: (String) -> String) -> [Bool] {
        var passes: [Bool]
        switch test {
        case .missing: passes = [Bool](repeating: false, count: dictionary.count)
        case .present: passes = [Bool](repeating: true, count: dictionary.count)
        default: passes = dictionary.passes(test, fold: fold)
        }
        passes[0] = test == .missing
        return passes
    }
}
