// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Text as segments compare it: without regard to case, accents, width, and white space at the ends.
enum FoldedText {
    static func of(_ text: String) -> String {
        if let folded = foldedASCII(text) { return folded }
        return text.folding(options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
            .precomposedStringWithCanonicalMapping.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Nil when the text has other letters than those of ASCII. Nearly every value takes this way, which is much faster.
    private static func foldedASCII(_ text: String) -> String? {
        var text = text
        return text.withUTF8 { bytes -> String? in
            var needsWork = false
            for byte in bytes {
                guard byte < 0x80 else { return nil }
                if byte <= 0x20 || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) { needsWork = true }
            }
            guard needsWork else { return String(decoding: bytes, as: UTF8.self) }
            var start = 0
            var end = bytes.count
            while start < end, isSpace(bytes[start]) { start += 1 }
            while end > start, isSpace(bytes[end - 1]) { end -= 1 }
            return String(unsafeUninitializedCapacity: end - start) { output in
                for place in start..<end {
                    let byte = bytes[place]
                    let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    output[place - start] = isUpper ? byte | 0x20 : byte
                }
                return end - start
            }
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}
