// SPDX-License-Identifier: Apache-2.0

/// A text cut into runs of ASCII letters and digits (other letters count as letters).
struct WordList {
    let text: [UInt8]
    private let starts: [Int32]
    private let ends: [Int32]
    /// The digits of each word, at most 255.
    private let digits: [UInt8]

    var count: Int { starts.count }

    init(_ text: [UInt8]) {
        var (starts, ends, digits): ([Int32], [Int32], [UInt8]) = ([], [], [])
        starts.reserveCapacity(text.count / 5)
        ends.reserveCapacity(text.count / 5)
        digits.reserveCapacity(text.count / 5)
        text.withUnsafeBufferPointer { text in
            var isInside = false
            var count: UInt8 = 0
            for position in text.indices {
                let isDigit = Self.isDigit(text[position])
                let isPart = isDigit || Self.isLetter(text[position])
                if isPart != isInside {
                    if isPart {
                        starts.append(Int32(position))
                    } else {
                        ends.append(Int32(position))
                        digits.append(count)
                    }
                    isInside = isPart
                    count = 0
                }
                if isDigit, count < .max { count += 1 }
            }
            if isInside {
                ends.append(Int32(text.count))
                digits.append(count)
            }
        }
        self.text = text
        self.starts = starts
        self.ends = ends
        self.digits = digits
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 || byte >= 0x80 }
    static func isUpper(_ byte: UInt8) -> Bool { byte &- 0x41 < 26 }
    static func isWordByte(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

    func length(_ word: Int) -> Int { Int(ends[word] - starts[word]) }

    func bytes(_ word: Int) -> ArraySlice<UInt8> { text[Int(starts[word])..<Int(ends[word])] }

    func byte(_ offset: Int, of word: Int) -> UInt8 { text[Int(starts[word]) + offset] }

    /// How many digits a word has, counted up to 255.
    func digitCount(_ word: Int) -> Int { Int(digits[word]) }

    /// Whether a word is this one in ASCII lower case.
    func isLower(_ word: Int, _ other: some Collection<UInt8>) -> Bool {
        guard length(word) == other.count else { return false }
        var offset = 0
        for byte in other {
            guard Self.lower(self.byte(offset, of: word)) == byte else { return false }
            offset += 1
        }
        return true
    }

    static func lower(_ byte: UInt8) -> UInt8 { isUpper(byte) ? byte | 0x20 : byte }

    func startsWithDigit(_ word: Int) -> Bool { Self.isDigit(text[Int(starts[word])]) }

    /// The number that a word of at most nine digits is; nil for anything else.
    func number(_ word: Int) -> Int? {
        guard word < count, length(word) <= 9, digitCount(word) == length(word) else { return nil }
        return (0..<length(word)).reduce(0) { $0 * 10 + Int(byte($1, of: word) &- 0x30) }
    }

    /// The word in lower case; nil for words over 24 bytes, which are no label and no name.
    func lower(_ word: Int) -> String? {
        guard word >= 0, word < count, length(word) <= PhraseSet.longestWord else { return nil }
        return String(decoding: bytes(word).map(Self.lower), as: UTF8.self)
    }

    /// The single byte between a word and the next; nil when there are more, or no next word.
    func separator(after word: Int) -> UInt8? {
        guard word >= 0, word + 1 < count, starts[word + 1] - ends[word] == 1 else { return nil }
        return text[Int(ends[word])]
    }

    /// How many bytes stand between a word and the next.
    func gap(after word: Int) -> Int {
        guard word >= 0, word + 1 < count else { return .max }
        return Int(starts[word + 1] - ends[word])
    }

    /// Whether a line ends between a word and the next.
    func breaksLine(after word: Int) -> Bool {
        guard word >= 0, word + 1 < count else { return true }
        return text[Int(ends[word])..<Int(starts[word + 1])].prefix(16).contains(0x0A)
    }

    /// Whether the words before `position`, at most `reach` of them, end in one of these phrases.
    func isBehind(_ phrases: PhraseSet, _ position: Int, reach: Int) -> Bool {
        var start = position - 1
        let first = max(0, position - reach)
        while start >= first {
            if let length = phrases.length(self, start), start + length <= position { return true }
            start -= 1
        }
        return false
    }
}

/// Phrases of one to four words, found by their first word.
///
/// Most words of a text begin no phrase: a word's first letter and length rule it out before anything is made of it.
struct PhraseSet: Sendable {
    /// Octets of the longest word that is a label or a name.
    static let longestWord = 24
    private let rests: [String: [[String]]]
    /// By first byte and length, whether a phrase may begin so.
    private let mayBegin: [Bool]

    init(_ phrases: [String]) {
        var rests: [String: [[String]]] = [:]
        for phrase in phrases {
            let folded = WordList(PlainText.folded(Array(phrase.utf8)))
            let words = (0..<min(folded.count, 4)).compactMap { folded.lower($0) }
            guard let first = words.first else { continue }
            rests[first, default: []].append(Array(words.dropFirst()))
        }
        var mayBegin = [Bool](repeating: false, count: 256 * (Self.longestWord + 1))
        for first in rests.keys {
            let octets = Array(first.utf8)
            if let byte = octets.first { mayBegin[Self.place(byte, octets.count)] = true }
        }
        self.mayBegin = mayBegin
        self.rests = rests.mapValues { $0.sorted { $0.count > $1.count } }
    }

    private static func place(_ byte: UInt8, _ length: Int) -> Int { Int(byte) * (longestWord + 1) + length }

    /// How many words the longest phrase that begins at a word has; nil when none does.
    func length(_ words: WordList, _ position: Int) -> Int? {
        guard position >= 0, position < words.count, words.length(position) <= Self.longestWord,
            mayBegin[Self.place(WordList.lower(words.byte(0, of: position)), words.length(position))],
            let first = words.lower(position), let found = rests[first]
        else { return nil }
        for rest in found.prefix(32) {
            guard position + rest.count < words.count else { continue }
            if rest.indices.allSatisfy({ words.lower(position + 1 + $0) == rest[$0] }) { return rest.count + 1 }
        }
        return nil
    }
}
