// SPDX-License-Identifier: Apache-2.0

import WardContacts

/// Writes a tree as text on one line; `SegmentParser` reads the same tree back.
enum SegmentPrinter {
    /// How tightly the surroundings bind: a looser part is put in parentheses.
    private enum Level: Int {
        case rule, alternative, part
    }

    static func text(of expression: SegmentExpression) -> String { text(expression, .rule) }

    private static func text(_ expression: SegmentExpression, _ level: Level) -> String {
        switch expression {
        case .everyone: "everyone"
        case .any(let parts):
            joined(parts.map { text($0, .alternative) }, " or ", inParentheses: level != .rule)
        case .all(let parts):
            joined(parts.map { text($0, .part) }, " and ", inParentheses: level == .part)
        case .not(let part): "not " + text(part, .part)
        case .term(let term): text(of: term)
        }
    }

    private static func text(_ condition: RecordCondition, _ level: Level) -> String {
        switch condition {
        case .any(let parts):
            joined(parts.map { text($0, .alternative) }, " or ", inParentheses: level != .rule)
        case .all(let parts):
            joined(parts.map { text($0, .part) }, " and ", inParentheses: level == .part)
        case .not(let part): "not " + text(part, .part)
        case .field(let field, let test): field.rawValue + " " + text(of: test)
        }
    }

    private static func joined(_ parts: [String], _ separator: String, inParentheses: Bool) -> String {
        let text = parts.joined(separator: separator)
        return inParentheses ? "(\(text))" : text
    }

    static func text(of term: SegmentTerm) -> String {
        switch term {
        case .field(let name, let test): fieldName(name) + " " + text(of: test)
        case .list(let name): "in list " + quoted(name)
        case .engagement(let term):
            "\(term.event.rawValue)(\(term.campaign.map(quoted) ?? "any"))"
                + (term.window.map { " " + text(of: $0) } ?? "")
        case .record(let term): text(of: term)
        }
    }

    private static func text(of term: RecordTerm) -> String {
        var inside = term.kind.rawValue
        if let condition = term.condition { inside += " where " + text(condition, .rule) }
        if let window = term.window { inside += " " + text(of: window) }
        return switch term.quantity {
        case .some: "any(\(inside))"
        case .count(let comparison, let count): "count(\(inside)) \(comparison.rawValue) \(count)"
        }
    }

    /// The condition of a record term, without its window.
    static func text(of condition: RecordCondition) -> String { text(condition, .rule) }

    static func text(of test: FieldTest) -> String {
        switch test {
        case .compare(let comparison, let value): "\(comparison.rawValue) \(text(of: value))"
        case .between(let low, let high): "between \(text(of: low)) and \(text(of: high))"
        case .oneOf(let values): "in (\(values.map(text).joined(separator: ", ")))"
        case .contains(let part): "contains \(quoted(part))"
        case .startsWith(let part): "starts with \(quoted(part))"
        case .missing: "is missing"
        case .present: "is not missing"
        case .window(let window): text(of: window)
        }
    }

    static func text(of window: CalendarWindow) -> String {
        let unit = window.unit.rawValue + (window.count == 1 ? "" : "s")
        return (window.direction == .past ? "within " : "in next ") + "\(window.count) \(unit)"
    }

    static func text(of value: SegmentValue) -> String {
        switch value {
        case .text(let text): quoted(text)
        case .boolean(let flag): flag ? "true" : "false"
        case .number(let number): Self.number(number)
        }
    }

    /// A number as short as it can be read back.
    static func number(_ number: Double) -> String {
        if let whole = Int(exactly: number), abs(whole) < 1_000_000_000_000_000 { return String(whole) }
        return number.description
    }

    private static func fieldName(_ name: String) -> String {
        SegmentLanguage.keywords.contains(name) ? "`\(name)`" : name
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F || (0x2028...0x2029).contains(scalar.value):
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
