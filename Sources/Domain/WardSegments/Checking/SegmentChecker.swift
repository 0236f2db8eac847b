// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel

/// A rule whose fields, types and lists are right for one organization; only such a rule is evaluated.
package struct CheckedSegment: Sendable {
    package let expression: SegmentExpression
    /// The names of the fields and records that are about health, in the order of writing: they need the permission
    /// `filterByClinical`.
    package let clinicalFields: [String]
    package let usesEngagement: Bool
    /// The lists that are named, folded name to identifier.
    let lists: [String: ListID]
    /// The kind of each attribute that is named.
    let types: [String: SegmentValueType]
}

/// Checks names, types, ranges and lists of a rule against an organization's catalogue.
package struct SegmentChecker: Sendable {
    private let catalogue: SegmentCatalogue

    package init(_ catalogue: SegmentCatalogue) { self.catalogue = catalogue }

    /// The checked rule of a text; throws with the place of the first mistake.
    package func check(_ text: String) throws(SegmentSyntaxError) -> CheckedSegment {
        try check(try SegmentParser.parse(text))
    }

    /// The checked rule of a tree; places in the error are those of its printed text.
    package func check(_ expression: SegmentExpression) throws(SegmentSyntaxError) -> CheckedSegment {
        try check(try SegmentParser.parse(SegmentPrinter.text(of: expression)))
    }

    func check(_ parsed: ParsedSegment) throws(SegmentSyntaxError) -> CheckedSegment {
        var walk = SegmentCheck(catalogue: catalogue, parsed: parsed)
        try walk.visit(parsed.expression)
        return CheckedSegment(
            expression: parsed.expression,
            clinicalFields: walk.clinicalFields,
            usesEngagement: walk.usesEngagement,
            lists: walk.lists,
            types: walk.types
        )
    }
}

/// One walk over a tree, in the order in which the parser noted the sites.
private struct SegmentCheck {
    let catalogue: SegmentCatalogue
    let parsed: ParsedSegment
    var next = 0
    var clinicalFields: [String] = []
    var usesEngagement = false
    var lists: [String: ListID] = [:]
    var types: [String: SegmentValueType] = [:]

    init(catalogue: SegmentCatalogue, parsed: ParsedSegment) {
        self.catalogue = catalogue
        self.parsed = parsed
    }

    mutating func visit(_ expression: SegmentExpression) throws(SegmentSyntaxError) {
        switch expression {
        case .everyone: return
        case .all(let parts), .any(let parts): for part in parts { try visit(part) }
        case .not(let part): try visit(part)
        case .term(let term): try visit(term)
        }
    }

    private mutating func visit(_ term: SegmentTerm) throws(SegmentSyntaxError) {
        let site = takeSite()
        switch term {
        case .field(let name, let test): try visit(field: name, test, at: site)
        case .list(let name):
            guard let list = catalogue.list(named: name) else {
                let nearest = Spelling.nearest(to: name, among: catalogue.listNames).map(SegmentPrinter.quoted)
                throw error(.unknownList, at: site.value, site, "there is no list with this name", suggestion: nearest)
            }
            lists[FoldedText.of(name)] = list
        case .engagement: usesEngagement = true
        case .record(let term):
            if isClinical(term) { note(clinical: term.kind.rawValue) }
            if let condition = term.condition { try visit(condition) }
        }
    }

    private mutating func visit(
        field name: String,
        _ test: FieldTest,
        at site: ParsedSegment.Site
    ) throws(SegmentSyntaxError) {
        guard let type = catalogue.type(of: name) else {
            if DatedRecordKind(rawValue: name) != nil {
                let message = "`\(name)` is a kind of record; ask for it with `any(\(name) where …)`"
                throw error(.unknownField, at: site.term, site, message)
            }
            let nearest = Spelling.nearest(to: name, among: catalogue.fieldNames).map { "`\($0)`" }
            throw error(.unknownField, at: site.term, site, "unknown field `\(name)`", suggestion: nearest)
        }
        types[name] = type
        if catalogue.fields[name]?.isClinical ?? false { note(clinical: name) }
        try check(test, of: name, type, site)
    }

    private mutating func visit(_ condition: RecordCondition) throws(SegmentSyntaxError) {
        switch condition {
        case .all(let parts), .any(let parts): for part in parts { try visit(part) }
        case .not(let part): try visit(part)
        case .field(let field, let test):
            let site = takeSite()
            try check(test, of: field.rawValue, SegmentValueType(field), site)
        }
    }

    private mutating func takeSite() -> ParsedSegment.Site {
        defer { next += 1 }
        return parsed.sites[next]
    }

    private mutating func note(clinical name: String) {
        if !clinicalFields.contains(name) { clinicalFields.append(name) }
    }

    /// An appointment's code and words may name the clinic it was made with, and a purchase's the illness.
    private func isClinical(_ term: RecordTerm) -> Bool {
        term.kind.isClinical || term.condition?.fields.isDisjoint(with: [.code, .display, .value]) == false
    }

    // MARK: Tests

    private func check(
        _ test: FieldTest,
        of name: String,
        _ type: SegmentValueType,
        _ site: ParsedSegment.Site
    ) throws(SegmentSyntaxError) {
        switch test {
        case .missing, .present: return
        case .compare(let comparison, let value):
            if type == .text || type == .boolean, comparison != .equal, comparison != .notEqual {
                let hint = type == .text ? "use `=`, `in (…)`, `contains` or `starts with`" : "use `=`"
                throw wrong(site, "`\(name)` has no order; \(hint)")
            }
            try check(value, of: name, type, site)
            if case .text = value, type == .result, comparison != .equal, comparison != .notEqual {
                throw wrong(site, "text has no order; compare `\(name)` with a number")
            }
        case .between(let low, let high): try checkRange(low, high, of: name, type, site)
        case .oneOf(let values): for value in values { try check(value, of: name, type, site) }
        case .contains(let part), .startsWith(let part):
            guard type == .text || type == .result else {
                throw wrong(site, "only text is searched; `\(name)` is not text")
            }
            guard !FoldedText.of(part).isEmpty else {
                throw error(.emptyRange, at: site.value, site, "empty text is in every text; write what to look for")
            }
        case .window:
            guard type == .date else {
                let hint = name == SegmentCatalogue.age ? "; use `birth_date` or compare `age` with a number" : ""
                throw wrong(site, "`within` and `in next` need a date and `\(name)` is none\(hint)")
            }
        }
    }

    private func checkRange(
        _ low: SegmentValue,
        _ high: SegmentValue,
        of name: String,
        _ type: SegmentValueType,
        _ site: ParsedSegment.Site
    ) throws(SegmentSyntaxError) {
        guard type != .text, type != .boolean else { throw wrong(site, "`\(name)` has no order; use `in (…)`") }
        try check(low, of: name, type, site)
        try check(high, of: name, type, site)
        let isUpsideDown: Bool
        switch (low, high) {
        case (.number(let low), .number(let high)): isUpsideDown = low > high
        case (.text(let low), .text(let high)):
            guard type == .date, let low = CalendarDate(low), let high = CalendarDate(high) else {
                throw wrong(site, "text has no order; compare `\(name)` with numbers")
            }
            isUpsideDown = low > high
        default: throw error(.wrongType, at: site.value, site, "both ends are of one kind")
        }
        guard !isUpsideDown else {
            throw error(.emptyRange, at: site.value, site, "the lower end comes first; nothing is between these two")
        }
    }

    private func check(
        _ value: SegmentValue,
        of name: String,
        _ type: SegmentValueType,
        _ site: ParsedSegment.Site
    ) throws(SegmentSyntaxError) {
        switch (type, value) {
        case (.number, .number), (.text, .text), (.boolean, .boolean), (.result, .number), (.result, .text): return
        case (.date, .text(let text)):
            guard CalendarDate(text) == nil else { return }
            throw error(
                .badDate,
                at: site.value,
                site,
                "a date is written \"2026-01-31\" and must exist in the calendar"
            )
        case (.text, .number), (.text, .boolean):
            let written = "\"\(SegmentPrinter.text(of: value))\""
            throw error(.wrongType, at: site.value, site, "`\(name)` is text, written in quotes", suggestion: written)
        default:
            throw error(.wrongType, at: site.value, site, "`\(name)` is compared with \(type.words)")
        }
    }

    private func wrong(_ site: ParsedSegment.Site, _ message: String) -> SegmentSyntaxError {
        error(.wrongOperator, at: site.term, site, message)
    }

    private func error(
        _ code: SegmentSyntaxError.Code,
        at offset: Int,
        _ site: ParsedSegment.Site,
        _ message: String,
        suggestion: String? = nil
    ) -> SegmentSyntaxError {
        var error = SegmentSyntaxError(code, at: offset, of: parsed.source, message, suggestion: suggestion)
        error.term = site.ordinal
        return error
    }
}

extension RecordCondition {
    /// The fields that are asked for.
    var fields: Set<SegmentRecordField> {
        switch self {
        case .all(let parts), .any(let parts): parts.reduce(into: []) { $0.formUnion($1.fields) }
        case .not(let part): part.fields
        case .field(let field, _): [field]
        }
    }
}
