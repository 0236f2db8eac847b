// SPDX-License-Identifier: Apache-2.0

/// A text cut into runs of ASCII letters and digits (other letters count as letters).
struct WordList {
    let text: [UInt8]
    private let starts: [Int32]
    private let ends: [Int32]

    var count: Int { starts.count }

    init(_ text: [UInt8]) {
        var (starts, ends): ([Int32], [Int32]) = ([], [])
        starts.reserveCapacity(text.count / 6)
        ends.reserveCapacity(text.count / 6)
        var isInside = false
        for position in text.indices {
            let isPart = Self.isWordByte(text[position])
            if isPart != isInside {
                if isPart { starts.append(Int32(position)) } else { ends.append(Int32(position)) }
                isInside = isPart
            }
        }
        if isInside { ends.append(Int32(text.count)) }
        self.text = text
        self.starts = starts
        self.ends = ends
    }

    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 || byte >= 0x80 }
    static func isUpper(_ byte: UInt8) -> Bool { byte &- 0x41 < 26 }
    static func isWordByte(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

    func length(_ word: Int) -> Int { Int(ends[word] - starts[word]) }

    func bytes(_ word: Int) -> ArraySlice<UInt8> { text[Int(starts[word])..<Int(ends[word])] }

    func startsWithDigit(_ word: Int) -> Bool { Self.isDigit(text[Int(starts[word])]) }

    func isDigits(_ word: Int) -> Bool { bytes(word).allSatisfy(Self.isDigit) }

    /// The number that a word of at most nine digits is; nil for anything else.
    func number(_ word: Int) -> Int? {
        guard word < count, length(word) <= 9 else { return nil }
        var value = 0
        for byte in bytes(word) {
            guard Self.isDigit(byte) else { return nil }
            value = value * 10 + Int(byte &- 0x30)
        }
        return value
    }

    /// The word in lower case; words over 24 bytes are no label and no month: nil.
    func lower(_ word: Int) -> String? {
        guard word >= 0, word < count, length(word) <= 24 else { return nil }
        return String(decoding: bytes(word).map { $0 &- 0x41 < 26 ? $0 | 0x20 : $0 }, as: UTF8.self)
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
struct PhraseSet: Sendable {
    private let rests: [String: [[String]]]

    init(_ phrases: [String]) {
        var rests: [String: [[String]]] = [:]
        for phrase in phrases {
            let folded = WordList(PlainText.folded(Array(phrase.utf8)))
            let words = (0..<min(folded.count, 4)).compactMap { folded.lower($0) }
            guard let first = words.first else { continue }
            rests[first, default: []].append(Array(words.dropFirst()))
        }
        self.rests = rests.mapValues { $0.sorted { $0.count > $1.count } }
    }

    var isEmpty: Bool { rests.isEmpty }

    /// How many words the longest phrase that begins at a word has; nil when none does.
    func length(_ words: WordList, _ position: Int) -> Int? {
        guard !rests.isEmpty, let first = words.lower(position), let found = rests[first] else { return nil }
        for rest in found.prefix(32) {
            guard position + rest.count < words.count else { continue }
            if rest.indices.allSatisfy({ words.lower(position + 1 + $0) == rest[$0] }) { return rest.count + 1 }
        }
        return nil
    }
}
