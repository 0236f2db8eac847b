// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardKernel
import WardQueue
import WardStorage

/// The rates that administrators set, for one worker: limits are rows, taken in slices, so that a limit of so many a minute
/// holds for all workers together without a round trip for each message (DESIGN section 14). What a worker takes and does not
/// use is lost: the limit is never passed.
final class RateBudgets: Sendable {
    /// The period of a rate.
    static let period: Duration = .minutes(1)
    /// For how long limits are believed before they are read again.
    static let belief: Duration = .seconds(5)

    private struct Key: Hashable {
        var organization: OrganizationID
        var destination: [UInt8]
    }

    private struct Slice {
        var period: Int64
        var left: Int
        /// The period has nothing more for anybody.
        var isExhausted = false
    }

    private struct State {
        var limits: [OrganizationID: (readAt: Timestamp, perMinute: [[UInt8]: Int])] = [:]
        var slices: [Key: Slice] = [:]
    }

    private let store: any Store
    private let surroundings: Surroundings
    private let state = Mutex(State())

    init(store: any Store, surroundings: Surroundings) {
        self.store = store
        self.surroundings = surroundings
    }

    /// Which of these may begin now, and when the others may ask again.
    func admit(_ items: [WorkItem]) async throws -> (now: [WorkItem], later: [(WorkItem, Timestamp)]) {
        let moment = surroundings.now()
        try await readLimits(of: Set(items.map(\.organization)), at: moment)
        var now: [WorkItem] = []
        var later: [(WorkItem, Timestamp)] = []
        for item in items {
            let key = Key(organization: item.organization, destination: Array(item.reference.dropFirst(16)))
            let limit = state.withLock { $0.limits[key.organization]?.perMinute[key.destination] }
            guard let limit else {
                now.append(item)
                continue
            }
            if try await take(key, limit, at: moment) {
                now.append(item)
            } else {
                later.append((item, nextTurn(after: moment)))
            }
        }
        return (now, later)
    }

    private func readLimits(of organizations: Set<OrganizationID>, at now: Timestamp) async throws {
        let stale = state.withLock { state in
            organizations.filter { now >= (state.limits[$0].map { $0.readAt + Self.belief } ?? now) }
        }
        for organization in stale {
            let limits = try await store.read { tx in try RateLimitQueries.all(of: organization, in: tx) }
            let perMinute = Dictionary(
                limits.map { (StoredDelivery.mark(of: $0.destination), $0.perMinute) },
                uniquingKeysWith: min
            )
            state.withLock { $0.limits[organization] = (now, perMinute) }
        }
    }

    private func take(_ key: Key, _ limit: Int, at now: Timestamp) async throws -> Bool {
        let period = Self.start(of: now)
        let held = state.withLock { state -> Bool? in
            guard var slice = state.slices[key], slice.period == period else { return nil }
            if slice.left > 0 {
                slice.left -= 1
                state.slices[key] = slice
                return true
            }
            return slice.isExhausted ? false : nil
        }
        if let held { return held }
        let wanted = max(1, limit / 10)
        let granted = try await store.write { tx in
            try BudgetQueries.forget(
                scope: key.destination,
                before: period - Self.period.wholeMicroseconds * 60,
                organization: key.organization,
                in: tx
            )
            return try BudgetQueries.take(
                wanted,
                of: limit,
                scope: key.destination,
                period: period,
                organization: key.organization,
                in: tx
            )
        }
        state.withLock { state in
            state.slices[key] = Slice(period: period, left: max(0, granted - 1), isExhausted: granted == 0)
        }
        return granted > 0
    }

    private static func start(of now: Timestamp) -> Int64 {
        now.microseconds - now.microseconds % period.wholeMicroseconds
    }

    /// Somewhere in the next period.
    private func nextTurn(after now: Timestamp) -> Timestamp {
        let random = surroundings.randomBytes(2)
        let part = Int64(random[0]) << 8 | Int64(random[1])
        let next = Timestamp(microseconds: Self.start(of: now)) + Self.period
        return next + .microseconds(Self.period.wholeMicroseconds / 65_536 * part)
    }
}
