// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WardMIME

/// Text in its transfer encoding. The octets are under the digests of messages that wait: they may not change.
@Suite struct EncodedTextTests {
    /// How text was encoded when the first messages were digested: slowly, and the measure of every later way.
    private static func first(_ text: String) -> (name: String, octets: [UInt8]) {
        let lines = lines(Array(text.utf8))
        let isPlain = lines.allSatisfy { line in
            line.count <= 76 && line.last != 0x20 && !line.starts(with: "From ".utf8) && !line.starts(with: "--=_".utf8)
                && line.allSatisfy { (0x20...0x7e).contains($0) }
        }
        if isPlain { return ("7bit", lines.flatMap { $0 + [0x0d, 0x0a] }) }
        if text.utf8.filter({ $0 >= 0x80 }).count * 3 > text.utf8.count {
            return ("base64", Array(lines.joined(separator: [0x0d, 0x0a])) + [0x0d, 0x0a])
        }
        return ("quoted-printable", lines.flatMap(quoted))
    }

    private static func lines(_ content: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var (start, index) = (0, 0)
        while index < content.count {
            if content[index] == 0x0d || content[index] == 0x0a {
                lines.append(Array(content[start..<index]))
                let isPair = content[index] == 0x0d && index + 1 < content.count && content[index + 1] == 0x0a
                index += isPair ? 2 : 1
                start = index
            } else {
                index += 1
            }
        }
        if start < content.count { lines.append(Array(content[start...])) }
        return lines
    }

    private static func quoted(_ content: [UInt8]) -> [UInt8] {
        let hexadecimal = Array("0123456789ABCDEF".utf8)
        let beginsLikeMailbox = content.starts(with: "From ".utf8)
        var result: [UInt8] = []
        var column = 0
        for (index, byte) in content.enumerated() {
            let isLast = index == content.count - 1
            let isLiteral =
                switch byte {
                case 0x20, 0x09: !isLast
                case 0x21...0x3c, 0x3e...0x7e: !(beginsLikeMailbox && index == 0)
                default: false
                }
            if column + (isLiteral ? 1 : 3) > (isLast ? 76 : 75) {
                result += [0x3d, 0x0d, 0x0a]
                column = 0
            }
            result += isLiteral ? [byte] : [0x3d, hexadecimal[Int(byte >> 4)], hexadecimal[Int(byte & 15)]]
            column += isLiteral ? 1 : 3
        }
        return result + [0x0d, 0x0a]
    }

    private func encoded(_ text: String) -> (name: String, octets: [UInt8]) {
        var text = text
        let encoded = text.withUTF8 { EncodedText($0) }
        switch encoded {
        case .asItIs(let octets), .quoted(let octets), .foreign(let octets): return (encoded.name, octets)
        }
    }

    @Test func `text is encoded byte for byte as it always was`() {
        var generator = SystemRandomNumberGenerator()
        let parts = [
            "a", "word ", "=", " ", "\t", "é", "漢字", "\n", "\r\n", "\r", "From ", "--=_", "\u{0}", "~",
            String(repeating: "x", count: 73), String(repeating: "=", count: 26), String(repeating: "ü ", count: 40),
        ]
        for number in 0..<4_000 {
            let text = (0..<(number % 17)).map { _ in parts.randomElement(using: &generator) ?? "" }.joined()
            let (made, first) = (encoded(text), Self.first(text))
            #expect(made.name == first.name && made.octets == first.octets, "\(Array(text.utf8))")
        }
    }

    @Test(arguments: ["", "\n", " ", "From here", " From", "=", "\t", "a\t", "a ", "--=_1", "\n\n", "a\r", "é"])
    func `short texts are encoded as they always were`(text: String) {
        let (made, first) = (encoded(text), Self.first(text))
        #expect(made.name == first.name && made.octets == first.octets)
    }
}
