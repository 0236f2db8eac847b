// SPDX-License-Identifier: Apache-2.0
//
// Reads RFC 5322 and MIME (RFC 2045, 2046, 2231) with limits on size, headers, depth and parts. It takes CRLF and LF, and reads what
// it does not understand as plain bytes: it never guesses at a repair.

extension ParsedMail {
    package static func parse(_ bytes: [UInt8], limits: Limits = Limits()) throws(MailParseError) -> ParsedMail {
        var parser = MailParser(limits: limits)
        return try parser.message(bytes[...])
    }
}

private struct MailParser {
    let limits: ParsedMail.Limits
    var parts = 0

    mutating func message(_ bytes: ArraySlice<UInt8>) throws(MailParseError) -> ParsedMail {
        guard bytes.count <= limits.octets else { throw .tooLarge }
        let (headers, body) = try split(bytes)
        return ParsedMail(headers: headers, body: try part(headers, body, depth: 0))
    }

    private mutating func part(
        _ headers: [MailHeaderField],
        _ body: ArraySlice<UInt8>,
        depth: Int
    ) throws(MailParseError) -> MailPart {
        parts += 1
        if parts > limits.parts { throw .tooManyParts }
        if depth > limits.depth { throw .nestedTooDeep }
        func value(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
        let type = HeaderParameters(value("content-type") ?? "text/plain; charset=us-ascii")
        let disposition = HeaderParameters(value("content-disposition") ?? "")
        let isMultipart = type.value.hasPrefix("multipart/")
        var children: [MailPart] = []
        var surroundings = isMultipart ? Array(body) : []
        if isMultipart, let boundary = type["boundary"], !boundary.isEmpty {
            let sections = try sections(body, boundary)
            for section in sections {
                let (childHeaders, childBody) = try split(section)
                children.append(try part(childHeaders, childBody, depth: depth + 1))
            }
            if let first = sections.first, let last = sections.last {
                surroundings = Array(body[..<first.startIndex] + body[last.endIndex...])
            }
        }
        return MailPart(
            mediaType: type.value.contains("/") ? type.value : "application/octet-stream",
            charset: type["charset"]?.lowercased(),
            isAttachment: disposition.value == "attachment",
            fileName: disposition["filename"] ?? type["name"],
            contentIdentifier: value("content-id").map { String($0.filter { !"<> \t".contains($0) }) },
            content: isMultipart
                ? [] : TransferEncoding.decode(body, value("content-transfer-encoding")?.lowercased() ?? "7bit"),
            parts: children,
            fields: headers,
            surroundings: surroundings
        )
    }

    /// Headers and what follows the empty line. A folded value is collected in place: adding line to line by copies would
    /// cost the square of its length.
    private func split(_ bytes: ArraySlice<UInt8>) throws(MailParseError) -> ([MailHeaderField], ArraySlice<UInt8>) {
        var names: [String] = []
        var values: [String] = []
        var rest = bytes
        var octets = 0
        while !rest.isEmpty {
            let (line, after) = Self.line(rest)
            rest = after
            if line.isEmpty { break }
            octets += line.count
            guard octets <= limits.headerOctets, names.count <= limits.headers else { throw .tooManyHeaders }
            let text = String(decoding: line, as: UTF8.self)
            if let first = line.first, first == 0x20 || first == 0x09 {
                guard !values.isEmpty else { continue }
                values[values.count - 1] += text
            } else if let colon = text.firstIndex(of: ":") {
                let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
                names.append(String(text[..<colon]))
                values.append(String(value))
            }
        }
        return (zip(names, values).map { MailHeaderField($0, $1) }, rest)
    }

    /// What stands between the delimiter lines; the preamble and the epilogue are left out.
    private func sections(
        _ body: ArraySlice<UInt8>,
        _ boundary: String
    ) throws(MailParseError) -> [ArraySlice<UInt8>] {
        let delimiter = Array("--\(boundary)".utf8)
        var sections: [ArraySlice<UInt8>] = []
        var start: Int?
        var rest = body
        while !rest.isEmpty {
            let lineStart = rest.startIndex
            let (line, after) = Self.line(rest)
            rest = after
            guard line.starts(with: delimiter) else { continue }
            let tail = line.dropFirst(delimiter.count).filter { $0 != 0x20 && $0 != 0x09 }
            guard tail.isEmpty || tail == [0x2d, 0x2d] else { continue }
            if let start { sections.append(Self.withoutLineEnd(body[start..<max(start, lineStart)])) }
            if sections.count > limits.parts { throw .tooManyParts }
            start = tail.isEmpty ? after.startIndex : nil
            if start == nil { return sections }
        }
        if let start { sections.append(body[start...]) }
        return sections
    }

    /// The first line without its end, and what follows.
    static func line(_ bytes: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, ArraySlice<UInt8>) {
        guard let end = bytes.firstIndex(of: 0x0a) else { return (bytes, []) }
        let line = bytes[..<end]
        return (line.last == 0x0d ? line.dropLast() : line, bytes[(end + 1)...])
    }

    private static func withoutLineEnd(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let shorter = bytes.last == 0x0a ? bytes.dropLast() : bytes
        return shorter.last == 0x0d ? shorter.dropLast() : shorter
    }
}
