// SPDX-License-Identifier: Apache-2.0
//
// Looks for identifiers and health words in the parts of a message. Each part is read once into plain ASCII-folded bytes,
// cut into words, and each word is looked at together with a fixed number of neighbours: the time is linear in the length,
// with no backtracking anywhere, whatever the bytes are. What is found leaves as kinds, places and counts.

/// What a scan knows beside the formats that never change.
package struct ContentScanner: Sendable {
    /// Bytes of one part that are read; what is longer counts as unreadable. 16 MiB: mail that large is an attachment.
    package static let longestPart = 16 << 20

    private let drugs: PhraseSet
    private let patterns: [SafePattern]
    private let latestBirthYear: Int
    /// The words without a digit that something may begin with: months and first words of drugs' names.
    private let beginnings: WordBeginnings

    /// - Parameters:
    ///   - drugNames: names of one to four words, in any case.
    ///   - patterns: the organization's own.
    ///   - year: the present year; a date of birth is not later.
    package init(drugNames: [String] = [], patterns: [SafePattern] = [], year: Int) {
        drugs = PhraseSet(drugNames)
        self.patterns = patterns
        latestBirthYear = year
        beginnings = WordBeginnings(BirthDates.monthWords + drugs.firstWords)
    }

    /// What stands in the parts, by place and kind; empty when nothing was found and everything could be read.
    package func scan(_ parts: [ContentPart]) -> [ContentFinding] {
        var counts: [ContentPlace: [ContentKind: Int]] = [:]
        for part in parts {
            for (kind, count) in scan(part) { counts[part.place, default: [:]][kind, default: 0] += count }
        }
        return ContentPlace.allCases.flatMap { place in
            ContentKind.allCases.compactMap { kind in
                counts[place]?[kind].map { ContentFinding(kind, in: place, count: $0) }
            }
        }
    }

    private func scan(_ part: ContentPart) -> [ContentKind: Int] {
        guard part.bytes.count <= Self.longestPart else { return [.unreadable: 1] }
        switch part.form {
        case .plain:
            guard !part.bytes.contains(0) else { return [.unreadable: 1] }
            return scan(text: PlainText.folded(part.bytes))
        case .html:
            // What a reader sees, and what stands in attributes and comments: that leaves as well.
            let text = VisibleText(html: part.bytes)
            let seen = scan(text: PlainText.folded(text.seen))
            return seen.merging(scan(text: PlainText.folded(text.unseen))) { max($0, $1) }
        case .commaSeparated:
            return scan(text: PlainText.folded(LabelledText.of(commaSeparated: part.bytes)))
        case .closed:
            return [.unreadable: 1]
        }
    }

    private func scan(text: [UInt8]) -> [ContentKind: Int] {
        guard !text.isEmpty else { return [:] }
        let words = WordList(text)
        var found: [ContentKind: Int] = [:]
        var position = 0
        while position < words.count {
            guard mayMatter(words, position) else {
                position += 1
                continue
            }
            let (kind, length) = match(words, at: position)
            if let kind { found[kind, default: 0] += 1 }
            position += length
        }
        let own = patterns.reduce(0) { $0 + $1.matches(in: text) }
        if own > 0 { found[.ownPattern] = own }
        return found
    }

    /// False where nothing begins at a word: every number and code has a digit in its first word.
    func mayMatter(_ words: WordList, _ position: Int) -> Bool {
        words.digitCount(position) > 0 || beginnings.mayBe(words, position)
    }

    /// What begins at a word, and how many words it takes (1 when nothing does).
    func match(_ words: WordList, at position: Int) -> (ContentKind?, length: Int) {
        if words.startsWithDigit(position) {
            if let length = IdentifierFormats.socialSecurity(words, position) { return (.socialSecurityNumber, length) }
            if let length = IdentifierFormats.medicare(words, position) { return (.medicareNumber, length) }
            if let length = BirthDates.length(words, position, latestYear: latestBirthYear) {
                return (.dateOfBirth, length)
            }
        } else {
            if let length = IdentifierFormats.diagnosis(words, position) { return (.diagnosisCode, length) }
            if let length = BirthDates.length(words, position, latestYear: latestBirthYear) {
                return (.dateOfBirth, length)
            }
            if let length = drugs.length(words, position) { return (.drugName, length) }
        }
        if let kind = IdentifierFormats.labelled(words, position) { return (kind, 1) }
        return (nil, 1)
    }
}
