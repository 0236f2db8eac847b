// SPDX-License-Identifier: Apache-2.0

import WardContacts

extension BuilderForm {
    /// The rows of a rule; nil when a form cannot say it.
    package init?(_ expression: SegmentExpression) {
        self.init()
        let isSaid: Bool
        switch expression {
        case .everyone: isSaid = true
        case .all(let parts): isSaid = parts.allSatisfy { add($0, depth: 0) }
        case .any(let parts):
            join = .any
            isSaid = parts.allSatisfy { add($0, depth: 0) }
        case .not, .term: isSaid = add(expression, depth: 0)
        }
        // Whatever a line cannot hold exactly, such as a text with line breaks in a list of values, is edited as text: a
        // mistake in reading the rows back says only that.
        guard isSaid, let back = try? self.expression(kinds: Self.kinds(of: expression)), back == expression else {
            return nil
        }
    }

    /// False when a form cannot say the part.
    private mutating func add(_ expression: SegmentExpression, depth: Int) -> Bool {
        var inner = expression
        var isNegated = false
        if case .not(let part) = expression { (inner, isNegated) = (part, true) }
        switch inner {
        case .not: return false
        case .everyone:
            rows.append(BuilderRow(depth: depth, isNegated: isNegated, .line(BuilderLine(subject: "everyone"))))
            return true
        case .term(let term):
            guard let line = BuilderLine(term) else { return false }
            rows.append(BuilderRow(depth: depth, isNegated: isNegated, .line(line)))
            return true
        case .all(let parts):
            rows.append(BuilderRow(depth: depth, isNegated: isNegated, .group(.all)))
            return parts.allSatisfy { add($0, depth: depth + 1) }
        case .any(let parts):
            rows.append(BuilderRow(depth: depth, isNegated: isNegated, .group(.any)))
            return parts.allSatisfy { add($0, depth: depth + 1) }
        }
    }

    /// The kinds of the fields by what their values are written as.
    private static func kinds(of expression: SegmentExpression) -> [String: AttributeKind] {
        var kinds: [String: AttributeKind] = [:]
        for case .field(let name, let test) in expression.terms {
            let values: [SegmentValue] =
                switch test {
                case .compare(_, let value): [value]
                case .between(let low, let high): [low, high]
                case .oneOf(let values): values
                default: []
                }
            switch values.first {
            case .number: kinds[name] = .number
            case .boolean: kinds[name] = .boolean
            case .text: kinds[name] = .text
            case nil: break
            }
        }
        return kinds
    }
}

extension BuilderLine {
    /// The line of a term; nil when a line cannot say it.
    init?(_ term: SegmentTerm) {
        switch term {
        case .list(let name): self.init(subject: "list", value: name)
        case .engagement(let term):
            self.init(subject: term.event.rawValue, value: term.campaign ?? "")
            set(term.window)
        case .field(let name, let test):
            self.init(subject: name)
            set(test)
        case .record(let term):
            self.init(subject: term.kind.rawValue)
            if case .count(let comparison, let number) = term.quantity {
                test = comparison.rawValue
                value = String(number)
            }
            set(term.window)
            guard let condition = term.condition else { return }
            guard set(condition) else { return nil }
        }
    }

    private mutating func set(_ test: FieldTest) {
        switch test {
        case .compare(let comparison, let value):
            self.test = comparison.rawValue
            self.value = Self.text(of: value)
        case .between(let low, let high):
            self.test = BuilderTest.between.rawValue
            value = Self.text(of: low)
            upper = Self.text(of: high)
        case .oneOf(let values):
            self.test = BuilderTest.oneOf.rawValue
            value = values.map(Self.text).joined(separator: "\n")
        case .contains(let part): (self.test, value) = (BuilderTest.contains.rawValue, part)
        case .startsWith(let part): (self.test, value) = (BuilderTest.starts.rawValue, part)
        case .missing: self.test = BuilderTest.missing.rawValue
        case .present: self.test = BuilderTest.present.rawValue
        case .window(let window):
            self.test = BuilderTest.window.rawValue
            set(window)
        }
    }

    private mutating func set(_ window: CalendarWindow?) {
        guard let window else { return }
        self.window = window.direction == .past ? "within" : "next"
        windowCount = String(window.count)
        windowUnit = window.unit.rawValue
    }

    /// False when the condition is not one that the line's controls can say.
    private mutating func set(_ condition: RecordCondition) -> Bool {
        switch condition {
        case .all(let parts):
            return parts.allSatisfy { part in if case .field = part { set(part) } else { false } }
        case .field(.code, .compare(.equal, .text(let code))) where self.code.isEmpty: self.code = code
        case .field(.code, .oneOf(let values)) where code.isEmpty && values.count > 1:
            code = values.map(Self.text).joined(separator: "\n")
        case .field(.display, .contains(let part)) where display.isEmpty: display = part
        case .field(.status, .compare(.equal, .text(let status))) where self.status.isEmpty: self.status = status
        case .field(.value, .compare(let comparison, .number(let number))) where resultTest.isEmpty:
            resultTest = comparison.rawValue
            result = SegmentPrinter.number(number)
        default: return false
        }
        return true
    }

    private static func text(of value: SegmentValue) -> String {
        if case .text(let text) = value { text } else { SegmentPrinter.text(of: value) }
    }
}
