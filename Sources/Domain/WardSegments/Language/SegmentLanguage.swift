// SPDX-License-Identifier: Apache-2.0
//
// The grammar, version 2 (version 1 has no `sent` and `refused`; lower-case words are keywords, in either case; `…?` optional, `…*` repeated):
//
//   rule        = both ( "or" both )*
//   both        = part ( "and" part )*
//   part        = "not" part | "(" rule ")" | term
//   term        = "everyone" | field test | record | "in" "list" text | engagement
//   test        = compare value | "not"? "between" value "and" value | "not"? "in" "(" value ( "," value )* ")"
//               | "not"? "contains" text | "not"? "starts" "with" text | "is" "not"? "missing" | window
//   record      = "any" "(" records ")" | "count" "(" records ")" compare number
//   records     = kind ( "where" condition )? window?
//   condition   = as rule, over: code display status value unit date
//   engagement  = ( "sent" | "delivered" | "opened" | "refused" | "clicked" ) "(" ( "any" | text ) ")" window?
//   window      = "within" number unit | "in" "next" number unit
//   compare     = "=" | "!=" | "<>" | "<" | "<=" | ">" | ">="
//   value       = text | number | "true" | "false"
//   unit        = day week month year, or their plural
//
// A group in parentheses is a node of its own; printing and parsing again gives the same tree.

/// The bounds of the language and its entry points.
package enum SegmentLanguage {
    /// Stored with each rule; a rule of a later version is refused rather than guessed at.
    package static let version = 2
    /// Bytes of text.
    package static let longestText = 65_536
    /// Groups within groups.
    package static let deepest = 40
    package static let mostTerms = 500
    package static let mostValues = 5_000
    /// Units of a window.
    package static let longestWindow = 9_999

    /// The tree that a text means; throws with the place of the first mistake.
    package static func parse(_ text: String) throws(SegmentSyntaxError) -> SegmentExpression {
        try SegmentParser.parse(text).expression
    }

    /// The text of a tree, on one line, such that parsing it gives the same tree.
    package static func print(_ expression: SegmentExpression) -> String {
        SegmentPrinter.text(of: expression)
    }

    /// Words that are a field's name only in back quotes.
    static let keywords: Set<String> = [
        "and", "or", "not", "everyone", "any", "count", "where", "within", "in", "next", "list", "is", "missing",
        "between", "contains", "starts", "with", "true", "false",
    ]
}

/// What parsing gives: the tree, and where each term stands in the text.
struct ParsedSegment: Sendable {
    /// Where a term and its value begin, in bytes.
    struct Site: Hashable, Sendable {
        var term: Int
        /// The term of the person's rule that it belongs to, from 0.
        var ordinal: Int
        var value: Int
    }

    let source: String
    let expression: SegmentExpression
    /// One for each term and each test of a record, in order of writing.
    let sites: [Site]
}
