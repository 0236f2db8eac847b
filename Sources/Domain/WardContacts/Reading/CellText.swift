// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Text as it stands in a cell, made comparable.
package enum CellText {
    /// Without white space, no-break spaces and zero-width characters at its ends.
    static func trimmed(_ text: String) -> String {
        if let first = text.utf8.first, let last = text.utf8.last, isPlain(first), isPlain(last) { return text }
        let scalars = text.unicodeScalars
        guard let start = scalars.firstIndex(where: { !isBlank($0) }),
            let end = scalars.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(scalars[start...end])
    }

    private static func isPlain(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || scalar.value == 0xFEFF || (0x200B...0x200D).contains(scalar.value)
    }

    /// Lower case, without accents, spaces and punctuation: what two spellings of one name share. Letters of other
    /// scripts stay.
    package static func folded(_ name: String) -> String {
        if name.utf8.allSatisfy({ $0 < 0x80 }) {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(name.utf8.count)
            for byte in name.utf8 {
                switch byte {
                case 0x41...0x5A: bytes.append(byte | 0x20)
                case 0x61...0x7A, 0x30...0x39: bytes.append(byte)
                default: continue
                }
            }
            return String(decoding: bytes, as: UTF8.self)
        }
        var result = String.UnicodeScalarView()
        for scalar in name.lowercased().decomposedStringWithCanonicalMapping.unicodeScalars {
            if let replacement = special[scalar] {
                result.append(contentsOf: replacement.unicodeScalars)
            } else if scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) {
                // Combining marks are not alphabetic, but vowel signs of other scripts are: those stay.
                result.append(scalar)
            }
        }
        return String(result)
    }

    private static let special: [Unicode.Scalar: String] = [
        "ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i",
    ]

    /// The digits of a phone number; a leading country code 1 before ten digits is dropped. Nil with fewer than seven
    /// digits or more than fifteen (ITU-T E.164).
    package static func phoneDigits(_ text: String) -> String? {
        var digits = text.utf8.filter { (0x30...0x39).contains($0) }
        if digits.count == 11, digits.first == UInt8(ascii: "1") { digits.removeFirst() }
        guard (7...15).contains(digits.count) else { return nil }
        return String(decoding: digits, as: UTF8.self)
    }

    /// A cell that a spreadsheet would run: it begins, after white space, with = + - @ or a full-width variant of one,
    /// or with a tab or carriage return (OWASP, CSV injection). Signed numbers and phone numbers are not formulas on the
    /// way in.
    static func isFormula(_ text: String) -> Bool {
        guard startsLikeFormula(text) else { return false }
        return !text.allSatisfy { $0.isNumber || "+-.,() /eE".contains($0) }
    }

    static func startsLikeFormula(_ text: String) -> Bool {
        if let first = text.unicodeScalars.first, first == "\t" || first == "\r" || first == "\n" { return true }
        guard let first = text.unicodeScalars.first(where: { !isBlank($0) }) else { return false }
        return "=+-@＝＋－＠|%".unicodeScalars.contains(first)
    }
}
