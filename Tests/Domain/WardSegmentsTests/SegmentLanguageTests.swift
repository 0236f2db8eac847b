// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardContacts
import WardKernel

@testable import WardSegments

@Suite struct SegmentLanguageTests {
    @Test func `the example of the design means what it says`() throws {
        let text = """
            age between 40 and 74 and sex = "female" and language in ("en", "es")
              and not any(procedure where code = "71651007" within 2 years)
              and count(appointment where status = "no-show" within 1 year) < 3
              and not opened(any) within 90 days
            """
        let mammogram = RecordCondition.field(.code, .compare(.equal, .text("71651007")))
        let noShow = RecordCondition.field(.status, .compare(.equal, .text("no-show")))
        let expected = SegmentExpression.all([
            .term(.field("age", .between(.number(40), .number(74)))),
            .term(.field("sex", .compare(.equal, .text("female")))),
            .term(.field("language", .oneOf([.text("en"), .text("es")]))),
            .not(.term(.record(RecordTerm(.some, .procedure, where: mammogram, window: .init(.past, 2, .year))))),
            .term(
                .record(RecordTerm(.count(.less, 3), .appointment, where: noShow, window: .init(.past, 1, .year)))
            ),
            .not(.term(.engagement(EngagementTerm(.opened, window: .init(.past, 90, .day))))),
        ])
        #expect(try SegmentLanguage.parse(text) == expected)
    }

    @Test(arguments: [
        ("a = 1 or b = 2 and c = 3", "a = 1 or b = 2 and c = 3"),
        ("(a = 1 or b = 2) and c = 3", "(a = 1 or b = 2) and c = 3"),
        ("((a = 1))", "a = 1"),
        ("a = 1 and (b = 2 and c = 3)", "a = 1 and (b = 2 and c = 3)"),
        ("not (a = 1 or b = 2)", "not (a = 1 or b = 2)"),
        ("not not a = 1", "not not a = 1"),
        ("A <> 1 AND Not b IS Not Missing", "a != 1 and not b is not missing"),
        ("a not in (1, 2)", "not a in (1, 2)"),
        ("a not starts with \"x\"", "not a starts with \"x\""),
        ("a = “x”", "a = \"x\""),
        ("`in` = 1 and `age` = 2", "`in` = 1 and age = 2"),
        ("a = \"\\u{e9}\\\"\\\\\"", "a = \"é\\\"\\\\\""),
        ("any(appointments in next 2 week)", "any(appointment in next 2 weeks)"),
        ("any(lab where date within 1 years within 2 years)", "any(lab where date within 1 year within 2 years)"),
        ("count(lab) >= 2", "count(lab) >= 2"),
        ("opened(\"Flu\") within 3 months or delivered(any)", "opened(\"Flu\") within 3 months or delivered(any)"),
        ("everyone and in list \"A\"", "everyone and in list \"A\""),
        ("a = -0 or b = 1.50 or c = 1e3", "a = 0 or b = 1.5 or c = 1000"),
        ("opened = true", "opened = true"),
    ])
    func `a rule is printed in one canonical form`(text: String, canonical: String) throws {
        #expect(SegmentLanguage.print(try SegmentLanguage.parse(text)) == canonical)
    }

    @Test func `printing and parsing again gives the same tree`() throws {
        var random = RandomExpressions(seed: 1)
        random.isWild = true
        for _ in 0..<3_000 {
            let expression = random.expression()
            #expect(try SegmentLanguage.parse(SegmentLanguage.print(expression)) == expression)
        }
    }

    @Test func `the JSON form holds the same tree and its grammar's version`() throws {
        var random = RandomExpressions(seed: 2)
        random.isWild = true
        for _ in 0..<500 {
            let document = SegmentDocument(random.expression())
            let json = try JSONEncoder().encode(document)
            #expect(try JSONDecoder().decode(SegmentDocument.self, from: json) == document)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let rule = try SegmentLanguage.parse("age >= 40 and not any(lab where value > 7.5 within 1 year)")
        #expect(
            String(decoding: try encoder.encode(SegmentDocument(rule)), as: UTF8.self)
                == #"{"grammar":2,"rule":{"and":[{"compare":">=","field":"age","value":40},"#
                + #"{"not":{"record":"lab","where":{"compare":">","field":"value","value":7.5},"#
                + #""within":{"count":1,"unit":"year"}}}]}}"#
        )
    }

    @Test(arguments: [
        #"{"grammar":3,"rule":{"everyone":true}}"#,
        #"{"grammar":0,"rule":{"everyone":true}}"#,
        #"{"grammar":1,"rule":{}}"#,
        #"{"grammar":1,"rule":{"and":[{"everyone":true}]}}"#,
        #"{"grammar":1,"rule":{"and":[]}}"#,
        #"{"grammar":1,"rule":{"field":"age) or (age","missing":true}}"#,
        #"{"grammar":1,"rule":{"field":"age"}}"#,
        #"{"grammar":1,"rule":{"field":"d","within":{"count":0,"unit":"day"}}}"#,
        #"{"grammar":1,"rule":{"field":"d","within":{"count":1,"unit":"second"}}}"#,
        #"{"grammar":1,"rule":{"record":"lab","count":{"compare":">","value":-1}}}"#,
        #"{"grammar":1,"rule":{"engagement":"opened","inNext":{"count":1,"unit":"day"}}}"#,
        #"{"grammar":1,"rule":{"field":"a","in":[]}}"#,
    ])
    func `a JSON tree that text could not hold is refused`(json: String) {
        #expect(throws: SegmentSyntaxError.self) {
            try JSONDecoder().decode(SegmentDocument.self, from: Data(json.utf8))
        }
    }

    @Test func `a rule does not print itself`() throws {
        let rule = try SegmentLanguage.parse("any(condition where display = \"leukemia\")")
        var dumped = ""
        dump(rule, to: &dumped)
        #expect("\(rule) \(String(reflecting: rule)) \(dumped)".contains("leukemia") == false)
    }

    @Test func `terms about health are named, an appointment's only where its code is asked`() throws {
        let checker = SegmentChecker(.example)
        #expect(try checker.check("age > 40 and city = \"x\"").clinicalFields.isEmpty)
        #expect(try checker.check("count(appointment where status = \"no-show\") > 1").clinicalFields.isEmpty)
        #expect(try checker.check("any(appointment where display contains \"onco\")").clinicalFields == ["appointment"])
        #expect(try checker.check("any(purchase where code = \"x\")").clinicalFields == ["purchase"])
        #expect(try checker.check("smoker = true or any(lab)").clinicalFields == ["smoker", "lab"])
    }
}
