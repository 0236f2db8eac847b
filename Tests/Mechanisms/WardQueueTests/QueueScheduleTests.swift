// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardQueue
import WardStorage
import WardTestKit

/// Random schedules of workers that die, are slow, retry and finish; the seed stands in the test's argument.
@Suite struct QueueScheduleTests {
    private let kind = WorkKind("test.work")
    private let organization = OrganizationID(high: 7, low: 7)

    private static let effect = Migration(
        module: "Test",
        number: 1,
        name: "effect",
        sqlite: "CREATE TABLE effect (reference BLOB NOT NULL, worker INTEGER NOT NULL) STRICT;",
        postgres: "CREATE TABLE effect (reference BYTEA NOT NULL, worker BIGINT NOT NULL);"
    )

    @Test(arguments: TestStore.kinds, 1...12)
    func `whatever the schedule, each item's effect happens once`(store kind: StoreKind, seed: Int) async throws {
        let surroundings = TestSurroundings(seed: UInt64(seed))
        let random = { Int(surroundings.surroundings.randomBytes(1)[0]) }
        let queue = Queue(surroundings: surroundings.surroundings)
        try await TestStore.with(kind, migrations: WardQueueMigrations.all + [Self.effect]) { store in
            let now = surroundings.now
            try await store.write { tx in
                for number in 0..<20 {
                    try queue.enqueue(
                        self.kind,
                        organization: organization,
                        reference: [UInt8(number)],
                        runAt: now,
                        in: tx
                    )
                }
            }
            var held: [(item: WorkItem, worker: Int)] = []
            var steps = 0
            while try await remaining(store, queue) > 0 {
                steps += 1
                try #require(steps < 5_000, "the schedule does not end")
                switch random() % 4 {
                case 0:
                    let worker = random() % 3
                    held += try await queue.claimAcrossOrganizations(
                        [self.kind],
                        limit: 1 + random() % 5,
                        lease: .seconds(10),
                        owner: [UInt8(worker)],
                        from: store
                    ).map { ($0, worker) }
                case 1: surroundings.advance(by: .seconds(random() % 12))
                case 2 where !held.isEmpty && random() % 4 == 0: held.remove(at: random() % held.count)
                default:
                    guard !held.isEmpty else { continue }
                    let (item, worker) = held.remove(at: random() % held.count)
                    try await act(item, worker, finishing: random() % 3 > 0, store, queue, surroundings.now)
                }
            }
            let effects = try await store.read { try $0.rows("SELECT reference FROM effect") }
            #expect(effects.count == 20)
            #expect(Set(effects.map(\.values)).count == 20)
        }
    }

    private func remaining(_ store: any Store, _ queue: Queue) async throws -> Int {
        let counts = try await store.read { try queue.counts(of: kind, organization: organization, in: $0) }
        return counts.waiting + counts.leased + counts.parked
    }

    private func act(
        _ item: WorkItem,
        _ worker: Int,
        finishing: Bool,
        _ store: any Store,
        _ queue: Queue,
        _ now: Timestamp
    ) async throws {
        do {
            try await store.write { tx in
                if finishing {
                    try tx.execute("INSERT INTO effect (reference, worker) VALUES (\(item.reference), \(worker))")
                    try queue.finish(item, in: tx)
                } else {
                    try queue.retry(item, at: now + .seconds(3), in: tx)
                }
            }
        } catch is LeaseLost {
            // Another worker has it; this one's effect was rolled back.
        }
    }
}
