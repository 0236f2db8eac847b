// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardAudit
import WardConsent
import WardContentScan
import WardKernel
import WardMIME
import WardStorage
import WardTestKit

@testable import WardDelivery

/// What is in a message, what its sender says of it, and what the person asked for.
@Suite struct ContentAndRequestTests {
    private static let number = "123-45-6789"

    private func send(
        _ subject: String,
        _ text: String,
        to person: ContactID,
        in world: DeliveryWorld,
        by requester: Requester? = nil,
        lowering: SensitivityLowering? = nil,
        change: (inout MessageTerms) -> Void = { _ in }
    ) async throws -> SubmissionOutcome {
        try await world.delivery.send(
            Sensitive(ComposedContent(subject: subject, text: text)),
            terms: try world.terms { terms in
                terms.campaign = nil
                change(&terms)
            },
            lowering: lowering,
            to: .contact(person),
            at: try DeliveryWorld.address(),
            by: requester ?? world.marketer
        )
    }

    private func sentText(_ world: DeliveryWorld) throws -> String {
        String(decoding: try #require(world.transmitter.taken.last).bytes, as: UTF8.self)
    }

    private func clinician(_ world: DeliveryWorld) -> Requester {
        TestRequester.with(roles: [.clinician], of: world.ground.organization)
    }

    private let lowering = SensitivityLowering(reason: Sensitive("parking information"), attestsNoPHI: true)

    @Test(arguments: TestStore.kinds)
    func `what a rule holds waits for a person, and goes on once the person has looked`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            try await world.activate(by: world.administrator) { $0.scan.actions = [.socialSecurityNumber: .hold] }
            let person = try await world.makePerson()
            let outcome = try await send("News", "Your number is \(Self.number).", to: person, in: world)
            guard case .held(let id, .contentReview) = outcome else {
                Issue.record("must be held")
                return
            }
            let explanation = try await world.delivery.explain(id, by: world.marketer)
            let findings = explanation.decisions.last?.inputs?.findings
            #expect(findings == [ContentFinding(.socialSecurityNumber, in: .text)])
            #expect(!"\(explanation)".contains("6789"))
            try await world.delivery.release(id, why: Sensitive("looked at"), by: world.marketer)
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a rule refuses, and another raises to what restricted messages may take`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            try await world.activate(by: world.administrator) { policy in
                policy.scan.actions = [.socialSecurityNumber: .refuse, .diagnosisCode: .raise]
            }
            let person = try await world.makePerson()
            guard case .notSent(_, .contentRefused) = try await send("News", Self.number, to: person, in: world),
                case .queued(let id, .portal) = try await send("News", "Code E11.9", to: person, in: world)
            else {
                Issue.record("must be refused, and raised")
                return
            }
            try await world.drain()
            let deposit = world.portal.state.withLock { $0.deposits[id] }
            #expect(deposit?.terms.sensitivity == .restricted)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a subject with a finding never leaves; a neutral one stands in its place`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            guard case .queued(let id, .verifiedTLS) = try await send("MRN 00481516", "Hello", to: person, in: world)
            else {
                Issue.record("must be queued")
                return
            }
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
            let headers = try #require(try sentText(world).split(separator: "\r\n\r\n").first)
            #expect(headers.contains("Subject: A message for you") && !headers.contains("00481516"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a mark raises the message and does not leave`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            guard case .queued(let id, .portal) = try await send("[Restricted] Note", "Hello", to: person, in: world)
            else {
                Issue.record("must go to the portal")
                return
            }
            try await world.drain()
            let content = world.portal.state.withLock { $0.deposits[id]?.content }
            #expect(content?.expose(for: .evaluating, \.subject) == "Note")
        }
    }

    @Test(arguments: TestStore.kinds)
    func `lowering needs a permission, a reason and an attestation, and never survives a finding`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            try await world.activate(by: world.administrator) { $0.organization.mayGoUnprotectedWhenFree = true }
            world.transmitter.state.withLock { $0.standard = .hasNoTLS }
            let person = try await world.makePerson()
            world.portal.state.withLock { _ = $0.recognisable.remove(person) }
            let clinician = clinician(world)
            await #expect(throws: AccessDenied(permission: .lowerSensitivity)) {
                _ = try await send("Parking", "Lot B", to: person, in: world, lowering: lowering)
            }
            for incomplete in [
                SensitivityLowering(reason: Sensitive(" "), attestsNoPHI: true),
                SensitivityLowering(reason: Sensitive("x"), attestsNoPHI: false),
            ] {
                await #expect(throws: DeliveryError.loweringIncomplete) {
                    _ = try await send("Parking", "Lot B", to: person, in: world, by: clinician, lowering: incomplete)
                }
            }
            let outcome = try await send("Parking", "Lot B", to: person, in: world, by: clinician, lowering: lowering)
            guard case .queued(let id, _) = outcome else {
                Issue.record("must be queued")
                return
            }
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
            #expect(world.transmitter.taken.last?.isOpportunistic == true)
            let explained = try await world.delivery.explain(id, by: clinician)
            #expect(explained.loweredFrom == .sensitive && explained.loweringReason == lowering.reason)
            // Whoever may not read messages is not told in the sender's words.
            let told = try await world.delivery.explain(id, by: world.marketer)
            #expect(told.loweredFrom == .sensitive && told.loweringReason == nil)
            let lowered: Int? = try await world.store.read { tx in
                try tx.first(
                    """
                    SELECT COUNT(*) FROM audit_entry WHERE action = \(AuditAction.sensitivityLower.rawValue)
                        AND object_kind = 'message' AND object = \(id)
                    """
                )
            }
            #expect(lowered == 1)
            let wrong = try await send("Parking", Self.number, to: person, in: world, by: clinician, lowering: lowering)
            guard case .held(_, .contentReview) = wrong else {
                Issue.record("must be held")
                return
            }
            #expect(world.transmitter.taken.count == 1)
        }
    }

    /// AT-6.11 of hipaa/rules.md, and invariant I3.
    @Test(arguments: TestStore.kinds)
    func `without a person's recorded request nothing goes unprotected; with it only to that address and person`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            world.transmitter.state.withLock { $0.standard = .hasNoTLS }
            let (person, other) = (try await world.makePerson(), try await world.makePerson())
            for someone in [person, other] { world.portal.state.withLock { _ = $0.recognisable.remove(someone) } }
            func delivered(_ contact: ContactID, _ local: String, _ terms: MessageTerms) async throws -> Bool {
                let before = world.transmitter.taken.count
                _ = try await world.send(to: contact, terms, address: try DeliveryWorld.address(local))
                try await world.drain()
                return world.transmitter.taken.count > before
            }
            #expect(try await !delivered(person, "person", try world.terms()))
            let request = UnencryptedRequest(
                contact: person,
                address: try DeliveryWorld.address("person"),
                way: .phone,
                warningVersion: UnencryptedWarning.current.version,
                askedAt: world.clock.now
            )
            let id = try await world.consent.record(request, by: world.officer)
            #expect(try await delivered(person, "person", try world.terms()))
            #expect(world.transmitter.taken.last?.isOpportunistic == true)
            #expect(try await !delivered(person, "another", try world.terms()))
            #expect(try await !delivered(other, "person", try world.terms()))
            #expect(try await !delivered(person, "person", try world.terms(.treatment, .restricted)))
            #expect(try await !delivered(person, "person", try world.terms(.fundraising, .routine)))
            #expect(try await !delivered(person, "person", try world.terms { $0.isPaidByThirdParty = true }))
            #expect(try await !delivered(person, "person", try world.terms { $0.methods = .tlsOnly }))
            #expect(try await world.consent.withdraw(id, by: world.officer))
            #expect(try await !delivered(person, "person", try world.terms()))
        }
    }

    private func oneAnswer(for person: ContactID, _ world: DeliveryWorld) throws -> UnencryptedRequest {
        UnencryptedRequest(
            contact: person,
            address: try DeliveryWorld.address(),
            scope: .thisRequest,
            way: .form,
            warningVersion: UnencryptedWarning.current.version,
            askedAt: world.clock.now
        )
    }

    @Test(arguments: TestStore.kinds)
    func `a request for one answer covers that answer alone`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            world.transmitter.state.withLock { $0.standard = .hasNoTLS }
            let person = try await world.makePerson()
            world.portal.state.withLock { _ = $0.recognisable.remove(person) }
            var request = try oneAnswer(for: person, world)
            let id = try await world.consent.record(request, by: world.officer)
            _ = try await world.send(to: person, try world.terms())
            try await world.drain()
            #expect(world.transmitter.taken.isEmpty)
            _ = try await world.send(to: person, try world.terms { $0.answersRequest = id })
            try await world.drain()
            #expect(world.transmitter.taken.count == 1)
            await #expect(throws: DeliveryError.requestNotOpen) {
                _ = try await world.send(to: person, try world.terms { $0.answersRequest = id })
            }
            let other = try await world.makePerson()
            await #expect(throws: DeliveryError.requestNotOpen) {
                _ = try await world.send(to: other, try world.terms { $0.answersRequest = id })
            }
            try await world.drain()
            #expect(world.transmitter.taken.count == 1)
            request.warningVersion = "0"
            await #expect(throws: ConsentError.self) { _ = try await world.consent.record(request, by: world.officer) }
            request.warningVersion = UnencryptedWarning.current.version
            await #expect(throws: AccessDenied.self) {
                let administrator = world.administrator
                _ = try await world.consent.record(request, by: administrator)
            }
            let recorded = try await world.consent.unencryptedRequests(of: person, by: world.officer)
            #expect(recorded.map(\.id) == [id] && recorded.first?.way == .form)
            #expect(recorded.first?.answeredAt != nil && recorded.first?.awaitsAnswer == false)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a request for one answer is used up by the message that goes unencrypted, and by no other`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { (world: DeliveryWorld) async throws in
            let person = try await world.makePerson()
            func awaitsAnswer(_ id: UnencryptedRequestID) async throws -> Bool? {
                try await world.consent.unencryptedRequests(of: person, by: world.officer)
                    .first { $0.id == id }?.awaitsAnswer
            }
            func answering(_ id: UnencryptedRequestID) throws -> MessageTerms {
                try world.terms {
                    $0.campaign = nil
                    $0.answersRequest = id
                }
            }
            let id = try await world.consent.record(try oneAnswer(for: person, world), by: world.officer)
            // Cancelled before it left, and delivered over verified TLS: neither is an unencrypted answer.
            let cancelled = try await world.queued(to: person, try answering(id))
            _ = try await world.delivery.cancel(cancelled, why: "wrong person", by: world.marketer)
            #expect(try await awaitsAnswer(id) == true)
            _ = try await world.queued(to: person, try answering(id))
            try await world.drain()
            #expect(world.transmitter.taken.count == 1 && world.transmitter.taken.last?.isOpportunistic == false)
            #expect(try await awaitsAnswer(id) == true)
            // Another address than the one that was asked for.
            await #expect(throws: DeliveryError.requestNotOpen) {
                _ = try await world.delivery.send(
                    Sensitive(ComposedContent(subject: "Note", text: "Text")),
                    terms: try answering(id),
                    to: .contact(person),
                    at: try DeliveryWorld.address("another"),
                    by: world.marketer
                )
            }
            // Two answers at once, to a server without TLS: one of them is the answer.
            world.transmitter.state.withLock { $0.standard = .hasNoTLS }
            world.portal.state.withLock { _ = $0.recognisable.remove(person) }
            let both = [
                try await world.queued(to: person, try answering(id)),
                try await world.queued(to: person, try answering(id)),
            ]
            try await world.drain()
            #expect(world.transmitter.taken.filter(\.isOpportunistic).count == 1)
            #expect(try await awaitsAnswer(id) == false)
            let standings = [try await world.standing(of: both[0]), try await world.standing(of: both[1])]
            #expect(standings.filter { $0 == .delivered }.count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an unencrypted answer that was refused opens its request again, one in doubt does not`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { (world: DeliveryWorld) async throws in
            for (answer, isOpenAfter) in [(ScriptedTransmitter.Answer.refuse(.policy), true), (.loseReply, false)] {
                world.transmitter.state.withLock { state in
                    state.answers = [.hasNoTLS]
                    state.standard = answer
                }
                let person = try await world.makePerson()
                world.portal.state.withLock { _ = $0.recognisable.remove(person) }
                let id = try await world.consent.record(try oneAnswer(for: person, world), by: world.officer)
                _ = try await world.queued(to: person, try world.terms { $0.answersRequest = id })
                for _ in 0..<4 {
                    try await world.drain()
                    world.clock.advance(by: .hours(5))
                }
                let recorded = try await world.consent.unencryptedRequests(of: person, by: world.officer)
                #expect(recorded.first?.awaitsAnswer == isOpenAfter)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `files are looked through: what is found counts, what nobody can read is held, what was read goes on`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            try await world.activate(by: world.administrator) { $0.scan.actions = [.socialSecurityNumber: .refuse] }
            let person = try await world.makePerson()
            func send(_ file: ComposedAttachment) async throws -> SubmissionOutcome {
                try await world.delivery.send(
                    Sensitive(ComposedContent(subject: "News", text: "See the file.", files: [file])),
                    terms: try world.terms { $0.campaign = nil },
                    to: .contact(person),
                    at: try DeliveryWorld.address(),
                    by: world.marketer
                )
            }
            let table = Array("name,ssn\r\nAnn,\(Self.number)\r\n".utf8)
            guard
                case .notSent(_, .contentRefused) = try await send(
                    ComposedAttachment(given: "people.csv", mediaType: "text/csv", content: table)
                )
            else {
                Issue.record("a number in a table must be found")
                return
            }
            var paper = ComposedAttachment(given: "paper.pdf", mediaType: "application/pdf", content: [1, 2, 3])
            guard case .held(_, .contentReview) = try await send(paper) else {
                Issue.record("what nobody can read must be held")
                return
            }
            paper.readText = "The number is \(Self.number)."
            guard case .notSent(_, .contentRefused) = try await send(paper) else {
                Issue.record("what was read of a file must count")
                return
            }
            paper.readText = "Bring your card."
            guard case .queued(let id, .verifiedTLS) = try await send(paper) else {
                Issue.record("what was read and is clean must go")
                return
            }
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
            let mail = try ParsedMail.parse(try #require(world.transmitter.taken.last).bytes)
            #expect(mail.attachments.map(\.content) == [[1, 2, 3]])
            #expect(
                !String(decoding: try #require(world.transmitter.taken.last).bytes, as: UTF8.self).contains(
                    "Bring your card"
                )
            )
        }
    }
}
