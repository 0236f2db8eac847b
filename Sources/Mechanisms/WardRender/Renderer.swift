// SPDX-License-Identifier: Apache-2.0

import Mustache

/// The values of one page or part of a page: plain `Sendable` values without domain types, and the template they fill.
package protocol PageModel: Sendable {
    /// The template's path below `Resources/templates`, without `.mustache`.
    static var template: String { get }
}

/// What every template may use beside its own model: the organization's first path segment, the form's token and the
/// language. The model stands in front of it.
package struct Ambient: Sendable {
    /// Such as `/lakeside-health`; empty where no organization is known.
    package let base: String
    package let formToken: String
    package let language: Language

    package init(base: String, formToken: String, language: Language) {
        self.base = base
        self.formToken = formToken
        self.language = language
    }
}

/// The context of one rendering: names are looked up in `page` first.
private struct Rendering<Model: PageModel> {
    let base: String
    let formToken: String
    let languageCode: String
    let page: Model
}

/// Fills templates. They are compiled once, one set per language, with escaping on.
package struct Renderer: Sendable {
    package let catalogue: Catalogue
    private let libraries: [Language: MustacheLibrary]

    /// - Parameter templates: text of each template by its name.
    /// - Throws: `TemplateError` naming the template and what is wrong in it.
    package init(templates: [String: String], catalogue: Catalogue) throws(TemplateError) {
        self.catalogue = catalogue
        var libraries: [Language: MustacheLibrary] = [:]
        for (name, text) in templates { try Self.refuseUnescaped(text, in: name) }
        for language in Language.allCases {
            var library = MustacheLibrary()
            for (name, text) in templates {
                do {
                    let translated = Self.translated(text, Words(catalogue, language))
                    // A part is filled with whatever includes it; a page with its model in front of the ambient values.
                    let isPart = name.hasPrefix("parts/")
                    try library.register(isPart ? translated : "{{#page}}\(translated){{/page}}", named: name)
                } catch {
                    throw TemplateError(template: name, problem: "the template does not parse: \(error)")
                }
            }
            libraries[language] = library
        }
        self.libraries = libraries
    }

    package func words(_ language: Language) -> Words { Words(catalogue, language) }

    /// The filled template.
    /// - Throws: `TemplateError` when there is no template of that name.
    package func markup<Model: PageModel>(_ model: Model, _ ambient: Ambient) throws(TemplateError) -> Markup {
        let rendering = Rendering(
            base: ambient.base,
            formToken: ambient.formToken,
            languageCode: ambient.language.rawValue,
            page: model
        )
        guard let text = libraries[ambient.language]?.render(rendering, withTemplate: Model.template) else {
            throw TemplateError(template: Model.template, problem: "there is no template of this name")
        }
        return Markup(html: text)
    }

    /// The texts in `[[…]]` of all templates: what a translation must hold.
    package static func texts(in templates: [String: String]) -> Set<String> {
        var result: Set<String> = []
        for text in templates.values {
            _ = replacingTexts(in: text) {
                result.insert($0); return ""
            }
        }
        return result
    }

    private static func translated(_ template: String, _ words: Words) -> String {
        // A brace of a text is one that is read, never the beginning of a tag.
        replacingTexts(in: template) { Markup.escaping(words($0)).html.replacing("{", with: "&#123;") }
    }

    private static func replacingTexts(in template: String, _ replacement: (String) -> String) -> String {
        var result = ""
        var rest = template[...]
        while let open = rest.firstRange(of: "[["), let close = rest[open.upperBound...].firstRange(of: "]]") {
            result += rest[..<open.lowerBound]
            result += replacement(String(rest[open.upperBound..<close.lowerBound]))
            rest = rest[close.upperBound...]
        }
        return result + rest
    }

    private static func refuseUnescaped(_ text: String, in name: String) throws(TemplateError) {
        for piece in text.split(separator: "{{", omittingEmptySubsequences: false).dropFirst() {
            let unescaped = piece.hasPrefix("{") || piece.hasPrefix("&")
            guard unescaped, let end = piece.firstIndex(of: "}") else { continue }
            let variable = piece[piece.index(after: piece.startIndex)..<end].filter { $0 != " " }
            guard variable.hasSuffix("Markup.html") else {
                throw TemplateError(template: name, problem: "`\(variable)` is printed without escaping")
            }
        }
    }
}

/// A template that cannot be used: a defect of the build, found at start.
package struct TemplateError: Error, CustomStringConvertible {
    package let template: String
    package let problem: String
    package var description: String { "template \(template): \(problem)" }
}
