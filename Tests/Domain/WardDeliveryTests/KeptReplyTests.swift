// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardKernel
import WardStorage
import WardTestKit

@testable import WardDelivery

/// A server has taken the message: whatever happens before its reply is kept, the message goes out no second time
/// (invariant I5), as long as the process lives.
@Suite struct KeptReplyTests {
    private func sendOnce(
        _ kind: StoreKind,
        doubts: Int,
        _ meanwhile: @escaping @Sendable (DeliveryWorld) async throws -> Void
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.transmitter.state.withLock { $0.answers = [.acceptAnd { try await meanwhile(world) }] }
            let id = try await world.queued(to: person, try world.terms())
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
            world.clock.advance(by: .hours(2))
            try await world.drain()
            #expect(world.transmitter.taken.count == 1)
            let counts = try await world.delivery.counts(of: world.campaign, by: world.marketer)
            #expect(counts.attemptsInDoubt == doubts)
            let explained = try await world.delivery.explain(id, by: world.marketer)
            #expect(explained.attempts.map(\.outcome) == ["accepted"])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a reply is kept once the database is back`(kind: StoreKind) async throws {
        try await sendOnce(kind, doubts: 0) { world in world.store.fail(next: 4) }
    }

    @Test(arguments: TestStore.kinds)
    func `a worker does not take an attempt over from itself when its leases ended`(kind: StoreKind) async throws {
        try await sendOnce(kind, doubts: 0) { world in
            world.clock.advance(by: .seconds(46))
            let count = try await world.worker.runOnce()
            #expect(count == 0)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an attempt in doubt is repeated once, and then its fate is unknown`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.transmitter.state.withLock { $0.standard = .loseReply }
            let id = try await world.queued(to: person, try world.terms())
            for _ in 0..<20 {
                try await world.drain()
                world.clock.advance(by: .hours(2))
            }
            #expect(world.transmitter.taken.count == 2)
            #expect(Set(world.transmitter.taken.map(\.bytes)).count == 1)
            #expect(try await world.standing(of: id) == .unknown)
            let counts = try await world.delivery.counts(of: world.campaign, by: world.marketer)
            #expect(counts.attemptsInDoubt == 2)
            #expect(counts.count(.unknown) == 1)
            #expect(counts.pending == 0)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a message stays in the portal when nobody knows whether its notice arrived`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.transmitter.state.withLock { $0.standard = .loseReply }
            let id = try await world.queued(to: person, try world.terms { $0.methods = .portalOnly })
            for _ in 0..<5 {
                try await world.drain()
                world.clock.advance(by: .hours(2))
            }
            #expect(try await world.standing(of: id) == .unknown)
            #expect(world.portal.state.withLock(\.withdrawn).isEmpty)
            let organization = world.ground.organization
            try await world.store.write { tx in
                try world.delivery.portalOpened(id, of: organization, in: tx)
            }
            #expect(try await world.standing(of: id) == .openedInPortal)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a notice that no server takes over the connection it can have is tried at the schedule's pace`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.transmitter.state.withLock { $0.standard = .breaksOff }
            let id = try await world.queued(to: person, try world.terms { $0.methods = .portalOnly })
            // The notice once as protected mail, then as one without content.
            let worked = try await world.drain()
            #expect(worked <= 3)
            #expect(world.transmitter.attempts <= 2)
            for _ in 0..<100 {
                world.clock.advance(by: .hours(4))
                try await world.drain()
            }
            #expect(world.transmitter.attempts < 60)
            #expect(try await world.standing(of: id) == .expired)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a reply ends the doubt that another worker raised meanwhile`(kind: StoreKind) async throws {
        try await sendOnce(kind, doubts: 1) { world in
            world.clock.advance(by: .seconds(46))
            let count = try await DeliveryWorker(world.delivery).runOnce()
            #expect(count == 1)
        }
    }
}
