// SPDX-License-Identifier: Apache-2.0

/// The text of an HTML part. Not a parser of HTML: it need only not miss what stands in it.
struct VisibleText {
    /// What a reader sees: marks taken out, entities resolved.
    private(set) var seen: [UInt8] = []
    /// The source around every mark that is more than a known element's name (attributes, comments, whatever else), that
    /// joins what stands before and behind it, and around every entity but those of mere punctuation: what leaves beside what
    /// is seen, with the words that may label it.
    private(set) var unseen: [UInt8] = []

    private let bytes: [UInt8]
    /// Where the source that `unseen` has ends.
    private var told = 0

    init(html bytes: [UInt8]) {
        self.bytes = bytes
        seen.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "<"): position = skipMark(position)
            case UInt8(ascii: "&"): position = resolve(position)
            default:
                let end = Self.end(ofTextAt: position, in: bytes)
                seen.append(contentsOf: bytes[position..<end])
                position = end
            }
        }
    }

    private static func end(ofTextAt start: Int, in bytes: [UInt8]) -> Int {
        bytes.withUnsafeBufferPointer { bytes in
            var position = start
            while position < bytes.count, bytes[position] != UInt8(ascii: "<"), bytes[position] != UInt8(ascii: "&") {
                position += 1
            }
            return position
        }
    }

    /// Marks that stand inside a line: a number goes on across them.
    private static let inline = packed([
        "a", "b", "i", "u", "em", "strong", "span", "font", "small", "big", "sub", "sup", "s", "code", "mark", "wbr",
    ])
    /// Other elements, after which a new line begins.
    private static let block = packed([
        "p", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead",
        "tbody", "tr", "td", "th", "hr", "html", "head", "body", "title", "center", "main", "section", "header",
        "footer", "pre",
    ])

    /// Names of at most eight bytes as numbers.
    private static func packed(_ names: [String]) -> Set<UInt64> {
        Set(names.map { $0.utf8.reduce(0) { $0 << 8 | UInt64($1) } })
    }

    /// A mark may be at most this long; what goes on is text.
    private static let longestMark = 4_096

    private mutating func skipMark(_ start: Int) -> Int {
        let limit = min(bytes.count, start + Self.longestMark)
        guard let end = bytes[(start + 1)..<limit].firstIndex(of: UInt8(ascii: ">")) else {
            seen.append(bytes[start])
            return start + 1
        }
        var position = start + 1
        if position < end, bytes[position] == UInt8(ascii: "/") { position += 1 }
        let first = position
        var name: UInt64 = 0
        while position < end, WordList.isWordByte(bytes[position]) {
            name = name << 8 | UInt64(bytes[position] | 0x20)
            position += 1
        }
        // A digit is the same with that bit set.
        let isShort = position - first <= 8
        let isInline = isShort && Self.inline.contains(name)
        let isJoint = isInline && !isSpace(start - 1) && !isSpace(end + 1)
        if !isInline { seen.append(0x0A) }
        let isName = isInline || isShort && Self.block.contains(name)
        let isAlone = bytes[position..<end].allSatisfy { $0 == 0x20 || $0 == UInt8(ascii: "/") }
        if !isName || !isAlone || isJoint { tell(start..<(end + 1)) }
        return end + 1
    }

    private func isSpace(_ position: Int) -> Bool {
        guard bytes.indices.contains(position) else { return true }
        return bytes[position] == 0x20 || (0x09...0x0D).contains(bytes[position])
    }

    /// Bytes of source before and behind something unseen: more than the words that a label may stand away.
    private static let reach = 192

    private mutating func tell(_ range: Range<Int>) {
        var start = max(0, range.lowerBound - Self.reach)
        // Not in the middle of a word, which would read as a shorter one.
        let earliest = max(0, start - 64)
        while start > earliest, WordList.isWordByte(bytes[start]), WordList.isWordByte(bytes[start - 1]) { start -= 1 }
        var end = min(bytes.count, range.upperBound + Self.reach)
        let latest = min(bytes.count, end + 64)
        while end < latest, WordList.isWordByte(bytes[end - 1]), WordList.isWordByte(bytes[end]) { end += 1 }
        guard end > told else { return }
        if start > told, !unseen.isEmpty { unseen += [0x0A, 0x0A] }
        unseen.append(contentsOf: bytes[max(start, told)..<end])
        told = end
    }

    private static let punctuation: [String: UInt8] = [
        "nbsp": 0x20, "amp": 0x26, "lt": 0x3C, "gt": 0x3E, "quot": 0x22, "apos": 0x27, "#39": 0x27,
    ]
    /// Nothing, or what may stand within a number.
    private static let named: [String: UInt8] = [
        "ndash": 0x2D, "mdash": 0x2D,
        "hyphen": 0x2D, "dash": 0x2D, "minus": 0x2D, "shy": 0, "zwj": 0, "zwnj": 0, "period": 0x2E, "sol": 0x2F,
    ]

    private mutating func resolve(_ start: Int) -> Int {
        let limit = min(bytes.count, start + 12)
        guard let end = bytes[(start + 1)..<limit].firstIndex(of: UInt8(ascii: ";")) else {
            seen.append(bytes[start])
            return start + 1
        }
        let name = String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
        if let byte = Self.punctuation[name] {
            seen.append(byte)
            return end + 1
        }
        tell(start..<(end + 1))
        if let byte = (Self.named[name.lowercased()] ?? Self.punctuation[name.lowercased()]) {
            if byte != 0 { seen.append(byte) }
        } else if let scalar = Self.numbered(name) {
            seen += Array(String(scalar).utf8)
        } else {
            seen.append(0x20)
        }
        return end + 1
    }

    /// The character of a numeric reference without its ampersand and semicolon.
    private static func numbered(_ name: String) -> Unicode.Scalar? {
        guard name.first == "#" else { return nil }
        let digits = name.dropFirst()
        let isHexadecimal = digits.first == "x" || digits.first == "X"
        let value = isHexadecimal ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
        return value.flatMap(Unicode.Scalar.init)
    }
}
