// SPDX-License-Identifier: Apache-2.0

package import WardKernel

package enum IncomingMailTag {}
/// One mail that came in about messages of ours.
package typealias IncomingMailID = Identifier<IncomingMailTag>

/// What a mail that came in is.
package enum IncomingKind: String, CaseIterable, Sendable, Codable, Hashable {
    /// The message did not arrive.
    case bounce
    /// The other side is still trying.
    case delay
    /// The other side says that it arrived.
    case success
    case complaint
    case automaticReply = "automatic_reply"
    /// Mail to a return path or a feedback address that is none of these.
    case ordinary
    /// It cannot be read within the limits; it is kept as it came.
    case unreadable

    /// The kind in words.
    package var title: String {
        switch self {
        case .bounce: "Came back"
        case .delay: "Delayed"
        case .success: "Confirmed"
        case .complaint: "Complaint"
        case .automaticReply: "Automatic answer"
        case .ordinary: "Other mail"
        case .unreadable: "Cannot be read"
        }
    }
}

/// One mail that came in, without its content.
package struct IncomingSummary: Sendable, Hashable {
    package let id: IncomingMailID
    /// The message that it is about; nil where no token says so.
    package let message: MessageID?
    package let kind: IncomingKind
    /// `ServerRefusal` for what came back, the kind of a complaint; a fixed word.
    package let cause: String?
    /// The enhanced status code (RFC 3463).
    package let statusCode: String?
    package let octets: Int
    package let receivedAt: Timestamp
}

/// What came of a mail.
package enum IncomingOutcome: Sendable, Hashable {
    /// Kept for good, with its effects.
    case kept(IncomingKind)
    /// The very same mail was kept before; nothing was added.
    case alreadyKept
    /// No message has this return path: nothing was kept or changed.
    case unknownAddress
}
