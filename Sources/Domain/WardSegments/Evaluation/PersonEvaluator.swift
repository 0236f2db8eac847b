// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel

/// Evaluates a rule on one person's facts, plainly: for the send gate and for `explain`. The columns must agree with it
/// on everybody; a differential test holds them to it.
struct PersonEvaluator: Sendable {
    let segment: CheckedSegment
    let moment: EvaluationMoment
    let engagement: EngagementAnswers

    func holds(for person: PersonFacts) -> Bool { holds(segment.expression, person) }

    func holds(_ expression: SegmentExpression, _ person: PersonFacts) -> Bool {
        switch expression {
        case .everyone: true
        case .all(let parts): parts.allSatisfy { holds($0, person) }
        case .any(let parts): parts.contains { holds($0, person) }
        case .not(let part): !holds(part, person)
        case .term(let term): holds(term, person)
        }
    }

    func holds(_ term: SegmentTerm, _ person: PersonFacts) -> Bool {
        switch term {
        case .field(let name, let test): holds(field: name, test, person)
        case .list(let name): segment.lists[FoldedText.of(name)].map(person.lists.contains) ?? false
        case .engagement(let term): engagement.people[term]?.contains(person.contact) ?? false
        case .record(let term):
            switch term.quantity {
            case .some: person.records.contains { matches($0, term) }
            case .count(let comparison, let number):
                comparison.holds(person.records.count { matches($0, term) }, number)
            }
        }
    }

    private func holds(field name: String, _ test: FieldTest, _ person: PersonFacts) -> Bool {
        let isPresent: Bool
        let isMatch: Bool
        if name == SegmentCatalogue.age {
            let age = birthDate(of: person)?.age(on: moment.today)
            isPresent = age != nil
            isMatch = age.map { ValueMatching.matches(number: Double($0), test) } ?? false
        } else {
            let value = Self.value(person, name, segment.types[name])
            isPresent = value != nil
            isMatch = value.map { matches($0, test) } ?? false
        }
        return switch test {
        case .missing: !isPresent
        case .present: isPresent
        default: isMatch
        }
    }

    func birthDate(of person: PersonFacts) -> CalendarDate? {
        guard case .date(let date)? = person.attributes[.birthDate] else { return nil }
        return date
    }

    /// The attribute's value when it is of the attribute's kind; empty text is missing.
    static func value(_ person: PersonFacts, _ name: String, _ type: SegmentValueType?) -> AttributeValue? {
        guard let name = AttributeName(rawValue: name), let value = person.attributes[name] else { return nil }
        switch (type, value) {
        case (.text, .text(let text)), (.text, .code(let text)): return FoldedText.of(text).isEmpty ? nil : value
        case (.number, .number(let number)): return number.isFinite ? value : nil
        case (.date, .date), (.boolean, .boolean): return value
        default: return nil
        }
    }

    private func matches(_ value: AttributeValue, _ test: FieldTest) -> Bool {
        switch value {
        case .text(let text), .code(let text):
            ValueMatching.matches(text: FoldedText.of(text), test, fold: FoldedText.of)
        case .number(let number): ValueMatching.matches(number: number, test)
        case .date(let date): ValueMatching.matches(date: date, test, at: moment)
        case .boolean(let flag): ValueMatching.matches(flag: flag, test)
        }
    }

    // MARK: Records

    func matches(_ record: DatedRecord, _ term: RecordTerm) -> Bool {
        guard record.kind == term.kind else { return false }
        if let window = term.window, !isIn(window, record) { return false }
        return term.condition.map { holds($0, record) } ?? true
    }

    private func isIn(_ window: CalendarWindow, _ record: DatedRecord) -> Bool {
        moment.days(of: window).contains(record.start)
            && moment.isOnSide(of: window, minute: record.startTime.map(EvaluationMoment.minute))
    }

    private func holds(_ condition: RecordCondition, _ record: DatedRecord) -> Bool {
        switch condition {
        case .all(let parts): parts.allSatisfy { holds($0, record) }
        case .any(let parts): parts.contains { holds($0, record) }
        case .not(let part): !holds(part, record)
        case .field(.date, .window(let window)): isIn(window, record)
        case .field(let field, let test): holds(field, test, record)
        }
    }

    private func holds(_ field: SegmentRecordField, _ test: FieldTest, _ record: DatedRecord) -> Bool {
        switch field {
        case .code: holds(record.code, test) { $0 }
        case .display: holds(FoldedText.of(record.display), test, fold: FoldedText.of)
        case .status: holds(FoldedText.of(record.status ?? ""), test, fold: FoldedText.of)
        case .unit: holds(FoldedText.of(record.unit ?? ""), test, fold: FoldedText.of)
        case .value: holds(result: record.value, test)
        case .date:
            switch test {
            case .missing: false
            case .present: true
            default: ValueMatching.matches(date: record.start, test, at: moment)
            }
        }
    }

    private func holds(_ text: String, _ test: FieldTest, fold: (String) -> String) -> Bool {
        switch test {
        case .missing: text.isEmpty
        case .present: !text.isEmpty
        default: !text.isEmpty && ValueMatching.matches(text: text, test, fold: fold)
        }
    }

    private func holds(result value: AttributeValue?, _ test: FieldTest) -> Bool {
        let text = value.map { FoldedText.of($0.display) } ?? ""
        let number = value?.resultNumber
        switch test {
        case .compare(_, .number), .between: return number.map { ValueMatching.matches(number: $0, test) } ?? false
        case .oneOf(let values):
            let asNumber = FieldTest.oneOf(values.filter(ValueMatching.isNumeric))
            let asText = FieldTest.oneOf(values.filter { !ValueMatching.isNumeric($0) })
            return number.map { ValueMatching.matches(number: $0, asNumber) } ?? false
                || holds(text, asText, fold: FoldedText.of)
        default: return holds(text, test, fold: FoldedText.of)
        }
    }
}
