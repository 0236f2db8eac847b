// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardKernel
import WardStorage
import WardTestKit

@testable import WardDelivery

/// Servers that never answer keep nobody else's mail back (reliability catalogue N2).
@Suite struct SlowDestinationTests {
    private static let configuration = DeliveryConfiguration(
        concurrency: 8,
        concurrencyPerDestination: 2,
        pollInterval: .milliseconds(10)
    )

    /// Sends to silent domains, then one message to a domain that answers; whether that arrives while the others hang.
    private func arrives(
        _ kind: StoreKind,
        silent: Int,
        _ change: @escaping (inout MessageTerms) -> Void
    ) async throws -> Bool {
        let domains = (0..<silent).map { "slow\($0).example" }
        let arrived = Mutex(false)
        try await DeliveryWorld.with(kind, surroundings: .machine, configuration: Self.configuration) { world in
            world.transmitter.state.withLock { $0.silent = Set(domains) }
            for domain in domains {
                for number in 0..<12 {
                    let address = try #require(EmailAddress("p\(number)@\(domain)"))
                    _ = try await world.send(to: try await world.makePerson(), try world.terms(), address: address)
                }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await world.worker.run() }
                // The silent servers come first, as in a queue of their mail.
                try await wait { world.worker.running >= min(silent * 2, 7) }
                let terms = try world.terms(change: change)
                let person = try await world.makePerson()
                _ = try await world.send(to: person, terms, address: try DeliveryWorld.address())
                try await wait { !world.transmitter.taken.isEmpty }
                arrived.withLock { $0 = !world.transmitter.taken.isEmpty }
                group.cancelAll()
            }
        }
        return arrived.withLock(\.self)
    }

    /// Until it holds, at most twenty seconds.
    private func wait(until holds: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while !holds(), ContinuousClock.now < end { await Task.yield() }
    }

    @Test(arguments: TestStore.kinds)
    func `three silent domains do not stall the mail to all others`(kind: StoreKind) async throws {
        let hasArrived = try await arrives(kind, silent: 3) { _ in }
        #expect(hasArrived)
    }

    @Test(arguments: TestStore.kinds)
    func `when silent domains hold every place of campaigns, a message to one person goes all the same`(
        kind: StoreKind
    ) async throws {
        let hasArrived = try await arrives(kind, silent: 6) { terms in
            terms.campaign = nil
            terms.priority = 1
        }
        #expect(hasArrived)
    }
}
