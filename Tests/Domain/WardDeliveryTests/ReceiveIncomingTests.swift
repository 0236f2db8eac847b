// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardConsent
import WardKernel
import WardStorage
import WardTestKit
import WardVault

@testable import WardDelivery

/// What comes back by mail, and what follows from it (reliability.md N10).
@Suite struct ReceiveIncomingTests {
    private func notice(_ status: String, action: String = "failed", salt: String = "") -> Sensitive<[UInt8]> {
        let text = """
            From: MAILER-DAEMON@mx.tls.example
            Subject: Undelivered Mail \(salt)
            Content-Type: multipart/report; report-type=delivery-status; boundary=b

            --b
            Content-Type: text/plain

            It did not arrive.
            --b
            Content-Type: message/delivery-status

            Reporting-MTA: dns; mx.tls.example

            Final-Recipient: rfc822; person@tls.example
            Action: \(action)
            Status: \(status)
            --b--

            """
        return Sensitive(Array(text.replacing("\n", with: "\r\n").utf8))
    }

    /// Delivers one message and answers with it and its return path.
    private func delivered(
        _ world: DeliveryWorld,
        to person: ContactID,
        change: (inout MessageTerms) -> Void = { _ in }
    ) async throws -> (id: MessageID, returnPath: EmailAddress) {
        let id = try await world.queued(to: person, try world.terms(change: change))
        try await world.drain()
        return (id, try #require(world.transmitter.taken.last).returnPath)
    }

    private func receive(
        _ octets: Sensitive<[UInt8]>,
        _ world: DeliveryWorld,
        at path: EmailAddress
    ) async throws
        -> IncomingOutcome
    {
        try await world.delivery.receive(octets, at: path, hasNullReturnPath: true, of: world.ground.organization)
    }

    private func rows(_ world: DeliveryWorld) async throws -> Int {
        try await world.store.read { try $0.first("SELECT COUNT(*) FROM delivery_incoming") ?? 0 }
    }

    /// Whether the gate still lets mail go to the address.
    private func isSuppressed(_ world: DeliveryWorld, _ person: ContactID) async throws -> Bool {
        let outcome = try await world.send(to: person, try world.terms())
        if case .notSent(_, .addressSuppressed) = outcome { return true }
        return false
    }

    @Test(arguments: TestStore.kinds)
    func `each message has a return path of its own, the same for every attempt`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let (ana, ben) = (try await world.makePerson(), try await world.makePerson())
            world.transmitter.state.withLock { $0.answers = [.loseReply] }
            _ = try await world.queued(to: ana, try world.terms())
            try await world.drain()
            world.clock.advance(by: .hours(1))
            try await world.drain()
            _ = try await delivered(world, to: ben)
            let paths = world.transmitter.taken.map(\.returnPath.mailbox)
            #expect(paths.count == 3)
            #expect(paths[0] == paths[1])
            #expect(paths[1] != paths[2])
            for path in paths {
                #expect(path.hasPrefix("bounce+"))
                #expect(path.hasSuffix("@lakeside.example"))
                #expect(path.prefix { $0 != "@" }.utf8.count <= 64)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a forged or damaged token changes nothing`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let (id, path) = try await delivered(world, to: person)
            let token = Array(path.local.dropFirst(7))
            for count in 0..<1_000 {
                var forged = token
                let place = count % forged.count
                let letters = Array("abcdefghijklmnopqrstuvwxyz234567")
                forged[place] = letters[((letters.firstIndex(of: forged[place]) ?? 0) + 1) % 32]
                if count >= forged.count { forged[(place + 7) % forged.count] = letters[count % 32] }
                guard forged != token else { continue }
                let address = try #require(EmailAddress("bounce+\(String(forged))@lakeside.example"))
                #expect(try await receive(notice("5.1.1"), world, at: address) == .unknownAddress)
            }
            let other: OrganizationID = world.clock.surroundings.makeIdentifier()
            try await world.ground.establish(other, in: world.store)
            let elsewhere = try await world.delivery.receive(
                notice("5.1.1"),
                at: path,
                hasNullReturnPath: true,
                of: other
            )
            #expect(elsewhere == .unknownAddress)
            #expect(try await rows(world) == 0)
            #expect(try await world.standing(of: id) == .delivered)
            #expect(try await !isSuppressed(world, person))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an unknown user marks the message and suppresses the address at once`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let (id, path) = try await delivered(world, to: person)
            #expect(try await receive(notice("5.1.1"), world, at: path) == .kept(.bounce))
            #expect(try await receive(notice("5.1.1"), world, at: path) == .alreadyKept)
            #expect(try await world.standing(of: id) == .refused)
            #expect(try await world.reason(of: id) == "unknown_user")
            #expect(try await isSuppressed(world, person))
            let explained = try await world.delivery.explain(id, by: world.marketer)
            #expect(explained.incoming.map(\.kind) == [.bounce])
            #expect(explained.incoming.map(\.statusCode) == ["5.1.1"])
            let audited: Int? = try await world.store.read {
                try $0.first("SELECT COUNT(*) FROM audit_entry WHERE action = 'message.receive'")
            }
            #expect(audited == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `upper case on the way does no harm`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let (_, path) = try await delivered(world, to: try await world.makePerson())
            let shouted = try #require(EmailAddress(path.mailbox.uppercased()))
            #expect(try await receive(notice("4.2.2", action: "delayed"), world, at: shouted) == .kept(.delay))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a full mailbox suppresses only when the third message in thirty days comes back`(kind: StoreKind) async throws
    {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            for count in 1...3 {
                let (_, path) = try await delivered(world, to: person)
                #expect(try await receive(notice("5.2.2"), world, at: path) == .kept(.bounce))
                // The same message again, by another text, does not count twice.
                _ = try await receive(notice("5.2.2", salt: "again"), world, at: path)
                #expect(try await isSuppressed(world, person) == (count == 3))
                world.clock.advance(by: .days(2))
                try await world.drain()
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `refusals by policy, delays and automatic answers do not suppress`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            for _ in 0..<4 {
                let (_, path) = try await delivered(world, to: person)
                #expect(try await receive(notice("5.7.1"), world, at: path) == .kept(.bounce))
            }
            let (id, path) = try await delivered(world, to: person)
            #expect(try await receive(notice("4.4.1", action: "delayed"), world, at: path) == .kept(.delay))
            let away = Array(
                "From: a@tls.example\r\nAuto-Submitted: auto-replied\r\nSubject: x\r\n\r\nAway, 5.1.1\r\n".utf8
            )
            #expect(try await receive(Sensitive(away), world, at: path) == .kept(.automaticReply))
            #expect(try await world.standing(of: id) == .delivered)
            #expect(try await !isSuppressed(world, person))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a notice about a notice withdraws what it announced, and proves too little to suppress`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.transmitter.state.withLock { $0.standard = .hasNoTLS }
            let (id, path) = try await delivered(world, to: person)
            #expect(try await world.standing(of: id) == .waitingInPortal)
            #expect(try await receive(notice("5.1.1"), world, at: path) == .kept(.bounce))
            #expect(try await world.standing(of: id) == .refused)
            #expect(world.portal.state.withLock { $0.withdrawn } == [id])
            #expect(try await !isSuppressed(world, person))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a complaint with the message's return path suppresses, one without is kept`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let (_, path) = try await delivered(world, to: person)
            func report(_ path: String) -> Sensitive<[UInt8]> {
                let text = """
                    From: fbl@provider.example
                    Content-Type: multipart/report; report-type=feedback-report; boundary=b

                    --b
                    Content-Type: message/feedback-report

                    Feedback-Type: abuse
                    Original-Mail-From: <\(path)>
                    --b--

                    """
                return Sensitive(Array(text.replacing("\n", with: "\r\n").utf8))
            }
            let organization = world.ground.organization
            let forged = "bounce+\(String(repeating: "a", count: 48))@lakeside.example"
            #expect(
                try await world.delivery.receiveFeedback(report(forged), hasNullReturnPath: true, of: organization)
                    == .kept(.complaint)
            )
            #expect(try await !isSuppressed(world, person))
            #expect(
                try await world.delivery.receiveFeedback(
                    report(path.mailbox),
                    hasNullReturnPath: true,
                    of: organization
                )
                    == .kept(.complaint)
            )
            #expect(try await isSuppressed(world, person))
            world.clock.advance(by: .days(3_000))
            #expect(try await isSuppressed(world, person))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what cannot be read is kept as it came, sealed, and marked`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let (id, path) = try await delivered(world, to: try await world.makePerson())
            var bomb = "Subject: SECRETBOMB\r\n"
            for level in 0..<50 { bomb += "Content-Type: multipart/mixed; boundary=b\(level)\r\n\r\n--b\(level)\r\n" }
            let octets = Array(bomb.utf8)
            #expect(try await receive(Sensitive(octets), world, at: path) == .kept(.unreadable))
            #expect(try await world.standing(of: id) == .delivered)
            let clinician = TestRequester.with(roles: [.clinician], of: world.ground.organization)
            let listed = try await world.delivery.incoming(by: clinician)
            #expect(listed.map(\.kind) == [.unreadable])
            let shown = try await world.delivery.incomingMail(try #require(listed.first).id, by: clinician)
            #expect(shown?.expose(for: .disclosing) { $0 } == octets)
            let sealed: [UInt8]? = try await world.store.read { try $0.first("SELECT content FROM delivery_incoming") }
            #expect(!String(decoding: try #require(sealed), as: UTF8.self).contains("SECRETBOMB"))
            let auditor = TestRequester.with(roles: [.auditor], of: world.ground.organization)
            await #expect(throws: AccessDenied.self) { try await world.delivery.incoming(by: auditor) }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `mail about an erased person is kept without content and without effect`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let (id, path) = try await delivered(world, to: person)
            let ground = world.ground
            _ = try await world.store.write { try ground.vault.destroySubject(person, of: ground.organization, in: $0) }
            #expect(try await receive(notice("5.1.1"), world, at: path) == .kept(.bounce))
            #expect(try await world.standing(of: id) == .refused)
            let kept: Int? = try await world.store.read {
                try $0.first("SELECT COUNT(*) FROM delivery_incoming WHERE content IS NOT NULL")
            }
            #expect(kept == 0)
        }
    }
}
