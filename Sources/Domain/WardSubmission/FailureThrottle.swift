// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardKernel

/// Counts failed sign-ins by network address, in memory: passwords are random and cannot be guessed, so that this only keeps
/// the log and the processor free.
final class FailureThrottle: Sendable {
    private struct Count {
        var failures: Int
        var since: Timestamp
    }

    static let limit = 20
    private static let window: Duration = .minutes(15)
    private static let most = 10_000
    private let counts = Mutex<[String: Count]>([:])

    /// Whether one more attempt from there is looked at.
    func admits(_ address: String, at now: Timestamp) -> Bool {
        counts.withLock { counts in
            guard let count = counts[address], now < count.since + Self.window else { return true }
            return count.failures < Self.limit
        }
    }

    func noteFailure(_ address: String, at now: Timestamp) {
        counts.withLock { counts in
            if counts.count >= Self.most { counts = counts.filter { now < $0.value.since + Self.window } }
            if counts.count >= Self.most { counts = [:] }
            var count = counts[address] ?? Count(failures: 0, since: now)
            if now >= count.since + Self.window { count = Count(failures: 0, since: now) }
            count.failures += 1
            counts[address] = count
        }
    }

    func noteSuccess(_ address: String) { counts.withLock { $0[address] = nil } }
}
