// SPDX-License-Identifier: Apache-2.0
//
// The pattern language for an organization's own numbers. A pattern is a row of characters:
//
//     #      a digit            @      a letter            &      a letter or a digit
//     ~      a space, hyphen or point, or nothing          \x     the character x itself
//     {m,n}  behind a character: m to n times (n at most 32); {n}: n times
//     other  the character itself, capital or small
//
// A pattern matches where no letter or digit stands right before or after. It becomes a chain of at most 120 places, and a
// text is read once with the set of places that are reached: the time is linear in the text for every pattern and text.

/// A pattern of an organization's own, such as `LH-######`.
package struct SafePattern: Sendable, Hashable, Codable {
    /// Why a text is no pattern.
    package enum Problem: String, Error, Sendable, Hashable, CaseIterable {
        case empty, tooLong, countInvalid, tooWide

        /// What is wrong and what to do.
        package var sentence: String {
            switch self {
            case .empty: "Write a pattern, such as LH-######."
            case .tooLong: "The pattern is too long: it may stand for at most 120 characters."
            case .countInvalid:
                "Write a count in braces behind a character: one number, or two with a comma, at most 32."
            case .tooWide:
                "The pattern would match nearly everything: it needs at least four characters that must stand."
            }
        }
    }

    private enum Class: Hashable, Sendable {
        case digit, letter, either, separator
        case literal(UInt8)

        func accepts(_ byte: UInt8) -> Bool {
            switch self {
            case .digit: WordList.isDigit(byte)
            case .letter: WordList.isLetter(byte)
            case .either: WordList.isWordByte(byte)
            case .separator: byte == 0x20 || byte == 0x2D || byte == 0x2E
            case .literal(let literal): byte == literal || (WordList.isLetter(literal) && byte ^ 0x20 == literal)
            }
        }
    }

    /// As it was written.
    package let text: String
    private let places: [Class]
    /// For each place, it and those behind it that are reached without reading anything; bit `places.count` is the end.
    private let reached: [UInt128]

    /// - Throws: why the text is no pattern.
    package init(_ text: String) throws(Problem) {
        let chain = try Self.chain(Array(text.utf8))
        guard !chain.isEmpty else { throw .empty }
        guard chain.count <= 120 else { throw .tooLong }
        guard chain.count(where: { !$0.isOptional }) >= 4 else { throw .tooWide }
        self.text = text
        places = chain.map(\.accepted)
        var reached = [UInt128](repeating: 0, count: chain.count + 1)
        reached[chain.count] = 1 << UInt128(chain.count)
        for position in chain.indices.reversed() {
            reached[position] = 1 << UInt128(position) | (chain[position].isOptional ? reached[position + 1] : 0)
        }
        self.reached = reached
    }

    package init(from decoder: any Decoder) throws {
        try self.init(try decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    /// How often it stands in a text; overlapping places count once.
    func matches(in text: [UInt8]) -> Int {
        let end = UInt128(1) << UInt128(places.count)
        var (active, count, isBehindWord): (UInt128, Int, Bool) = (0, 0, false)
        for position in text.indices {
            let byte = text[position]
            if !isBehindWord { active |= reached[0] }
            active = step(active, byte)
            isBehindWord = WordList.isWordByte(byte)
            if active & end != 0 {
                let next = position + 1
                if next == text.count || !isBehindWord || !WordList.isWordByte(text[next]) {
                    count += 1
                    active = 0
                }
            }
        }
        return count
    }

    private func step(_ active: UInt128, _ byte: UInt8) -> UInt128 {
        var rest = active & ~(1 << UInt128(places.count))
        var next: UInt128 = 0
        while rest != 0 {
            let place = rest.trailingZeroBitCount
            rest &= rest &- 1
            if places[place].accepts(byte) { next |= reached[place + 1] }
        }
        return next
    }

    private struct Link {
        var accepted: Class
        var isOptional: Bool
    }

    private static func chain(_ bytes: [UInt8]) throws(Problem) -> [Link] {
        guard bytes.count <= 200 else { throw .tooLong }
        var chain: [Link] = []
        var position = 0
        while position < bytes.count {
            var accepted = Self.named(bytes[position])
            if bytes[position] == UInt8(ascii: "\\"), position + 1 < bytes.count {
                position += 1
                accepted = .literal(bytes[position])
            }
            position += 1
            var count = 1...1
            if position < bytes.count, bytes[position] == UInt8(ascii: "{") {
                count = try Self.count(bytes, &position)
            }
            for number in 1...count.upperBound {
                chain.append(Link(accepted: accepted, isOptional: number > count.lowerBound || accepted == .separator))
            }
            guard chain.count <= 120 else { throw .tooLong }
        }
        return chain
    }

    private static func named(_ byte: UInt8) -> Class {
        switch byte {
        case UInt8(ascii: "#"): .digit
        case UInt8(ascii: "@"): .letter
        case UInt8(ascii: "&"): .either
        case UInt8(ascii: "~"): .separator
        default: .literal(byte)
        }
    }

    private static func count(_ bytes: [UInt8], _ position: inout Int) throws(Problem) -> ClosedRange<Int> {
        guard let end = bytes[position...].firstIndex(of: UInt8(ascii: "}")) else { throw .countInvalid }
        let text = String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
        let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
        guard (1...2).contains(numbers.count), let lower = numbers[0], let upper = numbers[numbers.count - 1],
            lower >= 0, upper >= max(1, lower), upper <= 32
        else { throw .countInvalid }
        position = end + 1
        return lower...upper
    }
}
