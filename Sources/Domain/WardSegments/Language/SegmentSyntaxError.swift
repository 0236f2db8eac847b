// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// A text or tree that is not a segment: what is wrong and where.
///
/// The rule is the requester's own text and may hold a diagnosis, so `description` names only the kind of mistake and the
/// place; `explanation`, which quotes the text, goes back to whoever wrote it.
package struct SegmentSyntaxError: Error, Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    package enum Code: String, CaseIterable, Hashable, Sendable {
        case tooLong, tooDeep, tooManyTerms, unexpectedCharacter, unclosedText, badEscape, badNumber, unexpectedEnd
        case unexpectedWord, unknownField, unknownRecordKind, unknownRecordField, unknownUnit, unknownList,
            unknownCampaign
        case wrongType, wrongOperator, badDate, badWindow, emptyRange, notAnswered, newerGrammar, badTree
    }

    /// A place in the text; lines and columns count from 1, columns in characters.
    package struct Position: Hashable, Sendable {
        package var offset: Int
        package var line: Int
        package var column: Int
    }

    /// What the author of the text reads.
    package struct Explanation: Hashable, Sendable {
        /// One or two sentences: what is wrong and what to do.
        package var message: String
        /// The line with the mistake, cut when it is long.
        package var line: String
        /// Spaces and a `^` under the first wrong character of `line`.
        package var caret: String
        /// What was probably meant, as it would be written.
        package var suggestion: String?

        /// Message, line and caret on lines of their own.
        package var text: String { line.isEmpty ? message : "\(message)\n  \(line)\n  \(caret)" }
    }

    package let code: Code
    package let position: Position
    /// The term the mistake is in, counted from 0 in the order of writing; nil when it is in none.
    package internal(set) var term: Int?
    package let explanation: Sensitive<Explanation>

    /// A mistake at a byte of `source`.
    init(_ code: Code, at offset: Int, of source: String, _ message: String, suggestion: String? = nil) {
        self.code = code
        let bytes = Array(source.utf8)
        let end = min(max(0, offset), bytes.count)
        let start = (bytes[..<end].lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1
        let line = bytes[start...].prefix { $0 != UInt8(ascii: "\n") }
        let before = String(decoding: bytes[start..<end], as: UTF8.self)
        position = Position(
            offset: end,
            line: bytes[..<end].count { $0 == UInt8(ascii: "\n") } + 1,
            column: before.count + 1
        )
        let shown = Self.excerpt(of: String(decoding: line, as: UTF8.self), around: before.count)
        let hint = suggestion.map { "; did you mean \($0)?" } ?? "."
        explanation = Sensitive(
            Explanation(
                message: "Line \(position.line), column \(position.column): \(message)\(hint)",
                line: shown.text,
                caret: String(repeating: " ", count: shown.column) + "^",
                suggestion: suggestion
            )
        )
    }

    package var description: String {
        "The segment's rule has a mistake at line \(position.line), column \(position.column) (\(code.rawValue))."
    }

    package var debugDescription: String { description }

    /// At most about 100 characters of a line around a column, tabs as single spaces.
    private static func excerpt(of line: String, around column: Int) -> (text: String, column: Int) {
        let characters = line.map { $0.isWhitespace ? " " : $0 }
        guard characters.count > 100 else { return (String(characters), column) }
        let from = max(0, column - 60)
        let to = min(characters.count, from + 100)
        let head = from > 0 ? "…" : ""
        return (head + String(characters[from..<to]) + (to < characters.count ? "…" : ""), column - from + head.count)
    }
}
