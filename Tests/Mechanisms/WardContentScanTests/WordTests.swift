// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WardContentScan

/// What is ruled out early is nothing that would have been found.
@Suite struct WordTests {
    private static let phrases = ["dob", "d o b", "date of birth", "née", "Lithium Carbonate", "x1", "ss"]
    private static let parts = [
        "dob", "D", "o", "b", "DATE", "of", "Birth", "née", "NÉE", "lithium", "carbonate", "carbonates", "X1", "x",
        "ss",
        "s", "march", "Mar", "marc", "September", "sept", "12", "abcdefghijklmnopqrstuvwxyz", "é",
    ]

    /// By the words of the phrase, one after another, with nothing ruled out.
    private func longest(_ words: WordList, _ position: Int) -> Int? {
        Self.phrases.compactMap { phrase -> Int? in
            let folded = WordList(PlainText.folded(Array(phrase.utf8)))
            let isHere = (0..<folded.count).allSatisfy { offset in
                position + offset < words.count && words.lower(position + offset) == folded.lower(offset)
            }
            return isHere ? folded.count : nil
        }.max()
    }

    @Test func `a phrase begins where its words stand, whatever stands around them`() {
        var generator = SystemRandomNumberGenerator()
        let set = PhraseSet(Self.phrases)
        for _ in 0..<300 {
            let text = (0..<8).map { _ in Self.parts.randomElement(using: &generator) ?? "" }.joined(separator: " ")
            let words = WordList(Array(text.utf8))
            let found = (0..<words.count).map { set.length(words, $0) }
            #expect(found == (0..<words.count).map { longest(words, $0) }, "\(text)")
        }
    }

    @Test(
        arguments: [
            ("Jan", 1), ("january", 1), ("MAY", 5), ("sep", 9), ("September", 9), ("december", 12), ("decem", nil),
            ("sept", nil),
            ("ja", nil), ("jan1", nil), ("octobers", nil), ("é", nil),
        ] as [(String, Int?)]
    )
    func `a month is named in full or by three letters`(text: String, month: Int?) {
        #expect(BirthDates.month(WordList(Array(text.utf8)), 0) == month)
    }

    @Test func `digits are counted for each word, and a number has nothing else`() {
        let words = WordList(Array("a1b22 333 x 1234567890 007".utf8))
        #expect((0..<words.count).map(words.digitCount) == [3, 3, 0, 10, 3])
        #expect((0..<words.count).map(words.number) == [nil, 333, nil, nil, 7])
    }
}
