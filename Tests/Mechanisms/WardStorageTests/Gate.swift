// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// Holds a closure on its database thread until the test lets it go on.
final class Gate: Sendable {
    private let arrived = Mutex(false)
    private let semaphore = DispatchSemaphore(value: 0)

    var hasArrived: Bool { arrived.withLock { $0 } }
    func arrive() { arrived.withLock { $0 = true } }
    func waitToGoOn() { semaphore.wait() }
    func goOn() { semaphore.signal() }
}
