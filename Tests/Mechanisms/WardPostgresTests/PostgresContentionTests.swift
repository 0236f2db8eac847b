// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardStorage
import WardTestKit

@testable import WardPostgres

/// Writers that read what others write: none of them can be serialized beside another.
@Suite struct PostgresContentionTests {
    private static let tally = Migration(
        module: "Test",
        number: 1,
        name: "tally",
        sqlite: "",
        postgres: "CREATE TABLE tally (n BIGINT NOT NULL, amount BIGINT NOT NULL, PRIMARY KEY (n))"
    )

    /// How often closures ran.
    private final class Runs: Sendable {
        let count = Mutex(0)
    }

    /// Who is inside.
    private final class Inside: Sendable {
        let counts = Mutex((together: 0, alone: 0))
    }

    @Test func `all of them commit, and each is run a few times at most`() async throws {
        try await TestStore.with(.postgres, migrations: [Self.tally]) { store in
            try await store.write { tx in
                for n in 0..<20 { try tx.execute("INSERT INTO tally (n, amount) VALUES (\(n), 0)") }
            }
            let runs = Runs()
            @Sendable func step(_ n: Int, in tx: any WriteTransaction) throws {
                runs.count.withLock { $0 += 1 }
                let all = try tx.first("SELECT CAST(sum(amount) AS BIGINT) FROM tally", as: Int.self) ?? 0
                try tx.execute("UPDATE tally SET amount = amount + 1 WHERE n = \(n % 20)")
                #expect(all <= 640)
            }
            try await withThrowingDiscardingTaskGroup { group in
                for n in 0..<600 { group.addTask { try await store.write { try step(n, in: $0) } } }
                for n in 0..<40 { group.addTask { try await store.writeAlone { try step(n, in: $0) } } }
            }
            let sum = try await store.read {
                try $0.first("SELECT CAST(sum(amount) AS BIGINT) FROM tally", as: Int.self)
            }
            #expect(sum == 640)
            #expect(runs.count.withLock { $0 } <= 3 * 640)
        }
    }

    @Test func `who runs alone waits for the others and is waited for`() async {
        let turns = PostgresTurns()
        let inside = Inside()
        await withDiscardingTaskGroup { group in
            for number in 0..<8 {
                group.addTask {
                    for _ in 0..<200 {
                        if number.isMultiple(of: 4) {
                            turns.alone {
                                let seen = inside.counts.withLock { counts in
                                    counts.alone += 1
                                    return counts
                                }
                                #expect(seen.together == 0 && seen.alone == 1)
                                inside.counts.withLock { $0.alone -= 1 }
                            }
                        } else {
                            turns.together {
                                let alone = inside.counts.withLock { counts in
                                    counts.together += 1
                                    return counts.alone
                                }
                                #expect(alone == 0)
                                inside.counts.withLock { $0.together -= 1 }
                            }
                        }
                    }
                }
            }
        }
    }
}
