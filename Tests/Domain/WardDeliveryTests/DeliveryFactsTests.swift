// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardConsent
import WardKernel
import WardStorage
import WardTestKit

@testable import WardDelivery

/// What segments and imports learn about people's messages.
@Suite struct DeliveryFactsTests {
    private func people(
        _ event: DeliveryFacts.Event,
        _ world: DeliveryWorld,
        change: (inout DeliveryFacts.Question) -> Void = { _ in }
    ) async throws -> Set<ContactID> {
        var question = DeliveryFacts.Question(event)
        change(&question)
        let organization = world.ground.organization
        return try await world.store.read { [question] tx in
            try DeliveryFacts().people(question, of: organization, in: tx)
        }
    }

    private func writtenTo(
        _ person: ContactID,
        _ world: DeliveryWorld,
        since moment: Timestamp = Timestamp(seconds: 0)
    ) async throws -> Bool {
        let organization = world.ground.organization
        return try await world.store.read { tx in
            try DeliveryFacts().writtenTo(among: [person], since: moment, of: organization, in: tx) == [person]
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a message taken by their server was sent and delivered, one in the portal was sent and can be opened`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let (taken, portal) = (try await world.makePerson(), try await world.makePerson())
            _ = try await world.queued(to: taken, try world.terms())
            try await world.drain()
            let waiting = try await world.queued(to: portal, try world.terms { $0.methods = .portalOnly })
            #expect(try await people(.sent, world) == [taken], "queued is not sent")
            try await world.drain()
            #expect(try await people(.sent, world) == [taken, portal])
            #expect(try await people(.delivered, world) == [taken], "a notice does not deliver what it announces")
            #expect(try await people(.opened, world).isEmpty)
            world.clock.advance(by: .days(3))
            let (delivery, organization) = (world.delivery, world.ground.organization)
            try await world.store.write { try delivery.portalOpened(waiting, of: organization, in: $0) }
            #expect(try await people(.opened, world) == [portal])
            #expect(try await people(.sent, world) == [taken, portal])
            #expect(try await people(.refused, world).isEmpty)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a refusal for good is a fact, a message in doubt counts as sent`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let (refused, doubtful) = (try await world.makePerson(), try await world.makePerson())
            world.transmitter.state.withLock { $0.answers = [.refuse(.unknownUser)] }
            _ = try await world.queued(to: refused, try world.terms())
            try await world.drain()
            world.transmitter.state.withLock { $0.answers = [.loseReply] }
            let terms = try world.terms { $0.guarantee = .atMostOnce }
            let other = try DeliveryWorld.address("other")
            _ = try await world.send(to: doubtful, terms, address: other)
            try await world.drain()
            #expect(try await people(.refused, world) == [refused])
            #expect(try await people(.sent, world) == [doubtful])
            #expect(try await people(.delivered, world).isEmpty)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a question is limited to a time, campaigns and people, and can leave a campaign out`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let (early, late) = (try await world.makePerson(), try await world.makePerson())
            _ = try await world.queued(to: early, try world.terms())
            try await world.drain()
            let noon = world.clock.now + .hours(1)
            world.clock.advance(by: .days(1))
            let other: CampaignID = world.clock.surroundings.makeIdentifier()
            _ = try await world.queued(to: late, try world.terms { $0.campaign = other })
            try await world.drain()
            let end = world.clock.now
            for event in [DeliveryFacts.Event.sent, .delivered] {
                #expect(try await people(event, world) == [early, late])
                #expect(try await people(event, world) { $0.period = noon...end } == [late])
                #expect(try await people(event, world) { $0.period = Timestamp(seconds: 0)...noon } == [early])
                #expect(try await people(event, world) { $0.campaigns = [other] } == [late])
                #expect(try await people(event, world) { $0.campaigns = [] }.isEmpty)
                #expect(try await people(event, world) { $0.ignoring = other } == [early])
                #expect(try await people(event, world) { $0.among = [late] } == [late])
                #expect(try await people(event, world) { $0.among = [] }.isEmpty)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `who was written to is who had a message queued or sent, not who had one refused or called off`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let (queued, dead, calledOff) = (
                try await world.makePerson(), try await world.makePerson(), try await world.makePerson()
            )
            _ = try await world.queued(to: queued, try world.terms { $0.campaign = nil })
            #expect(try await writtenTo(queued, world))
            #expect(try await !writtenTo(queued, world, since: world.clock.now + .seconds(1)))
            world.people.state.withLock { _ = $0.dead.insert(dead) }
            _ = try await world.send(to: dead, try world.terms())
            #expect(try await !writtenTo(dead, world))
            _ = try await world.queued(to: calledOff, try world.terms())
            #expect(try await writtenTo(calledOff, world))
            try await world.delivery.cancel(world.campaign, by: world.marketer)
            #expect(try await !writtenTo(calledOff, world))
            try await world.drain()
            #expect(try await writtenTo(queued, world))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `somebody whose import is being undone gets nothing until that has ended`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.people.state.withLock { _ = $0.undone.insert(person) }
            guard case .held(let id, .importUndone) = try await world.send(to: person, try world.terms()) else {
                Issue.record("the message was not held")
                return
            }
            world.clock.advance(by: .minutes(2))
            try await world.drain(limit: 3)
            #expect(try await world.standing(of: id) == .held)
            world.people.state.withLock { _ = $0.undone.remove(person) }
            world.clock.advance(by: .minutes(2))
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
        }
    }
}
