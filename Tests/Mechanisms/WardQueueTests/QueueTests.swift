// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardQueue
import WardStorage
import WardTestKit

@Suite struct QueueTests {
    private let organization = OrganizationID(high: 7, low: 7)
    private let kind = WorkKind("test.work")

    private func with(
        _ kind: StoreKind,
        _ body: (any Store, Queue, TestSurroundings) async throws -> Void
    ) async throws {
        let surroundings = TestSurroundings()
        try await TestStore.with(kind, migrations: WardQueueMigrations.all) { store in
            try await body(store, Queue(surroundings: surroundings.surroundings), surroundings)
        }
    }

    private func claim(_ queue: Queue, _ store: any Store, limit: Int = 10, owner: UInt8 = 1) async throws -> [WorkItem]
    {
        try await queue.claimAcrossOrganizations([kind], limit: limit, lease: .seconds(60), owner: [owner], from: store)
    }

    private func expectNothing(_ queue: Queue, _ store: any Store) async throws {
        let claimed = try await claim(queue, store, owner: 9)
        #expect(claimed.isEmpty)
    }

    @Test(arguments: TestStore.kinds)
    func `an item of a transaction that rolled back does not exist`(store kind: StoreKind) async throws {
        struct Refused: Error {}
        try await with(kind) { store, queue, surroundings in
            let now = surroundings.now
            await #expect(throws: Refused.self) {
                try await store.write { tx in
                    try queue.enqueue(self.kind, organization: organization, reference: [1], runAt: now, in: tx)
                    throw Refused()
                }
            }
            try await expectNothing(queue, store)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what a worker still works on is not claimed again by it when the lease ended`(
        store kind: StoreKind
    ) async throws {
        try await with(kind) { store, queue, surroundings in
            let now = surroundings.now
            _ = try await store.write { tx in
                for reference in [UInt8(1), 2] {
                    try queue.enqueue(
                        self.kind,
                        organization: organization,
                        reference: [reference],
                        runAt: now,
                        in: tx
                    )
                }
            }
            let held = try #require(try await claim(queue, store, limit: 1).first)
            surroundings.advance(by: .seconds(61))
            let others = try await queue.claimAcrossOrganizations(
                [self.kind],
                limit: 10,
                lease: .seconds(60),
                owner: [1],
                except: [held.id],
                from: store
            )
            #expect(others.count == 1)
            #expect(!others.map(\.id).contains(held.id))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a worker that lost its lease can neither finish nor retry nor park`(store kind: StoreKind) async throws {
        try await with(kind) { store, queue, surroundings in
            let now = surroundings.now
            _ = try await store.write { tx in
                try queue.enqueue(self.kind, organization: organization, reference: [1], runAt: now, in: tx)
            }
            let lost = try #require(try await claim(queue, store).first)
            try await expectNothing(queue, store)
            surroundings.advance(by: .seconds(61))
            let taken = try #require(try await claim(queue, store, owner: 2).first)
            #expect(taken.attempt == 2)
            for act in [0, 1, 2, 3] {
                await #expect(throws: LeaseLost.self) {
                    try await store.write { tx in
                        switch act {
                        case 0: try queue.finish(lost, in: tx)
                        case 1: try queue.retry(lost, at: now, in: tx)
                        case 2: try queue.park(lost, reason: "test", in: tx)
                        default: try queue.renew(lost, lease: .seconds(60), in: tx)
                        }
                    }
                }
            }
            try await store.write { tx in try queue.finish(taken, in: tx) }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what a dead worker had is due at once when it is taken back, and what others have stays theirs`(
        store kind: StoreKind
    ) async throws {
        try await with(kind) { store, queue, surroundings in
            let now = surroundings.now
            try await store.write { tx in
                for number in 0..<3 {
                    try queue.enqueue(
                        self.kind,
                        organization: organization,
                        reference: [UInt8(number)],
                        runAt: now,
                        in: tx
                    )
                }
            }
            let dead = try await claim(queue, store, limit: 2, owner: 1)
            let living = try #require(try await claim(queue, store, owner: 2).first)
            #expect(try await store.write { tx in try queue.takeBackAcrossOrganizations(from: [1], in: tx) } == 2)
            let taken = try await claim(queue, store, owner: 3)
            #expect(Set(taken.map(\.id)) == Set(dead.map(\.id)))
            #expect(taken.allSatisfy { $0.attempt == 2 })
            for item in dead {
                await #expect(throws: LeaseLost.self) {
                    try await store.write { tx in try queue.finish(item, in: tx) }
                }
            }
            try await store.write { tx in try queue.finish(living, in: tx) }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `urgent work goes before a backlog, and nothing goes before its time`(store kind: StoreKind) async throws {
        try await with(kind) { store, queue, surroundings in
            let now = surroundings.now
            try await store.write { tx in
                for number in 0..<50 {
                    try queue.enqueue(
                        self.kind,
                        organization: organization,
                        reference: [UInt8(number)],
                        runAt: now - .seconds(100),
                        priority: .bulk,
                        in: tx
                    )
                }
                try queue.enqueue(
                    self.kind,
                    organization: organization,
                    reference: [200],
                    runAt: now,
                    priority: .urgent,
                    in: tx
                )
                try queue.enqueue(
                    self.kind,
                    organization: organization,
                    reference: [201],
                    runAt: now + .seconds(5),
                    priority: .urgent,
                    in: tx
                )
            }
            let first = try await claim(queue, store, limit: 2)
            #expect(first.map(\.reference).first == [200])
            #expect(first.last?.priority == .bulk)
            let next = try await store.read { try queue.nextDueAcrossOrganizations([self.kind], in: $0) }
            #expect(next == now - .seconds(100))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a parked item waits for a person, who can make it due again`(store kind: StoreKind) async throws {
        try await with(kind) { store, queue, surroundings in
            let now = surroundings.now
            _ = try await store.write { tx in
                try queue.enqueue(self.kind, organization: organization, reference: [9], runAt: now, in: tx)
            }
            let item = try #require(try await claim(queue, store).first)
            try await store.write { tx in try queue.park(item, reason: "test.poison", in: tx) }
            surroundings.advance(by: .days(30))
            try await expectNothing(queue, store)
            let counts = try await store.read {
                try queue.counts(of: self.kind, organization: organization, in: $0)
            }
            #expect(counts == WorkCounts(waiting: 0, leased: 0, parked: 1))
            let made = try await store.write { tx in
                try queue.reschedule(self.kind, organization: organization, reference: [9], at: now, in: tx)
            }
            #expect(made == 1)
            let again = try await claim(queue, store)
            #expect(again.count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `workers that claim at once never get the same item`(store kind: StoreKind) async throws {
        try await with(kind) { store, queue, surroundings in
            let now = surroundings.now
            try await store.write { tx in
                for number in 0..<200 {
                    try queue.enqueue(
                        self.kind,
                        organization: organization,
                        reference: [UInt8(number)],
                        runAt: now,
                        in: tx
                    )
                }
            }
            let claimed = try await withThrowingTaskGroup(of: [WorkItem].self) { group in
                for worker in 0..<8 {
                    group.addTask { try await claim(queue, store, limit: 25, owner: UInt8(worker)) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(Set(claimed.map(\.id)).count == claimed.count)
        }
    }
}
