// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardQueue

/// How a worker shares its attempts out among destinations, as a value: so many run at a time to each, a bounded line waits
/// behind them in memory, and what comes beyond that goes back to the queue for about as long as the line will take.
struct DestinationShares: Sendable {
    enum Admission: Hashable {
        case runs
        /// In line: whoever finishes works on it.
        case waits
        case comesBack(Timestamp)
    }

    private struct Destination {
        var running = 0
        var line: [WorkItem] = []
        /// Time between two ends of attempts, smoothed, in microseconds.
        var interval = 2_000.0
        var lastEnd: Timestamp?
        var nextReturn: Timestamp?
        var pace: DestinationPace

        /// Nobody runs, and nothing is to be remembered.
        var isIdle: Bool { running == 0 && line.isEmpty && pace.isUnhurried }
    }

    /// Destinations of which nothing runs and whose pace is remembered, at most.
    private static let mostRemembered = 10_000

    let limit: Int
    let waitingLimit: Int
    /// Everything claimed and not finished: its leases are kept.
    var held: [WorkItem] = []
    /// Attempts under way, all destinations together. Those that wait in a line take nobody's place.
    private(set) var running = 0
    private var destinations: [[UInt8]: Destination] = [:]

    init(limit: Int, waitingLimit: Int) {
        self.limit = limit
        self.waitingLimit = waitingLimit
    }

    private static func key(_ item: WorkItem) -> [UInt8] {
        item.organization.bytes + item.reference.dropFirst(16)
    }

    mutating func admit(_ item: WorkItem, at now: Timestamp) -> Admission {
        let key = Self.key(item)
        var destination = destinations[key] ?? Destination(pace: DestinationPace(ceiling: limit))
        defer { destinations[key] = destination }
        if item.priority == .bulk, let until = destination.pace.pausedUntil, now < until {
            return .comesBack(turn(&destination, after: until, within: .seconds(60)))
        }
        if destination.running < destination.pace.limit {
            destination.running += 1
            running += 1
            return .runs
        }
        // What is not a campaign's goes to the head of the line and is never sent back.
        if item.priority > .bulk {
            destination.line.insert(item, at: 0)
            return .waits
        }
        if destination.line.count < waitingLimit {
            destination.line.append(item)
            return .waits
        }
        let line = Duration.microseconds(Int64(destination.interval * Double(destination.line.count)))
        return .comesBack(turn(&destination, after: now + line / 2 + .milliseconds(50), at: now, within: .seconds(30)))
    }

    /// One after another, as fast as the destination takes them.
    private func turn(
        _ destination: inout Destination,
        after earliest: Timestamp,
        at now: Timestamp? = nil,
        within longest: Duration
    ) -> Timestamp {
        let step = Duration.microseconds(Int64(destination.interval))
        let time = max(earliest, destination.nextReturn.map { $0 + step } ?? earliest)
        let latest = (now ?? earliest) + longest
        destination.nextReturn = min(time, latest)
        return min(time, latest)
    }

    /// What an attempt said about its destination's pace; before `finish`.
    ///
    /// - Parameter chance: 0 ..< 1.
    mutating func learn(_ signal: PaceSignal, from item: WorkItem, at now: Timestamp, chance: Double) {
        destinations[Self.key(item)]?.pace.learn(signal, at: now, chance: chance)
    }

    /// Those in line when nobody is left to work on them, because the destination asked to go slower: they go back to the
    /// queue, each with its time.
    mutating func leftBehind(by item: WorkItem, at now: Timestamp) -> [(WorkItem, Timestamp)] {
        let key = Self.key(item)
        guard var destination = destinations[key], destination.running == 0, !destination.line.isEmpty else {
            return []
        }
        let earliest = max(now, destination.pace.pausedUntil ?? now)
        let line = destination.line
        destination.line = []
        let turns = line.map { ($0, turn(&destination, after: earliest, within: .seconds(60))) }
        destinations[key] = destination
        return turns
    }

    /// An attempt ended; answers with the next in line, which runs in its place.
    mutating func finish(_ item: WorkItem, at now: Timestamp) -> WorkItem? {
        drop(item)
        let key = Self.key(item)
        guard var destination = destinations[key] else { return nil }
        if let last = destination.lastEnd {
            let passed = Double(min(max(now.since(last).wholeMicroseconds, 100), 2_000_000))
            destination.interval = destination.interval * 0.9 + passed * 0.1
        }
        destination.lastEnd = now
        let goesOn = destination.running <= destination.pace.limit && !destination.pace.isPaused(at: now)
        if destination.line.isEmpty || !goesOn {
            destination.running -= 1
            running -= 1
            destinations[key] = destination.isIdle ? nil : destination
            if destinations.count > Self.mostRemembered { destinations = destinations.filter { $0.value.running > 0 } }
            return nil
        }
        let next = destination.line.removeFirst()
        destinations[key] = destination
        return next
    }

    /// The item is no longer this worker's.
    mutating func drop(_ item: WorkItem) {
        held.removeAll { $0.id == item.id && $0.fence == item.fence }
    }
}
