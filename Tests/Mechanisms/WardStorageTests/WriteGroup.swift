// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization
import Testing
import WardStorage

@testable import WardPostgres
@testable import WardSQLite

/// Closures that certainly share one COMMIT: every writer is kept busy until all of them wait.
final class WriteGroup: Sendable {
    /// What a closure is told about its turn.
    struct Turn: Sendable {
        /// 0 for the closure that ran first. Stays the same when the closure runs again.
        let position: Int
        /// 1 for the first time.
        let run: Int
    }

    private let turns = Mutex<[Int: Turn]>([:])
    private let busyWriters = Mutex(0)

    /// Runs `count` closures in one group and returns how each ended, by position.
    static func run(
        _ count: Int,
        on store: any Store,
        _ body: @escaping @Sendable (Turn, any WriteTransaction) throws -> Void
    ) async throws -> [Int: (any Error)?] {
        let group = WriteGroup()
        let gate = DispatchSemaphore(value: 0)
        let writers = store.dialect == .sqlite ? 1 : PostgresStore.writerCount
        return try await withThrowingTaskGroup(of: (Int, (any Error)?)?.self) { tasks in
            for writer in 0..<writers {
                tasks.addTask {
                    try await store.write { _ in
                        group.busyWriters.withLock { $0 += 1 }
                        gate.wait()
                    }
                    return nil
                }
                while group.busyWriters.withLock({ $0 }) <= writer { await Task.yield() }
            }
            for number in 0..<count {
                tasks.addTask {
                    do {
                        try await store.write { try body(group.turn(of: number), $0) }
                        return (number, nil)
                    } catch {
                        return (number, error)
                    }
                }
            }
            while try waiting(store) < count { await Task.yield() }
            for _ in 0..<writers { gate.signal() }
            var ends: [Int: (any Error)?] = [:]
            for try await end in tasks {
                guard let end else { continue }
                let position = try #require(group.turns.withLock { $0[end.0]?.position })
                ends.updateValue(end.1, forKey: position)
            }
            return ends
        }
    }

    private func turn(of number: Int) -> Turn {
        turns.withLock { turns in
            let turn = turns[number].map { Turn(position: $0.position, run: $0.run + 1) }
            let next = turn ?? Turn(position: turns.count, run: 1)
            turns[number] = next
            return next
        }
    }

    private static func waiting(_ store: any Store) throws -> Int {
        if let store = store as? SQLiteStore { return store.writer.waitingCount }
        return try #require(store as? PostgresStore).writers.waitingCount
    }
}
