// SPDX-License-Identifier: Apache-2.0

import WardContacts

extension BuilderForm {
    /// The rule of the rows, its fields read by the kinds of the organization's attributes.
    package func expression(_ vocabulary: SegmentVocabulary) throws(BuilderMistake) -> SegmentExpression {
        try expression(
            kinds: Dictionary(vocabulary.fields.map { ($0.name.rawValue, $0.kind) }) { first, _ in first }
        )
    }

    /// - Parameter kinds: By name of the field; `age` is a number, and a field that is not there is text.
    func expression(kinds: [String: AttributeKind]) throws(BuilderMistake) -> SegmentExpression {
        var position = 0
        let parts = try parts(depth: 0, from: &position, kinds: kinds)
        if position < rows.count { throw BuilderMistake(code: .depth, row: position) }
        return Self.joined(parts, join) ?? .everyone
    }

    private func parts(
        depth: Int,
        from position: inout Int,
        kinds: [String: AttributeKind]
    ) throws(BuilderMistake) -> [SegmentExpression] {
        var parts: [SegmentExpression] = []
        while position < rows.count, rows[position].depth == depth {
            let number = position
            let row = rows[number]
            position += 1
            let part: SegmentExpression
            switch row.content {
            case .line(let line):
                if line.subject == "everyone" {
                    part = .everyone
                } else {
                    part = .term(try BuilderLineReader(line: line, row: number, kinds: kinds).term())
                }
            case .group(let join):
                guard depth < SegmentLanguage.deepest else { throw BuilderMistake(code: .depth, row: number) }
                let inner = try self.parts(depth: depth + 1, from: &position, kinds: kinds)
                guard let joined = Self.joined(inner, join) else {
                    throw BuilderMistake(code: .emptyGroup, row: number)
                }
                part = joined
            }
            parts.append(row.isNegated ? .not(part) : part)
        }
        return parts
    }

    /// Nil for no part; a single part stands for itself.
    private static func joined(_ parts: [SegmentExpression], _ join: BuilderJoin) -> SegmentExpression? {
        guard parts.count != 1 else { return parts[0] }
        return parts.isEmpty ? nil : join == .all ? .all(parts) : .any(parts)
    }
}

/// Reads one line's controls.
private struct BuilderLineReader {
    let line: BuilderLine
    let row: Int
    let kinds: [String: AttributeKind]

    func term() throws(BuilderMistake) -> SegmentTerm {
        if line.subject == "list" {
            guard !line.value.isEmpty else { throw mistake(.value) }
            return .list(line.value)
        }
        if let event = EngagementTerm.Event(rawValue: line.subject) {
            let campaign = line.value.isEmpty ? nil : line.value
            return .engagement(EngagementTerm(event, campaign: campaign, window: try window()))
        }
        if let kind = DatedRecordKind(rawValue: line.subject) { return .record(try record(kind)) }
        guard AttributeName(rawValue: line.subject) != nil else { throw mistake(.subject) }
        return .field(line.subject, try fieldTest())
    }

    // MARK: Fields

    private var kind: AttributeKind { line.subject == SegmentCatalogue.age ? .number : kinds[line.subject] ?? .text }

    private func fieldTest() throws(BuilderMistake) -> FieldTest {
        if let comparison = ComparisonOperator(rawValue: line.test) {
            return .compare(comparison, try value(line.value))
        }
        switch BuilderTest(rawValue: line.test) {
        case .between: return .between(try value(line.value), try value(line.upper))
        case .oneOf:
            let values = Self.lines(line.value)
            guard !values.isEmpty else { throw mistake(.value) }
            return .oneOf(try values.map { text throws(BuilderMistake) in try value(text) })
        case .contains, .starts:
            guard !line.value.isEmpty else { throw mistake(.value) }
            return line.test == BuilderTest.contains.rawValue ? .contains(line.value) : .startsWith(line.value)
        case .missing: return .missing
        case .present: return .present
        case .window:
            guard let window = try window() else { throw mistake(.window) }
            return .window(window)
        default: throw mistake(.test)
        }
    }

    private func value(_ text: String) throws(BuilderMistake) -> SegmentValue {
        switch kind {
        case .text, .code, .date:
            guard !text.isEmpty else { throw mistake(.value) }
            return .text(text)
        case .boolean:
            guard text == "true" || text == "false" else { throw mistake(.value) }
            return .boolean(text == "true")
        case .number: return .number(try number(text))
        }
    }

    private func number(_ text: String) throws(BuilderMistake) -> Double {
        guard let number = Double(FoldedText.of(text)), number.isFinite else { throw mistake(.value) }
        return number == 0 ? 0 : number
    }

    // MARK: Records

    private func record(_ kind: DatedRecordKind) throws(BuilderMistake) -> RecordTerm {
        var term = RecordTerm(.some, kind, window: try window())
        if !line.test.isEmpty {
            guard let comparison = ComparisonOperator(rawValue: line.test) else { throw mistake(.test) }
            guard let count = Int(FoldedText.of(line.value)), (0...1_000_000).contains(count) else {
                throw mistake(.count)
            }
            term.quantity = .count(comparison, count)
        }
        var tests: [RecordCondition] = []
        let codes = Self.lines(line.code)
        if codes.count == 1 { tests.append(.field(.code, .compare(.equal, .text(codes[0])))) }
        if codes.count > 1 { tests.append(.field(.code, .oneOf(codes.map { .text($0) }))) }
        if !line.display.isEmpty { tests.append(.field(.display, .contains(line.display))) }
        if !line.status.isEmpty { tests.append(.field(.status, .compare(.equal, .text(line.status)))) }
        if !line.resultTest.isEmpty {
            guard let comparison = ComparisonOperator(rawValue: line.resultTest) else { throw mistake(.test) }
            tests.append(.field(.value, .compare(comparison, .number(try number(line.result)))))
        }
        if let first = tests.first { term.condition = tests.count == 1 ? first : .all(tests) }
        return term
    }

    private func window() throws(BuilderMistake) -> CalendarWindow? {
        guard !line.window.isEmpty else { return nil }
        let direction: CalendarWindow.Direction? =
            line.window == "within" ? .past : line.window == "next" ? .next : nil
        guard let direction, let unit = CalendarWindow.Unit(rawValue: line.windowUnit),
            let count = Int(FoldedText.of(line.windowCount)), (1...SegmentLanguage.longestWindow).contains(count)
        else { throw mistake(.window) }
        return CalendarWindow(direction, count, unit)
    }

    private func mistake(_ code: BuilderMistake.Code) -> BuilderMistake { BuilderMistake(code: code, row: row) }

    /// The lines of a control that holds several values, without empty ones.
    private static func lines(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).map { line in
            String(line.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
        }.filter { !$0.isEmpty }
    }
}
