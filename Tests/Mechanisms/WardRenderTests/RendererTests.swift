// SPDX-License-Identifier: Apache-2.0

import Testing
import WardRender

/// A page with one value in every place where a value can stand.
private struct Everywhere: PageModel {
    static let template = "everywhere"
    let value: String
}

private struct Inner: Sendable {
    let name: String
}

private struct Rows: PageModel {
    static let template = "rows"
    let rows: [Inner]
    let missing: String?
}

private struct Chart: PageModel {
    static let template = "chart"
    let chartMarkup: Markup
}

private struct Nowhere: PageModel {
    static let template = "nowhere"
}

@Suite struct RendererTests {
    private static let hostile = [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "&lt;b&gt;",
        "{{value}}", "[[Save]]", "{{{value}}}", "</textarea><b>", "\u{202e}evil\u{0}", "😀 ñ",
    ]

    private func renderer(_ templates: [String: String], _ strings: String = "") throws -> Renderer {
        try Renderer(templates: templates, catalogue: try Catalogue(files: ["strings/a.es.txt": strings]))
    }

    private func html(
        _ model: some PageModel,
        _ template: String,
        _ name: String,
        language: Language = .english,
        base: String = "/lake",
        strings: String = ""
    ) throws -> String {
        let ambient = Ambient(base: base, formToken: "t0ken", language: language)
        return try renderer([name: template], strings).markup(model, ambient).html
    }

    /// What a browser reads back from escaped text.
    private func unescaped(_ text: some StringProtocol) -> String {
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
            .reduce(String(text)) { $0.replacing($1.0, with: $1.1) }
    }

    @Test(arguments: hostile)
    func `a value is escaped wherever it stands`(value: String) throws {
        let template = "<p>{{value}}</p><a title=\"{{value}}\" data-x='{{value}}'>x</a><textarea>{{value}}</textarea>"
        let text = try html(Everywhere(value: value), template, "everywhere")
        let pieces = [("<p>", "</p>"), ("title=\"", "\" data-x"), ("data-x='", "'>x"), ("<textarea>", "</textarea>")]
        for (before, after) in pieces {
            let start = try #require(text.firstRange(of: before)).upperBound
            let end = try #require(text[start...].firstRange(of: after)).lowerBound
            let piece = text[start..<end]
            #expect(!piece.contains { "<>\"'".contains($0) })
            #expect(unescaped(piece) == value)
        }
    }

    @Test(arguments: ["a b", "a&b=c", "\"><script>", "../../x", "javascript:alert(1)", "ñ/é", "a\r\nSet-Cookie: x"])
    func `a value in an address is percent-encoded, and stays one segment of this site`(value: String) throws {
        let path = LocalPath(segments: ["lake", value], query: [("q", value)]).text
        #expect(path.hasPrefix("/lake/"))
        #expect(path.split(separator: "?")[0].split(separator: "/").count == 2)
        #expect(path.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"\"<>\\'".utf8.contains($0) })
        #expect(path.count { $0 == "=" } == 1 && !path.contains("&"))
        let link = try html(Everywhere(value: path), "<a href=\"{{value}}\">x</a>", "everywhere")
        #expect(link == "<a href=\"\(path)\">x</a>")
    }

    @Test(arguments: [
        "//evil.example", "https://evil.example", "/\\evil", "/a/../b", "/a\nb", "javascript:x", "", "a/b",
    ])
    func `a path that a browser could read as another site is none`(text: String) {
        #expect(LocalPath(text) == nil)
    }

    @Test func `a template that prints a value without escaping does not start`() {
        for template in ["{{{value}}}", "{{&value}}", "{{& value }}", "{{{ text.html }}}"] {
            #expect(throws: TemplateError.self) { try renderer(["x": template]) }
        }
        #expect(throws: Never.self) { try renderer(["x": "{{{chartMarkup.html}}}"]) }
    }

    @Test func `a template that does not parse is named`() {
        #expect {
            try renderer(["staff/list": "{{#rows}}"])
        } throws: { error in
            (error as? TemplateError)?.template == "staff/list"
        }
    }

    @Test func `a page whose template is missing is an error that names it`() throws {
        #expect {
            try html(Nowhere(), "", "somewhere")
        } throws: { error in
            (error as? TemplateError)?.description == "template nowhere: there is no template of this name"
        }
    }

    @Test func `an unknown field and a missing value print nothing, and no field of the program`() throws {
        let template =
            "[{{unknown}}|{{missing}}|{{#missing}}x{{/missing}}{{^missing}}none{{/missing}}|{{rows.capacity}}]"
        #expect(try html(Rows(rows: [], missing: nil), template, "rows") == "[||none|]")
    }

    @Test func `rows are repeated in order and names are looked up outward`() throws {
        let template = "{{#rows}}<li>{{name}} {{base}} {{missing}}</li>{{/rows}}{{^rows}}empty{{/rows}}"
        let model = Rows(rows: [Inner(name: "a<"), Inner(name: "b")], missing: "m")
        #expect(try html(model, template, "rows") == "<li>a&lt; /lake m</li><li>b /lake m</li>")
        #expect(try html(Rows(rows: [], missing: nil), template, "rows") == "empty")
    }

    @Test func `a text stands in the page's language, escaped, and in English where it is not translated`() throws {
        let template = "[[Save & go]] [[Only English]] {{languageCode}} {{formToken}}"
        let strings = "# a comment\n\nSave & go = Guardar <y> seguir\n"
        let model = Everywhere(value: "")
        #expect(try html(model, template, "everywhere", strings: strings) == "Save &amp; go Only English en t0ken")
        let spanish = try html(model, template, "everywhere", language: .spanish, strings: strings)
        #expect(spanish == "Guardar &lt;y&gt; seguir Only English es t0ken")
    }

    @Test func `a translation cannot bring a tag of the template language along`() throws {
        let strings = "Save = Guardar {{value}} {{{value}}}\n"
        let text = try html(
            Everywhere(value: "<b>"),
            "[[Save]]",
            "everywhere",
            language: .spanish,
            strings: strings
        )
        #expect(text == "Guardar &#123;&#123;value}} &#123;&#123;&#123;value}}}")
    }

    @Test func `every character that could end a text or an attribute is escaped`() {
        #expect(Markup.escaping("<a href='x'>\"&").html == "&lt;a href=&#39;x&#39;&gt;&quot;&amp;")
    }

    @Test func `markup that this module made is printed as it is`() throws {
        let model = Chart(chartMarkup: .paragraphs("a < b\nc\n\nd") + .escaping("&"))
        #expect(try html(model, "{{{chartMarkup.html}}}", "chart") == "<p>a &lt; b<br>c</p>\n<p>d</p>&amp;")
    }

    @Test func `the texts of templates are listed for translators`() {
        let texts = Renderer.texts(in: ["a": "[[One]] {{x}} [[Two words]]", "b": "[[One]]<p>[[]]</p>[[open"])
        #expect(texts == ["One", "Two words", ""])
    }
}
