// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardTestKit

@testable import WardDelivery

@Suite struct RetryScheduleTests {
    @Test func `pauses grow by half and stop at four hours`() {
        let schedule = RetrySchedule(jitter: 0)
        #expect(schedule.pause(after: 1, chance: 0.5) == .minutes(5))
        #expect(schedule.pause(after: 2, chance: 0.5) == .seconds(450))
        #expect(schedule.pause(after: 60, chance: 0.5) == .hours(4))
        #expect(schedule.pause(after: Int.max, chance: 0.5) == .hours(4))
    }

    @Test func `chance moves a pause by a tenth at most`() {
        let schedule = RetrySchedule()
        #expect(schedule.pause(after: 1, chance: 0) == .seconds(270))
        #expect(schedule.pause(after: 1, chance: 0.999_999) < .seconds(331))
    }

    @Test func `the demo's pauses are two, four, eight seconds`() {
        let pauses = (1...4).map { RetrySchedule.demo.pause(after: $0, chance: 0.9) }
        #expect(pauses == [.seconds(2), .seconds(4), .seconds(8), .seconds(8)])
    }

    @Test func `failing for three days makes exactly the attempts of the schedule, then expires`() {
        let schedule = RetrySchedule(jitter: 0)
        var now = Timestamp(seconds: 0)
        var life = DeliveryLife(guarantee: .atLeastOnce, expiresAt: now + schedule.lifetime)
        while !life.standing.isFinal {
            _ = life.apply(.attemptBegan(.verifiedTLS), at: now, schedule: schedule)
            let steps = life.apply(.failedForNow, at: now, schedule: schedule)
            if case .runAt(let next) = steps.first { now = next }
        }
        #expect(life.standing == .expired)
        #expect(life.attempts == 26)
        #expect(now < Timestamp(seconds: 0) + .days(3))
    }
}

/// Random walks over the life of a message: whatever happens in whatever order, these hold. The seed is in the failure.
@Suite struct DeliveryLifePropertyTests {
    private static let events: [DeliveryEvent] = [
        .gateHeld(.noMethod, until: nil), .gateRefused(.noConsent), .attemptBegan(.verifiedTLS),
        .attemptBegan(.portal), .finalDotAhead, .accepted, .failedForNow, .replyLost,
        .refusedForGood(.unknownUser, isProved: true), .refusedForGood(.unknownUser, isProved: false),
        .notProtectable, .withheld, .foundAbandoned, .deposited, .noticeDelivered,
        .noticeFailed(.expired, reason: nil), .opened, .released, .dueAgain, .timeOver, .cancelled,
    ]

    @Test(arguments: 0..<200)
    func `final standings stay, and nothing leaves without its mark`(seed: Int) {
        let random = TestSurroundings(seed: UInt64(seed)).surroundings.randomBytes(300)
        let schedule = RetrySchedule()
        let guarantee: DeliveryGuarantee = seed % 2 == 0 ? .atLeastOnce : .atMostOnce
        var now = Timestamp(seconds: 0)
        var life = DeliveryLife(guarantee: guarantee, expiresAt: now + schedule.lifetime)
        for byte in random {
            let before = life
            let event = Self.events[Int(byte) % Self.events.count]
            now = now + .seconds(Int(byte))
            let steps = life.apply(event, at: now, schedule: schedule)
            if before.standing.isFinal, life.standing != before.standing {
                let wasThere = before.standing == .waitingInPortal || before.standing == .unknown
                #expect(wasThere && life.standing == .openedInPortal, "seed \(seed)")
            }
            if life.standing == .delivered, before.standing != .delivered {
                let isOpen = before.standing == .attempting || before.standing == .inDoubt
                #expect(isOpen && event == .accepted, "seed \(seed)")
            }
            if life.mayHaveBeenSent { #expect(life.standing == .attempting, "seed \(seed)") }
            if before.mayHaveBeenSent, event == .cancelled { #expect(life == before, "seed \(seed)") }
            if guarantee == .atMostOnce { #expect(life.standing != .inDoubt, "seed \(seed)") }
            if steps.contains(.suppressAddress) { #expect(life.standing == .refused, "seed \(seed)") }
            let runs = steps.contains { if case .runAt = $0 { true } else { false } }
            if runs { #expect(!life.standing.isFinal, "seed \(seed)") }
            #expect(life.doubts <= life.attempts, "seed \(seed)")
        }
    }

    @Test func `our own crashes never make a message's fate unknown while there is time`() {
        let start = Timestamp(seconds: 1_795_485_600)
        var life = DeliveryLife(guarantee: .atLeastOnce, expiresAt: start + .days(3))
        for crash in 1...5 {
            for event in [DeliveryEvent.attemptBegan(.verifiedTLS), .finalDotAhead, .foundAbandoned] {
                _ = life.apply(event, at: start, schedule: RetrySchedule())
            }
            #expect(life.standing == .inDoubt)
            #expect(life.doubts == crash)
        }
    }
}

/// One message, a disk that keeps what was committed, a receiver that keeps what it took, and crashes at every point
/// between the commits: no loss, and a copy too many only for each attempt in doubt (reliability.md V1, V2).
@Suite struct DeliveryCrashSimulation {
    private struct Machine {
        var disk: DeliveryLife
        var copies = 0
        var accepted = false
    }

    @Test(arguments: 0..<500)
    func `crashes lose nothing and duplicate only what was in doubt`(seed: Int) {
        let random = TestSurroundings(seed: UInt64(seed) &+ 7_000).surroundings.randomBytes(400)
        var position = 0
        func chance(_ part: Int) -> Bool {
            position += 1
            return Int(random[position % random.count]) < part
        }
        let schedule = RetrySchedule()
        let guarantee: DeliveryGuarantee = seed % 3 == 0 ? .atMostOnce : .atLeastOnce
        var now = Timestamp(seconds: 0)
        var machine = Machine(disk: DeliveryLife(guarantee: guarantee, expiresAt: now + schedule.lifetime))
        for _ in 0..<200 where !machine.disk.standing.isFinal {
            now = now + .minutes(10)
            // A new worker finds what the disk holds.
            if machine.disk.standing == .attempting {
                _ = machine.disk.apply(.foundAbandoned, at: now, schedule: schedule)
                continue
            }
            if now >= machine.disk.expiresAt {
                _ = machine.disk.apply(.timeOver, at: now, schedule: schedule)
                continue
            }
            _ = machine.disk.apply(.attemptBegan(.verifiedTLS), at: now, schedule: schedule)
            if chance(40) { continue }
            if chance(60) {
                _ = machine.disk.apply(.failedForNow, at: now, schedule: schedule)
                continue
            }
            _ = machine.disk.apply(.finalDotAhead, at: now, schedule: schedule)
            if chance(40) { continue }
            machine.copies += 1
            if chance(60) { continue }
            if chance(40) {
                _ = machine.disk.apply(.replyLost, at: now, schedule: schedule)
                continue
            }
            _ = machine.disk.apply(.accepted, at: now, schedule: schedule)
            machine.accepted = true
        }
        let life = machine.disk
        #expect(life.standing.isFinal, "seed \(seed)")
        #expect(machine.copies <= life.doubts + 1, "seed \(seed)")
        if guarantee == .atMostOnce { #expect(machine.copies <= 1, "seed \(seed)") }
        if life.standing == .delivered { #expect(machine.copies >= 1 && machine.accepted, "seed \(seed)") }
        // Expired means that nothing left; what may have left is called unknown.
        if life.standing == .expired, life.doubts == 0 { #expect(machine.copies == 0, "seed \(seed)") }
        if life.standing == .expired, life.doubts > 0 { #expect(guarantee == .atLeastOnce, "seed \(seed)") }
    }
}
