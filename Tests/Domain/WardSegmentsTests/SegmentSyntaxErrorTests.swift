// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

@testable import WardSegments

@Suite struct SegmentSyntaxErrorTests {
    private func mistake(in text: String, _ catalogue: SegmentCatalogue = .example) -> SegmentSyntaxError? {
        do throws(SegmentSyntaxError) {
            _ = try SegmentChecker(catalogue).check(text)
            return nil
        } catch { return error }
    }

    private func message(in text: String) -> String {
        mistake(in: text)?.explanation.expose(for: .disclosing) { $0.text } ?? "no mistake"
    }

    @Test func `a mistyped field is named with its line, a caret and what was probably meant`() {
        #expect(
            message(in: "sex = \"female\"\n  and agee >= 40") == """
                Line 2, column 7: unknown field `agee`; did you mean `age`?
                    and agee >= 40
                        ^
                """
        )
    }

    @Test func `an unknown field that resembles nothing gets no suggestion`() {
        #expect(
            message(in: "shoe_size_in_inches = 4").hasPrefix("Line 1, column 1: unknown field `shoe_size_in_inches`.")
        )
    }

    @Test(arguments: [
        ("", SegmentSyntaxError.Code.unexpectedEnd, 0),
        ("   ", .unexpectedEnd, 3),
        ("age >", .unexpectedEnd, 5),
        ("age >= 40 and", .unexpectedEnd, 13),
        ("(age >= 40", .unexpectedEnd, 10),
        ("age >= 40)", .unexpectedWord, 9),
        ("age >= 40 sex = \"female\"", .unexpectedWord, 10),
        ("age == 40", .unexpectedCharacter, 4),
        ("age ! 40", .unexpectedCharacter, 4),
        ("age >= 40 & income > 3", .unexpectedCharacter, 10),
        ("sex = 'female'", .unexpectedCharacter, 6),
        ("sex = \"female", .unclosedText, 6),
        ("sex = \"fem\nale\"", .unclosedText, 6),
        ("sex = \"fe\\male\"", .badEscape, 9),
        ("sex = \"\\u{110000}\"", .badEscape, 7),
        ("sex = female", .unexpectedWord, 6),
        ("age >= 4O", .badNumber, 7),
        ("age >= 1e999", .badNumber, 7),
        ("age >= 2026-01-31", .badNumber, 7),
        ("age >= \"40\"", .wrongType, 7),
        ("zip = 2139", .wrongType, 6),
        ("zip > \"02139\"", .wrongOperator, 0),
        ("sex between \"a\" and \"b\"", .wrongOperator, 0),
        ("income contains \"4\"", .wrongOperator, 0),
        ("city contains \" \"", .emptyRange, 14),
        ("age between 74 and 40", .emptyRange, 12),
        ("birth_date between \"2026-01-31\" and \"2025-01-31\"", .emptyRange, 19),
        ("birth_date = \"2025-02-29\"", .badDate, 13),
        ("birth_date = \"31.1.2026\"", .badDate, 13),
        ("birth_date = 1990", .wrongType, 13),
        ("age within 2 years", .wrongOperator, 0),
        ("birth_date within 2 yeers", .unknownUnit, 20),
        ("birth_date within 0 years", .badWindow, 18),
        ("birth_date within 1.5 years", .badWindow, 18),
        ("birth_date within 10000 days", .badWindow, 18),
        ("smoker > true", .wrongOperator, 0),
        ("smoker = \"yes\"", .wrongType, 9),
        ("sex is \"female\"", .unexpectedWord, 7),
        ("any(proceduer where code = \"1\")", .unknownRecordKind, 4),
        ("any(procedure where kode = \"1\")", .unknownRecordField, 20),
        ("any(procedure where code > \"1\")", .wrongOperator, 20),
        ("any(lab where value > \"high\")", .wrongOperator, 14),
        ("any(procedure", .unexpectedEnd, 13),
        ("count(procedure)", .unexpectedEnd, 16),
        ("count(procedure) > 1.5", .badNumber, 19),
        ("count(procedure) > -1", .badNumber, 19),
        ("procedure = \"1\"", .unknownField, 0),
        ("in list \"Diabetis class\"", .unknownList, 8),
        ("in list diabetes", .unexpectedWord, 8),
        ("opend(any)", .unexpectedWord, 0),
        ("opened() within 2 days", .unexpectedWord, 7),
        ("and age > 4", .unexpectedWord, 0),
        ("\"female\" = sex", .unexpectedWord, 0),
        ("`age = 4", .unclosedText, 0),
        ("age = 4 # note", .unexpectedCharacter, 8),
        ("sex in ()", .unexpectedWord, 8),
        ("sex in (\"a\" \"b\")", .unexpectedWord, 12),
        ("áge > 4", .unexpectedCharacter, 0),
    ])
    func `each mistake has its code and the byte where it begins`(
        text: String,
        code: SegmentSyntaxError.Code,
        offset: Int
    ) {
        let found = mistake(in: text)
        #expect(found?.code == code)
        #expect(found?.position.offset == offset)
    }

    @Test(arguments: [
        ("agee > 4", "`age`"), ("any(proceduer)", "`procedure`"), ("any(lab where vlaue > 3)", "`value`"),
        ("in list \"Diabetis class\"", "\"Diabetes class\""), ("birth_date within 2 moths", "`months`"),
        ("sex = female", "\"female\""), ("zip = 2139", "\"2139\""), ("opend(any)", "`opened(`"),
        ("sex contians \"x\"", "`contains`"),
    ])
    func `what was probably meant is offered as it would be written`(text: String, suggestion: String) {
        #expect(mistake(in: text)?.explanation.expose(for: .disclosing) { $0.suggestion } == suggestion)
    }

    @Test func `the mistake knows which term it is in`() {
        #expect(mistake(in: "sex = \"f\" and any(procedure where code = \"1\") and agee > 4")?.term == 2)
    }

    @Test func `the description of a mistake repeats nothing of the rule`() throws {
        let found = try #require(mistake(in: "any(condition where display = \"leukemia\") and lukemia > 4"))
        #expect("\(found) \(String(reflecting: found))".contains("kemia") == false)
    }

    @Test func `a rule that is too long, too deep or too wide is refused`() {
        let deep = String(repeating: "(", count: 10_000) + "age > 4" + String(repeating: ")", count: 10_000)
        #expect(mistake(in: deep)?.code == .tooDeep)
        #expect(mistake(in: String(repeating: "not ", count: 10_000) + "age > 4")?.code == .tooDeep)
        #expect(mistake(in: Array(repeating: "age > 4", count: 501).joined(separator: " or "))?.code == .tooManyTerms)
        #expect(mistake(in: String(repeating: " ", count: 70_000))?.code == .tooLong)
        let values = Array(repeating: "1", count: 5_001).joined(separator: ",")
        #expect(mistake(in: "age in (\(values))")?.code == .tooLong)
    }

    @Test func `a long line is cut around the caret`() throws {
        let long = String(repeating: "age > 4 and ", count: 40) + "agee > 4"
        let lines = message(in: long).split(separator: "\n")
        #expect(lines[1].count < 110)
        let column = try #require(lines[2].firstIndex(of: "^")).utf16Offset(in: lines[2])
        #expect(Array(lines[1])[column...].starts(with: Array("agee")))
    }

    @Test func `no text makes the parser stop the process`() {
        var generator = SeededGenerator(seed: 5)
        let pieces = [
            "age", "any(", "count(", ")", "(", "and", "or", "not", "\"x\"", "\"", "\\", "=", "<", "in", "next",
            "within",
            "2", "days", "-", "`", "where", "code", "list", "is", "missing", "é", "\u{1F600}", ",", "between",
            "opened(",
            "\n", "everyone", "1e9", ".", "\u{201C}",
        ]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...14, using: &generator)
            let text = (0..<count).compactMap { _ in pieces.randomElement(using: &generator) }.joined(separator: " ")
            _ = mistake(in: text)?.explanation.expose(for: .disclosing) { $0.text }
        }
    }
}
