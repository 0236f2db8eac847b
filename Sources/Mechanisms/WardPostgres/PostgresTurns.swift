// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Whether a transaction that writes runs beside others of this process or alone.
///
/// Predicate locks are kept on pages of indexes, so that two groups of a hot table conflict nearly always and repeating
/// them side by side conflicts again. What failed to serialize is therefore repeated while no other writer of the process
/// runs: it then fails once at most for each transaction of another node.
final class PostgresTurns: @unchecked Sendable {
    // SAFETY: the variables are read and written only while `condition` is locked.
    private let condition = NSCondition()
    private var running = 0
    private var waitingAlone = 0
    private var isAlone = false

    /// Runs beside others; waits for whoever runs, or wants to run, alone.
    func together<Result>(_ body: () throws -> Result) rethrows -> Result {
        condition.withLock {
            while isAlone || waitingAlone > 0 { condition.wait() }
            running += 1
        }
        defer {
            condition.withLock {
                running -= 1
                if running == 0 { condition.broadcast() }
            }
        }
        return try body()
    }

    /// Runs when nobody else does.
    func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
        condition.withLock {
            waitingAlone += 1
            while isAlone || running > 0 { condition.wait() }
            waitingAlone -= 1
            isAlone = true
        }
        defer {
            condition.withLock {
                isAlone = false
                condition.broadcast()
            }
        }
        return try body()
    }
}
