// SPDX-License-Identifier: Apache-2.0
//
// Merge-field templates: the one place where a person's own facts enter a text written once for many.
//
//     template = *( text / tag )
//     tag      = "{{" space ( field [ space "|" space quoted ] / quoted ) space "}}"
//     field    = lower-case letter *( lower-case letter / digit / "_" )
//     quoted   = DQUOTE *( character / "\" DQUOTE / "\" "\" ) DQUOTE        ; on one line, “ and ” are taken as DQUOTE
//
//     Dear {{ given_name | "friend" }},            the person's given name, or the word friend
//     {{ "{{" }}                                   the two braces themselves
//
// Rules:
// - A field with a fall-back uses it where the person has no value. A field without one is required: a person without the
//   value is not written to, and the preflight says so. Nothing reads "Dear ,".
// - The template is parsed once, before any person's value is known. Values are put in as data: they are never parsed,
//   never linked and never marked up, whatever characters they hold (reliability.md S6). There are no conditions, loops or
//   nested tags, so that the cost of merging is the length of the result.
// - A value loses control characters, line ends (U+2028 and U+2029 too) and direction overrides, so that it can neither
//   start a header nor reorder the text around it (S4).
// - A field may not be part of a link: what a person's record holds does not belong in an address (I8).
// - Bounds: `MergeLimits`.

/// The bounds of a template and of what it makes.
package enum MergeLimits {
    /// Octets of UTF-8 in a template's source.
    package static let sourceOctets = 100_000
    /// Octets of UTF-8 in a subject's source.
    package static let subjectOctets = 400
    /// Tags in one template.
    package static let tags = 200
    /// Octets of UTF-8 of one merged text.
    package static let mergedOctets = 262_144
    /// Characters of one merged subject.
    package static let subjectCharacters = 250
}

/// A parsed template: text and fields in order.
package struct MergeTemplate: Hashable, Sendable {
    package enum Piece: Hashable, Sendable {
        case text(String)
        case field(name: String, fallback: String?, at: TextPosition)
    }

    package let pieces: [Piece]

    /// Parses a template's source.
    /// - Throws: `MergeTemplateError` at the first thing that is not understood.
    package init(parsing source: String) throws(MergeTemplateError) {
        guard source.utf8.count <= MergeLimits.sourceOctets else {
            throw MergeTemplateError(at: TextPosition(), problem: .tooLong(limit: MergeLimits.sourceOctets))
        }
        var parser = MergeTemplateParser(source)
        pieces = try parser.parse()
    }

    /// The fields in order of first appearance, each once.
    package var fields: [String] {
        var seen: Set<String> = []
        return pieces.compactMap { piece in
            guard case .field(let name, _, _) = piece, seen.insert(name).inserted else { return nil }
            return name
        }
    }

    /// Where a field stands for the first time.
    package func position(of field: String) -> TextPosition? {
        for case .field(let name, _, let position) in pieces where name == field { return position }
        return nil
    }

    /// The fields that stand somewhere without a fall-back: a person without a value for one is not written to.
    package var requiredFields: [String] {
        var seen: Set<String> = []
        return pieces.compactMap { piece in
            guard case .field(let name, nil, _) = piece, seen.insert(name).inserted else { return nil }
            return name
        }
    }
}

/// A place in a text that someone wrote: both numbers count from 1, the column in characters.
package struct TextPosition: Hashable, Sendable, CustomStringConvertible {
    package var line = 1
    package var column = 1

    package init(line: Int = 1, column: Int = 1) {
        self.line = line
        self.column = column
    }

    package var description: String { "line \(line), column \(column)" }
}

/// What is wrong with a template, where, and what to do.
package struct MergeTemplateError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Problem: Hashable, Sendable {
        case notClosed
        case emptyTag
        case notAFieldName(String)
        case fallbackMissing
        case fallbackNotQuoted
        case quoteNotClosed
        case unexpected(String)
        case tooManyTags(limit: Int)
        case tooLong(limit: Int)
        case fieldInLink
    }

    package let position: TextPosition
    package let problem: Problem

    package init(at position: TextPosition, problem: Problem) {
        self.position = position
        self.problem = problem
    }

    /// Safe to show: it quotes only what the author of the template wrote.
    package var description: String {
        let sentence =
            switch problem {
            case .notClosed: "The merge field that begins here has no closing braces. Write }} at its end."
            case .emptyTag: "There is no field between these braces. Write a field's name, as in {{ given_name }}."
            case .notAFieldName(let text):
                "“\(text)” is not a field's name. Names have lower-case letters, digits and underscores."
            case .fallbackMissing: "After | comes the fall-back in quotes, as in {{ given_name | \"friend\" }}."
            case .fallbackNotQuoted: "The fall-back must stand in quotes, as in {{ given_name | \"friend\" }}."
            case .quoteNotClosed: "The quotation that begins here is not closed on the same line."
            case .unexpected(let text):
                "“\(text)” was not expected here. A merge field is {{ name }} or {{ name | \"fall-back\" }}."
            case .tooManyTags(let limit): "A text can hold at most \(limit) merge fields."
            case .tooLong(let limit): "The text is longer than \(limit) octets."
            case .fieldInLink:
                "A merge field cannot be part of a link: facts about a person do not belong in an address."
            }
        return "Line \(position.line), column \(position.column): \(sentence)"
    }
}
