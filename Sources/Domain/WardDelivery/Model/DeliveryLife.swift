// SPDX-License-Identifier: Apache-2.0
//
// The life of one message to one recipient, as a value without I/O (DESIGN section 5): events in, steps out.
//
//                 cleared            attempt begins        final dot ahead         250
//     (submit) ───────────► queued ───────────────► attempting ──────────► attempting, ──────► delivered
//        │                   ▲ ▲ │                    │   │                may have been sent
//        │ refused           │ │ │ time is over       │   │ 4xx, connection lost before the dot ─► queued, later
//        ▼                   │ │ ▼                    │   │ 5xx ─► refused (proved unknown user: address suppressed)
//     not sent               │ │ expired              │   │ reply lost after the dot, or found so after a crash:
//        │ held              │ │                      │   └────► in doubt ─► at least once: later, the same bytes, once
//        ▼                   │ │                      │                   └► at most once: unknown
//      held ── released, due ┘ │                      ▼
//                              │            not protectable: gate asked again, now without TLS
//     portal: attempting ─► noticing ─► waiting in portal ─► opened in portal
//
// - Final standings never change again, but that a waiting message is opened or taken back, and that a message comes back
//   after their server took it (or its notice does, while nobody has opened it): then it is refused.
// - Cancelling wins over everything but what has left already. An attempt after its final dot is not cancelled: its reply
//   decides.
// - An attempt whose reply was lost is followed by one more, with identical bytes; when that one's reply is lost too, or the
//   time is over, the fate of the message is unknown (reliability.md B2, rule 2). A doubt that our own crash raised says
//   nothing about their server: it is always followed by another attempt while there is time, so that crashes lose nothing.
// - A message in the portal whose notice's fate is unknown stays there: the notice may have arrived.

import WardKernel

/// When attempts are repeated.
package struct RetrySchedule: Hashable, Sendable {
    /// The pause after the first attempt.
    package var first: Duration
    /// What each further pause is multiplied by.
    package var factor: Double
    package var cap: Duration
    /// From queueing until the message expires.
    package var lifetime: Duration
    /// Until the gate is asked again about a message that it held for a reason that may pass.
    package var whileHeld: Duration = .hours(4)
    /// The part of a pause that chance adds or takes away, 0 … 1, so that retries do not come in waves.
    package var jitter: Double

    package init(
        first: Duration = .minutes(5),
        factor: Double = 1.5,
        cap: Duration = .hours(4),
        lifetime: Duration = .days(3),
        jitter: Double = 0.1
    ) {
        self.first = first
        self.factor = factor
        self.cap = cap
        self.lifetime = lifetime
        self.jitter = jitter
    }

    /// 2, 4, 8 seconds: for looking at, not for servers.
    package static let demo = RetrySchedule(
        first: .seconds(2),
        factor: 2,
        cap: .seconds(8),
        lifetime: .seconds(40),
        jitter: 0
    )

    /// The pause after the attempt of this number (1 …); `chance` is 0 ..< 1.
    package func pause(after attempt: Int, chance: Double) -> Duration {
        let base = min(
            Double(first.wholeMicroseconds) * power(factor, max(0, min(attempt, 200) - 1)),
            Double(cap.wholeMicroseconds)
        )
        return .microseconds(Int64(base * (1 + jitter * (2 * chance - 1))))
    }

    private func power(_ base: Double, _ exponent: Int) -> Double {
        var result = 1.0
        for _ in 0..<exponent where result < 1e18 { result *= base }
        return result
    }
}

/// What happens to a message.
enum DeliveryEvent: Hashable, Sendable {
    case gateHeld(HoldReason, until: Timestamp?)
    case gateRefused(RefusalReason)
    case attemptBegan(SendMethod)
    case finalDotAhead
    case accepted
    case failedForNow
    /// Proved: by a server that had shown who it is. In the clear anybody on the way can say so.
    case refusedForGood(ServerRefusal, isProved: Bool)
    case replyLost
    /// Verified TLS was required and impossible; nothing left. The gate is asked again, with that knowledge.
    case notProtectable
    /// The attempt was given up before the final dot: paused, cancelled, stopping.
    case withheld
    /// A worker takes the message over from one that died.
    case foundAbandoned
    /// The portal has it; its notice goes out as a message of its own.
    case deposited
    case noticeDelivered
    /// The notice reached a final standing without being delivered.
    case noticeFailed(DeliveryStanding, reason: String?)
    /// A notice with the message's own token says that it did not arrive after all.
    case cameBack(ServerRefusal)
    /// The same about the notice that announces this message.
    case noticeCameBack(ServerRefusal)
    case opened
    /// Staff took it back from the portal before it was opened.
    case retracted
    /// Staff asked for the next attempt now.
    case hurried
    /// Staff, or the resuming of a campaign, lets a held message go on, with all the time that a new one has.
    case released
    /// The time until which a message was held has come.
    case dueAgain
    /// The time in which attempts are made is over.
    case timeOver
    case cancelled
}

/// What is to be done next.
enum DeliveryStep: Hashable, Sendable {
    /// Work is (still, or again) to be done at this time.
    case runAt(Timestamp)
    /// Nothing more is to be done by itself.
    case rest
    /// The address gets no mail from now on.
    case suppressAddress
}

/// The life of one message: a value.
struct DeliveryLife: Hashable, Sendable {
    var standing: DeliveryStanding
    /// `RefusalReason`, `HoldReason` or `ServerRefusal`, by standing.
    var reason: String?
    var method: SendMethod?
    /// Attempts begun.
    var attempts: Int
    /// Attempts that were in doubt.
    var doubts: Int
    /// Whether the running attempt has passed the point where it may have been sent.
    var mayHaveBeenSent: Bool
    let guarantee: DeliveryGuarantee
    var expiresAt: Timestamp

    init(guarantee: DeliveryGuarantee, expiresAt: Timestamp) {
        standing = .queued
        attempts = 0
        doubts = 0
        mayHaveBeenSent = false
        self.guarantee = guarantee
        self.expiresAt = expiresAt
    }

    init(
        standing: DeliveryStanding,
        reason: String?,
        method: SendMethod?,
        attempts: Int,
        doubts: Int,
        mayHaveBeenSent: Bool,
        guarantee: DeliveryGuarantee,
        expiresAt: Timestamp
    ) {
        self.standing = standing
        self.reason = reason
        self.method = method
        self.attempts = attempts
        self.doubts = doubts
        self.mayHaveBeenSent = mayHaveBeenSent
        self.guarantee = guarantee
        self.expiresAt = expiresAt
    }

    /// Applies an event; events that cannot happen in this standing change nothing and ask for nothing.
    mutating func apply(
        _ event: DeliveryEvent,
        at now: Timestamp,
        schedule: RetrySchedule,
        chance: Double = 0.5
    ) -> [DeliveryStep] {
        switch event {
        case .opened: return open()
        case .retracted: return retract()
        case .noticeDelivered where standing == .noticing: return end(.waitingInPortal)
        case .noticeFailed(let standing, let reason) where self.standing == .noticing: return end(standing, reason)
        case .cameBack(let refusal): return comeBack(refusal, from: [.delivered, .unknown, .inDoubt])
        case .noticeCameBack(let refusal): return comeBack(refusal, from: [.waitingInPortal])
        case _ where standing.isFinal || standing == .noticing && event != .cancelled: return [.rest]
        case .finalDotAhead:
            if standing == .attempting { mayHaveBeenSent = true }
            return []
        // After the final dot only its reply, or the loss of it, decides.
        case _ where mayHaveBeenSent: return finishAttempt(event, at: now, schedule: schedule, chance: chance)
        case .cancelled: return end(.cancelled)
        case .timeOver: return end(standing == .inDoubt ? .unknown : .expired)
        case .gateRefused(let reason): return end(.notSent, reason.rawValue)
        case .gateHeld(let reason, let until):
            let again = now + schedule.whileHeld
            // Waiting for a budget takes nobody's time.
            if reason == .warmUp, let until { expiresAt = max(expiresAt, until + schedule.lifetime) }
            return hold(reason, until: until ?? (reason.mayPass && again < expiresAt ? again : nil))
        case .attemptBegan(let method): return begin(method)
        case .hurried: return [.queued, .inDoubt].contains(standing) ? [.runAt(now)] : []
        // The reply of an attempt that was taken over while it lived.
        case .accepted where standing == .inDoubt: return end(.delivered)
        case .deposited: return standing == .attempting ? end(.noticing) : []
        case .released, .dueAgain:
            guard standing == .held else { return [] }
            if event == .released { expiresAt = max(expiresAt, now + schedule.lifetime) }
            return requeue(at: now)
        default: return finishAttempt(event, at: now, schedule: schedule, chance: chance)
        }
    }

    private mutating func open() -> [DeliveryStep] {
        let isThere = standing == .noticing || standing == .waitingInPortal || standing == .unknown && method == .portal
        if isThere { standing = .openedInPortal }
        return [.rest]
    }

    /// Whoever has read it cannot unread it.
    private mutating func retract() -> [DeliveryStep] {
        let isThere = standing == .noticing || standing == .waitingInPortal || standing == .unknown && method == .portal
        return isThere ? end(.cancelled, Self.retracted) : [.rest]
    }

    /// The reason of a message that was taken back.
    static let retracted = "retracted"

    private mutating func comeBack(_ refusal: ServerRefusal, from standings: [DeliveryStanding]) -> [DeliveryStep] {
        standings.contains(standing) ? end(.refused, refusal.rawValue) : [.rest]
    }

    private mutating func begin(_ method: SendMethod) -> [DeliveryStep] {
        standing = .attempting
        reason = nil
        self.method = method
        attempts += 1
        mayHaveBeenSent = false
        return []
    }

    private mutating func hold(_ reason: HoldReason, until: Timestamp?) -> [DeliveryStep] {
        standing = .held
        self.reason = reason.rawValue
        return until.map { [.runAt($0)] } ?? [.rest]
    }

    private mutating func end(_ standing: DeliveryStanding, _ reason: String? = nil) -> [DeliveryStep] {
        self.standing = standing
        self.reason = reason
        mayHaveBeenSent = false
        return [.rest]
    }

    private mutating func requeue(at time: Timestamp) -> [DeliveryStep] {
        standing = .queued
        reason = nil
        mayHaveBeenSent = false
        return [.runAt(time)]
    }

    private mutating func finishAttempt(
        _ event: DeliveryEvent,
        at now: Timestamp,
        schedule: RetrySchedule,
        chance: Double
    ) -> [DeliveryStep] {
        guard standing == .attempting else { return [] }
        let next = now + schedule.pause(after: attempts, chance: chance)
        switch event {
        case .accepted: return end(.delivered)
        case .refusedForGood(let refusal, let isProved):
            let isGone = refusal == .unknownUser && isProved
            return end(.refused, refusal.rawValue) + (isGone ? [.suppressAddress] : [])
        case .replyLost: return doubt(next: next, isRepeated: doubts == 0)
        // Our own process died, which says nothing about their server: the message is owed all the same.
        case .foundAbandoned where mayHaveBeenSent: return doubt(next: next, isRepeated: true)
        // The gate knows no other method for what travels opportunistically: at once would be for ever.
        case .notProtectable where method?.isOpportunistic == true, .failedForNow:
            return next >= expiresAt ? end(.expired) : requeue(at: next)
        case .foundAbandoned, .notProtectable, .withheld: return requeue(at: now)
        default: return []
        }
    }

    private mutating func doubt(next: Timestamp, isRepeated: Bool) -> [DeliveryStep] {
        doubts += 1
        guard guarantee == .atLeastOnce, isRepeated, next < expiresAt else { return end(.unknown) }
        standing = .inDoubt
        reason = nil
        mayHaveBeenSent = false
        return [.runAt(next)]
    }
}
