// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardConsent
import WardKernel
import WardQueue
import WardStorage
import WardTestKit
import WardVault

@testable import WardDelivery

/// What happens between queueing and the final dot: revocations, pauses, cancellations, crashes.
@Suite struct InterruptionTests {
    private func withdraw(_ person: ContactID, in world: DeliveryWorld) async throws {
        try await world.consent.record(
            ConsentStatement(
                contact: person,
                purpose: .care,
                channel: .email,
                choice: .withdrawn,
                source: .portal,
                wordingVersion: "",
                chosenAt: world.clock.now
            ),
            by: world.officer
        )
    }

    @Test(arguments: TestStore.kinds)
    func `a revocation between queueing and sending wins`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let id = try await world.queued(to: person, try world.terms())
            try await withdraw(person, in: world)
            try await world.drain()
            #expect(try await world.standing(of: id) == .notSent)
            #expect(try await world.reason(of: id) == RefusalReason.consentWithdrawn.rawValue)
            #expect(world.transmitter.attempts == 0)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a revocation between the portal and its notice wins`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let id = try await world.queued(to: person, try world.terms { $0.methods = .portalOnly })
            #expect(try await world.worker.runOnce() == 1)
            #expect(try await world.standing(of: id) == .noticing)
            try await withdraw(person, in: world)
            try await world.drain()
            #expect(try await world.standing(of: id) == .notSent)
            #expect(world.portal.state.withLock(\.withdrawn) == [id])
            #expect(world.transmitter.attempts == 0)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a paused campaign sends nothing until it is resumed`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let id = try await world.queued(to: person, try world.terms())
            try await world.delivery.pause(world.campaign, by: world.marketer)
            try await world.drain()
            #expect(try await world.standing(of: id) == .held)
            #expect(try await world.reason(of: id) == HoldReason.paused.rawValue)
            try await world.delivery.resume(world.campaign, by: world.marketer)
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `pausing stops an attempt that has not reached its final dot`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let (delivery, campaign, marketer) = (world.delivery, world.campaign, world.marketer)
            world.transmitter.state.withLock {
                $0.answers = [.runBeforeDot { try await delivery.pause(campaign, by: marketer) }]
            }
            let id = try await world.queued(to: person, try world.terms())
            try await world.drain()
            #expect(world.transmitter.taken.isEmpty)
            #expect(try await world.standing(of: id) == .held)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a cancelled campaign sends nothing more, whatever comes later`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let people = [try await world.makePerson(), try await world.makePerson()]
            let first = try await world.queued(to: people[0], try world.terms())
            try await world.drain()
            let second = try await world.queued(to: people[1], try world.terms())
            try await world.delivery.cancel(world.campaign, by: world.marketer)
            let late = try await world.queued(to: people[1], try world.terms())
            try await world.drain()
            try await world.delivery.resume(world.campaign, by: world.marketer)
            try await world.drain()
            #expect(try await world.standing(of: first) == .delivered)
            #expect(try await world.standing(of: second) == .cancelled)
            #expect(try await world.standing(of: late) == .cancelled)
            #expect(world.transmitter.taken.count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a worker that dies before the dot loses nothing, after it is in doubt`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            for diesAfterDot in [false, true] {
                let person = try await world.makePerson()
                let id = try await world.queued(to: person, try world.terms())
                let items = try await world.delivery.queue.claimAcrossOrganizations(
                    [.deliveryAttempt],
                    limit: 1,
                    lease: .seconds(45),
                    owner: [1],
                    from: world.store
                )
                let item = try #require(items.first)
                let begun = try await world.store.write { try world.delivery.begin([item], in: $0)[0] }
                guard case .transmit(let plan) = begun else { throw DeliveryWorld.Unexpected() }
                if diesAfterDot {
                    try await world.store.write { try world.delivery.markMayHaveBeenSent([plan], in: $0) }
                }
                // The worker is gone; its lease ends.
                world.clock.advance(by: .seconds(46))
                try await world.drain()
                #expect(try await world.standing(of: id) == (diesAfterDot ? .inDoubt : .delivered))
                world.clock.advance(by: .minutes(6))
                try await world.drain()
                #expect(try await world.standing(of: id) == .delivered)
            }
            #expect(world.transmitter.taken.count == 2)
            let counts = try await world.delivery.counts(of: world.campaign, by: world.marketer)
            #expect(counts.attemptsInDoubt == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the first attempt sends what was rendered for it, and a retry renders the same octets`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            _ = try await world.queued(to: person, try world.terms())
            let kept = world.delivery.rendered.octets
            #expect(kept > 0)
            try await world.drain()
            let first = try #require(world.transmitter.taken.first)
            #expect(first.bytes.count == kept)
            #expect(world.delivery.rendered.octets == 0)
            let again = try await world.queued(to: try await world.makePerson(), try world.terms())
            world.delivery.rendered.forgetAll()
            try await world.drain()
            #expect(try await world.standing(of: again) == .delivered)
            #expect(world.transmitter.taken.count == 2)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `bytes that differ from those first meant are not sent and a person decides`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let id = try await world.queued(to: person, try world.terms())
            _ = try await world.store.write { tx in
                try tx.execute(
                    """
                    UPDATE delivery SET boundary = 'other', message_identifier = 'other@lakeside.example'
                    WHERE organization = \(world.ground.organization) AND id = \(id)
                    """
                )
            }
            world.delivery.rendered.forgetAll()
            try await world.drain()
            #expect(world.transmitter.attempts == 0)
            #expect(try await world.standing(of: id) == .held)
            #expect(try await world.reason(of: id) == HoldReason.contentDiffers.rawValue)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a message that nothing can be done with is tried three times and then held`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.portal.state.withLock { $0.isFailing = true }
            let id = try await world.queued(to: person, try world.terms { $0.methods = .portalOnly })
            for _ in 0..<3 {
                try await world.drain()
                world.clock.advance(by: .seconds(46))
            }
            #expect(try await world.standing(of: id) == .held)
            #expect(try await world.reason(of: id) == HoldReason.cannotCompose.rawValue)
            let other = try await world.queued(to: person, try world.terms())
            try await world.drain()
            #expect(try await world.standing(of: other) == .delivered)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a message that nobody could be recognised for goes when the person can be`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.portal.state.withLock { _ = $0.recognisable.remove(person) }
            guard
                case .held(let id, .noRecognition) = try await world.send(
                    to: person,
                    try world.terms { $0.methods = .portalOnly }
                )
            else { throw DeliveryWorld.Unexpected() }
            for _ in 0..<3 {
                world.clock.advance(by: .hours(5))
                try await world.drain()
                #expect(try await world.standing(of: id) == .held)
            }
            world.portal.state.withLock { _ = $0.recognisable.insert(person) }
            world.clock.advance(by: .hours(5))
            try await world.drain()
            #expect(try await world.standing(of: id) == .waitingInPortal)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a message held for weeks is released with all the time of a new one, and the reason is kept`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.portal.state.withLock { _ = $0.recognisable.remove(person) }
            guard
                case .held(let id, .noRecognition) = try await world.send(
                    to: person,
                    try world.terms { $0.methods = .portalOnly }
                )
            else { throw DeliveryWorld.Unexpected() }
            for _ in 0..<30 {
                world.clock.advance(by: .hours(12))
                try await world.drain()
            }
            #expect(try await world.standing(of: id) == .held)
            world.portal.state.withLock { _ = $0.recognisable.insert(person) }
            try await world.delivery.release(id, why: Sensitive("born 1990, says the card"), by: world.marketer)
            try await world.drain()
            #expect(try await world.standing(of: id) == .waitingInPortal)
            await #expect(throws: DeliveryError.notHeld(id)) {
                try await world.delivery.release(id, by: world.marketer)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a campaign paused for weeks goes on when it is resumed`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let id = try await world.queued(to: person, try world.terms())
            try await world.delivery.pause(world.campaign, by: world.marketer)
            try await world.drain()
            world.clock.advance(by: .days(20))
            try await world.delivery.resume(world.campaign, by: world.marketer)
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an erased person's message is not sent`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let id = try await world.queued(to: person, try world.terms())
            _ = try await world.store.write { tx in
                try world.ground.vault.destroySubject(person, of: world.ground.organization, in: tx)
            }
            try await world.drain()
            #expect(try await world.standing(of: id) != .delivered)
            #expect(world.transmitter.attempts == 0)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the people behind a number are those that it counts`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let people = [try await world.makePerson(), try await world.makePerson(), try await world.makePerson()]
            world.people.state.withLock { _ = $0.dead.insert(people[2]) }
            for person in people { _ = try await world.send(to: person, try world.terms()) }
            try await world.drain()
            let counts = try await world.delivery.counts(of: world.campaign, by: world.marketer)
            #expect(counts.total == 3)
            #expect(counts.pending == 0)
            for row in counts.rows {
                let behind = try await world.delivery.people(behind: row, of: world.campaign, by: world.marketer)
                #expect(behind.count == row.count)
                let expected = row.standing == .notSent ? [people[2]] : Array(people[..<2])
                #expect(Set(behind.compactMap(\.recipient.contact)) == Set(expected))
            }
            #expect(counts.rows.contains { $0.reason == "deceased" && $0.sentence != nil })
        }
    }
}
