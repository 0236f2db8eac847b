// SPDX-License-Identifier: Apache-2.0

import NIOCore
package import WardKernel

/// One message on its way to one server: an envelope and the bytes.
package struct SMTPTransaction: Sendable {
    /// Where bounces go; nil: the empty reverse path `<>` of notices about mail.
    package var returnPath: EmailAddress?
    /// At most 100 (RFC 5321 section 4.5.3.1.8); never empty.
    package var recipients: [EmailAddress]
    package var message: SMTPMessage
    package var onward: OnwardTLS
    /// What the receiving side is asked to report (RFC 3461), where it offers DSN; nil: nothing is asked.
    package var notification: SMTPNotification?

    package init(
        returnPath: EmailAddress?,
        recipients: [EmailAddress],
        message: SMTPMessage,
        onward: OnwardTLS = .unasked,
        notification: SMTPNotification? = nil
    ) {
        self.returnPath = returnPath
        self.recipients = recipients
        self.message = message
        self.onward = onward
        self.notification = notification
    }

    /// RFC 6531: an address or a header field has letters beyond ASCII.
    var needsInternationalAddresses: Bool {
        message.hasEightBitHeader || !recipients.allSatisfy(\.isASCII) || returnPath?.isASCII == false
    }
}

/// Whether the server is to promise that it passes the message on over verified TLS alone (REQUIRETLS, RFC 8689).
package enum OnwardTLS: Sendable, Hashable {
    case unasked
    /// Asked for where it is offered.
    case whereOffered
    /// A server that does not offer it gets nothing.
    case required
}

/// Message bytes that are safe on the wire: made once, sent any number of times.
package struct SMTPMessage: Sendable, Hashable {
    /// As the receiver will read it, before dot-stuffing.
    package let size: Int
    let hasEightBitOctets: Bool
    /// Its header has letters beyond ASCII (RFC 6532).
    let hasEightBitHeader: Bool
    /// Dot-stuffed, ending with CRLF, without the final dot.
    let wire: ByteBuffer
    /// For BDAT: ending with CRLF, dots as they are; shares its octets with `wire` when none was stuffed.
    let plain: ByteBuffer

    /// Checks that `bytes` (RFC 5322) holds no CR or LF alone, no NUL, and no line over 998 octets, ends it with CRLF, and
    /// stuffs dots (RFC 5321 section 4.5.2).
    package init(_ bytes: [UInt8]) throws(SMTPMessageError) {
        var scan = MessageScan()
        let result = try scan.prepare(bytes)
        wire = ByteBuffer(bytes: result.wire)
        plain = result.plain.map { ByteBuffer(bytes: $0) } ?? wire
        size = result.size
        hasEightBitOctets = result.hasEightBitOctets
        hasEightBitHeader = result.hasEightBitHeader
    }
}

/// Why bytes are no message that SMTP can carry. `line` counts from 1.
package enum SMTPMessageError: Error, Hashable, CustomStringConvertible {
    case empty
    case bareCarriageReturn(line: Int)
    case bareLineFeed(line: Int)
    case nul(line: Int)
    case lineTooLong(line: Int)

    package var description: String {
        switch self {
        case .empty: "The message has no bytes."
        case .bareCarriageReturn(let line): "Line \(line) of the message holds a CR without LF. Compose it again."
        case .bareLineFeed(let line): "Line \(line) of the message ends with LF without CR. Compose it again."
        case .nul(let line): "Line \(line) of the message holds a NUL. Compose it again."
        case .lineTooLong(let line): "Line \(line) of the message has more than 998 octets. Compose it again."
        }
    }
}

extension EmailAddress {
    fileprivate var isASCII: Bool { mailbox.utf8.allSatisfy { $0 < 0x80 } }
}
