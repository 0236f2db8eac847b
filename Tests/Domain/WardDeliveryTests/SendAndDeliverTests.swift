// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardConsent
import WardKernel
import WardQueue
import WardSMTP
import WardStorage
import WardTestKit
import WardVault

@testable import WardDelivery

/// From submission to the final standing, with a scripted receiver. (Reliability catalogue Q7, Q10, B2, V7.)
@Suite struct SendAndDeliverTests {
    @Test(arguments: TestStore.kinds)
    func `an auditor sends nothing and a patient sends nothing`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let content = Sensitive(ComposedContent(subject: "x", text: "y"))
            let terms = try world.terms()
            let address = try DeliveryWorld.address()
            let patient = Requester(
                organization: world.ground.organization,
                kind: .patient,
                identifier: person.bytes
            )
            for requester in [TestRequester.with(roles: [.auditor], of: world.ground.organization), patient] {
                await #expect(throws: AccessDenied.self) {
                    try await world.delivery.send(
                        content,
                        terms: terms,
                        to: .contact(person),
                        at: address,
                        by: requester
                    )
                }
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a cleared message is delivered once, and what is kept of it is sealed`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let id = try await world.queued(to: person, try world.terms())
            #expect(try await world.standing(of: id) == .queued)
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
            #expect(world.transmitter.taken.count == 1)
            #expect(!world.transmitter.taken[0].isOpportunistic)
            let explained = try await world.delivery.explain(id, by: world.marketer)
            #expect(explained.decisions.count == 2)
            #expect(explained.attempts.map(\.outcome) == ["accepted"])
            #expect(explained.notAsked.contains("quiet hours"))
            let envelope = try await world.store.read { tx in
                try DeliveryQueries.find(id, of: world.ground.organization, in: tx)?.envelope
            }
            #expect(!String(decoding: try #require(envelope), as: UTF8.self).contains("person"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `where TLS is impossible the content waits in the portal and the notice has none of it`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.transmitter.state.withLock { $0.standard = .hasNoTLS }
            let id = try await world.queued(to: person, try world.terms())
            try await world.drain()
            #expect(try await world.standing(of: id) == .waitingInPortal)
            #expect(world.portal.deposited == [id])
            #expect(world.transmitter.taken.count == 1)
            let notice = try #require(world.transmitter.taken.first)
            #expect(notice.isOpportunistic)
            #expect(!String(decoding: notice.bytes, as: UTF8.self).contains("result"))
            let explained = try await world.delivery.explain(id, by: world.marketer)
            #expect(explained.attempts.map(\.outcome) == ["starttls_missing", "deposited"])
            #expect(explained.notice?.standing == .delivered)
            try await world.store.write { tx in
                try world.delivery.portalOpened(id, of: world.ground.organization, in: tx)
            }
            #expect(try await world.standing(of: id) == .openedInPortal)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `forced TLS waits for a person instead of falling back`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.transmitter.state.withLock { $0.standard = .hasNoTLS }
            let id = try await world.queued(to: person, try world.terms { $0.methods = .tlsOnly })
            try await world.drain()
            #expect(try await world.standing(of: id) == .held)
            #expect(try await world.reason(of: id) == HoldReason.tlsNotPossible.rawValue)
            #expect(world.transmitter.taken.isEmpty)
            #expect(world.portal.deposited.isEmpty)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a restricted message to somebody who cannot be recognised is held`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.portal.state.withLock { $0.recognisable = [] }
            let outcome = try await world.send(to: person, try world.terms(.treatment, .restricted))
            guard case .held(let id, .noRecognition) = outcome else {
                Issue.record("not held")
                return
            }
            #expect(try await world.drain() == 0)
            world.portal.state.withLock { _ = $0.recognisable.insert(person) }
            try await world.delivery.release(id, by: world.marketer)
            try await world.drain()
            #expect(try await world.standing(of: id) == .waitingInPortal)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an unknown mailbox is refused for good and its address suppressed`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.transmitter.state.withLock { $0.answers = [.refuse(.unknownUser)] }
            let id = try await world.queued(to: person, try world.terms())
            try await world.drain()
            #expect(try await world.standing(of: id) == .refused)
            #expect(try await world.reason(of: id) == ServerRefusal.unknownUser.rawValue)
            guard case .notSent(_, .addressSuppressed) = try await world.send(to: person, try world.terms()) else {
                Issue.record("written to again")
                return
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a refused notice means that nobody was told, and the portal gives nothing out`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.transmitter.state.withLock { $0.answers = [.refuse(.policy)] }
            let id = try await world.queued(to: person, try world.terms { $0.methods = .portalOnly })
            try await world.drain()
            #expect(try await world.standing(of: id) == .refused)
            #expect(world.portal.state.withLock(\.withdrawn) == [id])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `failing for now is retried by the schedule until the time is over`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.transmitter.state.withLock { $0.standard = .failForNow }
            let id = try await world.queued(to: person, try world.terms())
            try await world.drain()
            #expect(world.transmitter.attempts == 1)
            for _ in 0..<90 {
                world.clock.advance(by: .hours(1))
                try await world.drain()
            }
            #expect(try await world.standing(of: id) == .expired)
            #expect((20...40).contains(world.transmitter.attempts))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an attempt in doubt is counted and repeated with the same bytes`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.transmitter.state.withLock { $0.answers = [.loseReply] }
            let id = try await world.queued(to: person, try world.terms())
            try await world.drain()
            #expect(try await world.standing(of: id) == .inDoubt)
            world.clock.advance(by: .minutes(6))
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
            #expect(world.transmitter.taken.count == 2)
            #expect(world.transmitter.taken[0].bytes == world.transmitter.taken[1].bytes)
            let counts = try await world.delivery.counts(of: world.campaign, by: world.marketer)
            #expect(counts.attemptsInDoubt == 1)
            #expect(counts.count(.delivered) == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a server that has not proved its name gets no address suppressed`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            // Without TLS the notice goes in the clear, where anybody on the way can refuse it.
            world.transmitter.state.withLock { $0.answers = [.hasNoTLS, .refuse(.unknownUser)] }
            let id = try await world.queued(to: person, try world.terms())
            try await world.drain()
            #expect(world.transmitter.attempts == 2)
            #expect(try await world.standing(of: id) == .refused)
            let address = try DeliveryWorld.address()
            let suppression = try await world.store.read { tx in
                try world.consent.suppression(of: [address], organization: world.ground.organization, in: tx)
            }
            #expect(suppression == [nil])
        }
    }

    @Test func `only a reply that names the mailbox says that there is none`() {
        func reading(_ code: Int, _ detail: (Int, Int)?) -> ServerRefusal {
            let enhanced = detail.map { EnhancedStatus(5, $0.0, $0.1) }
            return SMTPTransmitter.classified(
                SMTPReply(code: code, enhanced: enhanced, text: ""),
                isAboutRecipient: true
            )
        }
        #expect(reading(550, (1, 1)) == .unknownUser)
        #expect(reading(550, (1, 6)) == .unknownUser)
        #expect(reading(550, (7, 1)) == .policy)
        #expect(reading(550, nil) == .other)
        #expect(reading(553, nil) == .other)
    }

    @Test(arguments: TestStore.kinds)
    func `where the portal is the organization's only method no content goes by mail`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let organization = world.ground.organization
            let administrator = TestRequester.with(roles: [.administrator], of: organization)
            try await world.activate(by: administrator) { $0.organization.order = [.portal] }
            let stranger = try await world.makePerson()
            world.portal.state.withLock { _ = $0.recognisable.remove(stranger) }
            guard case .held(_, .noRecognition) = try await world.send(to: stranger, try world.terms()) else {
                Issue.record("must be held")
                return
            }
            try await world.drain()
            #expect(world.transmitter.attempts == 0)
            let person = try await world.makePerson()
            let id = try await world.queued(to: person, try world.terms())
            try await world.drain()
            #expect(world.portal.deposited == [id])
            #expect(try await world.standing(of: id) == .waitingInPortal)
            // The notice, and nothing else.
            #expect(world.transmitter.taken.count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `at most once an attempt in doubt is not repeated`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.transmitter.state.withLock { $0.answers = [.loseReply] }
            let id = try await world.queued(to: person, try world.terms { $0.guarantee = .atMostOnce })
            try await world.drain()
            world.clock.advance(by: .days(1))
            try await world.drain()
            #expect(try await world.standing(of: id) == .unknown)
            #expect(world.transmitter.taken.count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the same content goes to the same person once`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let made = try world.delivery.content(
                try world.terms(),
                template: try LiteralComposer.template(of: Sensitive(ComposedContent(subject: "x", text: "y"))),
                of: world.ground.organization
            )
            let drafts = [MessageDraft(recipient: .contact(person), address: try DeliveryWorld.address())]
            try await world.store.write { tx in try world.delivery.store(made, in: tx) }
            for round in 0..<2 {
                let prepared = try await world.delivery.prepare(drafts + drafts, content: made)
                let outcomes = try await world.store.write { tx in
                    try world.delivery.submit(prepared, by: world.marketer, in: tx)
                }
                #expect(outcomes.count { $0 == .alreadySubmitted } == (round == 0 ? 1 : 2))
            }
            try await world.drain()
            #expect(world.transmitter.taken.count == 1)
        }
    }
}
