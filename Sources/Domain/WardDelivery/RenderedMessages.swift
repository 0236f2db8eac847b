// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardKernel

/// Messages that were just put together and signed, kept in memory until their first attempt, so that nothing is rendered
/// twice where that can be helped. What does not fit, what waits for long, and every retry is composed again from what is
/// stored; the clearance's digest is compared either way.
final class RenderedMessages: Sendable {
    /// Octets of all messages together.
    static let capacity = 32 << 20
    /// Octets above which a campaign's next messages wait for those that are ready: some hundred messages ahead of the
    /// attempts are enough to keep every processor at work, and what is ahead by more is only in memory.
    static let ample = 4 << 20
    /// What was not sent by then (held, refused, rolled back) makes room.
    static let lifetime = Duration.minutes(1)

    private struct State {
        var messages: [MessageID: (octets: OutgoingOctets, until: Timestamp)] = [:]
        var octets = 0
        var clearedAt: Timestamp?
    }

    private let state = Mutex(State())

    /// Keeps a message, unless it is full: the oldest go out first, and those are the ones that are here.
    func keep(_ octets: OutgoingOctets, of id: MessageID, at now: Timestamp) {
        state.withLock { state in
            if state.octets + octets.bytes.count > Self.capacity { Self.makeRoom(&state, at: now) }
            guard state.octets + octets.bytes.count <= Self.capacity, state.messages[id] == nil else { return }
            state.octets += octets.bytes.count
            state.messages[id] = (octets, now + Self.lifetime)
        }
    }

    /// The message, which is not kept any longer.
    func take(_ id: MessageID) -> OutgoingOctets? {
        state.withLock { state in
            let found = state.messages.removeValue(forKey: id)?.octets
            state.octets -= found?.bytes.count ?? 0
            return found
        }
    }

    /// Forgets a message that does not go out by mail, or not now.
    func drop(_ id: MessageID) { _ = take(id) }

    /// Waits while there is plenty and it becomes less: for a quarter of a second without a change, and five seconds in all.
    /// Where the attempts stand still (a destination that asks for patience, another node that has the leases), nothing more
    /// is gained by waiting.
    func waitWhileAmple(_ surroundings: Surroundings) async throws {
        var (least, stalled, looks) = (octets, 0, 0)
        while least > Self.ample, stalled < 25, looks < 500 {
            try await surroundings.wait(.milliseconds(10))
            looks += 1
            let now = octets
            stalled = now < least ? 0 : stalled + 1
            least = min(least, now)
        }
    }

    /// Octets of all that is kept.
    var octets: Int { state.withLock { $0.octets } }

    /// As after a start.
    func forgetAll() { state.withLock { $0 = State() } }

    /// At most once a second, since it looks at everything.
    private static func makeRoom(_ state: inout State, at now: Timestamp) {
        guard state.clearedAt.map({ now >= $0 + .seconds(1) }) ?? true else { return }
        state.clearedAt = now
        state.messages = state.messages.filter { now < $0.value.until }
        state.octets = state.messages.values.reduce(0) { $0 + $1.octets.bytes.count }
    }
}
