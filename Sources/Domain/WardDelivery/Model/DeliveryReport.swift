// SPDX-License-Identifier: Apache-2.0

package import WardConsent
package import WardKernel

/// Where a message to one recipient stands.
package enum DeliveryStanding: String, CaseIterable, Sendable, Codable, Hashable {
    case queued
    /// An attempt is under way.
    case attempting
    /// It may have been sent: the other side's final reply never came, or Ward died before it was kept.
    case inDoubt = "in_doubt"
    /// In the portal; the notice is on its way.
    case noticing
    /// Their server took it (250). Whether it was read, nobody knows.
    case delivered
    /// In the portal, and the notice was delivered.
    case waitingInPortal = "waiting_in_portal"
    case openedInPortal = "opened_in_portal"
    /// Their server refused it for good.
    case refused
    /// No attempt succeeded before the time was over.
    case expired
    /// The gate refused.
    case notSent = "not_sent"
    /// Waiting for a time or a person.
    case held
    case cancelled
    /// An attempt in doubt that is not repeated: at most once, or it was repeated and that was in doubt too.
    case unknown

    /// Whether nothing more happens by itself, ever (a message in the portal may still be opened).
    package var isFinal: Bool {
        switch self {
        case .delivered, .waitingInPortal, .openedInPortal, .refused, .expired, .notSent, .cancelled, .unknown: true
        case .queued, .attempting, .inDoubt, .noticing, .held: false
        }
    }

    /// The standing in words, for reports.
    package var title: String {
        switch self {
        case .queued: "Queued"
        case .attempting: "Being sent"
        case .inDoubt: "In doubt"
        case .noticing: "In the portal, notice on its way"
        case .delivered: "Delivered"
        case .waitingInPortal: "Waiting in the portal"
        case .openedInPortal: "Opened in the portal"
        case .refused: "Refused by their server"
        case .expired: "Expired"
        case .notSent: "Not sent"
        case .held: "Held"
        case .cancelled: "Cancelled"
        case .unknown: "Unknown, not sent again"
        }
    }
}

/// How many messages of a campaign stand where, with the reason.
package struct DeliveryCount: Sendable, Hashable {
    package let standing: DeliveryStanding
    /// `RefusalReason` or `HoldReason` for not sent and held, the class of the reply for refused; nil where there is none.
    package let reason: String?
    package let method: SendMethod?
    package let count: Int

    package init(standing: DeliveryStanding, reason: String?, method: SendMethod?, count: Int) {
        self.standing = standing
        self.reason = reason
        self.method = method
        self.count = count
    }

    /// The reason in words, nil where there is none.
    package var sentence: String? {
        guard let reason else { return nil }
        return RefusalReason(rawValue: reason)?.sentence ?? HoldReason(rawValue: reason)?.sentence
            ?? ServerRefusal(rawValue: reason)?.sentence
    }
}

/// All the counts of a campaign.
package struct DeliveryCounts: Sendable, Hashable {
    package let rows: [DeliveryCount]
    /// Attempts that were in doubt, whatever became of the message later.
    package let attemptsInDoubt: Int

    package init(rows: [DeliveryCount], attemptsInDoubt: Int) {
        self.rows = rows
        self.attemptsInDoubt = attemptsInDoubt
    }

    package var total: Int { rows.reduce(0) { $0 + $1.count } }
    package func count(_ standing: DeliveryStanding) -> Int {
        rows.reduce(0) { $0 + ($1.standing == standing ? $1.count : 0) }
    }
    /// Messages on which something still happens by itself.
    package var pending: Int { rows.reduce(0) { $0 + ($1.standing.isFinal || $1.standing == .held ? 0 : $1.count) } }
}

/// Why another server refused for good.
package enum ServerRefusal: String, CaseIterable, Sendable, Codable, Hashable {
    /// There is no such mailbox (5.1.1, 5.1.6); a server that proved its name has the address suppressed from now on.
    case unknownUser = "unknown_user"
    /// The domain takes no mail (null MX) or does not exist.
    case noSuchDomain = "no_such_domain"
    /// The mailbox is closed or full for good.
    case mailboxUnavailable = "mailbox_unavailable"
    /// Refused by the other side's policy.
    case policy
    /// Too large for the other side.
    case tooLarge = "too_large"
    /// The mailbox was full for as long as their server tried.
    case mailboxFull = "mailbox_full"
    /// We, or the content, are on somebody's list.
    case blocked
    /// Their server tried as long as it tries, and gave up.
    case notInTime = "not_in_time"
    /// Any other permanent refusal.
    case other

    /// The refusal in words.
    package var sentence: String {
        switch self {
        case .unknownUser: "Their server knows no such mailbox."
        case .noSuchDomain: "The domain takes no mail."
        case .mailboxUnavailable: "The mailbox is closed."
        case .policy: "Their server refused it by its policy."
        case .tooLarge: "The message is too large for their server."
        case .mailboxFull: "The mailbox is full."
        case .blocked: "Their server has blocked the sender or the content."
        case .notInTime: "Their server could not deliver it in the time it takes."
        case .other: "Their server refused it."
        }
    }
}

/// One recipient in the list behind a number.
package struct DeliverySummary: Sendable, Hashable {
    package let id: MessageID
    package let recipient: MessageRecipient
    package let standing: DeliveryStanding
    package let reason: String?
    package let method: SendMethod?
    package let changedAt: Timestamp
}

/// One attempt with its evidence.
package struct AttemptSummary: Sendable, Hashable {
    package let number: Int
    package let beganAt: Timestamp
    package let endedAt: Timestamp?
    /// A safe word, such as `accepted`, `temporary_failure`, `in_doubt`.
    package let outcome: String
    package let evidence: AttemptEvidence?
}

/// What is known about how one attempt went. Holds host names, so it is sealed at rest.
package struct AttemptEvidence: Sendable, Hashable, Codable {
    /// The server that was spoken to.
    package var host: String?
    package var method: SendMethod
    /// Such as `TLSv1.3`; nil without TLS.
    package var tlsVersion: String?
    package var cipher: String?
    /// Such as `verified for mx.example`, or what was wrong with it.
    package var certificate: String?
    /// Whether the server proved its name, so that its replies are its own; nil in evidence from before this was kept.
    package var isNameProved: Bool?
    /// The reply's code (RFC 5321) and enhanced code (RFC 3463), never its text.
    package var replyCode: Int?
    package var enhancedCode: String?
    /// Where the server's name comes from, where that proves less than the certificate seems to say: who can forge the
    /// domain's DNS answers can name a server of their own, with a good certificate.
    package var hostNameFrom: String?
    /// What the domain's policies said and what the server proved; nil by a route, and in evidence from before this was kept.
    package var posture: DestinationPosture?
    /// Whether the server promised to pass the message on over TLS alone (REQUIRETLS, RFC 8689).
    package var asksTLSOnward: Bool?
    /// What the proof ends at, when mail went by a route.
    package var route: String?
    /// The fingerprint of the certificate or key that the message was encrypted to.
    package var keyFingerprint: String?
    /// The fingerprint of the organization's own certificate or key that signed the message.
    package var signerFingerprint: String?
    /// The sessions of the attempt that are to be counted; not kept with it.
    var sessions: [TLSSession] = []

    private enum CodingKeys: CodingKey {
        case host, method, tlsVersion, cipher, certificate, isNameProved, replyCode, enhancedCode, hostNameFrom, posture
        case asksTLSOnward, route, keyFingerprint, signerFingerprint
    }

    package init(method: SendMethod) { self.method = method }
}

/// Everything about one message to one person.
package struct DeliveryExplanation: Sendable {
    package let summary: DeliverySummary
    package let messageClass: String
    package let sensitivity: Sensitivity
    /// What it would have been, had its sender not lowered it; nil for most.
    package let loweredFrom: Sensitivity?
    /// The sender's words for it; nil for who may not read messages, since nobody knows what they say.
    package let loweringReason: Sensitive<String>?
    /// A person waits for it: it goes to the portal after an hour of attempts.
    package let isTimeCritical: Bool
    /// The request for one unencrypted answer that it is to answer.
    package let answersRequest: UnencryptedRequestID?
    /// In the order in which they were made: at queueing and before each attempt.
    package let decisions: [GateDecision]
    package let attempts: [AttemptSummary]
    /// The portal notice of this message, when there is one.
    package let notice: DeliverySummary?
    /// What came back by mail about it, oldest first.
    package let incoming: [IncomingSummary]
    /// What this version of the gate does not ask.
    package let notAsked: [String]
}
