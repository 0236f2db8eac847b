// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardStorage
import WardTestKit

/// Writes of one kind that are done together: one transaction for many, and each alone with its failure.
@Suite struct GatheredWritesTests {
    /// How many requests each run of the closure had.
    private final class Sizes: Sendable {
        private let sizes = Mutex<[Int]>([])
        func append(_ size: Int) { sizes.withLock { $0.append(size) } }
        var all: [Int] { sizes.withLock { $0 } }
    }

    /// Writes the numbers at once, while every round waits until all have asked, and says how each ended.
    private func write(
        _ numbers: [Int],
        through gathered: GatheredWrites<Int, Int>
    ) async -> [Int: Result<Int, any Error>] {
        await withTaskGroup(of: (Int, Result<Int, any Error>).self) { tasks in
            for number in numbers {
                tasks.addTask {
                    do {
                        return (number, .success(try await gathered.write(number)))
                    } catch {
                        return (number, .failure(error))
                    }
                }
            }
            return await tasks.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `one that fails is alone with its failure, and the others are kept`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            let gathered = GatheredWrites<Int, Int>(store) { numbers, tx in
                for number in numbers {
                    try Things.insert(number, in: tx)
                    if number == 7 { throw Refused() }
                }
                return numbers.map { $0 * 2 }
            }
            let ends = await write(Array(0..<40), through: gathered)
            for number in 0..<40 where number != 7 {
                let answer = try ends[number]?.get()
                #expect(answer == number * 2)
            }
            #expect(throws: Refused.self) { try ends[7]?.get() }
            expectSame(try await Things.kept(in: store), (0..<40).filter { $0 != 7 })
        }
    }

    @Test(arguments: TestStore.kinds)
    func `whoever waits while another writes shares the next transaction, up to the limit`(kind: StoreKind) async throws
    {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            let sizes = Sizes()
            let gate = Gate()
            let gathered = GatheredWrites<Int, Int>(store, limit: 10) { numbers, tx in
                if !gate.hasArrived {
                    gate.arrive()
                    gate.waitToGoOn()
                }
                sizes.append(numbers.count)
                for number in numbers { try Things.insert(number, in: tx) }
                return numbers
            }
            let ends = await withTaskGroup(of: [Int: Result<Int, any Error>].self) { tasks in
                tasks.addTask { await self.write([0], through: gathered) }
                while !gate.hasArrived { await Task.yield() }
                tasks.addTask { await self.write(Array(1..<26), through: gathered) }
                while gathered.waitingCount < 25 { await Task.yield() }
                gate.goOn()
                return await tasks.reduce(into: [:]) { $0.merge($1) { first, _ in first } }
            }
            #expect(ends.count == 26)
            #expect(sizes.all == [1, 10, 10, 5])
            expectSame(try await Things.kept(in: store), Array(0..<26))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `after a store that takes nothing any more nobody waits for ever`(kind: StoreKind) async throws {
        try await TestStore.with(kind, migrations: [Things.migration]) { store in
            let gathered = GatheredWrites<Int, Int>(store) { _, _ in throw StoreError(code: .closed, detail: "test") }
            let ends = await write(Array(0..<30), through: gathered)
            #expect(ends.count == 30)
            for end in ends.values { #expect(throws: StoreError.self) { try end.get() } }
        }
    }
}
