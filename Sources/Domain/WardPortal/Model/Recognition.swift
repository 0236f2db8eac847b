// SPDX-License-Identifier: Apache-2.0
//
// How a person is recognised in the portal, after following the link of a notice.
//
//                         visit (GET, HEAD): nothing changes, however often a mail scanner comes
//                         ┌────┐
//                         ▼    │
//     begin ──────────►  open ─┴─ attempt reserved (1 … 5) ──► right: count back to 0, a session begins
//                         ▲   │                          └──► wrong, fewer than 5: open
//       unlocked by staff │   └── the fifth is wrong ─────────────────────────────► locked
//       (with a reason)   └───────────────────────────────────────────────────────────┘
//
// - The count belongs to the person, not to the link: a thief of a mailbox with ten notices has five attempts, not fifty.
// - An attempt is reserved, durably, before it is compared. Whoever kills the process or sends a hundred at once has used
//   the attempts up; `maximumAttempts` is never exceeded.
// - The link alone proves control of the mailbox and opens nothing. The second step is a fact that the mailbox does not
//   hold: the birth date for routine and sensitive messages, a passphrase agreed outside e-mail for restricted ones. A code
//   is never sent by e-mail (hipaa/rules.md section 2).
// - A link is used as often as wanted until it expires or is retracted, since people read a message more than once; what
//   is used up are attempts.

package import WardKernel

/// What a person must show beside the link.
package enum RecognitionFact: String, Hashable, Sendable, CaseIterable, Comparable {
    case birthDate = "birth_date"
    case passphrase

    /// A session that began with the stronger fact may read what the weaker one opens, never the other way round.
    package static func < (left: Self, right: Self) -> Bool { left == .birthDate && right == .passphrase }
}

/// One person's attempts: a value without I/O.
package struct Recognition: Hashable, Sendable {
    /// Wrong or unfinished attempts before the portal locks.
    package static let maximumAttempts = 5

    /// Attempts reserved since the last right one, 0 … 5.
    package private(set) var attempts: Int
    package private(set) var lockedAt: Timestamp?

    package init(attempts: Int = 0, lockedAt: Timestamp? = nil) {
        self.attempts = min(max(attempts, 0), Self.maximumAttempts)
        self.lockedAt = lockedAt
    }

    package enum Reservation: Hashable, Sendable {
        /// The comparison may be made.
        case granted
        /// No comparison: five attempts were used up, the last of them never ended (its process died). It locks now, and
        /// staff must be told once.
        case lockedNow
        /// No comparison: it was locked before.
        case locked
    }

    package enum Conclusion: Hashable, Sendable {
        case recognised
        /// `left` is how many attempts remain, 1 … 4.
        case wrong(left: Int)
        /// This was the last attempt; staff must be told once.
        case lockedNow
        /// It was locked before this comparison ended.
        case locked
    }

    package var isLocked: Bool { lockedAt != nil }

    /// Takes one attempt before the fact is compared.
    package mutating func reserve(at now: Timestamp) -> Reservation {
        guard lockedAt == nil else { return .locked }
        guard attempts < Self.maximumAttempts else {
            lockedAt = now
            return .lockedNow
        }
        attempts += 1
        return .granted
    }

    /// Ends a reserved attempt.
    package mutating func conclude(matches: Bool, at now: Timestamp) -> Conclusion {
        guard lockedAt == nil else { return .locked }
        guard !matches else {
            attempts = 0
            return .recognised
        }
        // A right answer may have cleared the count while this one was being compared; the wrong one counts all the same.
        attempts = max(attempts, 1)
        guard attempts >= Self.maximumAttempts else { return .wrong(left: Self.maximumAttempts - attempts) }
        lockedAt = now
        return .lockedNow
    }

    /// Staff lets the person try again.
    package mutating func unlock() {
        attempts = 0
        lockedAt = nil
    }
}
