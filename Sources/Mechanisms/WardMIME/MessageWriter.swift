// SPDX-License-Identifier: Apache-2.0
//
// Transfer encodings: RFC 2045 section 6.7 (quoted-printable) and 6.8 (base64).

/// Collects the bytes of a message; every line ends with CRLF.
struct MessageWriter {
    private(set) var bytes: [UInt8] = []

    init() { bytes.reserveCapacity(8_192) }

    /// One line, or several that are folded already.
    mutating func line(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        endLine()
    }

    private mutating func endLine() {
        bytes.append(0x0d)
        bytes.append(0x0a)
    }

    /// A text part: as it is when it is plain ASCII in short lines, else quoted-printable, else base64 where most of it would
    /// have to be quoted.
    mutating func text(_ text: String, subtype: String) {
        let lines = Self.lines(text)
        line("Content-Type: text/\(subtype); charset=utf-8")
        if lines.allSatisfy(Self.isPlain) {
            line("Content-Transfer-Encoding: 7bit")
            line("")
            for content in lines {
                bytes.append(contentsOf: content)
                endLine()
            }
        } else if Self.isMostlyForeign(text) {
            line("Content-Transfer-Encoding: base64")
            line("")
            base64(Array(lines.joined(separator: [0x0d, 0x0a])) + [0x0d, 0x0a])
        } else {
            line("Content-Transfer-Encoding: quoted-printable")
            line("")
            for content in lines { quotedPrintable(content) }
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

    private mutating func quotedPrintable(_ content: ArraySlice<UInt8>) {
        let hexadecimal = Array("0123456789ABCDEF".utf8)
        let beginsLikeMailbox = content.starts(with: Array("From ".utf8))
        var column = 0
        for index in content.indices {
            let byte = content[index]
            let isLast = index == content.endIndex - 1
            let isLiteral =
                switch byte {
                case 0x20, 0x09: !isLast
                case 0x21...0x3c, 0x3e...0x7e: !(beginsLikeMailbox && index == content.startIndex)
                default: false
                }
            let width = isLiteral ? 1 : 3
            // 75 and the soft break's own character make 76.
            if column + width > (isLast ? 76 : 75) {
                bytes.append(0x3d)
                endLine()
                column = 0
            }
            if isLiteral {
                bytes.append(byte)
            } else {
                bytes.append(0x3d)
                bytes.append(hexadecimal[Int(byte >> 4)])
                bytes.append(hexadecimal[Int(byte & 15)])
            }
            column += width
        }
        endLine()
    }

    /// The lines of a text whatever ends them, without the empty one after a final line end.
    private static func lines(_ text: String) -> [ArraySlice<UInt8>] {
        let content = Array(text.utf8)
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        var index = 0
        while index < content.count {
            if content[index] == 0x0d || content[index] == 0x0a {
                lines.append(content[start..<index])
                let isPair = content[index] == 0x0d && index + 1 < content.count && content[index + 1] == 0x0a
                index += isPair ? 2 : 1
                start = index
            } else {
                index += 1
            }
        }
        if start < content.count { lines.append(content[start...]) }
        return lines
    }

    /// Printable ASCII of at most 76 characters that no program changes on the way and that is no boundary.
    private static func isPlain(_ line: ArraySlice<UInt8>) -> Bool {
        line.count <= 76 && line.last != 0x20 && !line.starts(with: Array("From ".utf8))
            && !line.starts(with: Array("--=_".utf8)) && line.allSatisfy { (0x20...0x7e).contains($0) }
    }

    private static func isMostlyForeign(_ text: String) -> Bool {
        var foreign = 0
        var all = 0
        for byte in text.utf8 {
            all += 1
            if byte >= 0x80 { foreign += 1 }
        }
        return foreign * 3 > all
    }
}
