// SPDX-License-Identifier: Apache-2.0

/// The texts of Ward's pages in every language. The English text is the key, as in GNU gettext.
///
/// A file of a language holds one text a line: `English = translation`; lines that begin with `#` and empty lines say
/// nothing. In templates a text stands in `[[…]]`; in code it is asked for with `text(_:_:)`. `{name}` is a place for
/// a value; `{count|person|people}` gives the first word for exactly one and the second otherwise.
package struct Catalogue: Sendable {
    private var tables: [Language: [String: String]] = [:]

    package init() {}

    /// - Parameter files: text of each file, by a path that ends in `.<language>.txt`.
    /// - Throws: `CatalogueError` naming file and line of the first line that is no entry.
    package init(files: [String: String]) throws(CatalogueError) {
        for (path, content) in files.sorted(by: { $0.key < $1.key }) {
            guard let language = Language.allCases.first(where: { path.hasSuffix(".\($0.rawValue).txt") }) else {
                continue
            }
            for (number, line) in content.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                if line.isEmpty || line.hasPrefix("#") { continue }
                guard let entry = Self.entry(line) else { throw CatalogueError(file: path, line: number + 1) }
                tables[language, default: [:]][entry.key] = entry.value
            }
        }
    }

    private static func entry(_ line: Substring) -> (key: String, value: String)? {
        let parts = line.split(separator: " = ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        return (String(parts[0]), String(parts[1]))
    }

    /// The text in the language; the key itself, which is English, where no translation exists.
    package func text(_ key: String, _ language: Language, _ values: [String: String] = [:]) -> String {
        Self.filled(tables[language]?[key] ?? key, values)
    }

    package func isTranslated(_ key: String, to language: Language) -> Bool {
        language == .english || tables[language]?[key] != nil
    }

    private static func filled(_ text: String, _ values: [String: String]) -> String {
        guard text.contains("{") else { return text }
        var result = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            result += rest[..<open]
            let parts = rest[rest.index(after: open)..<close].split(separator: "|", omittingEmptySubsequences: false)
            let value = parts.first.flatMap { values[String($0)] }
            switch (parts.count, value) {
            case (3, .some(let count)): result += parts[count == "1" ? 1 : 2]
            case (_, .some(let value)): result += value
            case (_, .none): result += rest[open...close]
            }
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }
}

/// A line of a language file that is no entry.
package struct CatalogueError: Error, Hashable, CustomStringConvertible {
    package let file: String
    package let line: Int
    package var description: String {
        "\(file), line \(line): a text is written `English = translation`."
    }
}

/// The catalogue in one language: what a page model is made with.
package struct Words: Sendable {
    package let language: Language
    private let catalogue: Catalogue

    package init(_ catalogue: Catalogue, _ language: Language) {
        self.catalogue = catalogue
        self.language = language
    }

    package func callAsFunction(_ key: String, _ values: [String: String] = [:]) -> String {
        catalogue.text(key, language, values)
    }

    /// A text with a number, which also chooses between the singular and the plural in it.
    package func callAsFunction(_ key: String, count: Int, _ values: [String: String] = [:]) -> String {
        // The choice compares with "1"; the grouped form is the same for it.
        catalogue.text(key, language, values.merging(["count": Numbers.grouped(count)]) { given, _ in given })
    }
}
