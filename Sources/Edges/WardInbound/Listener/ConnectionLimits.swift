// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What all connections of the mail listeners may cost together.
package struct ListenerLimits: Sendable, Hashable {
    package var connections = 400
    package var connectionsPerAddress = 20
    /// Octets of messages that are arriving, all connections together.
    package var heldOctets = 268_435_456
    /// The longest that a connection may last.
    package var lifetime: Duration = .seconds(1_800)

    package init() {}
}

/// Counts connections and what they hold.
final class ConnectionCounts: Sendable {
    private struct Counts {
        var total = 0
        var byAddress: [String: Int] = [:]
        var held = 0
    }

    let limits: ListenerLimits
    private let counts = Mutex(Counts())

    init(limits: ListenerLimits) { self.limits = limits }

    /// Counts one more connection, or says that there are too many.
    func admit(_ address: String) -> Bool {
        counts.withLock { counts in
            let here = counts.byAddress[address] ?? 0
            guard counts.total < limits.connections, here < limits.connectionsPerAddress else { return false }
            counts.total += 1
            counts.byAddress[address] = here + 1
            return true
        }
    }

    func leave(_ address: String) {
        counts.withLock { counts in
            counts.total -= 1
            let left = (counts.byAddress[address] ?? 1) - 1
            counts.byAddress[address] = left > 0 ? left : nil
        }
    }

    /// Notes that a connection holds so much more (or less); whether that is too much.
    func hold(_ change: Int) -> Bool {
        counts.withLock { counts in
            counts.held += change
            return change > 0 && counts.held > limits.heldOctets
        }
    }
}
