// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// A part of the queue that staff looks at.
package enum QueuePart: String, CaseIterable, Sendable, Hashable {
    /// What goes on by itself: queued, being sent, in doubt with another attempt.
    case waiting
    /// What waits for a time or a person.
    case held
    /// What may have been sent.
    case doubt
    /// What ended without being delivered, other than by the gate.
    case failed

    /// The part in words.
    package var title: String {
        switch self {
        case .waiting: "Waiting"
        case .held: "Held"
        case .doubt: "In doubt"
        case .failed: "Failed"
        }
    }

    var exceptionalStandings: [DeliveryStanding] {
        switch self {
        case .waiting: []
        case .held: [.held]
        case .doubt: [.inDoubt, .unknown]
        case .failed: [.refused, .expired]
        }
    }
}

/// What staff looks for in the queue.
package struct QueueFilter: Sendable, Hashable {
    package var part: QueuePart
    /// The recipients' domain.
    package var domain: String?
    package var campaign: CampaignID?
    /// Made at least so long ago.
    package var olderThan: Duration?
    /// Only messages to these people; found elsewhere by address or number. Empty: to anybody.
    package var recipients: [ContactID] = []
    package var isOldestFirst = true

    package init(part: QueuePart = .waiting) { self.part = part }
}

/// One message in the queue.
package struct QueueRow: Sendable, Hashable {
    package let summary: DeliverySummary
    package let campaign: CampaignID?
    /// It is the notice of a message in the portal.
    package let isNotice: Bool
    package let messageClass: String
    package let attempts: Int
    package let doubts: Int
    package let madeAt: Timestamp
    package let expiresAt: Timestamp
    /// When the next attempt is due; nil: none by itself.
    package let nextAttemptAt: Timestamp?

    /// The reason in words, nil where there is none.
    package var sentence: String? {
        DeliveryCount(standing: summary.standing, reason: summary.reason, method: nil, count: 1).sentence
    }
}

/// A page of the queue.
package struct QueuePage: Sendable {
    package let rows: [QueueRow]
    /// The last message of this page when there are more.
    package let next: MessageID?
}

/// What became of an order about one message.
package enum QueueOutcome: Sendable, Hashable {
    case done
    /// The message stands where this cannot be done.
    case notPossible(DeliveryStanding)
    case reasonMissing
}

/// What a sender is told about a message, each once.
package enum SenderNoticeKind: String, CaseIterable, Sendable, Hashable {
    /// Not delivered four hours after it was queued.
    case lateFourHours = "late_4h"
    /// Not delivered a day after.
    case lateDay = "late_24h"
    /// It ended without being delivered.
    case failed

    package var sentence: String {
        switch self {
        case .lateFourHours: "Not delivered after four hours; attempts go on."
        case .lateDay: "Not delivered after a day; attempts go on."
        case .failed: "Not delivered, and no further attempt is made."
        }
    }

    /// How long after the making of the message; nil: when it happens.
    var delay: Duration? {
        switch self {
        case .lateFourHours: .hours(4)
        case .lateDay: .hours(24)
        case .failed: nil
        }
    }
}

package struct SenderNotice: Sendable, Hashable {
    package let message: MessageID
    package let kind: SenderNoticeKind
    package let raisedAt: Timestamp
}

/// Work of any kind that was given up until a person looks.
package struct ParkedWork: Sendable, Hashable {
    package let kind: String
    package let reason: String
    package let madeAt: Timestamp
}
