// SPDX-License-Identifier: Apache-2.0

import Testing
import WardContacts

@testable import WardSegments

@Suite struct BuilderFormTests {
    private let kinds: [String: AttributeKind] = [
        "income": .number, "birth_date": .date, "smoker": .boolean, "sex": .code, "score": .number,
    ]

    private func mistake(_ rows: [BuilderRow]) -> BuilderMistake? {
        do throws(BuilderMistake) {
            _ = try BuilderForm(rows: rows).expression(kinds: kinds)
            return nil
        } catch { return error }
    }

    private func row(_ line: BuilderLine, depth: Int = 0) -> BuilderRow { BuilderRow(depth: depth, .line(line)) }

    @Test func `each mistake names its row`() {
        var windowed = BuilderLine(subject: "procedure")
        windowed.window = "within"
        let fine = row(BuilderLine(subject: "age", test: "<", value: "4"))
        let cases: [(BuilderRow, BuilderMistake.Code)] = [
            (row(BuilderLine(subject: "")), .subject),
            (row(BuilderLine(subject: "x y", test: "=", value: "1")), .subject),
            (row(BuilderLine(subject: "age", test: "near", value: "1")), .test),
            (row(BuilderLine(subject: "age", test: "<", value: "old")), .value),
            (row(BuilderLine(subject: "age", test: "<", value: "")), .value),
            (row(BuilderLine(subject: "sex", test: "=", value: "")), .value),
            (row(BuilderLine(subject: "sex", test: "in", value: " \n ")), .value),
            (row(BuilderLine(subject: "smoker", test: "=", value: "maybe")), .value),
            (row(BuilderLine(subject: "lab", test: ">", value: "1.5")), .count),
            (row(BuilderLine(subject: "birth_date", test: "window")), .window),
            (row(windowed), .window),
            (row(BuilderLine(subject: "list")), .value),
            (BuilderRow(.group(.any)), .emptyGroup),
            (row(BuilderLine(subject: "age", test: "<", value: "4"), depth: 1), .depth),
        ]
        for (row, code) in cases {
            #expect(mistake([fine, row]) == BuilderMistake(code: code, row: 1))
        }
        #expect(mistake([fine]) == nil)
    }

    @Test func `the segment of the design's picture is a form and comes back`() throws {
        let text = """
            age between 40 and 74 and sex = "female"
            and not any(procedure where code = "71651007" within 2 years)
            and (language = "en" or language = "es")
            """
        let rule = try SegmentLanguage.parse(text)
        let form = try #require(BuilderForm(rule))
        #expect(form.rows.map(\.depth) == [0, 0, 0, 0, 1, 1])
        #expect(form.rows.map(\.isNegated) == [false, false, true, false, false, false])
        guard case .line(let line) = form.rows[2].content else { throw BuilderMistake(code: .subject) }
        #expect(
            line.code == "71651007" && line.window == "within" && line.windowCount == "2" && line.windowUnit == "year"
        )
        #expect(form.rows[3].content == .group(.any))
        #expect(try form.expression(kinds: [:]) == rule)
    }

    @Test func `a form says its rule exactly or there is none`() {
        var random = RandomExpressions(seed: 3)
        var said = 0
        for round in 0..<3_000 {
            random.isWild = round % 2 == 0
            let rule = random.expression(depth: 2)
            guard let form = BuilderForm(rule) else { continue }
            said += 1
            #expect((try? form.expression(.example)) == rule)
            #expect(form.rows.count == SegmentOutline(of: rule).lines.count)
            #expect(form.rows.map(\.depth) == SegmentOutline(of: rule).lines.map(\.depth))
        }
        #expect(said > 500)
    }

    @Test(arguments: [
        "not not age > 4", "any(lab where code = \"a\" or code = \"b\")", "any(lab where not value > 4)",
        "any(lab where value = \"high\")", "sex in (\"a\\nb\", \"c\")", "sex in (\" a\")",
        "any(lab where unit = \"%\")",
        "any(lab where status = \"final\" and code = \"a\")",
    ])
    func `a rule that a form cannot say is edited as text`(text: String) throws {
        #expect(BuilderForm(try SegmentLanguage.parse(text)) == nil)
    }

    @Test func `everybody is an empty form`() throws {
        #expect(BuilderForm(.everyone) == BuilderForm())
        #expect(try BuilderForm().expression(kinds: [:]) == .everyone)
    }
}

extension SegmentVocabulary {
    fileprivate static let example = SegmentVocabulary(
        fields: SegmentCatalogue.example.fields.values.sorted { $0.label < $1.label },
        lists: [],
        records: DatedRecordKind.allCases,
        events: EngagementTerm.Event.allCases
    )
}
