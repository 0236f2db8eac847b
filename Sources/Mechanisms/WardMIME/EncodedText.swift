// SPDX-License-Identifier: Apache-2.0
//
// Transfer encodings of text: RFC 2045 sections 2.7 (7bit) and 6.7 (quoted-printable). A message of a campaign is mostly
// text, and each is encoded once: everything here is a loop over octets into room that was taken before.

/// The octets of a text part with CRLF at each line's end, in the encoding that suits them.
enum EncodedText {
    /// Plain ASCII in short lines.
    case asItIs([UInt8])
    case quoted([UInt8])
    /// More than a third would have to be quoted: the octets to be put into base64.
    case foreign([UInt8])

    /// The value of Content-Transfer-Encoding.
    var name: String {
        switch self {
        case .asItIs: "7bit"
        case .quoted: "quoted-printable"
        case .foreign: "base64"
        }
    }

    init(_ text: UnsafeBufferPointer<UInt8>) {
        var isPlain = true
        var (lines, foreign) = (0, 0)
        Self.forEachLine(of: text) { line in
            lines += 1
            isPlain = isPlain && Self.isPlain(line)
        }
        for octet in text where octet >= 0x80 { foreign += 1 }
        let isAsItIs = isPlain || foreign * 3 > text.count
        // A line's end takes two octets, a quoted octet three, and each soft break three.
        let room = isAsItIs ? text.count : text.count * 3 + text.count * 3 / 73 * 3
        let octets = [UInt8](unsafeUninitializedCapacity: room + lines * 5 + 2) { buffer, count in
            var output = Output(buffer)
            Self.forEachLine(of: text) { line in
                if isAsItIs { output.append(line) } else { output.quote(line) }
                output.endLine()
            }
            count = output.count
        }
        self = isPlain ? .asItIs(octets) : isAsItIs ? .foreign(octets) : .quoted(octets)
    }

    /// The lines whatever ends them, without the empty one after a final line end.
    private static func forEachLine(
        of text: UnsafeBufferPointer<UInt8>,
        _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) {
        var (start, position) = (0, 0)
        while position < text.count {
            let octet = text[position]
            guard octet == 0x0d || octet == 0x0a else {
                position += 1
                continue
            }
            body(UnsafeBufferPointer(rebasing: text[start..<position]))
            position += octet == 0x0d && position + 1 < text.count && text[position + 1] == 0x0a ? 2 : 1
            start = position
        }
        if start < text.count { body(UnsafeBufferPointer(rebasing: text[start...])) }
    }

    private static let from = Array("From ".utf8)
    private static let boundary = Array("--=_".utf8)

    /// Printable ASCII of at most 76 characters that no program changes on the way and that is no boundary.
    private static func isPlain(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        guard line.count <= 76, line.last != 0x20 else { return false }
        for octet in line where octet &- 0x20 > 0x5e { return false }
        return !line.starts(with: from) && !line.starts(with: boundary)
    }

    /// Octets written one after another into room that is enough.
    private struct Output {
        private let buffer: UnsafeMutableBufferPointer<UInt8>
        private(set) var count = 0
        private static let hexadecimal = Array("0123456789ABCDEF".utf8)

        init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

        private mutating func append(_ octet: UInt8) {
            buffer.initializeElement(at: count, to: octet)
            count += 1
        }

        mutating func append(_ octets: UnsafeBufferPointer<UInt8>) {
            _ = UnsafeMutableBufferPointer(rebasing: buffer[count...]).initialize(from: octets)
            count += octets.count
        }

        mutating func endLine() {
            append(0x0d)
            append(0x0a)
        }

        mutating func quote(_ line: UnsafeBufferPointer<UInt8>) {
            let beginsLikeMailbox = line.starts(with: EncodedText.from)
            var column = 0
            let last = line.count - 1
            for position in 0..<line.count {
                let octet = line[position]
                var isLiteral = octet &- 0x21 < 0x5e && octet != 0x3d
                if position == last || position == 0 {
                    if octet == 0x20 || octet == 0x09 { isLiteral = position != last }
                    if position == 0, beginsLikeMailbox { isLiteral = false }
                } else {
                    isLiteral = isLiteral || octet == 0x20 || octet == 0x09
                }
                let width = isLiteral ? 1 : 3
                // 75 and the soft break's own character make 76.
                if column + width > (position == last ? 76 : 75) {
                    append(0x3d)
                    endLine()
                    column = 0
                }
                if isLiteral {
                    append(octet)
                } else {
                    append(0x3d)
                    append(Self.hexadecimal[Int(octet >> 4)])
                    append(Self.hexadecimal[Int(octet & 15)])
                }
                column += width
            }
        }
    }
}
