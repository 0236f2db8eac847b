// SPDX-License-Identifier: Apache-2.0
//
// Decoding of quoted-printable and base64 (RFC 2045 sections 6.7 and 6.8) and of encoded words (RFC 2047).

enum TransferEncoding {
    static func decode(_ bytes: ArraySlice<UInt8>, _ encoding: String) -> [UInt8] {
        switch encoding.trimmedOfSpaces {
        case "base64": base64(bytes)
        case "quoted-printable": quotedPrintable(bytes)
        default: Array(bytes)
        }
    }

    /// Characters outside the alphabet are skipped, as section 6.8 asks.
    static func base64(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count / 4 * 3 + 3)
        var word: UInt32 = 0
        var count = 0
        for byte in bytes {
            let value: UInt32
            switch byte {
            case 0x41...0x5a: value = UInt32(byte) - 0x41
            case 0x61...0x7a: value = UInt32(byte) - 0x61 + 26
            case 0x30...0x39: value = UInt32(byte) - 0x30 + 52
            case 0x2b: value = 62
            case 0x2f: value = 63
            default: continue
            }
            word = (word << 6) | value
            count += 1
            if count == 4 {
                result.append(UInt8(truncatingIfNeeded: word >> 16))
                result.append(UInt8(truncatingIfNeeded: word >> 8))
                result.append(UInt8(truncatingIfNeeded: word))
                word = 0
                count = 0
            }
        }
        if count == 2 { result.append(UInt8(truncatingIfNeeded: word >> 4)) }
        if count == 3 { result += [UInt8(truncatingIfNeeded: word >> 10), UInt8(truncatingIfNeeded: word >> 2)] }
        return result
    }

    /// A `=` that begins neither an octet nor a soft break stays as it is.
    static func quotedPrintable(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard bytes[index] == 0x3d else {
                result.append(bytes[index])
                index += 1
                continue
            }
            let first = index + 1 < bytes.endIndex ? bytes[index + 1] : nil
            let second = index + 2 < bytes.endIndex ? bytes[index + 2] : nil
            if first == 0x0a {
                index += 2
            } else if first == 0x0d, second == 0x0a {
                index += 3
            } else if let high = first.flatMap(digit), let low = second.flatMap(digit) {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(0x3d)
                index += 1
            }
        }
        return result
    }

    /// Small letters too: section 6.7 asks readers to take them.
    private static func digit(_ octet: UInt8) -> UInt8? {
        switch octet {
        case 0x30...0x39: octet - 0x30
        case 0x41...0x46: octet - 0x41 + 10
        case 0x61...0x66: octet - 0x61 + 10
        default: nil
        }
    }
}

/// Encoded words of header values (RFC 2047).
package enum EncodedWordReader {
    /// Decodes the encoded words of a header value in UTF-8, US-ASCII or ISO 8859-1; the space between two of them goes.
    package static func decode(_ value: String) -> String {
        var result = ""
        var pending: [UInt8] = []
        var wasEncoded = false
        for (index, word) in value.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
            if let octets = octets(word) {
                if index > 0 && !wasEncoded { result += " " }
                pending += octets
                wasEncoded = true
            } else if !(word.isEmpty && wasEncoded) {
                result += String(decoding: pending, as: UTF8.self) + (index > 0 ? " " : "") + word
                pending = []
                wasEncoded = false
            }
        }
        return result + String(decoding: pending, as: UTF8.self)
    }

    private static func octets(_ word: Substring) -> [UInt8]? {
        let fields = word.split(separator: "?", omittingEmptySubsequences: false)
        guard fields.count == 5, fields[0] == "=", fields[4] == "=" else { return nil }
        let raw: [UInt8]
        switch fields[2].lowercased() {
        case "b": raw = TransferEncoding.base64(fields[3].utf8)
        case "q": raw = TransferEncoding.quotedPrintable(Array(fields[3].replacing("_", with: " ").utf8)[...])
        default: return nil
        }
        switch fields[1].lowercased() {
        case "utf-8", "us-ascii": return raw
        case "iso-8859-1": return Array(String(String.UnicodeScalarView(raw.map { Unicode.Scalar($0) })).utf8)
        default: return nil
        }
    }
}
