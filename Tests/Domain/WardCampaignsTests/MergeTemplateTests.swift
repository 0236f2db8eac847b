// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WardCampaigns

@Suite struct MergeTemplateTests {
    private func merge(_ source: String, _ values: [String: String] = [:]) throws -> MergeOutcome {
        try MergeTemplate(parsing: source).merged { values[$0] }
    }

    private func plain(_ source: String, _ values: [String: String] = [:]) throws -> String {
        guard case .merged(let text) = try merge(source, values) else { return "‹not merged›" }
        return text.plain
    }

    @Test(arguments: [
        ("Dear {{ given_name", "Line 1, column 6: The merge field that begins here has no closing braces"),
        ("one\ntwo {{ }}", "Line 2, column 5: There is no field between these braces"),
        ("{{ Given }}", "Line 1, column 4: “Given” is not a field's name"),
        ("{{ a | }}", "Line 1, column 8: After | comes the fall-back in quotes"),
        ("{{ a | friend }}", "Line 1, column 8: The fall-back must stand in quotes"),
        ("{{ a | \"friend }}", "Line 1, column 8: The quotation that begins here is not closed"),
        ("{{ a b }}", "Line 1, column 6: “b” was not expected here"),
        ("{{ a \n }}", "Line 1, column 1: The merge field that begins here has no closing braces"),
        ("{{ a }", "Line 1, column 6: “}” was not expected here"),
        ("https://x.example/?n={{ a }}", "Line 1, column 22: A merge field cannot be part of a link"),
        ("www.x.example/{{ a }}{{ b }}", "Line 1, column 15: A merge field cannot be part of a link"),
    ])
    func `a mistake in a template is named with its place`(source: String, beginning: String) throws {
        let error = try #require(throws: MergeTemplateError.self) { _ = try MergeTemplate(parsing: source) }
        #expect(error.description.hasPrefix(beginning), "\(error.description)")
    }

    @Test func `a template that is too long or has too many fields is refused`() {
        #expect(throws: MergeTemplateError.self) {
            _ = try MergeTemplate(parsing: String(repeating: "x", count: MergeLimits.sourceOctets + 1))
        }
        #expect(throws: MergeTemplateError.self) {
            _ = try MergeTemplate(parsing: String(repeating: "{{ a }}", count: MergeLimits.tags + 1))
        }
    }

    @Test func `a required field without a value stops the message and is named once`() throws {
        #expect(try merge("Dear {{ a }}, {{ a }} {{ b | \"x\" }} {{ c }}", ["b": "  \u{0}"]) == .missing(["a", "c"]))
    }

    @Test func `merging that grows beyond its bound stops`() throws {
        let template = try MergeTemplate(parsing: String(repeating: "{{ a }}", count: MergeLimits.tags))
        let outcome = template.merged { _ in String(repeating: "y", count: 5_000) }
        #expect(outcome == .tooLong)
    }

    @Test(arguments: [
        "{{ b }}", "{{ b | \"z\" }}", "{% if x %}", "<% 1+1 %>", "${7*7}", "{{{{ b }}}}", "}} {{ b", "\\", "\"",
    ])
    func `a value that looks like a template is data`(value: String) throws {
        #expect(try plain("[{{ a }}]", ["a": value, "b": "SECRET"]) == "[\(value)]")
    }

    @Test func `fall-backs are used, quoted braces are text, typographic quotes work`() throws {
        #expect(try plain("Dear {{ a | \"friend\" }},") == "Dear friend,")
        #expect(try plain("Dear {{a|“dear \\\"friend\\\"”}},") == "Dear dear \"friend\",")
        #expect(try plain("{{ \"{{\" }} { } }} {a}") == "{{ { } }} {a}")
        #expect(try plain("Dear {{ a | \"friend\" }},", ["a": "Ana"]) == "Dear Ana,")
    }

    @Test func `a value cannot start a line or turn the text around`() throws {
        let value = "Ana\r\nBcc: x@y.example\u{2028}a\u{0}b\u{202e}c\u{2066}"
        #expect(try plain("{{ a }}", ["a": value]) == "Ana Bcc: x@y.example a bc")
    }

    @Test func `only the author's own words become markup`() throws {
        let source = "Dear {{ a }},\n\nSee https://clinic.example/a?b=1&c=2.\nBest <b>wishes</b>"
        guard case .merged(let text) = try merge(source, ["a": "<script> https://evil.example \"'&"]) else {
            Issue.record("did not merge")
            return
        }
        #expect(
            text.paragraphs() == """
                <p>Dear &lt;script&gt; https://evil.example &quot;&#39;&amp;,</p>
                <p>See <a href="https://clinic.example/a?b=1&amp;c=2">https://clinic.example/a?b=1&amp;c=2</a>.<br>
                Best &lt;b&gt;wishes&lt;/b&gt;</p>
                """
        )
    }

    @Test func `line ends become one kind and control characters of the source are dropped`() throws {
        #expect(try plain("a\r\nb\rc\u{2028}d\u{7}e\tf") == "a\nb\nc\nde\tf")
    }

    @Test func `parsing ends for every source and a value never adds a line`() throws {
        var generator = SplitMix(seed: 20_261_124)
        let alphabet = Array("{}|\"\\ab_ \n<é“”")
        for _ in 0..<3_000 {
            let length = Int(generator.next() % 40)
            let source = String((0..<length).map { _ in alphabet[Int(generator.next() % UInt64(alphabet.count))] })
            guard let template = try? MergeTemplate(parsing: source) else { continue }  // a refusal is an answer too
            let hostile = String(source.reversed())
            guard case .merged(let text) = template.merged(value: { _ in "v" + hostile }) else {
                Issue.record("a value that is not empty must merge")
                continue
            }
            #expect(text.pieces.filter(\.isData).allSatisfy { !$0.text.contains("\n") })
        }
    }
}

@Suite struct MergeFieldTests {
    private let catalogue = MergeFieldCatalogue([
        MergeField(name: "given_name", label: "Given name", isPHI: false),
        MergeField(name: "family_name", label: "Family name", isPHI: false),
        MergeField(name: "birth_date", label: "Birth date", isPHI: true),
    ])

    @Test func `an unknown field is named with the closest known one`() throws {
        let problems = catalogue.problems(in: try MergeTemplate(parsing: "Hi\n {{ given_nmae }}"), as: .text)
        #expect(
            problems.map(\.description) == [
                "Line 2, column 2: there is no field “given_nmae”. Did you mean “given_name”?"
            ]
        )
        let far = catalogue.problems(in: try MergeTemplate(parsing: "{{ zzz }}"), as: .text)
        #expect(far.map(\.description) == ["Line 1, column 1: there is no field “zzz”."])
    }

    @Test func `a protected field is refused in the subject and allowed in the text`() throws {
        let template = try MergeTemplate(parsing: "Your visit {{ birth_date }}")
        #expect(catalogue.problems(in: template, as: .subject).count == 1)
        #expect(catalogue.problems(in: template, as: .text).isEmpty)
    }
}

/// A seeded generator (Steele, Lea and Flood 2014), so that a failure can be run again.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
