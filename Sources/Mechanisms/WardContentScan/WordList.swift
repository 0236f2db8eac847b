// SPDX-License-Identifier: Apache-2.0

/// A text cut into runs of ASCII letters and digits (other letters count as letters).
struct WordList {
    private struct Word {
        var start: Int32
        var end: Int32
        /// At most 255.
        var digits: UInt8
    }

    let text: [UInt8]
    private let words: [Word]

    var count: Int { words.count }

    init(_ text: [UInt8]) {
        self.text = text
        words = text.withUnsafeBufferPointer { text in
            Self.weights.withUnsafeBufferPointer { weights in
                // Between two words stands a byte at least.
                [Word](unsafeUninitializedCapacity: text.count / 2 + 1) { words, count in
                    count = Self.cut(text, weights, into: words)
                }
            }
        }
    }

    private static func cut(
        _ text: UnsafeBufferPointer<UInt8>,
        _ weights: UnsafeBufferPointer<UInt8>,
        into words: UnsafeMutableBufferPointer<Word>
    ) -> Int {
        var (count, start, digits) = (0, -1, 0)
        for position in 0..<text.count {
            let weight = weights[Int(text[position])]
            if weight != 0 {
                if start < 0 { (start, digits) = (position, 0) }
                digits += Int(weight &- 1)
            } else if start >= 0 {
                let word = Word(start: Int32(start), end: Int32(position), digits: UInt8(min(digits, 255)))
                words.initializeElement(at: count, to: word)
                count += 1
                start = -1
            }
        }
        if start >= 0 {
            let word = Word(start: Int32(start), end: Int32(text.count), digits: UInt8(min(digits, 255)))
            words.initializeElement(at: count, to: word)
            count += 1
        }
        return count
    }

    /// By byte: 0 between words, 1 in them, 2 for a digit.
    private static let weights: [UInt8] = (0...255).map { isDigit($0) ? 2 : isLetter($0) ? 1 : 0 }

    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 || byte >= 0x80 }
    static func isUpper(_ byte: UInt8) -> Bool { byte &- 0x41 < 26 }
    static func isWordByte(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

    func length(_ word: Int) -> Int { Int(words[word].end - words[word].start) }

    func bytes(_ word: Int) -> ArraySlice<UInt8> { text[Int(words[word].start)..<Int(words[word].end)] }

    func byte(_ offset: Int, of word: Int) -> UInt8 { text[Int(words[word].start) + offset] }

    /// How many digits a word has, counted up to 255.
    func digitCount(_ word: Int) -> Int { Int(words[word].digits) }

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

    func startsWithDigit(_ word: Int) -> Bool { Self.isDigit(text[Int(words[word].start)]) }

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
        guard word >= 0, word + 1 < count, words[word + 1].start - words[word].end == 1 else { return nil }
        return text[Int(words[word].end)]
    }

    /// How many bytes stand between a word and the next.
    func gap(after word: Int) -> Int {
        guard word >= 0, word + 1 < count else { return .max }
        return Int(words[word + 1].start - words[word].end)
    }

    /// Whether a line ends between a word and the next.
    func breaksLine(after word: Int) -> Bool {
        guard word >= 0, word + 1 < count else { return true }
        return text[Int(words[word].end)..<Int(words[word + 1].start)].prefix(16).contains(0x0A)
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
    private let beginnings: WordBeginnings

    init(_ phrases: [String]) {
        var rests: [String: [[String]]] = [:]
        for phrase in phrases {
            let folded = WordList(PlainText.folded(Array(phrase.utf8)))
            let words = (0..<min(folded.count, 4)).compactMap { folded.lower($0) }
            guard let first = words.first else { continue }
            rests[first, default: []].append(Array(words.dropFirst()))
        }
        beginnings = WordBeginnings(rests.keys.map { Array($0.utf8) })
        self.rests = rests.mapValues { $0.sorted { $0.count > $1.count } }
    }

    /// The first words of the phrases, in lower case.
    var firstWords: some Sequence<[UInt8]> { rests.keys.lazy.map { Array($0.utf8) } }

    /// How many words the longest phrase that begins at a word has; nil when none does.
    func length(_ words: WordList, _ position: Int) -> Int? {
        guard position >= 0, position < words.count, beginnings.mayBe(words, position),
            let first = words.lower(position), let found = rests[first]
        else { return nil }
        for rest in found.prefix(32) {
            guard position + rest.count < words.count else { continue }
            if rest.indices.allSatisfy({ words.lower(position + 1 + $0) == rest[$0] }) { return rest.count + 1 }
        }
        return nil
    }
}

/// Words by their first byte and their length: rules out most words before anything is made of them.
struct WordBeginnings: Sendable {
    private var isThere = [Bool](repeating: false, count: 256 * (PhraseSet.longestWord + 1))

    /// - Parameter words: in lower case, of at most `PhraseSet.longestWord` bytes.
    init(_ words: some Sequence<[UInt8]>) {
        for word in words where word.count <= PhraseSet.longestWord {
            if let first = word.first { isThere[Self.place(first, word.count)] = true }
        }
    }

    private static func place(_ byte: UInt8, _ length: Int) -> Int { Int(byte) * (PhraseSet.longestWord + 1) + length }

    /// False where the word at a position is none of them.
    func mayBe(_ words: WordList, _ position: Int) -> Bool {
        let length = words.length(position)
        return length <= PhraseSet.longestWord
            && isThere[Self.place(WordList.lower(words.byte(0, of: position)), length)]
    }
}
