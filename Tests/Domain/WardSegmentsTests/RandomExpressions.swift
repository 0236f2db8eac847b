// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel

@testable import WardSegments

/// Random rules that the example catalogue accepts, over the same small worlds of values as `RandomPeople`.
struct RandomExpressions {
    var generator: SeededGenerator
    /// Whether texts may hold every kind of character: for printing; evaluation wants matches.
    var isWild = false

    static let cities = ["Chicopee", "São Paulo", "montréal", "LINCOLN", "Åby"]
    static let codes = ["71651007", "44054006", "4548-4", "ABC", "abc"]
    static let statuses = ["no-show", "Completed", "booked"]
    static let displays = ["Mammogram", "Diabetes mellitus", "Café au lait spot"]

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func pick<Value>(_ values: [Value]) -> Value {
        values[Int.random(in: values.indices, using: &generator)]
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    mutating func expression(depth: Int = 3) -> SegmentExpression {
        if depth == 0 || chance(35) { return chance(3) ? .everyone : .term(term()) }
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: return .all((0..<Int.random(in: 2...4, using: &generator)).map { _ in expression(depth: depth - 1) })
        case 1: return .any((0..<Int.random(in: 2...4, using: &generator)).map { _ in expression(depth: depth - 1) })
        default: return .not(expression(depth: depth - 1))
        }
    }

    mutating func term() -> SegmentTerm {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0...4: return field()
        case 5: return .list(pick(["Diabetes class", "Newsletter", "newsletter"]))
        case 6: return .engagement(engagement())
        default:
            let quantity: RecordTerm.Quantity =
                chance(50)
                ? .some : .count(pick(ComparisonOperator.allCases), Int.random(in: 0...4, using: &generator))
            return .record(
                RecordTerm(
                    quantity,
                    pick([.procedure, .lab, .appointment]),
                    where: chance(70) ? condition(depth: 2) : nil,
                    window: chance(50) ? window() : nil
                )
            )
        }
    }

    private mutating func engagement() -> EngagementTerm {
        EngagementTerm(
            pick(EngagementTerm.Event.allCases),
            campaign: chance(50) ? text(["Flu shots"]) : nil,
            window: chance(50) ? CalendarWindow(.past, 3, .month) : nil
        )
    }

    mutating func field() -> SegmentTerm {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: .field("age", number(0...99))
        case 1: .field("city", text())
        case 2: .field(pick(["birth_date", "enrolled_on"]), date())
        case 3: .field("score", number(-3...3))
        case 4: .field("smoker", flag())
        default: .field("sex", .compare(pick([.equal, .notEqual]), .text(text(["female", "Male", "unknown"]))))
        }
    }

    mutating func window() -> CalendarWindow {
        CalendarWindow(
            pick([.past, .next]),
            Int.random(in: 1...30, using: &generator),
            pick(CalendarWindow.Unit.allCases)
        )
    }

    /// Mostly around the day of the tests, 2026-02-14, so that ends of ranges and the hours of today are met.
    mutating func day() -> CalendarDate {
        let days = chance(60) ? 20_496...20_500 : 20_000...21_000
        return CalendarDate(daysSince1970: Int.random(in: days, using: &generator))
    }

    private mutating func text(_ world: [String]) -> String {
        guard isWild, chance(50) else { return pick(world) }
        let wild = ["\"", "\\", "\n", "\t", "\u{0}", "é", "“", "\u{2028}", "a", " ", "\u{1F469}\u{200D}\u{1F680}", "ß"]
        return "x" + (0..<Int.random(in: 0...5, using: &generator)).map { _ in pick(wild) }.joined()
    }

    mutating func number(_ range: ClosedRange<Int>) -> FieldTest {
        func one(_ me: inout RandomExpressions) -> SegmentValue {
            if me.isWild, me.chance(20) {
                return .number(me.pick([1e300, -1e-300, 0.1, 123_456_789_012_345_680, 1e15, 1e16, -7.25]))
            }
            return .number(Double(Int.random(in: range, using: &me.generator)) + (me.chance(10) ? 0.5 : 0))
        }
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: return .missing
        case 1: return .present
        case 2: return .oneOf([one(&self), one(&self)])
        case 3, 4:
            let low = Double(Int.random(in: range, using: &generator))
            return .between(.number(low), .number(low + Double(Int.random(in: 0...20, using: &generator))))
        default: return .compare(pick(ComparisonOperator.allCases), one(&self))
        }
    }

    mutating func text() -> FieldTest {
        switch Int.random(in: 0..<7, using: &generator) {
        case 0: .missing
        case 1: .present
        case 2: .oneOf([.text(text(Self.cities)), .text(text(["lincoln"]))])
        case 3: .contains(text(["o", "É", "sao"]))
        case 4: .startsWith(text(["C", "å", "li"]))
        default: .compare(pick([.equal, .notEqual]), .text(text(Self.cities + ["sao paulo"])))
        }
    }

    mutating func date() -> FieldTest {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0: return .missing
        case 1: return .present
        case 2: return .oneOf([.text(day().description), .text(day().description)])
        case 3:
            let first = day()
            return .between(.text(first.description), .text(first.adding(days: 200).description))
        case 4, 5: return .window(window())
        default: return .compare(pick(ComparisonOperator.allCases), .text(day().description))
        }
    }

    private mutating func flag() -> FieldTest {
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: .missing
        case 1: .present
        case 2: .oneOf([.boolean(true), .boolean(false)])
        default: .compare(pick([.equal, .notEqual]), .boolean(chance(50)))
        }
    }

    mutating func condition(depth: Int) -> RecordCondition {
        if depth == 0 || chance(50) { return recordTest() }
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: return .all((0..<2).map { _ in condition(depth: depth - 1) })
        case 1: return .any((0..<2).map { _ in condition(depth: depth - 1) })
        default: return .not(condition(depth: depth - 1))
        }
    }

    private mutating func recordTest() -> RecordCondition {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: .field(.code, codeTest())
        case 1: .field(.display, chance(50) ? .contains(text(["CAFE", "m"])) : .missing)
        case 2: .field(.status, .compare(pick([.equal, .notEqual]), .text(text(Self.statuses))))
        case 3: .field(.value, resultTest())
        case 4: .field(.unit, chance(50) ? .compare(.equal, .text("MG/DL")) : .present)
        default: .field(.date, date())
        }
    }

    private mutating func codeTest() -> FieldTest {
        switch Int.random(in: 0..<5, using: &generator) {
        case 0: .missing
        case 1: .oneOf([.text(pick(Self.codes)), .text(pick(Self.codes))])
        case 2: .startsWith("4")
        default: .compare(pick([.equal, .equal, .notEqual]), .text(text(Self.codes)))
        }
    }

    private mutating func resultTest() -> FieldTest {
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: .compare(.equal, .text("Positive"))
        case 1: .oneOf([.number(7), .text("positive")])
        default: number(5...9)
        }
    }
}
