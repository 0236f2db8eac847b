// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel

/// One attribute of everybody, by ordinal. The four forms are filled as values of their kind come; an ordinal beyond a
/// form's end has no value in it.
struct AttributeColumn: Sendable {
    static let noDay = Int32.min

    private(set) var dictionary = TextDictionary()
    /// Numbers of the dictionary, 0 for none.
    private(set) var texts: [UInt32] = []
    /// Not a number for none.
    private(set) var numbers: [Double] = []
    /// Days since 1970, `noDay` for none.
    private(set) var days: [Int32] = []
    /// 0 none, 1 false, 2 true.
    private(set) var flags: [UInt8] = []

    /// Puts the value in the place of what the ordinal had.
    mutating func set(_ value: AttributeValue?, at ordinal: Int) {
        clear(ordinal)
        switch value {
        case nil: return
        case .text(let text), .code(let text):
            Self.put(dictionary.number(of: FoldedText.of(text)), at: ordinal, in: &texts, none: 0)
        case .number(let number):
            guard number.isFinite else { return }
            Self.put(number, at: ordinal, in: &numbers, none: .nan)
        case .date(let date): Self.put(Int32(date.daysSince1970), at: ordinal, in: &days, none: Self.noDay)
        case .boolean(let flag): Self.put(flag ? 2 : 1, at: ordinal, in: &flags, none: 0)
        }
    }

    private mutating func clear(_ ordinal: Int) {
        if ordinal < texts.count { texts[ordinal] = 0 }
        if ordinal < numbers.count { numbers[ordinal] = .nan }
        if ordinal < days.count { days[ordinal] = Self.noDay }
        if ordinal < flags.count { flags[ordinal] = 0 }
    }

    private static func put<Value>(_ value: Value, at ordinal: Int, in column: inout [Value], none: Value) {
        while column.count <= ordinal { column.append(none) }
        column[ordinal] = value
    }

    /// Bytes of memory, about.
    var footprint: Int {
        dictionary.footprint + 4 * texts.capacity + 8 * numbers.capacity + 4 * days.capacity + flags.capacity
    }
}

extension AttributeColumn {
    /// The ordinals whose value is of the type and passes the test; for `missing`, those whose is not.
    func selection(_ test: FieldTest, as type: SegmentValueType, at moment: EvaluationMoment, of all: Bitmap) -> Bitmap
    {
        if case .missing = test {
            var result = all
            result.subtract(present(as: type))
            return result
        }
        if case .present = test { return present(as: type) }
        switch type {
        case .text, .result:
            let passes = dictionary.passes(test, fold: FoldedText.of)
            return Bitmap(count: texts.count) { passes[Int(texts[$0])] }
        case .number:
            return Bitmap(count: numbers.count) {
                !numbers[$0].isNaN && ValueMatching.matches(number: numbers[$0], test)
            }
        case .date:
            let ranges = Self.dayRanges(of: test, at: moment)
            return Bitmap(count: days.count) { place in ranges.contains { $0.contains(days[place]) } }
        case .boolean:
            let passes = [false, ValueMatching.matches(flag: false, test), ValueMatching.matches(flag: true, test)]
            return Bitmap(count: flags.count) { passes[Int(flags[$0])] }
        }
    }

    func present(as type: SegmentValueType) -> Bitmap {
        switch type {
        case .text, .result: Bitmap(count: texts.count) { texts[$0] != 0 }
        case .number: Bitmap(count: numbers.count) { !numbers[$0].isNaN }
        case .date: Bitmap(count: days.count) { days[$0] != Self.noDay }
        case .boolean: Bitmap(count: flags.count) { flags[$0] != 0 }
        }
    }

    /// Of a column of birthdays: those whose age today passes the test.
    func ageSelection(_ test: FieldTest, at moment: EvaluationMoment, of all: Bitmap) -> Bitmap {
        if case .missing = test { return selection(test, as: .date, at: moment, of: all) }
        if case .present = test { return present(as: .date) }
        let ranges = Self.birthRanges(of: test, at: moment)
        return Bitmap(count: days.count) { place in ranges.contains { $0.contains(days[place]) } }
    }

    /// The ranges of days in which a date passes the test, none of them holding `noDay`.
    static func dayRanges(of test: FieldTest, at moment: EvaluationMoment) -> [ClosedRange<Int32>] {
        let first = noDay + 1
        let last = Int32.max
        func day(_ text: String) -> Int32? { CalendarDate(text).map { Int32($0.daysSince1970) } }
        switch test {
        case .compare(let comparison, .text(let text)):
            guard let day = day(text) else { return [] }
            return switch comparison {
            case .equal: [day...day]
            case .notEqual: [first...(day - 1), (day + 1)...last]
            case .less: [first...(day - 1)]
            case .lessOrEqual: [first...day]
            case .greater: [(day + 1)...last]
            case .greaterOrEqual: [day...last]
            }
        case .between(.text(let low), .text(let high)):
            guard let low = day(low), let high = day(high), low <= high else { return [] }
            return [low...high]
        case .oneOf(let values):
            return values.compactMap { value in
                guard case .text(let text) = value, let day = day(text) else { return nil }
                return day...day
            }
        case .window(let window):
            let days = moment.days(of: window)
            return [Int32(days.lowerBound.daysSince1970)...Int32(days.upperBound.daysSince1970)]
        default: return []
        }
    }

    /// The ranges of birthdays whose age today passes the test: runs of passing ages, oldest end first.
    static func birthRanges(of test: FieldTest, at moment: EvaluationMoment) -> [ClosedRange<Int32>] {
        var ranges: [ClosedRange<Int32>] = []
        var run: ClosedRange<Int>?
        func close() {
            guard let ages = run else { return }
            run = nil
            guard let youngest = moment.latestBirth(ofAge: ages.lowerBound) else { return }
            let older = moment.latestBirth(ofAge: ages.upperBound + 1).map { Int32($0.daysSince1970) + 1 }
            let oldest = older ?? noDay + 1
            if oldest <= Int32(youngest.daysSince1970) { ranges.append(oldest...Int32(youngest.daysSince1970)) }
        }
        for age in 0...max(0, moment.today.year) {
            if ValueMatching.matches(number: Double(age), test) {
                run = (run?.lowerBound ?? age)...age
            } else {
                close()
            }
        }
        close()
        return ranges
    }
}
