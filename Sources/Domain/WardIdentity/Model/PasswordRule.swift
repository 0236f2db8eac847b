// SPDX-License-Identifier: Apache-2.0
//
// NIST SP 800-63B-4 section 3.1.1: length first, no composition rules, a blocklist against which the whole password is
// compared (a password that merely contains a listed word is fine), Unicode normalized with NFKC, nothing cut off.

import Foundation
package import WardKernel

/// Why a password is refused, in words that the page shows beside the field.
package enum PasswordProblem: String, Sendable, Hashable, CaseIterable {
    case tooShort, tooLong
    /// It is a listed word or phrase, or one with digits around it.
    case common
    /// It is one piece repeated, or a run along the alphabet, the digits or the keyboard.
    case pattern
    /// It is the organization's name, the person's name or address, or "ward", with digits around it.
    case context

    package var description: String {
        switch self {
        case .tooShort: "Use at least 15 characters. A few words with spaces between them are easy to remember."
        case .tooLong: "Use at most 256 characters."
        case .common: "This is a password that many people use. Choose words of your own."
        case .pattern: "This repeats itself or runs along the keyboard. Choose words that do not belong together."
        case .context: "This is made of your organization's or your own name. Choose words that do not belong to it."
        }
    }
}

/// The rule for passwords of accounts whose password is the only factor.
package struct PasswordRule: Sendable {
    /// In Unicode code points after NFKC.
    static let shortest = 15
    static let longest = 256

    private let listed: Set<String>

    package init() {
        listed = Set((EmbeddedResources.files["password-words.txt"] ?? "").split(separator: "\n").map(String.init))
    }

    /// The form that is hashed: NFKC, so that the same keys give the same password on every machine.
    static func normalized(_ password: String) -> String { password.precomposedStringWithCompatibilityMapping }

    /// What is wrong with it; nil when it may be used.
    /// - Parameter context: words that belong to the organization or the person.
    package func problem(with password: Sensitive<String>, context: [String]) -> PasswordProblem? {
        password.expose(for: .evaluating) { text in
            let normalized = Self.normalized(text)
            let length = normalized.unicodeScalars.count
            if length < Self.shortest { return .tooShort }
            if length > Self.longest { return .tooLong }
            return weakness(of: normalized, context: context)
        }
    }

    private func weakness(of password: String, context: [String]) -> PasswordProblem? {
        let compact = Self.compact(password)
        if Self.isRun(compact) || Self.isRepetition(compact) { return .pattern }
        let stem = Self.stem(compact)
        if Self.isRun(stem) { return .pattern }
        let words = Set(context.map { Self.stem(Self.compact($0)) }.filter { $0.count >= 3 })
        for candidate in [stem, Self.unleet(stem), Self.stem(Self.unleet(compact))] {
            let piece = Self.repeatedPiece(of: candidate)
            if words.contains(candidate) || words.contains(piece) { return .context }
            if listed.contains(candidate) || listed.contains(piece) { return .common }
        }
        return nil
    }

    /// Lower case, without spaces and punctuation.
    private static func compact(_ text: String) -> String {
        String(
            text.lowercased().unicodeScalars.filter {
                $0.properties.isAlphabetic || ("0"..."9").contains($0) || "@$".unicodeScalars.contains($0)
            }
        )
    }

    /// Without digits and signs at both ends.
    private static func stem(_ text: String) -> String {
        let letters = text.drop { !$0.isLetter }
        return String(String(letters.reversed()).drop { !$0.isLetter }.reversed())
    }

    private static let substitutions: [Character: Character] = [
        "0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s",
    ]

    private static func unleet(_ text: String) -> String { String(text.map { substitutions[$0] ?? $0 }) }

    /// The shortest piece whose repetition is the text; the text itself when there is none.
    private static func repeatedPiece(of text: String) -> String {
        let letters = Array(text)
        guard letters.count > 1 else { return text }
        for length in 1...(letters.count / 2) where letters.count % length == 0 {
            if (length..<letters.count).allSatisfy({ letters[$0] == letters[$0 - length] }) {
                return String(letters.prefix(length))
            }
        }
        return text
    }

    /// One piece of at most four characters repeated, the last perhaps cut off.
    private static func isRepetition(_ text: String) -> Bool {
        let letters = Array(text)
        guard letters.count >= 6 else { return Set(letters).count <= 2 && !letters.isEmpty }
        return (1...4).contains { length in
            (length..<letters.count).allSatisfy { letters[$0] == letters[$0 - length] }
        }
    }

    private static let runs: [String] = {
        let rows = [
            "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
            "qazwsxedcrfvtgbyhnujmikolp", "1q2w3e4r5t6y7u8i9o0p", "qwertzuiopasdfghjklyxcvbnm",
            "azertyuiopqsdfghjklmwxcvbn",
        ]
        return (rows + rows.map { String($0.reversed()) }).map { $0 + $0 }
    }()

    /// Made of at most three stretches along a row, each of at least four characters.
    private static func isRun(_ text: String) -> Bool {
        var rest = text[...]
        for _ in 0..<3 {
            guard !rest.isEmpty else { break }
            let stretch = runs.map { longestPrefix(of: rest, in: $0) }.max() ?? 0
            guard stretch >= 4 else { return false }
            rest = rest.dropFirst(stretch)
        }
        return rest.isEmpty && !text.isEmpty
    }

    private static func longestPrefix(of text: Substring, in row: String) -> Int {
        var length = 0
        while length < text.count, row.contains(text.prefix(length + 1)) { length += 1 }
        return length
    }
}
