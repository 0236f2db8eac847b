// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A message as the mail world's page shows it: enough of MIME (RFC 2045, 2046, 2047) for the messages that Ward builds.
struct InboxMessage: Sendable {
    let subject: String
    let from: String
    /// The plain text part.
    let text: String
    /// Header lines in order, unfolded.
    let headers: [(name: String, value: String)]

    init(_ bytes: [UInt8]) {
        let (headers, body) = Self.split(String(decoding: bytes, as: UTF8.self))
        self.headers = headers
        subject = Self.decodeWords(Self.value("subject", headers))
        from = Self.decodeWords(Self.value("from", headers))
        text = Self.plainText(headers, body, depth: 0) ?? body
    }

    private static func split(_ text: String) -> (headers: [(name: String, value: String)], body: String) {
        let text = text.replacingOccurrences(of: "\r\n", with: "\n")
        guard let gap = text.range(of: "\n\n") else { return ([], text) }
        var headers: [(name: String, value: String)] = []
        for line in text[..<gap.lowerBound].split(separator: "\n") {
            if line.first == " " || line.first == "\t", var last = headers.popLast() {
                last.value += " " + line.drop { $0 == " " || $0 == "\t" }
                headers.append(last)
            } else if let colon = line.firstIndex(of: ":") {
                let value = line[line.index(after: colon)...].drop { $0 == " " }
                headers.append((String(line[..<colon]), String(value)))
            }
        }
        return (headers, String(text[gap.upperBound...]))
    }

    private static func value(_ name: String, _ headers: [(name: String, value: String)]) -> String {
        headers.first { $0.name.lowercased() == name }?.value ?? ""
    }

    private static func plainText(_ headers: [(name: String, value: String)], _ body: String, depth: Int) -> String? {
        let type = value("content-type", headers)
        if type.lowercased().hasPrefix("multipart/"), depth < 4, let boundary = parameter("boundary", of: type) {
            let parts = body.components(separatedBy: "--" + boundary).dropFirst()
            for part in parts where !part.hasPrefix("--") {
                let (inner, content) = split(String(part.drop { $0 == "\n" }))
                if let text = plainText(inner, content, depth: depth + 1) { return text }
            }
            return nil
        }
        guard type.isEmpty || type.lowercased().hasPrefix("text/plain") else { return nil }
        switch value("content-transfer-encoding", headers).lowercased() {
        case "quoted-printable": return quotedPrintable(body)
        case "base64":
            let joined = body.filter { !$0.isWhitespace }
            return Data(base64Encoded: joined).map { String(decoding: $0, as: UTF8.self) }
        default: return body
        }
    }

    private static func parameter(_ name: String, of header: String) -> String? {
        guard let found = header.range(of: name + "=", options: .caseInsensitive) else { return nil }
        let rest = header[found.upperBound...]
        if rest.first == "\"" { return String(rest.dropFirst().prefix { $0 != "\"" }) }
        return String(rest.prefix { $0 != ";" && $0 != " " })
    }

    private static func quotedPrintable(_ text: String, underscoreIsSpace: Bool = false) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.replacingOccurrences(of: "=\n", with: "").utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "="), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(underscoreIsSpace && byte == UInt8(ascii: "_") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Encoded words of RFC 2047, in UTF-8.
    private static func decodeWords(_ text: String) -> String {
        let word = /=\?[Uu][Tt][Ff]-8\?([BbQq])\?([^?]*)\?=\s*/
        return text.replacing(word) { match in
            if match.output.1.lowercased() == "b" {
                return Data(base64Encoded: String(match.output.2)).map { String(decoding: $0, as: UTF8.self) } ?? ""
            }
            return quotedPrintable(String(match.output.2), underscoreIsSpace: true)
        }
    }
}
