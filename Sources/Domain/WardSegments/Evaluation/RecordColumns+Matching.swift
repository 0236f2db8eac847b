// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel

extension RecordColumns {
    /// Whether a row passes; made once for each evaluation.
    typealias RowTest = (Int) -> Bool

    /// Calls `body` with the ordinal of each row that meets the term's condition and window.
    func forEachMatch(of term: RecordTerm, at moment: EvaluationMoment, _ body: (Int) -> Void) {
        let condition = term.condition.map { rowTest($0, at: moment) }
        let days = term.window.map { moment.days(of: $0) }
        let range = days.map { Int32($0.lowerBound.daysSince1970)...Int32($0.upperBound.daysSince1970) }
        func visit(_ row: Int) {
            let person = persons[row]
            guard person != Self.gone else { return }
            if let range, let window = term.window {
                guard range.contains(self.days[row]), moment.isOnSide(of: window, minute: minute(of: row)) else {
                    return
                }
            }
            if condition.map({ $0(row) }) ?? true { body(Int(person)) }
        }
        if let numbers = term.condition.flatMap(postedCodes) {
            for number in numbers where number < postings.count { for row in postings[number] { visit(Int(row)) } }
        } else {
            for row in persons.indices { visit(row) }
        }
    }

    /// The codes that every matching row must have one of, when the condition says so: their postings are visited
    /// instead of all rows.
    private func postedCodes(_ condition: RecordCondition) -> [Int]? {
        switch condition {
        case .field(.code, .compare(.equal, .text(let code))): return numbers([code])
        case .field(.code, .oneOf(let values)):
            return numbers(values.compactMap { if case .text(let code) = $0 { code } else { nil } })
        case .all(let parts):
            for part in parts { if let codes = postedCodes(part) { return codes } }
            return nil
        default: return nil
        }
    }

    private func numbers(_ codes: [String]) -> [Int] {
        Set(codes).compactMap { code in
            guard !code.isEmpty, let number = self.codes.dictionary.existing(code) else { return nil }
            return Int(number)
        }
    }

    // MARK: Conditions

    private func rowTest(_ condition: RecordCondition, at moment: EvaluationMoment) -> RowTest {
        switch condition {
        case .all(let parts):
            let tests = parts.map { rowTest($0, at: moment) }
            return { row in tests.allSatisfy { $0(row) } }
        case .any(let parts):
            let tests = parts.map { rowTest($0, at: moment) }
            return { row in tests.contains { $0(row) } }
        case .not(let part):
            let test = rowTest(part, at: moment)
            return { row in !test(row) }
        case .field(let field, let test): return rowTest(field, test, at: moment)
        }
    }

    private func rowTest(_ field: SegmentRecordField, _ test: FieldTest, at moment: EvaluationMoment) -> RowTest {
        switch field {
        case .code: textTest(codes, test) { $0 }
        case .display: textTest(displays, test, fold: FoldedText.of)
        case .status: textTest(statuses, test, fold: FoldedText.of)
        case .unit: textTest(units, test, fold: FoldedText.of)
        case .value: resultTest(test)
        case .date: dateTest(test, at: moment)
        }
    }

    private func textTest(_ column: TextColumn, _ test: FieldTest, fold: (String) -> String) -> RowTest {
        let passes = column.passes(test, fold: fold)
        let numbers = column.numbers
        let withoutText = passes[0]
        return { row in row < numbers.count ? passes[Int(numbers[row])] : withoutText }
    }

    private func resultTest(_ test: FieldTest) -> RowTest {
        switch test {
        case .compare(_, .number), .between: return numberTest(test)
        case .oneOf(let values):
            let number = numberTest(.oneOf(values.filter(ValueMatching.isNumeric)))
            let text = textTest(
                resultTexts,
                .oneOf(values.filter { !ValueMatching.isNumeric($0) }),
                fold: FoldedText.of
            )
            return { row in number(row) || text(row) }
        default: return textTest(resultTexts, test, fold: FoldedText.of)
        }
    }

    private func numberTest(_ test: FieldTest) -> RowTest {
        let numbers = resultNumbers
        return { row in
            row < numbers.count && !numbers[row].isNaN && ValueMatching.matches(number: numbers[row], test)
        }
    }

    private func dateTest(_ test: FieldTest, at moment: EvaluationMoment) -> RowTest {
        switch test {
        case .missing: return { _ in false }
        case .present: return { _ in true }
        default: break
        }
        let ranges = AttributeColumn.dayRanges(of: test, at: moment)
        let days = self.days
        guard case .window(let window) = test else { return { row in ranges.contains { $0.contains(days[row]) } } }
        let columns = self
        return { row in
            ranges.contains { $0.contains(days[row]) }
                && moment.isOnSide(of: window, minute: columns.minute(of: row))
        }
    }
}
