// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardTestKit

@testable import WardDelivery
@testable import WardQueue

/// Concurrency that adapts to what servers say (reliability catalogue Q9).
@Suite struct DestinationPaceTests {
    private let start = Timestamp(seconds: 1_000)

    private func evidence(_ code: Int?, _ enhanced: String? = nil) -> AttemptEvidence {
        var evidence = AttemptEvidence(method: .verifiedTLS)
        evidence.replyCode = code
        evidence.enhancedCode = enhanced
        return evidence
    }

    @Test func `a wish to go slower halves, and each success adds a part of one`() {
        var pace = DestinationPace(ceiling: 16)
        var now = start
        for expected in [8, 4, 2, 1] {
            pace.learn(.slowDown, at: now, chance: 0.5)
            #expect(pace.limit == expected)
            now = now + .seconds(2)
        }
        #expect(!pace.isPaused(at: now))
        for _ in 0..<3 { pace.learn(.fine, at: now, chance: 0.5) }
        #expect(pace.limit == 2)
        for _ in 0..<400 { pace.learn(.fine, at: now, chance: 0.5) }
        #expect(pace.limit == 16)
        #expect(pace.isUnhurried)
    }

    @Test func `what fails in the same breath says one thing once`() {
        var pace = DestinationPace(ceiling: 16)
        for step in 0..<16 { pace.learn(.slowDown, at: start + .milliseconds(Int64(step * 50)), chance: 0.5) }
        #expect(pace.limit == 8)
    }

    @Test func `one at a time is too much: pauses double up to ten minutes, moved by chance`() {
        var pace = DestinationPace(ceiling: 1)
        var now = start
        var pauses: [Duration] = []
        for _ in 0..<6 {
            pace.learn(.slowDown, at: now, chance: 0.5)
            let until = pace.pausedUntil ?? now
            pauses.append(until.since(now))
            now = until
            #expect(!pace.isPaused(at: now))
        }
        #expect(pauses == [.minutes(1), .minutes(2), .minutes(4), .minutes(8), .minutes(10), .minutes(10)])
        pace.learn(.slowDown, at: now + .seconds(5), chance: 0)
        #expect(pace.pausedUntil?.since(now + .seconds(5)) == .seconds(450))
        pace.learn(.fine, at: now, chance: 0.5)
        #expect(pace.pausedUntil == nil)
    }

    @Test func `refusals of one recipient and greylisting say nothing about the pace`() {
        let signals: [(TransmissionOutcome, PaceSignal)] = [
            (.accepted(evidence(250)), .fine),
            (.refusedForGood(.unknownUser, evidence(550, "5.1.1")), .fine),
            (.failedForNow("refused", evidence(421)), .slowDown),
            (.failedForNow("refused", evidence(450, "4.2.0")), .neutral),
            (.failedForNow("refused", evidence(451)), .neutral),
            (.failedForNow("refused", evidence(450, "4.7.28")), .slowDown),
            (.failedForNow("refused", evidence(452, "4.3.1")), .slowDown),
            (.failedForNow("timeout", evidence(nil)), .slowDown),
            (.failedForNow("dns_timeout", evidence(nil)), .neutral),
            (.inDoubt("in_doubt_timeout", evidence(nil)), .slowDown),
            (.notProtectable("starttls_missing", evidence(nil)), .neutral),
            (.withheld, .neutral),
        ]
        for (outcome, signal) in signals { #expect(outcome.paceSignal == signal) }
    }

    /// A domain with many messages answers 421 for an hour.
    @Test func `a server that says 421 for an hour is asked a few dozen times, and nobody else waits for it`() {
        let surroundings = TestSurroundings().surroundings
        var shares = DestinationShares(limit: 20, waitingLimit: 100)
        func item(_ destination: UInt8) -> WorkItem {
            WorkItem(
                organization: OrganizationID(high: 1, low: 1),
                id: surroundings.makeIdentifier(),
                kind: .deliveryAttempt,
                reference: [UInt8](repeating: 0, count: 16) + [destination],
                priority: .bulk,
                attempt: 1,
                fence: 1
            )
        }
        var due: [(Timestamp, WorkItem)] = (0..<5_000).map { _ in (start, item(1)) }
        var now = start
        var attempts = 0
        var most = 0
        var times: [Int64: Int] = [:]
        while now < start + .hours(1) {
            var running: [WorkItem] = []
            var waiting: [(Timestamp, WorkItem)] = []
            for (time, item) in due {
                guard time <= now else {
                    waiting.append((time, item))
                    continue
                }
                switch shares.admit(item, at: now) {
                case .runs: running.append(item)
                case .waits: break
                case .comesBack(let time):
                    waiting.append((time, item))
                    times[time.microseconds / 1_000_000, default: 0] += 1
                }
            }
            #expect(shares.admit(item(2), at: now) == .runs)
            _ = shares.finish(item(2), at: now)
            most = max(most, running.count)
            while let item = running.popLast() {
                attempts += 1
                now = now + .milliseconds(120)
                shares.learn(.slowDown, from: item, at: now, chance: 0.3)
                if let next = shares.finish(item, at: now) { running.append(next) }
                waiting += shares.leftBehind(by: item, at: now).map { ($0.1, $0.0) }
                // The message's own schedule keeps it away for longer than this test looks.
            }
            due = waiting
            now = now + .seconds(1)
        }
        #expect(most <= 20)
        #expect(attempts < 200)
        #expect(attempts > 5)
        // They come back one after another over a minute and not in one wave.
        #expect(times.count > 60)
    }
}
