// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel

extension ComparisonOperator {
    func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
        switch self {
        case .equal: left == right
        case .notEqual: left != right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        }
    }
}

/// The tests of present values: what the evaluators share, once a test is known not to be about absence.
enum ValueMatching {
    /// - Parameters:
    ///   - text: Folded, or as it is for a code.
    ///   - fold: How the rule's own text is brought to the same form.
    static func matches(text: String, _ test: FieldTest, fold: (String) -> String) -> Bool {
        switch test {
        case .compare(.equal, .text(let other)): text.utf8.elementsEqual(fold(other).utf8)
        case .compare(.notEqual, .text(let other)): !text.utf8.elementsEqual(fold(other).utf8)
        case .oneOf(let values):
            values.contains { value in
                guard case .text(let other) = value else { return false }
                return text.utf8.elementsEqual(fold(other).utf8)
            }
        case .contains(let part): contains(Array(text.utf8)[...], Array(fold(part).utf8))
        case .startsWith(let part): text.utf8.starts(with: fold(part).utf8)
        default: false
        }
    }

    /// Whether bytes occur in others, one after another: also within what people see as one character.
    static func contains(_ text: ArraySlice<UInt8>, _ part: [UInt8]) -> Bool {
        guard let first = part.first else { return true }
        guard text.count >= part.count else { return false }
        return text.withUnsafeBufferPointer { text in
            part.withUnsafeBufferPointer { part in
                for start in 0...(text.count - part.count) where text[start] == first {
                    var length = 1
                    while length < part.count, text[start + length] == part[length] { length += 1 }
                    if length == part.count { return true }
                }
                return false
            }
        }
    }

    static func matches(number: Double, _ test: FieldTest) -> Bool {
        switch test {
        case .compare(let comparison, .number(let other)): comparison.holds(number, other)
        case .between(.number(let low), .number(let high)): low <= number && number <= high
        case .oneOf(let values): values.contains(.number(number == 0 ? 0 : number))
        default: false
        }
    }

    /// A date without a time; windows are asked of the moment.
    static func matches(date: CalendarDate, _ test: FieldTest, at moment: EvaluationMoment) -> Bool {
        switch test {
        case .compare(let comparison, .text(let other)):
            CalendarDate(other).map { comparison.holds(date, $0) } ?? false
        case .between(.text(let low), .text(let high)):
            if let low = CalendarDate(low), let high = CalendarDate(high) { low <= date && date <= high } else { false }
        case .oneOf(let values): values.contains(.text(date.description))
        case .window(let window): moment.days(of: window).contains(date)
        default: false
        }
    }

    static func matches(flag: Bool, _ test: FieldTest) -> Bool {
        switch test {
        case .compare(.equal, .boolean(let other)): flag == other
        case .compare(.notEqual, .boolean(let other)): flag != other
        case .oneOf(let values): values.contains(.boolean(flag))
        default: false
        }
    }

    /// Whether the test compares with a number, when a field holds either numbers or text.
    static func isNumeric(_ value: SegmentValue) -> Bool { if case .number = value { true } else { false } }
}

extension AttributeValue {
    /// A finite number, also one that is written as text; nil for anything else.
    var resultNumber: Double? {
        let number: Double?
        switch self {
        case .number(let value): number = value
        case .text(let text), .code(let text): number = Double(FoldedText.of(text))
        case .date, .boolean: number = nil
        }
        return number.flatMap { $0.isFinite ? $0 : nil }
    }
}
