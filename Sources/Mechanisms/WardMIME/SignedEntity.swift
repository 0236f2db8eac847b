// SPDX-License-Identifier: Apache-2.0
//
// A signature in `multipart/signed` (RFC 1847) covers octets. Who carries such a message may therefore not write it anew; the
// content goes on as it came, below a header of the carrier's.

/// The content of a message that somebody signed.
package struct SignedEntity: Sendable, Hashable {
    /// The `Content-` fields, an empty line and the body, octet for octet.
    package let octets: [UInt8]
    /// What the signature covers, as parts.
    package let content: MailPart
    /// Everything in it that stands beside its parts' contents: their headers, and what programs do not show. Text, for
    /// whoever looks through what leaves.
    package let aside: String
    /// Whether the header of the signed part names recipients (RFC 9788), who would then read of each other.
    package let namesRecipients: Bool

    /// Why it cannot be carried.
    package enum Failure: Error, Hashable {
        /// It is no `multipart/signed` of two parts with a signature of S/MIME (RFC 8551) or OpenPGP (RFC 3156).
        case malformed
        /// Octets over 127, lines over 998 octets or ends of lines other than CRLF: a server on the way may change them, and
        /// the signature would not hold (RFC 3156 section 3, RFC 8551 section 3.1.1).
        case notSevenBit
        /// A text in an encoding or a character set that is not read here.
        case notReadable
    }

    private static let signatureTypes: Set<String> = [
        "application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature",
    ]
    private static let readableEncodings: Set<String> = ["7bit", "8bit", "binary", "quoted-printable", "base64"]
    private static let readableCharsets: Set<String?> = [
        nil, "us-ascii", "utf-8", "iso-8859-1", "latin1", "windows-1252",
    ]
    /// Octets of a signature with its certificates: more is something else.
    private static let longestSignature = 64_000

    /// Nil for every other message.
    package init?(of mail: ParsedMail, octets: [UInt8]) throws(Failure) {
        guard mail.body.mediaType == "multipart/signed" else { return nil }
        guard mail.count(of: "Content-Type") == 1, mail.body.parts.count == 2,
            Self.signatureTypes.contains(mail.body.parts[1].mediaType),
            mail.body.parts[1].content.count <= Self.longestSignature
        else { throw .malformed }
        content = mail.body.parts[0]
        for leaf in content.leaves where !Self.isReadable(leaf) { throw .notReadable }
        guard let carried = Self.carried(octets) else { throw .notSevenBit }
        self.octets = carried
        aside = Self.aside(mail.body, isWhole: true).joined(separator: "\n")
        namesRecipients = content.fields.contains { ["to", "cc", "bcc"].contains($0.name.lowercased()) }
    }

    private static func isReadable(_ leaf: MailPart) -> Bool {
        let encoding = leaf.fields.first { $0.name.lowercased() == "content-transfer-encoding" }?.value
        let name = encoding.map { $0.lowercased().filter { !$0.isWhitespace } } ?? "7bit"
        return readableEncodings.contains(name)
            && (!leaf.mediaType.hasPrefix("text/") || readableCharsets.contains(leaf.charset))
    }

    private static func aside(_ part: MailPart, isWhole: Bool = false) -> [String] {
        let fields = isWhole ? part.fields.filter { $0.name.lowercased().hasPrefix("content-") } : part.fields
        let own = fields.map { "\($0.name): \($0.value)" } + [String(decoding: part.surroundings, as: UTF8.self)]
        return part.parts.reduce(own) { $0 + aside($1) }
    }

    /// The octets without the fields that the carrier writes itself; nil when they would not arrive as they are.
    private static func carried(_ message: [UInt8]) -> [UInt8]? {
        var carried: [UInt8] = []
        carried.reserveCapacity(message.count)
        var start = message.startIndex
        var (isHeader, isKept) = (true, false)
        while start < message.endIndex {
            let end = message[start...].firstIndex(of: 0x0a).map { $0 + 1 } ?? message.endIndex
            let line = message[start..<end]
            guard isSevenBit(line, isLast: end == message.endIndex) else { return nil }
            if isHeader {
                isHeader = line.count > 2
                if let first = line.first, first != 0x20, first != 0x09 { isKept = isContentField(line) || !isHeader }
            }
            if isKept || !isHeader { carried += line }
            start = end
        }
        if !carried.suffix(2).elementsEqual([0x0d, 0x0a]) { carried += [0x0d, 0x0a] }
        return carried
    }

    private static func isContentField(_ line: ArraySlice<UInt8>) -> Bool {
        String(decoding: line.prefix(8), as: UTF8.self).lowercased() == "content-"
    }

    /// A line with its CRLF; the last may have none.
    private static func isSevenBit(_ line: ArraySlice<UInt8>, isLast: Bool) -> Bool {
        let text = line.suffix(2).elementsEqual([0x0d, 0x0a]) ? line.dropLast(2) : line
        return (text.count < line.count || isLast) && text.count <= 998
            && text.allSatisfy { $0 != 0 && $0 != 0x0d && $0 != 0x0a && $0 < 0x80 }
    }
}
