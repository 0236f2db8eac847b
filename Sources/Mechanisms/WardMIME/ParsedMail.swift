// SPDX-License-Identifier: Apache-2.0

/// A message as it was read: enough for our own messages and for replies in an inbox.
package struct ParsedMail: Sendable, Hashable {
    /// In order, unfolded, encoded words as they came.
    package let headers: [MailHeaderField]
    package let body: MailPart

    /// The first header of this name with its encoded words decoded.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }.map { EncodedWordReader.decode($0.value) }
    }

    package func count(of name: String) -> Int {
        headers.reduce(0) { $0 + ($1.name.lowercased() == name.lowercased() ? 1 : 0) }
    }

    package var subject: String { header("Subject") ?? "" }

    /// The first text/plain part that is no attachment, with LF line ends.
    package var text: String? { body.first("text/plain")?.text }
    package var html: String? { body.first("text/html")?.text }
    package var attachments: [MailPart] { body.leaves.filter(\.isAttachment) }
}

/// One part of a message; a whole one-part message is one, too.
package struct MailPart: Sendable, Hashable {
    /// Lower case, such as `text/plain`; what cannot be read is `application/octet-stream`.
    package let mediaType: String
    package let charset: String?
    package let isAttachment: Bool
    package let fileName: String?
    /// Without angle brackets; how HTML beside it names it.
    package let contentIdentifier: String?
    /// Decoded from its transfer encoding; empty for a multipart.
    package let content: [UInt8]
    /// The parts of a multipart.
    package let parts: [MailPart]
    /// Its header as it stands; of a whole message, the message's.
    package let fields: [MailHeaderField]
    /// A multipart's text before its first part and behind its last, which programs do not show.
    package let surroundings: [UInt8]

    /// As UTF-8 (or ISO 8859-1 where declared), with LF line ends.
    package var text: String {
        let isLatin = ["iso-8859-1", "latin1", "windows-1252"].contains(charset ?? "")
        let lines = withLineFeeds
        return isLatin
            ? String(String.UnicodeScalarView(lines.map { Unicode.Scalar($0) }))
            : String(decoding: lines, as: UTF8.self)
    }

    /// The content with LF for CRLF; a CR alone stays.
    private var withLineFeeds: [UInt8] {
        var lines: [UInt8] = []
        lines.reserveCapacity(content.count)
        for (index, octet) in content.enumerated() {
            if octet == 0x0d, index + 1 < content.count, content[index + 1] == 0x0a { continue }
            lines.append(octet)
        }
        return lines
    }

    package var leaves: [MailPart] { mediaType.hasPrefix("multipart/") ? parts.flatMap(\.leaves) : [self] }

    fileprivate func first(_ type: String) -> MailPart? { leaves.first { $0.mediaType == type && !$0.isAttachment } }
}

extension ParsedMail {
    /// What a message may cost; beyond, it is refused.
    package struct Limits: Sendable {
        package var octets = 40_000_000
        package var headers = 500
        package var headerOctets = 100_000
        package var depth = 8
        package var parts = 200

        package init() {}
    }
}

/// Why bytes are not read as a message. Holds nothing of the message.
package enum MailParseError: Error, Hashable, CustomStringConvertible {
    case tooLarge
    case tooManyHeaders
    case nestedTooDeep
    case tooManyParts

    package var description: String {
        switch self {
        case .tooLarge: "The message is larger than is read here."
        case .tooManyHeaders: "The message has more headers than are read here."
        case .nestedTooDeep: "The parts of the message are nested deeper than is read here."
        case .tooManyParts: "The message has more parts than are read here."
        }
    }
}
