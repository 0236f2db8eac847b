// SPDX-License-Identifier: Apache-2.0

import Synchronization
package import WardKernel

/// A clock that stands until it is moved, and a generator that a seed determines.
package final class TestSurroundings: Sendable {
    private struct State {
        var now: Timestamp
        var generator: UInt64
    }

    private let state: Mutex<State>

    package init(now: Timestamp = Timestamp(seconds: 1_795_500_000), seed: UInt64 = 1) {
        state = Mutex(State(now: now, generator: seed))
    }

    package var now: Timestamp { state.withLock { $0.now } }

    package func advance(by duration: Duration) { state.withLock { $0.now = $0.now + duration } }

    package var surroundings: Surroundings {
        Surroundings(
            now: { self.now },
            randomBytes: { count in
                self.state.withLock { state in (0..<count).map { _ in Self.next(&state.generator) } }
            },
            wait: { self.advance(by: $0) }
        )
    }

    private static func next(_ generator: inout UInt64) -> UInt8 {
        // Vigna, "splitmix64".
        generator &+= 0x9e37_79b9_7f4a_7c15
        var value = generator
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return UInt8(truncatingIfNeeded: (value ^ (value >> 31)) >> 24)
    }
}
