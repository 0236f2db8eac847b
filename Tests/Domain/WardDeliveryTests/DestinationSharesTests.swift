// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardTestKit

@testable import WardDelivery
@testable import WardQueue

@Suite struct DestinationSharesTests {
    private let now = Timestamp(seconds: 100)
    private let surroundings = TestSurroundings().surroundings

    private func item(_ destination: UInt8, _ priority: WorkPriority = .bulk) -> WorkItem {
        WorkItem(
            organization: OrganizationID(high: 1, low: 1),
            id: surroundings.makeIdentifier(),
            kind: .deliveryAttempt,
            reference: [UInt8](repeating: 0, count: 16) + [destination],
            priority: priority,
            attempt: 1,
            fence: 1
        )
    }

    @Test func `one slow destination takes its share and no more`() {
        var shares = DestinationShares(limit: 2, waitingLimit: 1)
        let first = [item(1), item(1), item(1), item(1)]
        #expect(shares.admit(first[0], at: now) == .runs)
        #expect(shares.admit(first[1], at: now) == .runs)
        #expect(shares.admit(first[2], at: now) == .waits)
        guard case .comesBack(let time) = shares.admit(first[3], at: now) else {
            Issue.record("admitted beyond its share")
            return
        }
        #expect(time > now && time < now + .seconds(31))
        #expect(shares.admit(item(2), at: now) == .runs)
        #expect(shares.finish(first[0], at: now) == first[2])
        #expect(shares.finish(first[1], at: now) == nil)
        #expect(shares.admit(item(1), at: now) == .runs)
    }

    @Test func `only what runs takes a place`() {
        var shares = DestinationShares(limit: 2, waitingLimit: 10)
        let items = (0..<8).map { _ in item(1) }
        for item in items { _ = shares.admit(item, at: now) }
        #expect(shares.running == 2)
        var next: WorkItem? = items[0]
        var finished = 0
        while let current = next {
            next = shares.finish(current, at: now)
            finished += 1
        }
        #expect(finished == 7)
        #expect(shares.running == 1)
        #expect(shares.finish(items[1], at: now) == nil)
        #expect(shares.running == 0)
    }

    @Test func `a message to one person waits at the head of the line`() {
        var shares = DestinationShares(limit: 1, waitingLimit: 1)
        let (first, bulk, urgent) = (item(1), item(1), item(1, .normal))
        #expect(shares.admit(first, at: now) == .runs)
        #expect(shares.admit(bulk, at: now) == .waits)
        #expect(shares.admit(urgent, at: now) == .waits)
        #expect(shares.finish(first, at: now) == urgent)
        #expect(shares.finish(urgent, at: now) == bulk)
    }
}
