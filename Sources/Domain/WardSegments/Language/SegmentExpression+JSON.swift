// SPDX-License-Identifier: Apache-2.0
//
// The JSON form of a rule, which the API and the visual builder use:
//
//   document  {"grammar": 2, "rule": node}
//   node      {"everyone": true} | {"and": [node, node, …]} | {"or": [node, node, …]} | {"not": node} | term
//   term      {"field": "age", test} | {"list": "Diabetes class"} | {"engagement": "opened", "campaign": "Flu"?, window?}
//             | {"record": "procedure", "where": condition?, window?, "count": {"compare": "<", "value": 3}?}
//   condition as node, over {"field": "code", test}
//   test      "compare": "<=" with "value": value | "between": [value, value] | "in": [value, …] | "contains": "…"
//             | "startsWith": "…" | "missing": true or false | window
//   window    "within": {"count": 2, "unit": "year"} | "inNext": {"count": 2, "unit": "week"}
//
// A document decodes only when its text form parses to the same tree, so that JSON can hold nothing that text cannot.

import WardContacts

/// A rule with its grammar's version: the form that is stored.
package struct SegmentDocument: Hashable, Sendable, Codable {
    package let grammar: Int
    package let rule: SegmentExpression

    package init(_ rule: SegmentExpression) {
        grammar = SegmentLanguage.version
        self.rule = rule
    }

    private enum Key: String, CodingKey { case grammar, rule }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        grammar = try container.decode(Int.self, forKey: .grammar)
        guard (1...SegmentLanguage.version).contains(grammar) else {
            let message =
                "the rule is of grammar \(grammar); this version of Ward knows grammar \(SegmentLanguage.version)"
            throw SegmentSyntaxError(.newerGrammar, at: 0, of: "", message)
        }
        let node = try container.decode(Node.self, forKey: .rule)
        let rule = try node.expression(depth: 0)
        guard try SegmentLanguage.parse(SegmentLanguage.print(rule)) == rule else { throw Node.bad }
        self.rule = rule
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(grammar, forKey: .grammar)
        try container.encode(Node(rule), forKey: .rule)
    }
}

/// The JSON object of a node, of a person's rule and of a record's condition alike.
private final class Node: Codable {
    var everyone: Bool?
    var and: [Node]?
    var or: [Node]?
    var not: Node?
    var field: String?
    var compare: String?
    var value: Value?
    var between: [Value]?
    var `in`: [Value]?
    var contains: String?
    var startsWith: String?
    var missing: Bool?
    var within: Window?
    var inNext: Window?
    var list: String?
    var engagement: String?
    var campaign: String?
    var record: String?
    var `where`: Node?
    var count: Count?

    struct Window: Codable {
        var count: Int
        var unit: String
    }

    struct Count: Codable {
        var compare: String
        var value: Int
    }

    enum Value: Codable {
        case known(SegmentValue)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            // Each attempt that fails only says that the value is of another kind.
            if let flag = try? container.decode(Bool.self) {
                self = .known(.boolean(flag))
            } else if let number = try? container.decode(Double.self) {
                self = .known(.number(number))
            } else {
                self = .known(.text(try container.decode(String.self)))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .known(.boolean(let flag)): try container.encode(flag)
            case .known(.number(let number)): try container.encode(number)
            case .known(.text(let text)): try container.encode(text)
            }
        }

        var value: SegmentValue {
            switch self {
            case .known(let value): value
            }
        }
    }

    static let bad = SegmentSyntaxError(.badTree, at: 0, of: "", "this JSON tree is not a rule of the grammar")

    init() {}

    // MARK: From a tree

    convenience init(_ expression: SegmentExpression) {
        self.init()
        switch expression {
        case .everyone: everyone = true
        case .all(let parts): and = parts.map { Node($0) }
        case .any(let parts): or = parts.map { Node($0) }
        case .not(let part): not = Node(part)
        case .term(.field(let name, let test)): set(name, test)
        case .term(.list(let name)): list = name
        case .term(.engagement(let term)):
            engagement = term.event.rawValue
            campaign = term.campaign
            set(term.window)
        case .term(.record(let term)):
            record = term.kind.rawValue
            `where` = term.condition.map { Node($0) }
            set(term.window)
            if case .count(let comparison, let number) = term.quantity {
                count = Count(compare: comparison.rawValue, value: number)
            }
        }
    }

    convenience init(_ condition: RecordCondition) {
        self.init()
        switch condition {
        case .all(let parts): and = parts.map { Node($0) }
        case .any(let parts): or = parts.map { Node($0) }
        case .not(let part): not = Node(part)
        case .field(let field, let test): set(field.rawValue, test)
        }
    }

    private func set(_ name: String, _ test: FieldTest) {
        field = name
        switch test {
        case .compare(let comparison, let value):
            compare = comparison.rawValue
            self.value = .known(value)
        case .between(let low, let high): between = [.known(low), .known(high)]
        case .oneOf(let values): `in` = values.map { .known($0) }
        case .contains(let part): contains = part
        case .startsWith(let part): startsWith = part
        case .missing: missing = true
        case .present: missing = false
        case .window(let window): set(window)
        }
    }

    private func set(_ window: CalendarWindow?) {
        guard let window else { return }
        let form = Window(count: window.count, unit: window.unit.rawValue)
        if window.direction == .past { within = form } else { inNext = form }
    }

    // MARK: To a tree

    func expression(depth: Int) throws(SegmentSyntaxError) -> SegmentExpression {
        guard depth <= SegmentLanguage.deepest else { throw Node.bad }
        if everyone == true { return .everyone }
        if let and {
            return .all(try and.map { part throws(SegmentSyntaxError) in try part.expression(depth: depth + 1) })
        }
        if let or {
            return .any(try or.map { part throws(SegmentSyntaxError) in try part.expression(depth: depth + 1) })
        }
        if let not { return .not(try not.expression(depth: depth + 1)) }
        if let field { return .term(.field(field, try test())) }
        if let list { return .term(.list(list)) }
        if let engagement, let event = EngagementTerm.Event(rawValue: engagement) {
            return .term(.engagement(EngagementTerm(event, campaign: campaign, window: try window())))
        }
        guard let record, let kind = DatedRecordKind(rawValue: record) else { throw Node.bad }
        var term = RecordTerm(.some, kind)
        term.condition = try `where`?.condition(depth: depth + 1)
        term.window = try window()
        if let count {
            guard let comparison = ComparisonOperator(rawValue: count.compare) else { throw Node.bad }
            term.quantity = .count(comparison, count.value)
        }
        return .term(.record(term))
    }

    private func condition(depth: Int) throws(SegmentSyntaxError) -> RecordCondition {
        guard depth <= SegmentLanguage.deepest else { throw Node.bad }
        if let and {
            return .all(try and.map { part throws(SegmentSyntaxError) in try part.condition(depth: depth + 1) })
        }
        if let or {
            return .any(try or.map { part throws(SegmentSyntaxError) in try part.condition(depth: depth + 1) })
        }
        if let not { return .not(try not.condition(depth: depth + 1)) }
        guard let field, let known = SegmentRecordField(rawValue: field) else { throw Node.bad }
        return .field(known, try test())
    }

    private func test() throws(SegmentSyntaxError) -> FieldTest {
        if let compare, let comparison = ComparisonOperator(rawValue: compare), let value {
            return .compare(comparison, value.value)
        }
        if let between, between.count == 2 { return .between(between[0].value, between[1].value) }
        if let `in` { return .oneOf(`in`.map(\.value)) }
        if let contains { return .contains(contains) }
        if let startsWith { return .startsWith(startsWith) }
        if let missing { return missing ? .missing : .present }
        guard let window = try window() else { throw Node.bad }
        return .window(window)
    }

    private func window() throws(SegmentSyntaxError) -> CalendarWindow? {
        guard let form = within ?? inNext else { return nil }
        guard let unit = CalendarWindow.Unit(rawValue: form.unit) else { throw Node.bad }
        return CalendarWindow(within == nil ? .next : .past, form.count, unit)
    }
}
