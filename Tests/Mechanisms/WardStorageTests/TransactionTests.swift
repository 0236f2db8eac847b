// SPDX-License-Identifier: Apache-2.0

import Testing
import WardStorage
import WardTestKit

@Suite struct TransactionTests {
    @Test(arguments: TestStore.kinds)
    func `what a closure throws comes out unchanged and nothing is kept`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            await #expect(throws: Refused.self) {
                try await store.write { tx in
                    try Things.insert(1, in: tx)
                    throw Refused()
                }
            }
            await #expect(throws: Refused.self) {
                try await store.writeAlone { tx in
                    try Things.insert(1, in: tx)
                    throw Refused()
                }
            }
            await #expect(throws: Refused.self) { try await store.read { _ in throw Refused() } }
            expectSame(try await Things.kept(in: store), [])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a conflict that a closure itself names is not repeated`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            let failure = await storeError {
                try await store.write { tx in
                    try Things.insert(1, in: tx)
                    throw StoreError(code: .serialization, detail: "thing")
                }
            }
            #expect(failure == StoreError(code: .serialization, detail: "thing"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a constraint is named, its values are not`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            try await store.write { try Things.insert(4_711, "Ottilie Beispiel", in: $0) }
            let unique = await storeError { try await store.write { try Things.insert(4_711, in: $0) } }
            let check = await storeError { try await store.write { try Things.insert(1_000_001, "Ottilie", in: $0) } }
            let notNull = await storeError {
                try await store.write { try $0.execute("INSERT INTO thing (id, n) VALUES (\([1] as [UInt8]), NULL)") }
            }
            let foreign = await storeError {
                try await store.write { try $0.execute("INSERT INTO part (thing, n) VALUES (\([9] as [UInt8]), 4711)") }
            }
            for (failure, expected) in [
                (unique, StoreError.Constraint.unique), (check, .check), (notNull, .notNull), (foreign, .foreignKey),
            ] {
                #expect(failure?.code == .constraint)
                #expect(failure?.constraint == expected)
                for value in ["4711", "Ottilie", "1000001"] { #expect(failure?.description.contains(value) == false) }
            }
            #expect(check?.detail.contains("thing_small") == true)
            #expect(notNull?.detail.contains("thing.n") == true)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a statement that is wrong is told apart from one that is refused`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: []) { store in
            let failure = await storeError {
                try await store.write { try $0.execute("INSERT INTO nowhere (n) VALUES (1)") }
            }
            #expect(failure?.code == .statement)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a reader sees one moment, whatever is committed meanwhile`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            try await store.write { try Things.insert(1, in: $0) }
            let gate = Gate()
            async let seen = store.read { tx in
                let before = try tx.first("SELECT count(*) FROM thing", as: Int.self)
                gate.arrive()
                gate.waitToGoOn()
                return (before, try tx.first("SELECT count(*) FROM thing", as: Int.self))
            }
            while !gate.hasArrived { await Task.yield() }
            try await store.write { try Things.insert(2, in: $0) }
            gate.goOn()
            let (before, after) = try await seen
            #expect(before == 1 && after == 1)
            expectSame(try await Things.kept(in: store), [1, 2])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a reader cannot write`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            let failure = await storeError {
                _ = try await store.read { try $0.rows("DELETE FROM thing RETURNING n") }
            }
            #expect(failure != nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `rows come one by one, with other statements among them`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            try await store.write { tx in for n in 0..<2_500 { try Things.insert(n, in: tx) } }
            let sum = try await store.read { tx in
                var sum = 0
                try tx.forEachRow("SELECT n FROM thing WHERE n < \(2_400) ORDER BY n") { row in
                    let n: Int = try row.value("n")
                    // The same text inside its own rows.
                    if n == 1_200 {
                        try tx.forEachRow("SELECT n FROM thing WHERE n < \(2_400) ORDER BY n") { _ in sum += 1 }
                    }
                    sum += n
                }
                return sum
            }
            #expect(sum == 2_400 * 2_399 / 2 + 2_400)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `rows that a change returns can be walked`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            try await store.write { tx in for n in 0..<3 { try Things.insert(n, in: tx) } }
            let gone = try await store.write { tx in
                var gone: [Int] = []
                try tx.forEachRow("DELETE FROM thing WHERE n > \(0) RETURNING n") { gone.append(try $0.value(at: 0)) }
                return gone.sorted()
            }
            #expect(gone == [1, 2])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a change tells how many rows it changed`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            try await store.write { tx in
                for n in 0..<3 { try Things.insert(n, in: tx) }
                #expect(try tx.execute("UPDATE thing SET t = \("x") WHERE n > \(0)") == 2)
                #expect(try tx.execute("UPDATE thing SET t = \("x") WHERE n > \(9)") == 0)
                #expect(try tx.execute("CREATE TABLE later (n BIGINT)") == 0)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what was submitted before closing is kept, what comes after is refused`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for n in 0..<20 { tasks.addTask { try await store.write { try Things.insert(n, in: $0) } } }
                try await tasks.waitForAll()
            }
            await store.close()
            let write = await storeError { try await store.write { _ in } }
            let alone = await storeError { try await store.writeAlone { _ in } }
            let read = await storeError { try await store.read { _ in } }
            for failure in [write, alone, read] { #expect(failure?.code == .closed) }
            await store.close()
        }
    }
}
