// SPDX-License-Identifier: Apache-2.0
//
// Replies: RFC 5321 section 4.2 (three digits, then a hyphen on every line but the last) and 4.5.3.1.5; enhanced status codes:
// RFC 2034. LF without CR is taken as the end of a line, since a server can gain nothing by it; everything else that is not a
// reply is an error. Memory is bounded whatever the server sends.

/// A reply as it came: the value that is kept, and its lines for EHLO.
struct SMTPReplyLines {
    var reply: SMTPReply
    /// The text of each line, without code.
    var lines: [String]
}

/// Why bytes are no reply.
enum SMTPReplyError: String, Error {
    case lineTooLong = "a reply line is over 2,048 octets"
    case tooManyLines = "a reply has over 128 lines"
    case nul = "a reply holds a NUL"
    case noCode = "a reply does not begin with a code from 200 to 599"
    case codesDiffer = "the lines of a reply have different codes"
}

/// Makes replies out of octets, one octet at a time.
struct SMTPReplyReader {
    static let longestLine = 2_048
    static let mostLines = 128
    static let longestText = 2_048

    private var line: [UInt8] = []
    private var lines: [String] = []
    private var code: Int?

    /// Takes one octet; the reply when it was the last of one.
    mutating func take(_ byte: UInt8) throws(SMTPReplyError) -> SMTPReplyLines? {
        switch byte {
        case 0x0a: return try endLine()
        case 0x00: throw .nul
        default:
            guard line.count < Self.longestLine else { throw .lineTooLong }
            line.append(byte)
            return nil
        }
    }

    /// Forgets an unfinished reply.
    mutating func reset() {
        line.removeAll(keepingCapacity: true)
        lines = []
        code = nil
    }

    private mutating func endLine() throws(SMTPReplyError) -> SMTPReplyLines? {
        if line.last == 0x0d { line.removeLast() }
        guard let lineCode = Self.code(line) else { throw .noCode }
        if let code, code != lineCode { throw .codesDiffer }
        guard lines.count < Self.mostLines else { throw .tooManyLines }
        let isLast = line.count == 3 || line[3] == UInt8(ascii: " ")
        lines.append(Self.text(line.dropFirst(4)))
        code = lineCode
        line.removeAll(keepingCapacity: true)
        guard isLast else { return nil }
        defer { reset() }
        return SMTPReplyLines(reply: Self.reply(lineCode, lines), lines: lines)
    }

    private static func code(_ line: [UInt8]) -> Int? {
        guard line.count >= 3, line[0...2].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard line.count == 3 || line[3] == UInt8(ascii: " ") || line[3] == UInt8(ascii: "-") else { return nil }
        let code = line[0...2].reduce(0) { $0 * 10 + Int($1 - 0x30) }
        return (200...599).contains(code) ? code : nil
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.filter { $0 >= 0x20 && $0 != 0x7f }, as: UTF8.self)
    }

    private static func reply(_ code: Int, _ lines: [String]) -> SMTPReply {
        let text = String(lines.joined(separator: " ").prefix(longestText))
        return SMTPReply(code: code, enhanced: enhanced(lines.first ?? "", code: code), text: text)
    }

    /// `5.1.1 …`, when its class is that of the code: the code wins over an enhanced code that contradicts it.
    private static func enhanced(_ text: String, code: Int) -> EnhancedStatus? {
        let numbers = text.prefix { $0 != " " }.split(separator: ".", omittingEmptySubsequences: false)
        guard numbers.count == 3, numbers.allSatisfy({ (1...3).contains($0.utf8.count) }) else { return nil }
        let values = numbers.compactMap { Int($0) }
        guard values.count == 3, values[0] == code / 100 else { return nil }
        return EnhancedStatus(values[0], values[1], values[2])
    }
}
