// SPDX-License-Identifier: Apache-2.0
//
// Base64: RFC 2045 section 6.8.

/// Collects the bytes of a message; every line ends with CRLF.
struct MessageWriter {
    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(8_192) }

    /// One line, or several that are folded already.
    mutating func line(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        endLine()
    }

    /// Whole lines as they stand.
    mutating func octets(_ lines: [UInt8]) { bytes += lines }

    private mutating func endLine() {
        bytes.append(0x0d)
        bytes.append(0x0a)
    }

    /// A text part: as it is when it is plain ASCII in short lines, else quoted-printable, else base64 where most of it would
    /// have to be quoted.
    mutating func text(_ text: String, subtype: String) {
        line("Content-Type: text/\(subtype); charset=utf-8")
        var text = text
        let encoded = text.withUTF8 { EncodedText($0) }
        line("Content-Transfer-Encoding: \(encoded.name)")
        line("")
        switch encoded {
        case .asItIs(let octets), .quoted(let octets): bytes += octets
        case .foreign(let octets): base64(octets)
        }
    }

    /// Lines of 76 characters.
    mutating func base64(_ content: [UInt8]) {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        bytes.reserveCapacity(bytes.count + content.count * 4 / 3 + content.count / 28 + 8)
        var column = 0
        var index = 0
        while index < content.count {
            let left = content.count - index
            let second = left > 1 ? content[index + 1] : 0
            let third = left > 2 ? content[index + 2] : 0
            let word = UInt32(content[index]) << 16 | UInt32(second) << 8 | UInt32(third)
            bytes.append(alphabet[Int(word >> 18) & 63])
            bytes.append(alphabet[Int(word >> 12) & 63])
            bytes.append(left > 1 ? alphabet[Int(word >> 6) & 63] : 0x3d)
            bytes.append(left > 2 ? alphabet[Int(word) & 63] : 0x3d)
            index += 3
            column += 4
            if column == 76 {
                endLine()
                column = 0
            }
        }
        if column > 0 { endLine() }
    }
}
