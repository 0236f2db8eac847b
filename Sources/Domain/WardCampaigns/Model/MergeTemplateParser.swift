// SPDX-License-Identifier: Apache-2.0

/// Reads a template's source once, from left to right; the grammar is at the head of `MergeTemplate.swift`.
struct MergeTemplateParser {
    private let characters: [Character]
    private var index = 0
    private var position = TextPosition()
    private var text = ""
    private var pieces: [MergeTemplate.Piece] = []
    private var tags = 0

    init(_ source: String) { characters = Array(source) }

    mutating func parse() throws(MergeTemplateError) -> [MergeTemplate.Piece] {
        while let character = peek() {
            if character == "{", peek(1) == "{" {
                try parseTag()
            } else {
                append(character)
                advance()
            }
        }
        flushText()
        try refuseFieldsInLinks()
        return pieces
    }

    /// Line ends are one kind inside of Ward (the mail engine writes CRLF); other control characters are dropped.
    private mutating func append(_ character: Character) {
        if character.isNewline {
            text.append("\n")
        } else if character == "\t"
            || !character.unicodeScalars.allSatisfy({ $0.properties.generalCategory == .control })
        {
            text.append(character)
        }
    }

    private mutating func parseTag() throws(MergeTemplateError) {
        let start = position
        tags += 1
        guard tags <= MergeLimits.tags else {
            throw MergeTemplateError(at: start, problem: .tooManyTags(limit: MergeLimits.tags))
        }
        advance(2)
        skipSpaces()
        if atClose() { throw MergeTemplateError(at: start, problem: .emptyTag) }
        if let opening = peek(), Self.isQuote(opening) {
            text += try parseQuoted()
        } else {
            try parseField(from: start)
        }
        skipSpaces()
        try expectClose(of: start)
    }

    private mutating func parseField(from start: TextPosition) throws(MergeTemplateError) {
        let nameStart = position
        var name = ""
        while let character = peek(), !character.isWhitespace, character != "|", character != "}" {
            name.append(character)
            advance()
        }
        guard peek() != nil else { throw MergeTemplateError(at: start, problem: .notClosed) }
        guard Self.isFieldName(name) else {
            throw MergeTemplateError(at: nameStart, problem: .notAFieldName(String(name.prefix(40))))
        }
        skipSpaces()
        var fallback: String?
        if peek() == "|" {
            advance()
            skipSpaces()
            guard let character = peek(), !atClose() else {
                throw MergeTemplateError(at: position, problem: .fallbackMissing)
            }
            guard Self.isQuote(character) else {
                throw MergeTemplateError(at: position, problem: .fallbackNotQuoted)
            }
            fallback = try parseQuoted()
        }
        flushText()
        pieces.append(.field(name: name, fallback: fallback, at: start))
    }

    private mutating func parseQuoted() throws(MergeTemplateError) -> String {
        let start = position
        var quoted = ""
        advance()
        while let character = peek() {
            if Self.isQuote(character) {
                advance()
                return quoted
            }
            if character.isNewline { break }
            if character == "\\", let next = peek(1), Self.isQuote(next) || next == "\\" {
                quoted.append(next)
                advance(2)
            } else {
                quoted.append(character)
                advance()
            }
        }
        throw MergeTemplateError(at: start, problem: .quoteNotClosed)
    }

    private mutating func expectClose(of start: TextPosition) throws(MergeTemplateError) {
        guard !atClose() else { return advance(2) }
        guard let character = peek(), !character.isNewline else {
            throw MergeTemplateError(at: start, problem: .notClosed)
        }
        throw MergeTemplateError(at: position, problem: .unexpected(String(character)))
    }

    /// A field directly after or before the characters of a link would put a person's fact into an address.
    private func refuseFieldsInLinks() throws(MergeTemplateError) {
        for (number, piece) in pieces.enumerated() {
            guard case .field(_, _, let position) = piece, number > 0 else { continue }
            // Fields that touch one another belong to the same word.
            var before = number - 1
            while before > 0, case .field = pieces[before] { before -= 1 }
            guard case .text(let text) = pieces[before] else { continue }
            if LinkFinder.endsInsideLink(text) { throw MergeTemplateError(at: position, problem: .fieldInLink) }
        }
    }

    private mutating func flushText() {
        if !text.isEmpty { pieces.append(.text(text)) }
        text = ""
    }

    private mutating func skipSpaces() {
        while let character = peek(), character == " " || character == "\t" || character == "\u{a0}" { advance() }
    }

    private func atClose() -> Bool { peek() == "}" && peek(1) == "}" }

    private func peek(_ distance: Int = 0) -> Character? {
        index + distance < characters.count ? characters[index + distance] : nil
    }

    private mutating func advance(_ count: Int = 1) {
        for _ in 0..<count where index < characters.count {
            if characters[index].isNewline {
                position.line += 1
                position.column = 1
            } else {
                position.column += 1
            }
            index += 1
        }
    }

    private static func isQuote(_ character: Character) -> Bool {
        character == "\"" || character == "“" || character == "”"
    }

    private static func isFieldName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 64 else { return false }
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return letters.contains(first)
            && text.utf8.allSatisfy { letters.contains($0) || digits.contains($0) || $0 == UInt8(ascii: "_") }
    }
}
