// SPDX-License-Identifier: Apache-2.0

import Testing
import WardStorage
import WardTestKit

/// Writes that share a COMMIT: each closure is alone with its failure.
@Suite struct GroupCommitTests {
    /// First, middle and last of five.
    static let places = [0, 2, 4]

    @Test(arguments: TestStore.kinds, places)
    func `a closure that throws rolls back alone`(kind: StoreKind, place: Int) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            let ends = try await WriteGroup.run(5, on: store) { turn, tx in
                try Things.insert(turn.position, in: tx)
                if turn.position == place { throw Refused() }
            }
            for position in 0..<5 { #expect(((ends[position] ?? nil) is Refused) == (position == place)) }
            expectSame(try await Things.kept(in: store), (0..<5).filter { $0 != place })
        }
    }

    @Test(arguments: TestStore.kinds, places)
    func `a closure that throws before its first statement disturbs nobody`(kind: StoreKind, place: Int) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            let ends = try await WriteGroup.run(5, on: store) { turn, tx in
                if turn.position == place { throw Refused() }
                try Things.insert(turn.position, in: tx)
            }
            #expect((ends[place] ?? nil) is Refused)
            expectSame(try await Things.kept(in: store), (0..<5).filter { $0 != place })
        }
    }

    @Test(arguments: TestStore.kinds, places)
    func `a statement that a constraint refuses rolls back its closure alone`(
        kind: StoreKind,
        place: Int
    ) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            let ends = try await WriteGroup.run(5, on: store) { turn, tx in
                try Things.insert(turn.position, in: tx)
                if turn.position == place { try Things.insert(2_000_000, in: tx) }
            }
            let failure = try #require(ends[place] as? StoreError)
            #expect(failure.code == .constraint && failure.constraint == .check)
            expectSame(try await Things.kept(in: store), (0..<5).filter { $0 != place })
        }
    }

    @Test(arguments: TestStore.kinds, places)
    func `a refused statement whose error is swallowed fails its closure all the same`(
        kind: StoreKind,
        place: Int
    ) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            let ends = try await WriteGroup.run(5, on: store) { turn, tx in
                try Things.insert(turn.position, in: tx)
                // Swallowed on purpose: that is the test.
                if turn.position == place { try? Things.insert(2_000_000, in: tx) }
            }
            #expect((ends[place] as? StoreError)?.code == .constraint)
            expectSame(try await Things.kept(in: store), (0..<5).filter { $0 != place })
        }
    }

    @Test(arguments: TestStore.kinds, places)
    func `a closure cannot end the transaction of the others`(kind: StoreKind, place: Int) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            let ends = try await WriteGroup.run(5, on: store) { turn, tx in
                try Things.insert(turn.position, in: tx)
                if turn.position == place { try tx.execute("commit") }
            }
            #expect((ends[place] as? StoreError)?.code == .statement)
            expectSame(try await Things.kept(in: store), (0..<5).filter { $0 != place })
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a closure sees what those before it in the group wrote`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            let ends = try await WriteGroup.run(20, on: store) { turn, tx in
                let count = try tx.first("SELECT count(*) FROM thing", as: Int.self)
                #expect(count == turn.position)
                try Things.insert(turn.position, in: tx)
            }
            #expect(ends.values.allSatisfy { $0 == nil })
        }
    }

    @Test(arguments: TestStore.kinds)
    func `two closures that want the same key: the first has it, the second is told`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            let ends = try await WriteGroup.run(2, on: store) { _, tx in try Things.insert(7, in: tx) }
            let first = try #require(ends[0])
            #expect(first == nil)
            #expect((ends[1] as? StoreError)?.constraint == .unique)
            expectSame(try await Things.kept(in: store), [7])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `counters that many tasks raise at once lose nothing`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            try await store.write { try Things.insert(0, in: $0) }
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for number in 0..<200 {
                    tasks.addTask {
                        // Read, then write: what READ COMMITTED would lose. Every tenth in a transaction of its own.
                        let raise: @Sendable (any WriteTransaction) throws -> Void = { tx in
                            let n = try tx.first("SELECT n FROM thing", as: Int.self) ?? 0
                            try tx.execute("UPDATE thing SET n = \(n + 1)")
                        }
                        if number % 10 == 0 {
                            try await store.writeAlone(raise)
                        } else {
                            try await store.write(raise)
                        }
                    }
                }
                try await tasks.waitForAll()
            }
            expectSame(try await Things.kept(in: store), [200])
        }
    }
}
