// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// One message before it is bytes. `encoded()` gives the same bytes for the same value, always (reliability.md B2).
package struct MailMessage: Sendable, Hashable {
    package var from: Mailbox
    /// At least one.
    package var to: [Mailbox]
    package var replyTo: Mailbox?
    package var subject: String
    /// Written in UTC, to the second.
    package var date: Timestamp
    /// `left@right` (RFC 5322 section 3.6.4) without angle brackets.
    package var messageIdentifier: String
    /// The stem of the multipart boundaries: 1 to 40 letters, digits or `-_.`; a random value never to be found in a text.
    package var boundary: String
    package var text: String
    /// The same for programs that show HTML; nil: text alone.
    package var html: String?
    package var attachments: [MailAttachment]
    /// What somebody signed, with its `Content-` fields: it stands in place of text, HTML and attachments, octet for octet.
    /// A text that is not empty stands before it. Of `SignedEntity`, which says what may be carried.
    package var entity: [UInt8]?
    /// Further headers such as `List-Unsubscribe`; those that this type writes itself are refused here.
    package var headers: [MailHeaderField]
    /// The message is a report (RFC 6522) of this type, such as `tlsrpt`, and its attachment the report; nil: it is none.
    package var reportType: String?

    package init(
        from: Mailbox,
        to: [Mailbox],
        replyTo: Mailbox? = nil,
        subject: String,
        date: Timestamp,
        messageIdentifier: String,
        boundary: String,
        text: String,
        html: String? = nil,
        attachments: [MailAttachment] = [],
        entity: [UInt8]? = nil,
        headers: [MailHeaderField] = [],
        reportType: String? = nil
    ) {
        self.from = from
        self.to = to
        self.replyTo = replyTo
        self.subject = subject
        self.date = date
        self.messageIdentifier = messageIdentifier
        self.boundary = boundary
        self.text = text
        self.html = html
        self.attachments = attachments
        self.entity = entity
        self.headers = headers
        self.reportType = reportType
    }
}

/// A name to show and an address.
package struct Mailbox: Sendable, Hashable {
    package var name: String
    package var address: EmailAddress

    package init(_ address: EmailAddress, name: String = "") {
        self.name = name
        self.address = address
    }
}

/// A file that comes with a message.
package struct MailAttachment: Sendable, Hashable {
    /// Any text; written as RFC 2231 where it is not plain ASCII. Path separators and control characters are refused.
    package var fileName: String
    /// `type/subtype`, such as `application/pdf`.
    package var mediaType: String
    package var content: [UInt8]
    /// `left@right` or another token, without angle brackets: the HTML names it (`cid:`, RFC 2392). Such a file is shown in
    /// the text where there is HTML.
    package var contentIdentifier: String?

    package init(fileName: String, mediaType: String, content: [UInt8], contentIdentifier: String? = nil) {
        self.fileName = fileName
        self.mediaType = mediaType
        self.content = content
        self.contentIdentifier = contentIdentifier
    }
}

/// One header field beyond those every message has.
package struct MailHeaderField: Sendable, Hashable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// `List-Unsubscribe` (RFC 2369) and, for one click, `List-Unsubscribe-Post` (RFC 8058). `url` must be https and hold
    /// only printable ASCII; `address` may take the request by mail as well.
    package static func unsubscribe(url: String, address: EmailAddress? = nil) -> [MailHeaderField] {
        let mail = address.map { ", <mailto:\($0.mailbox)?subject=unsubscribe>" } ?? ""
        return [
            MailHeaderField("List-Unsubscribe", "<\(url)>" + mail),
            MailHeaderField("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ]
    }
}

/// A message as bytes: CRLF line ends, no line over 998 octets, 7-bit.
package struct EncodedMessage: Sendable, Hashable {
    package let bytes: [UInt8]
    /// SHA-256 of `bytes`.
    package let digest: [UInt8]
}

/// Why a value cannot become a message. It names the place, never the value.
package enum MailMessageError: Error, Hashable, CustomStringConvertible {
    /// CR, LF, NUL, U+2028 or another control character in a header: somebody tries to add headers.
    case controlCharacter(in: String)
    /// A header name that is not of printable ASCII without colon, or one that the message writes itself.
    case headerNotAllowed(String)
    case noRecipient
    case malformedMessageIdentifier
    case malformedBoundary
    case malformedMediaType
    case malformedFileName
    case malformedContentIdentifier
    case headerTooLong(String)
    case malformedUnsubscribe

    package var description: String {
        switch self {
        case .controlCharacter(let place): "\(place) holds a line break or another control character. Remove it."
        case .headerNotAllowed(let name): "The header \(name) cannot be set here."
        case .noRecipient: "The message has no recipient."
        case .malformedMessageIdentifier: "The message identifier is not of the form left@right."
        case .malformedBoundary: "The boundary must be 1 to 40 letters, digits, hyphens, underscores or dots."
        case .malformedMediaType: "The media type of an attachment is not of the form type/subtype."
        case .malformedFileName:
            "The file name of an attachment is empty, too long or holds a path or a control character."
        case .malformedContentIdentifier: "The identifier of a picture in the text is no token."
        case .headerTooLong(let name): "\(name) is too long: a header may have 8,000 octets."
        case .malformedUnsubscribe: "The unsubscribe address must be an https address of printable ASCII characters."
        }
    }
}
