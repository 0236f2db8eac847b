// SPDX-License-Identifier: Apache-2.0
//
// As much of MIME (RFC 2045, RFC 2046) as the protected forms need: one media type, its parameters, the parts of a multipart
// and base64. The octets of a part are given out as they stand, since signatures are over them.

import Foundation

/// A MIME entity: its media type and its body, taken apart on demand.
struct MIMEParts {
    /// `type/subtype` in lower case; `text/plain` where there is no Content-Type.
    let mediaType: String
    private let parameters: [String: String]
    private let isBase64: Bool
    private let octets: MessageOctets

    init(_ bytes: [UInt8]) throws(MailProtectionError) {
        octets = try MessageOctets.reading(bytes)
        let type = Self.value(of: "content-type", in: octets) ?? "text/plain"
        let pieces = Self.pieces(type)
        mediaType = pieces.first.map { $0.trimmingCharacters(in: .whitespaces).lowercased() } ?? "text/plain"
        parameters = pieces.dropFirst().reduce(into: [:]) { found, piece in
            let sides = piece.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            guard sides.count == 2 else { return }
            found[sides[0].lowercased()] = sides[1].trimmingCharacters(in: CharacterSet(charactersIn: "\""))
        }
        let encoding = Self.value(of: "content-transfer-encoding", in: octets) ?? "7bit"
        isBase64 = encoding.trimmingCharacters(in: .whitespaces).lowercased() == "base64"
    }

    /// A parameter of the media type.
    func parameter(_ name: String) -> String? { parameters[name] }

    /// The body, decoded where it is base64.
    func decodedBody() throws(MailProtectionError) -> [UInt8] {
        guard isBase64 else { return Array(octets.bodyOctets) }
        guard let decoded = Data(base64Encoded: Data(octets.bodyOctets), options: .ignoreUnknownCharacters) else {
            throw MailProtectionError(.malformed)
        }
        return Array(decoded)
    }

    /// The octets of each part, without the CRLF that belongs to the boundary behind it (RFC 2046 section 5.1.1). At most
    /// sixteen; throws `malformed` for more, for none, and where the end is missing.
    func parts() throws(MailProtectionError) -> [[UInt8]] {
        guard let boundary = parameter("boundary"), (1...70).contains(boundary.utf8.count) else {
            throw MailProtectionError(.malformed)
        }
        let mark = Array("--\(boundary)".utf8)
        let body = octets.body
        var parts: [[UInt8]] = []
        var start: Int?
        var line = body.lowerBound
        while line < body.upperBound {
            let end = octets.bytes[line..<body.upperBound].firstIndex(of: 0x0a).map { $0 + 1 } ?? body.upperBound
            if octets.bytes[line..<end].starts(with: mark) {
                if let start { parts.append(Array(octets.bytes[start..<max(start, line - 2)])) }
                let rest = octets.bytes[(line + mark.count)..<end]
                if rest.starts(with: Array("--".utf8)) {
                    guard (1...16).contains(parts.count) else { throw MailProtectionError(.malformed) }
                    return parts
                }
                start = end
            }
            line = end
        }
        throw MailProtectionError(.malformed)
    }

    private static func value(of name: String, in octets: MessageOctets) -> String? {
        octets.fields.first { $0.name == name }.map { field in
            String(decoding: octets.bytes[field.valueStart..<field.range.upperBound], as: UTF8.self)
                .replacingOccurrences(of: "\r\n", with: "")
        }
    }

    /// The pieces between semicolons that are not inside quotes.
    private static func pieces(_ text: String) -> [String] {
        var pieces = [""]
        var isQuoted = false
        for character in text {
            if character == "\"" { isQuoted.toggle() }
            if character == ";", !isQuoted {
                pieces.append("")
            } else {
                pieces[pieces.count - 1].append(character)
            }
        }
        return pieces
    }
}
