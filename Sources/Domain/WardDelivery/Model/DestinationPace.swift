// SPDX-License-Identifier: Apache-2.0
//
// How fast one destination is written to, as a value. Additive increase, multiplicative decrease (RFC 5681 section 3.1 has the
// idea): each success adds a part of a connection, each wish to go slower (421, 4xx about the host, silence) halves what runs at
// the same time. When even one at a time is too much, nothing begins for a while that doubles, moved by chance so that retries
// do not come in waves (reliability.md Q9).

import WardKernel

/// What an attempt said about the pace.
enum PaceSignal: Hashable, Sendable {
    /// The server took or answered a message as it should.
    case fine
    /// The server, or its silence, asked to go slower.
    case slowDown
    /// Nothing about the pace: the message's own fault, or ours.
    case neutral
}

struct DestinationPace: Hashable, Sendable {
    /// The first pause, doubled with each further one.
    static let firstPause: Duration = .minutes(1)
    static let longestPause: Duration = .minutes(10)
    /// The part of a pause that chance adds or takes away.
    static let jitter = 0.25
    /// Failures so close together say the same thing once.
    static let sameBreath: Duration = .seconds(1)

    /// Attempts at the same time when nothing speaks against it.
    let ceiling: Int
    private var window: Double
    private var pauses = 0
    private var lastCut: Timestamp?
    private(set) var pausedUntil: Timestamp?

    init(ceiling: Int) {
        self.ceiling = max(1, ceiling)
        window = Double(self.ceiling)
    }

    /// Attempts that may run at the same time, at least one.
    var limit: Int { max(1, Int(window)) }
    /// Nothing is remembered that a new value would not have.
    var isUnhurried: Bool { limit == ceiling && pausedUntil == nil }

    func isPaused(at now: Timestamp) -> Bool { pausedUntil.map { now < $0 } ?? false }

    /// - Parameter chance: 0 ..< 1.
    mutating func learn(_ signal: PaceSignal, at now: Timestamp, chance: Double) {
        switch signal {
        case .neutral: return
        case .fine:
            pauses = 0
            pausedUntil = nil
            window = min(Double(ceiling), window + 1 / window)
        case .slowDown:
            if let lastCut, now.since(lastCut) < Self.sameBreath { return }
            lastCut = now
            if limit > 1 {
                window = max(1, window / 2)
                return
            }
            let doubled = Double(Self.firstPause.wholeMicroseconds) * Double(1 << min(pauses, 10))
            let pause = min(doubled, Double(Self.longestPause.wholeMicroseconds))
            pauses += 1
            pausedUntil = now + .microseconds(Int64(pause * (1 + Self.jitter * (2 * chance - 1))))
        }
    }
}

extension TransmissionOutcome {
    /// What it says about the pace. A refusal of one recipient says nothing; greylisting neither.
    var paceSignal: PaceSignal {
        switch self {
        case .accepted, .refusedForGood: .fine
        case .notProtectable, .notPassedOn, .withheld: .neutral
        case .inDoubt: .slowDown
        case .failedForNow(let word, let evidence): Self.signal(word, evidence)
        }
    }

    private static func signal(_ word: String, _ evidence: AttemptEvidence) -> PaceSignal {
        guard let code = evidence.replyCode else {
            return ["timeout", "connection_lost", "unreachable"].contains(word) ? .slowDown : .neutral
        }
        // RFC 3463: 4.3.x the host's state, 4.4.5 congestion, 4.7.x policy, which is how rates are enforced.
        let enhanced = evidence.enhancedCode ?? ""
        let isAboutRate = enhanced.hasPrefix("4.3.") || enhanced == "4.4.5" || enhanced.hasPrefix("4.7.")
        return code == 421 || (400..<500).contains(code) && isAboutRate ? .slowDown : .neutral
    }
}
