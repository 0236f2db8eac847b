// SPDX-License-Identifier: Apache-2.0

import WardContacts

extension SegmentParser {
    // MARK: Terms about a person

    mutating func personTerm() throws(SegmentSyntaxError) -> SegmentExpression {
        switch current.kind {
        case .word("everyone"):
            advance()
            return .everyone
        case .word("any") where following == .open: return .term(.record(try records(counting: false)))
        case .word("count") where following == .open: return .term(.record(try records(counting: true)))
        case .word("in"):
            try beginTerm()
            advance()
            guard accept("list") else { throw unexpected("`list` and the list's name in quotes", near: ["list"]) }
            markValue(of: sites.count - 1)
            return .term(.list(try text("the list's name in quotes")))
        case .word(let word) where following == .open:
            return .term(.engagement(try engagement(named: word)))
        case .word(let word) where SegmentLanguage.keywords.contains(word):
            throw unexpected("a field, `any(…)`, `count(…)`, `in list`, `not` or `(`")
        case .word(let word), .quotedWord(let word):
            try beginTerm()
            advance()
            let (test, isNegated) = try test(of: word)
            let term = SegmentExpression.term(.field(word, test))
            return isNegated ? .not(term) : term
        case .text: throw error(.unexpectedWord, "a term begins with a field's name, not with text in quotes")
        default: throw unexpected("a field, `any(…)`, `count(…)`, `in list`, `not` or `(`")
        }
    }

    private mutating func engagement(named word: String) throws(SegmentSyntaxError) -> EngagementTerm {
        guard let event = EngagementTerm.Event(rawValue: word) else {
            let known = EngagementTerm.Event.allCases.map(\.rawValue) + ["any", "count"]
            throw error(
                .unexpectedWord,
                "`\(word)(` is not known",
                suggestion: Spelling.nearest(to: word, among: known).map { "`\($0)(`" }
            )
        }
        try beginTerm()
        let site = sites.count - 1
        advance()
        advance()
        markValue(of: site)
        var term = EngagementTerm(event)
        if !accept("any") { term.campaign = try text("`any` or the campaign's name in quotes") }
        try expect(.close, "`)`")
        if isAt("within") { term.window = try window() }
        return term
    }

    // MARK: Terms about dated records

    private mutating func records(counting: Bool) throws(SegmentSyntaxError) -> RecordTerm {
        try beginTerm()
        let site = sites.count - 1
        advance()
        advance()
        var term = RecordTerm(.some, try recordKind())
        if accept("where") {
            term.condition = try alternatives { parser throws(SegmentSyntaxError) in try parser.recordTest() }
        }
        if isAt("within") || isAt("in") { term.window = try window() }
        guard accept(.close) else {
            throw unexpected(
                term.condition == nil ? "`where`, `within`, `in next` or `)`" : "`and`, `or`, `within` or `)`",
                near: ["where", "within", "and", "or"]
            )
        }
        guard counting else { return term }
        guard case .comparison(let comparison) = current.kind else {
            throw unexpected("a comparison such as `>= 2` after `count(…)`")
        }
        advance()
        markValue(of: site)
        guard case .number(let number) = current.kind, number >= 0, number <= 1_000_000,
            let count = Int(exactly: number)
        else {
            throw error(.badNumber, "a count is compared with a whole number from 0 to 1000000")
        }
        advance()
        term.quantity = .count(comparison, count)
        return term
    }

    private mutating func recordKind() throws(SegmentSyntaxError) -> DatedRecordKind {
        let names = DatedRecordKind.allCases.map(\.rawValue)
        guard case .word(let word) = current.kind else { throw unexpected("a kind of record: \(names.listed)") }
        let singular = word.hasSuffix("s") ? String(word.dropLast()) : word
        guard let kind = DatedRecordKind(rawValue: word) ?? DatedRecordKind(rawValue: singular) else {
            throw error(
                .unknownRecordKind,
                "`\(word)` is not a kind of record (\(names.listed))",
                suggestion: Spelling.nearest(to: word, among: names).map { "`\($0)`" }
            )
        }
        advance()
        return kind
    }

    private mutating func recordTest() throws(SegmentSyntaxError) -> RecordCondition {
        let names = SegmentRecordField.allCases.map(\.rawValue)
        guard case .word(let word) = current.kind else { throw unexpected("a record's field: \(names.listed)") }
        guard let field = SegmentRecordField(rawValue: word) else {
            throw error(
                .unknownRecordField,
                "`\(word)` is not a field of a record (\(names.listed))",
                suggestion: Spelling.nearest(to: word, among: names).map { "`\($0)`" }
            )
        }
        try beginSite()
        advance()
        let (test, isNegated) = try test(of: word)
        return isNegated ? .not(.field(field, test)) : .field(field, test)
    }

    // MARK: Tests of a value

    private static let testWords = ["in", "between", "contains", "starts", "is", "within", "not"]

    /// The test after a field's name, whose site was the last begun.
    private mutating func test(of field: String) throws(SegmentSyntaxError) -> (FieldTest, isNegated: Bool) {
        let site = sites.count - 1
        if case .comparison(let comparison) = current.kind {
            advance()
            markValue(of: site)
            return (.compare(comparison, try value()), false)
        }
        if accept("is") {
            let isNegated = accept("not")
            guard accept("missing") else {
                throw unexpected("`missing` or `not missing`; equality is written with `=`", near: ["missing", "not"])
            }
            return (isNegated ? .present : .missing, false)
        }
        if isAt("within") || isAt("in") && following == .word("next") {
            markValue(of: site)
            return (.window(try window()), false)
        }
        let isNegated = accept("not")
        guard let test = try wordTest(site: site) else {
            throw unexpected(
                "a comparison after `\(field)`: `=`, `<`, `in (…)`, `between`, `contains`, `starts with`, `is missing`, "
                    + "`within`",
                near: Self.testWords
            )
        }
        return (test, isNegated)
    }

    private mutating func wordTest(site: Int) throws(SegmentSyntaxError) -> FieldTest? {
        if accept("between") {
            markValue(of: site)
            let low = try value()
            guard accept("and") else { throw unexpected("`and` and the upper end") }
            return .between(low, try value())
        }
        if accept("in") {
            try expect(.open, "`(` and the values, or `next`")
            markValue(of: site)
            var values = [try value()]
            while accept(.comma) {
                guard values.count < SegmentLanguage.mostValues else {
                    throw error(
                        .tooLong,
                        "there are more than \(SegmentLanguage.mostValues) values; use a list instead"
                    )
                }
                values.append(try value())
            }
            try expect(.close, "`,` or `)`")
            return .oneOf(values)
        }
        if accept("contains") {
            markValue(of: site)
            return .contains(try text("text in quotes"))
        }
        if accept("starts") {
            guard accept("with") else { throw unexpected("`with`", near: ["with"]) }
            markValue(of: site)
            return .startsWith(try text("text in quotes"))
        }
        return nil
    }

    private mutating func value() throws(SegmentSyntaxError) -> SegmentValue {
        let result: SegmentValue
        switch current.kind {
        case .text(let text): result = .text(text)
        case .number(let number): result = .number(number)
        case .word("true"): result = .boolean(true)
        case .word("false"): result = .boolean(false)
        case .word(let word) where !SegmentLanguage.keywords.contains(word):
            throw error(.unexpectedWord, "text is written in double quotes", suggestion: "\"\(word)\"")
        default: throw unexpected("a value: text in quotes, a number, `true` or `false`")
        }
        advance()
        return result
    }

    private mutating func window() throws(SegmentSyntaxError) -> CalendarWindow {
        let direction: CalendarWindow.Direction
        if accept("within") {
            direction = .past
        } else {
            advance()
            guard accept("next") else { throw unexpected("`next`", near: ["next"]) }
            direction = .next
        }
        guard case .number(let number) = current.kind, let count = Int(exactly: number),
            (1...SegmentLanguage.longestWindow).contains(count)
        else {
            throw error(.badWindow, "a window is a whole number from 1 to \(SegmentLanguage.longestWindow) and a unit")
        }
        advance()
        let units = CalendarWindow.Unit.allCases.map(\.rawValue)
        guard case .word(let word) = current.kind else { throw unexpected("a unit: days, weeks, months or years") }
        let singular = word.hasSuffix("s") ? String(word.dropLast()) : word
        guard let unit = CalendarWindow.Unit(rawValue: singular) else {
            throw error(
                .unknownUnit,
                "`\(word)` is not a unit of the calendar (days, weeks, months, years)",
                suggestion: Spelling.nearest(to: singular, among: units).map { "`\($0)s`" }
            )
        }
        advance()
        return CalendarWindow(direction, count, unit)
    }
}

extension Array where Element == String {
    /// `a, b or c`
    var listed: String {
        guard let last, count > 1 else { return first ?? "" }
        return dropLast().joined(separator: ", ") + " or " + last
    }
}
