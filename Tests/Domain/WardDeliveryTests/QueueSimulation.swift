// SPDX-License-Identifier: Apache-2.0
//
// The delivery queue as a deterministic simulation (reliability.md B7): the life of messages, the retry schedule, the shares and
// the pace of destinations are the real values; around them a virtual clock, a virtual store whose uncommitted work a crash
// loses or keeps without telling, workers that are killed at any event, servers that misbehave, and staff that holds, releases
// and cancels. One seed gives one history, always.

import WardKernel
import WardTestKit

@testable import WardDelivery
@testable import WardQueue

/// A small generator that gives the same numbers for the same seed everywhere (SplitMix64).
struct SimulatedChance {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 0x1234_5678 }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
    /// Rare branches are taken more often than in life (B7): one in `bound`.
    mutating func oneIn(_ bound: Int) -> Bool { below(bound) == 0 }
    mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }
    mutating func duration(_ low: Duration, _ high: Duration) -> Duration {
        .microseconds(
            low.wholeMicroseconds + Int64(next() % UInt64(high.wholeMicroseconds - low.wholeMicroseconds + 1))
        )
    }
}

/// What is broken on purpose, to see that the invariants notice.
enum Sabotage: CaseIterable {
    /// The final dot goes out before `may have been sent` is committed.
    case marksAfterDot
    /// A worker sends although another has taken the message over.
    case ignoresTakeovers
    /// How the message stands is not looked at again before the final dot.
    case ignoresCancelling
    /// A worker's claims have no end.
    case leasesForever
}

final class QueueSimulation {
    struct Work {
        var dueAt: Timestamp
        var owner: Int?
        var fence: Int64 = 0
    }

    struct Message {
        var life: DeliveryLife
        let destination: Int
        var work: Work?
        var isCancelled = false
        /// When cancelling was committed.
        var cancelledAt: Timestamp?
    }

    /// What the world outside saw of a message.
    struct Outside {
        var copies = 0
        /// When each attempt's mark was committed.
        var marks: [Timestamp] = []
        var isAcknowledged = false
    }

    private struct Event {
        let at: Timestamp
        let order: Int
        /// Dies with this process; nil: goes on without any.
        let process: Int?
        let body: () -> Void
    }

    private final class Process {
        let number: Int
        var shares = DestinationShares(limit: 3, waitingLimit: 4)
        init(number: Int) { self.number = number }
    }

    static let lease: Duration = .seconds(45)
    static let destinations = 5

    let sabotage: Sabotage?
    let schedule = RetrySchedule()
    private(set) var now = Timestamp(seconds: 1_795_485_600)
    private(set) var messages: [Message] = []
    private(set) var outside: [Outside] = []
    private(set) var violations: [String] = []
    private(set) var kills = 0
    private(set) var eventCount = 0
    private var chance: SimulatedChance
    private var events: [Event] = []
    private var order = 0
    private var processes: [Process] = []
    private var dead: Set<Int> = []
    private var started = 0
    /// Handed to the store and not yet durable.
    private var pending: [Int: (process: Int, body: () -> Void)] = [:]
    private let begin: Timestamp

    init(seed: Int, sabotage: Sabotage? = nil) {
        chance = SimulatedChance(seed: UInt64(seed))
        self.sabotage = sabotage
        begin = now
    }

    /// One hour of traffic with kills, then quiet until nothing is left to do.
    func run(messages count: Int = 24) {
        for _ in 0..<2 { startProcess() }
        for _ in 0..<count { at(begin + chance.duration(.zero, .hours(1)), nil) { [self] in submit() } }
        for _ in 0..<4 + chance.below(3) {
            at(begin + chance.duration(.seconds(5), .minutes(70)), nil) { [self] in killOne() }
        }
        for _ in 0..<6 {
            at(begin + chance.duration(.seconds(5), .minutes(70)), nil) { [self] in order(of: chance.below(4)) }
        }
        at(begin + .hours(2), nil) { [self] in releaseAll() }
        let horizon = begin + .days(5)
        while let event = events.popLast(), event.at <= horizon {
            now = event.at
            if let process = event.process, dead.contains(process) { continue }
            eventCount += 1
            event.body()
        }
        judge()
    }

    // MARK: Time and store

    private func at(_ time: Timestamp, _ process: Int?, _ body: @escaping () -> Void) {
        order += 1
        let event = Event(at: time, order: order, process: process, body: body)
        // Latest first, so that the next is the last.
        var low = 0
        var high = events.count
        while low < high {
            let middle = (low + high) / 2
            if (events[middle].at, events[middle].order) > (event.at, event.order) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        events.insert(event, at: low)
    }

    private func after(_ low: Duration, _ high: Duration, _ process: Int?, _ body: @escaping () -> Void) {
        at(now + chance.duration(low, high), process, body)
    }

    /// Runs a transaction durably after a while, mostly some milliseconds, now and then as long as a database is away; then
    /// tells the process, if it still lives.
    private func commit<Value>(
        _ process: Int,
        _ transaction: @escaping () -> Value,
        then: @escaping (Value) -> Void
    ) {
        order += 1
        let ticket = order
        var result: Value?
        pending[ticket] = (process, { result = transaction() })
        let isSlow = chance.oneIn(20)
        after(.milliseconds(1), isSlow ? .seconds(70) : .milliseconds(20), process) { [self] in
            pending.removeValue(forKey: ticket)?.body()
            if let result { then(result) }
        }
    }

    private func startProcess() {
        started += 1
        let process = Process(number: started)
        processes.append(process)
        poll(process)
        keepLeases(process)
    }

    private func killOne() {
        guard let process = processes.isEmpty ? nil : processes.remove(at: chance.below(processes.count)) else {
            return
        }
        kills += 1
        dead.insert(process.number)
        // What was on its way to the disk is lost, or there without anybody having heard of it.
        for (ticket, open) in pending.sorted(by: { $0.key < $1.key }) where open.process == process.number {
            pending[ticket] = nil
            if chance.oneIn(2) { open.body() }
        }
        let number = process.number
        at(now + .seconds(60), nil) { [self] in
            let stuck = messages.contains { $0.work?.owner == number && ($0.work.map { $0.dueAt > now } ?? false) }
            if stuck { violations.append("V6: a dead worker still holds work a minute later") }
        }
        after(.seconds(1), .seconds(30), nil) { [self] in startProcess() }
    }

    // MARK: Staff and submitters

    private func submit() {
        guard let process = processes.first else { return after(.seconds(5), .seconds(5), nil) { [self] in submit() } }
        let guarantee: DeliveryGuarantee = chance.oneIn(3) ? .atMostOnce : .atLeastOnce
        let destination = chance.below(Self.destinations)
        commit(process.number) { [self] in
            messages.append(
                Message(
                    life: DeliveryLife(guarantee: guarantee, expiresAt: now + schedule.lifetime),
                    destination: destination,
                    work: Work(dueAt: now)
                )
            )
            outside.append(Outside())
            return messages.count - 1
        } then: { [self] (index: Int) in
            outside[index].isAcknowledged = true
        }
    }

    private func order(of kind: Int) {
        guard !messages.isEmpty, let process = processes.first else { return }
        let index = chance.below(messages.count)
        commit(process.number) { [self] in
            switch kind {
            case 0:
                _ = messages[index].life.apply(.cancelled, at: now, schedule: schedule)
                messages[index].isCancelled = true
                messages[index].cancelledAt = messages[index].cancelledAt ?? now
                if messages[index].life.standing == .cancelled { messages[index].work = nil }
            case 1:
                guard [.queued, .attempting, .inDoubt].contains(messages[index].life.standing) else { return }
                _ = messages[index].life.apply(.gateHeld(.byStaff, until: nil), at: now, schedule: schedule)
                if messages[index].life.standing == .held { messages[index].work = nil }
            case 2: release(index)
            default:
                let steps = messages[index].life.apply(.hurried, at: now, schedule: schedule)
                if case .runAt(let time)? = steps.first, messages[index].work?.owner == nil {
                    messages[index].work?.dueAt = time
                }
            }
        } then: { (_: Void) in
        }
    }

    private func release(_ index: Int) {
        guard messages[index].life.standing == .held else { return }
        let steps = messages[index].life.apply(.released, at: now, schedule: schedule)
        if case .runAt(let time)? = steps.first {
            messages[index].work = Work(dueAt: time, fence: (messages[index].work?.fence ?? 0) + 100)
        }
    }

    private func releaseAll() {
        for index in messages.indices { release(index) }
        if processes.isEmpty { startProcess() }
    }

    // MARK: Workers

    private func poll(_ process: Process) {
        let number = process.number
        commit(number) { [self] in
            var claimed: [(Int, Int64)] = []
            for index in messages.indices where claimed.count < 16 {
                guard let work = messages[index].work, work.dueAt <= now,
                    !process.shares.held.contains(where: { Self.index(of: $0) == index })
                else { continue }
                let end = sabotage == .leasesForever ? Timestamp(seconds: 9_000_000_000) : now + Self.lease
                messages[index].work = Work(dueAt: end, owner: number, fence: work.fence + 1)
                claimed.append((index, work.fence + 1))
            }
            return claimed
        } then: { [self] (claimed: [(Int, Int64)]) in
            for (index, fence) in claimed {
                let item = Self.item(index, fence, destination: messages[index].destination)
                process.shares.held.append(item)
                switch process.shares.admit(item, at: now) {
                case .runs: beginAttempt(item, process)
                case .waits: break
                case .comesBack(let time): giveBack(item, time, process)
                }
            }
            let next = messages.compactMap(\.work?.dueAt).filter { $0 > now }.min()
            let isQuiet = now > begin + .hours(2)
            let longest: Duration = isQuiet ? .hours(1) : .seconds(60)
            let pause = max(.milliseconds(500), min(next.map { $0.since(now) } ?? longest, longest))
            at(now + pause, number) { [self] in poll(process) }
        }
    }

    private func keepLeases(_ process: Process) {
        let number = process.number
        let held = process.shares.held
        // A renewal is missed now and then: the database was away.
        if !held.isEmpty, !chance.oneIn(3) {
            commit(number) { [self] in
                for item in held where owns(item) { messages[Self.index(of: item)].work?.dueAt = now + Self.lease }
            } then: { (_: Void) in
            }
        }
        // Until the traffic is over; later attempts are quicker than a lease or lose it, which is a case of its own.
        if now < begin + .hours(2) { at(now + .seconds(15), number) { [self] in keepLeases(process) } }
    }

    private func owns(_ item: WorkItem) -> Bool {
        messages[Self.index(of: item)].work?.fence == item.fence
    }

    private func giveBack(_ item: WorkItem, _ time: Timestamp, _ process: Process) {
        commit(process.number) { [self] in
            guard owns(item) else { return }
            messages[Self.index(of: item)].work?.dueAt = time
            messages[Self.index(of: item)].work?.owner = nil
        } then: { (_: Void) in
            process.shares.drop(item)
        }
    }

    private func settle(_ index: Int, _ event: DeliveryEvent) {
        let steps = messages[index].life.apply(event, at: now, schedule: schedule, chance: chance.unit())
        var runAt: Timestamp?
        for case .runAt(let time) in steps { runAt = time }
        if let runAt {
            messages[index].work?.dueAt = runAt
            messages[index].work?.owner = nil
        } else {
            messages[index].work = nil
        }
    }

    private func beginAttempt(_ item: WorkItem, _ process: Process) {
        let index = Self.index(of: item)
        commit(process.number) { [self] in
            guard owns(item) else { return nil }
            if messages[index].life.standing == .attempting {
                if messages[index].life.mayHaveBeenSent {
                    settle(index, .foundAbandoned)
                    return nil
                }
                _ = messages[index].life.apply(.foundAbandoned, at: now, schedule: schedule)
            }
            if messages[index].life.standing == .held {
                _ = messages[index].life.apply(.dueAgain, at: now, schedule: schedule)
            }
            if messages[index].life.standing.isFinal {
                messages[index].work = nil
                return nil
            }
            if messages[index].isCancelled {
                settle(index, .cancelled)
                return nil
            }
            if now >= messages[index].life.expiresAt {
                settle(index, .timeOver)
                return nil
            }
            _ = messages[index].life.apply(.attemptBegan(.verifiedTLS), at: now, schedule: schedule)
            messages[index].work?.dueAt = now + Self.lease
            return messages[index].life.attempts
        } then: { [self] (number: Int?) in
            if let number { talk(item, number, process) } else { finished(item, .neutral, process) }
        }
    }

    // MARK: Servers

    /// What the servers of each destination do at this moment.
    private func mood(_ destination: Int) -> Int {
        switch destination {
        // Busy for the first hour: 421 to everybody.
        case 1: now < begin + .hours(1) ? 1 : 0
        case 2: chance.oneIn(3) ? 2 : 0
        case 3: chance.oneIn(6) ? 3 : chance.oneIn(8) ? 4 : 0
        case 4: chance.oneIn(10) ? 5 : 0
        default: 0
        }
    }

    private func talk(_ item: WorkItem, _ attempt: Int, _ process: Process) {
        let index = Self.index(of: item)
        let mood = mood(messages[index].destination)
        let end: (DeliveryEvent, PaceSignal) -> Void = { [self] event, signal in
            finish(item, attempt, event, signal, process)
        }
        switch mood {
        case 1: after(.milliseconds(5), .seconds(2), process.number) { end(.failedForNow, .slowDown) }
        case 2: after(.milliseconds(5), .seconds(300), process.number) { end(.failedForNow, .slowDown) }
        case 5:
            after(.milliseconds(5), .seconds(2), process.number) {
                end(.refusedForGood(.policy, isProved: true), .fine)
            }
        default:
            after(.milliseconds(5), .seconds(3), process.number) { [self] in
                sayDot(item, attempt, mood, process, end)
            }
        }
    }

    private func sayDot(
        _ item: WorkItem,
        _ attempt: Int,
        _ mood: Int,
        _ process: Process,
        _ end: @escaping (DeliveryEvent, PaceSignal) -> Void
    ) {
        let index = Self.index(of: item)
        if sabotage == .marksAfterDot { outside[index].copies += 1 }
        commit(process.number) { [self] in
            let life = messages[index].life
            let isOurs = owns(item) && life.attempts == attempt || sabotage == .ignoresTakeovers
            guard
                isOurs && life.standing == .attempting && !messages[index].isCancelled || sabotage == .ignoresCancelling
            else { return false }
            _ = messages[index].life.apply(.finalDotAhead, at: now, schedule: schedule)
            messages[index].work?.dueAt = now + Self.lease
            outside[index].marks.append(now)
            return true
        } then: { [self] (mayGo: Bool) in
            guard mayGo else { return end(.withheld, .neutral) }
            // From here on the network has it, whatever becomes of the process.
            after(.milliseconds(1), .milliseconds(50), nil) { [self] in
                if mood != 4, sabotage != .marksAfterDot { outside[index].copies += 1 }
                switch mood {
                case 3: after(.seconds(600), .seconds(600), process.number) { end(.replyLost, .slowDown) }
                case 4: after(.milliseconds(1), .seconds(20), process.number) { end(.failedForNow, .neutral) }
                default: after(.milliseconds(1), .seconds(20), process.number) { end(.accepted, .fine) }
                }
            }
        }
    }

    private func finish(
        _ item: WorkItem,
        _ attempt: Int,
        _ event: DeliveryEvent,
        _ signal: PaceSignal,
        _ process: Process
    ) {
        let index = Self.index(of: item)
        commit(process.number) { [self] in
            let life = messages[index].life
            guard life.attempts == attempt else { return }
            if event == .accepted, life.standing == .inDoubt {
                _ = messages[index].life.apply(.accepted, at: now, schedule: schedule)
                messages[index].work = nil
                return
            }
            guard owns(item), life.standing == .attempting else { return }
            settle(index, event)
        } then: { [self] (_: Void) in
            finished(item, signal, process)
        }
    }

    private func finished(_ item: WorkItem, _ signal: PaceSignal, _ process: Process) {
        process.shares.learn(signal, from: item, at: now, chance: chance.unit())
        if let next = process.shares.finish(item, at: now) { return beginAttempt(next, process) }
        for (waiting, time) in process.shares.leftBehind(by: item, at: now) { giveBack(waiting, time, process) }
    }

    // MARK: Judging

    private func judge() {
        for index in messages.indices {
            let (message, seen) = (messages[index], outside[index])
            let life = message.life
            if !life.standing.isFinal { violations.append("V1: message \(index) ends as \(life.standing.rawValue)") }
            if message.work != nil { violations.append("V6: message \(index) has work and is final") }
            if seen.copies > life.doubts + 1 {
                violations.append("V2: message \(index) arrived \(seen.copies) times with \(life.doubts) doubts")
            }
            if life.guarantee == .atMostOnce, seen.copies > 1 {
                violations.append("V2: message \(index) more than once")
            }
            if life.standing == .delivered, seen.copies == 0 { violations.append("V1: message \(index) never arrived") }
            let isUnsent: Set<DeliveryStanding> = [.refused, .expired, .notSent, .cancelled]
            if isUnsent.contains(life.standing), life.doubts == 0, seen.copies > 0 {
                violations.append("V2: message \(index) is \(life.standing.rawValue) and arrived")
            }
            if let cancelled = message.cancelledAt, let last = seen.marks.last, last > cancelled {
                violations.append("V4: message \(index) was sent after it was cancelled")
            }
        }
    }

    // MARK: Items

    private static let organization = OrganizationID(high: 1, low: 1)

    private static func item(_ index: Int, _ fence: Int64, destination: Int) -> WorkItem {
        WorkItem(
            organization: organization,
            id: WorkID(high: 0, low: UInt64(index)),
            kind: .deliveryAttempt,
            reference: MessageID(high: 0, low: UInt64(index)).bytes + [UInt8(destination)],
            priority: .bulk,
            attempt: 1,
            fence: fence
        )
    }

    private static func index(of item: WorkItem) -> Int { Int(item.id.low) }
}
