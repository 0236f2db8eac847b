// SPDX-License-Identifier: Apache-2.0
//
// Words: a letter or `_`, then letters, digits and `_` (ASCII), read in lower case; a word in back quotes is a field's
// name even where it is a keyword. Text: in double quotes (straight or curly), with the escapes \" \\ \n \t \u{…}.
// Numbers: 12, -3, 7.5, 1e6. Symbols: ( ) , = != <> < <= > >=. Between them white space, which has no meaning.

/// One token and where it stands.
struct SegmentToken: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case word(String)
        case quotedWord(String)
        case text(String)
        case number(Double)
        case comparison(ComparisonOperator)
        case open, close, comma, end
    }

    var kind: Kind
    /// Byte of the source where it begins.
    var offset: Int
}

/// Turns text into tokens.
struct SegmentLexer {
    private let source: String
    private let bytes: [UInt8]
    private var position = 0

    static func tokens(of source: String) throws(SegmentSyntaxError) -> [SegmentToken] {
        var lexer = SegmentLexer(source: source, bytes: Array(source.utf8))
        var tokens: [SegmentToken] = []
        while let token = try lexer.next() { tokens.append(token) }
        tokens.append(SegmentToken(kind: .end, offset: lexer.bytes.count))
        return tokens
    }

    private init(source: String, bytes: [UInt8]) {
        self.source = source
        self.bytes = bytes
    }

    private mutating func next() throws(SegmentSyntaxError) -> SegmentToken? {
        skipSpace()
        guard position < bytes.count else { return nil }
        let start = position
        return SegmentToken(kind: try kind(of: bytes[position]), offset: start)
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): position += 1
            case 0xC2 where starts(with: [0xC2, 0xA0]): position += 2
            default: return
            }
        }
    }

    private mutating func kind(of byte: UInt8) throws(SegmentSyntaxError) -> SegmentToken.Kind {
        switch byte {
        case UInt8(ascii: "("): return advance(by: 1, .open)
        case UInt8(ascii: ")"): return advance(by: 1, .close)
        case UInt8(ascii: ","): return advance(by: 1, .comma)
        case UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "<"), UInt8(ascii: ">"): return try comparison()
        case UInt8(ascii: "\""): return .text(try text(openedBy: 1))
        case UInt8(ascii: "`"): return .quotedWord(try quotedWord())
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."): return .number(try number())
        case _ where isWordByte(byte): return .word(word())
        case _ where isCurlyQuote(at: position): return .text(try text(openedBy: 3))
        case UInt8(ascii: "'"): throw error(.unexpectedCharacter, "text is written in double quotes: \"like this\"")
        default:
            throw error(.unexpectedCharacter, "this character has no meaning here; text is written in double quotes")
        }
    }

    private mutating func advance(by count: Int, _ kind: SegmentToken.Kind) -> SegmentToken.Kind {
        position += count
        return kind
    }

    private mutating func comparison() throws(SegmentSyntaxError) -> SegmentToken.Kind {
        let spellings: [(String, ComparisonOperator)] = [
            ("!=", .notEqual), ("<>", .notEqual), ("<=", .lessOrEqual), (">=", .greaterOrEqual), ("<", .less),
            (">", .greater),
        ]
        if starts(with: Array("==".utf8)) { throw error(.unexpectedCharacter, "equality is written with one `=`") }
        for (spelling, comparison) in spellings where starts(with: Array(spelling.utf8)) {
            return advance(by: spelling.utf8.count, .comparison(comparison))
        }
        guard bytes[position] == UInt8(ascii: "=") else {
            throw error(.unexpectedCharacter, "`!` alone has no meaning; write `not` or `!=`")
        }
        return advance(by: 1, .comparison(.equal))
    }

    private mutating func word() -> String {
        let start = position
        while position < bytes.count, isWordByte(bytes[position]) || isDigit(bytes[position]) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self).lowercased()
    }

    private mutating func quotedWord() throws(SegmentSyntaxError) -> String {
        let start = position
        guard let end = bytes[(start + 1)...].firstIndex(of: UInt8(ascii: "`")), end > start + 1 else {
            throw error(.unclosedText, "this field's name is not closed with a back quote")
        }
        let name = bytes[(start + 1)..<end]
        guard name.allSatisfy({ isWordByte($0) || isDigit($0) }) else {
            throw error(.unexpectedCharacter, "a field's name has letters, digits and `_`")
        }
        position = end + 1
        return String(decoding: name, as: UTF8.self).lowercased()
    }

    private mutating func number() throws(SegmentSyntaxError) -> Double {
        let start = position
        position += bytes[position] == UInt8(ascii: "-") ? 1 : 0
        while position < bytes.count {
            let byte = bytes[position]
            // A date without quotes is taken whole, so that the message is about all of it.
            let isSign =
                byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: "+") && (bytes[position - 1] | 0x20) == UInt8(ascii: "e")
            guard isDigit(byte) || isWordByte(byte) || byte == UInt8(ascii: ".") || isSign else { break }
            position += 1
        }
        let spelling = String(decoding: bytes[start..<position], as: UTF8.self)
        let isPlain = spelling.utf8.allSatisfy { isDigit($0) || "+-.eE".utf8.contains($0) }
        guard isPlain, let value = Double(spelling), value.isFinite else {
            throw error(.badNumber, "this is not a number; dates and codes are written in quotes", at: start)
        }
        // Minus zero and zero are one value.
        return value == 0 ? 0 : value
    }

    /// Text whose opening quote has so many bytes; the position is at that quote.
    private mutating func text(openedBy width: Int) throws(SegmentSyntaxError) -> String {
        let start = position
        let isCurly = width == 3
        position += width
        var result: [UInt8] = []
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
            if !isCurly, bytes[position] == UInt8(ascii: "\"") { return finish(result, quote: 1) }
            if isCurly, isCurlyQuote(at: position) { return finish(result, quote: 3) }
            if bytes[position] == UInt8(ascii: "\\") {
                result.append(contentsOf: try escape())
            } else {
                result.append(bytes[position])
                position += 1
            }
        }
        throw error(.unclosedText, "the text that begins here is not closed with a quote on the same line", at: start)
    }

    private mutating func finish(_ bytes: [UInt8], quote width: Int) -> String {
        position += width
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func escape() throws(SegmentSyntaxError) -> [UInt8] {
        let start = position
        position += 2
        switch start + 1 < bytes.count ? bytes[start + 1] : 0 {
        case UInt8(ascii: "\""): return [UInt8(ascii: "\"")]
        case UInt8(ascii: "\\"): return [UInt8(ascii: "\\")]
        case UInt8(ascii: "n"): return [UInt8(ascii: "\n")]
        case UInt8(ascii: "t"): return [UInt8(ascii: "\t")]
        case UInt8(ascii: "u"):
            if let end = bytes[min(position, bytes.count)...].prefix(8).firstIndex(of: UInt8(ascii: "}")),
                bytes[position] == UInt8(ascii: "{"),
                let number = UInt32(String(decoding: bytes[(position + 1)..<end], as: UTF8.self), radix: 16),
                let scalar = Unicode.Scalar(number)
            {
                position = end + 1
                return Array(String(Character(scalar)).utf8)
            }
        default: break
        }
        throw error(.badEscape, "after `\\` comes `\"`, `\\`, `n`, `t` or `u{…}`", at: start)
    }

    private func starts(with prefix: [UInt8]) -> Bool { bytes[position...].starts(with: prefix) }

    private func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private func isWordByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) && byte < 0x80 || byte == UInt8(ascii: "_")
    }

    /// Whether “ or ” (U+201C, U+201D) stands there.
    private func isCurlyQuote(at place: Int) -> Bool {
        place + 2 < bytes.count && bytes[place] == 0xE2 && bytes[place + 1] == 0x80
            && (bytes[place + 2] == 0x9C || bytes[place + 2] == 0x9D)
    }

    private func error(_ code: SegmentSyntaxError.Code, _ message: String, at place: Int? = nil) -> SegmentSyntaxError {
        SegmentSyntaxError(code, at: place ?? position, of: source, message)
    }
}
