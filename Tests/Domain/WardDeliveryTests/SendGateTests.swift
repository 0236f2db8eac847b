// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardConsent
import WardKernel
import WardStorage
import WardTestKit
import WardVault

@testable import WardDelivery

/// The decision table as generated rows, without a store.
@Suite struct GateVerdictTests {
    private let order: [SendMethod] = [.verifiedTLS, .portal, .opportunisticTLS]

    /// Answers of questions whose name does not matter for the verdict.
    private static func named(_ answers: [GateAnswer]) -> [AnsweredQuestion] {
        answers.map { AnsweredQuestion(question: .agreements, answer: $0) }
    }

    @Test func `without any answer about methods nothing is cleared`() {
        #expect(SendGate.verdict(of: [], methodOrder: order) == .hold(.noMethod, until: nil))
        #expect(
            SendGate.verdict(of: Self.named([.passes(note: "x")]), methodOrder: order) == .hold(.noMethod, until: nil)
        )
    }

    @Test func `the first refusal counts, and a refusal wins over every hold`() {
        let answers: [GateAnswer] = [
            .holds(.noRecognition, until: nil), .refuses(.consentWithdrawn, note: "a"), .refuses(.deceased, note: "b"),
            .allows([.verifiedTLS], note: "c"),
        ]
        #expect(SendGate.verdict(of: Self.named(answers), methodOrder: order) == .refuse(.consentWithdrawn))
    }

    @Test func `sets are intersected and an empty set holds`() {
        let answers: [GateAnswer] = [.allows([.verifiedTLS, .portal], note: "a"), .allows([.portal], note: "b")]
        #expect(SendGate.verdict(of: Self.named(answers), methodOrder: order) == .cleared(.portal))
        let none: [GateAnswer] = [.allows([.verifiedTLS], note: "a"), .allows([.portal], note: "b")]
        #expect(SendGate.verdict(of: Self.named(none), methodOrder: order) == .hold(.noMethod, until: nil))
    }

    @Test(arguments: 0..<2_000)
    func `a generated row never clears against an answer`(seed: Int) {
        let random = TestSurroundings(seed: UInt64(seed)).surroundings.randomBytes(40)
        let subsets: [Set<SendMethod>] = [
            [], [.verifiedTLS], [.portal], [.verifiedTLS, .portal], Set(SendMethod.allCases),
        ]
        let answers: [GateAnswer] = (0..<8).map { position in
            switch Int(random[position * 2]) % 12 {
            case 0: .refuses(RefusalReason.allCases[Int(random[position * 2 + 1]) % 12], note: "x")
            case 1: .holds(.noRecognition, until: nil)
            case 2...6: .allows(subsets[Int(random[position * 2 + 1]) % subsets.count], note: "x")
            case 7: .notApplicable(note: "x")
            default: .passes(note: "x")
            }
        }
        let verdict = SendGate.verdict(of: Self.named(answers), methodOrder: order)
        let refusals = answers.compactMap { if case .refuses(let reason, _) = $0 { reason } else { nil } }
        let holds = answers.contains { if case .holds = $0 { true } else { false } }
        switch verdict {
        case .refuse(let reason): #expect(reason == refusals.first)
        case .hold: #expect(refusals.isEmpty)
        case .cleared(let method):
            #expect(refusals.isEmpty && !holds)
            for case .allows(let methods, _) in answers { #expect(methods.contains(method)) }
        }
    }

    @Test func `restricted messages know the portal and the person's own keys alone, whatever is chosen`() throws {
        let sender = MailSender(name: "x", address: try #require(EmailAddress("a@lakeside.example")))
        for choice in MethodChoice.allCases {
            var terms = MessageTerms(messageClass: .treatment, sensitivity: .restricted, sender: sender)
            terms.methods = choice
            #expect(terms.allowedMethods.isSubset(of: [.smime, .openPGP, .portal]))
            for isTLSPossible in [true, false] {
                let answers = [
                    AnsweredQuestion(question: .sensitivity, answer: .allows(terms.allowedMethods, note: "x")),
                    AnsweredQuestion(
                        question: .transport,
                        answer: TransportQuestion.answer(isTLSPossible: isTLSPossible, isRecognisable: false)
                    ),
                ]
                guard case .hold = SendGate.verdict(of: answers, methodOrder: order) else {
                    Issue.record("a restricted message to nobody who can be recognised was let through")
                    continue
                }
            }
        }
    }

    @Test func `only a notice and a report about TLS may go without TLS`() throws {
        let sender = MailSender(name: "x", address: try #require(EmailAddress("a@lakeside.example")))
        let exceptions: Set<MessageClass> = [.portalNotice, .transportReport]
        for messageClass in MessageClass.allCases where !exceptions.contains(messageClass) {
            for sensitivity in Sensitivity.allCases {
                let terms = MessageTerms(messageClass: messageClass, sensitivity: sensitivity, sender: sender)
                #expect(!terms.allowedMethods.contains(.opportunisticTLS))
            }
        }
    }
}

/// The gate with its questions on a store.
@Suite struct SendGateTests {
    private struct Failing: GateQuestion {
        struct Failure: Error {}
        let name: GateQuestionName
        func answers(_ subjects: [GateSubject], in tx: any ReadTransaction) throws -> [GateAnswer] { throw Failure() }
    }

    private struct Passing: GateQuestion {
        let name: GateQuestionName
        func answers(_ subjects: [GateSubject], in tx: any ReadTransaction) throws -> [GateAnswer] {
            subjects.map { _ in name == .transport ? .allows([.verifiedTLS], note: "x") : .passes(note: "x") }
        }
    }

    private func decide(
        _ questions: [any GateQuestion],
        in world: DeliveryWorld
    ) async throws -> GateDecision? {
        let subject = GateSubject(
            organization: world.ground.organization,
            recipient: .contact(world.clock.surroundings.makeIdentifier()),
            address: try DeliveryWorld.address(),
            terms: try world.terms(),
            now: world.clock.now
        )
        return try await world.store.read { tx in
            try SendGate(questions: questions).decide([subject], methodOrder: [.verifiedTLS], in: tx).first
        }
    }

    @Test(arguments: TestStore.kinds)
    func `each missing, failing or doubled question refuses by itself`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let all: [any GateQuestion] = GateQuestionName.allCases.map { Passing(name: $0) }
            let cleared = try await decide(all, in: world)?.verdict
            #expect(cleared == .cleared(.verifiedTLS))
            for name in GateQuestionName.allCases {
                let without: [any GateQuestion] = all.filter { $0.name != name }
                let failing: [any GateQuestion] = without + [Failing(name: name)]
                let doubled: [any GateQuestion] = all + [Passing(name: name)]
                for questions in [without, failing, doubled] {
                    let verdict = try await decide(questions, in: world)?.verdict
                    #expect(verdict == .refuse(.unanswered))
                }
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `every question of this version is wired`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in #expect(world.delivery.gate.unanswered.isEmpty) }
    }

    @Test(arguments: TestStore.kinds)
    func `who withdrew consent gets nothing of that purpose, and others do`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let (willing, unwilling) = (try await world.makePerson(), try await world.makePerson())
            try await world.consent.record(
                ConsentStatement(
                    contact: unwilling,
                    purpose: .care,
                    channel: .email,
                    choice: .withdrawn,
                    source: .staff,
                    wordingVersion: "",
                    chosenAt: world.clock.now
                ),
                by: world.officer
            )
            let candidates = try [willing, unwilling].map {
                DryRunCandidate(recipient: .contact($0), address: try DeliveryWorld.address())
            }
            let decisions = try await world.delivery.dryRun(candidates, terms: try world.terms(), by: world.marketer)
            #expect(decisions.map(\.verdict) == [.cleared(.verifiedTLS), .refuse(.consentWithdrawn)])
            #expect(decisions[1].deciding == .consent)
            #expect(decisions[1].answers.map(\.question) == GateQuestionName.allCases)
            let care = try await world.send(to: unwilling, try world.terms())
            guard case .notSent(_, .consentWithdrawn) = care else {
                Issue.record("sent against a withdrawal")
                return
            }
            try await world.drain()
            #expect(world.transmitter.attempts == 0)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `own services need an agreement, marketing an authorization as well`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let candidate = DryRunCandidate(recipient: .contact(person), address: try DeliveryWorld.address())
            func verdict(_ messageClass: MessageClass) async throws -> GateVerdict? {
                let terms = try world.terms(messageClass, .routine)
                return try await world.delivery.dryRun([candidate], terms: terms, by: world.marketer).first?.verdict
            }
            #expect(try await verdict(.ownService) == .refuse(.noConsent))
            for purpose in [Purpose.services, .marketing] {
                try await world.consent.record(
                    ConsentStatement(
                        contact: person,
                        purpose: purpose,
                        channel: .email,
                        choice: .granted,
                        source: .form,
                        wordingVersion: "w1",
                        chosenAt: world.clock.now
                    ),
                    by: world.officer
                )
            }
            #expect(try await verdict(.ownService) == .cleared(.verifiedTLS))
            #expect(try await verdict(.marketing) == .refuse(.noAuthorization))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the dead, the unknown and those who left are refused, and the suppressed first`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let address = try DeliveryWorld.address()
            func verdict() async throws -> GateVerdict? {
                let candidate = DryRunCandidate(recipient: .contact(person), address: address)
                let terms = try world.terms()
                return try await world.delivery.dryRun([candidate], terms: terms, by: world.marketer).first?.verdict
            }
            world.people.state.withLock { _ = $0.dead.insert(person) }
            #expect(try await verdict() == .refuse(.deceased))
            world.people.state.withLock { _ = $0.known.remove(person) }
            #expect(try await verdict() == .refuse(.personUnknown))
            world.people.state.withLock { _ = $0.left.insert(person) }
            #expect(try await verdict() == .refuse(.leftAudience))
            world.people.state.withLock { $0.isFailing = true }
            #expect(try await verdict() == .refuse(.unanswered))
            try await world.consent.suppress(address, reason: .complaint, by: world.officer)
            #expect(try await verdict() == .refuse(.addressSuppressed))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `protected mail takes a relay only with its agreement and onward TLS`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let service = Requester.service("test", of: world.ground.organization)
            func verdict() async throws -> GateVerdict? {
                let candidate = DryRunCandidate(recipient: .contact(person), address: try DeliveryWorld.address())
                let terms = try world.terms()
                return try await world.delivery.dryRun([candidate], terms: terms, by: world.marketer).first?.verdict
            }
            try await world.delivery.setRoute(Route(domain: "*", host: "relay.example"), by: service)
            #expect(try await verdict() == .cleared(.portal))
            try await world.delivery.setRoute(
                Route(domain: "*", host: "relay.example", hasAgreement: true),
                by: service
            )
            #expect(try await verdict() == .cleared(.portal))
            let covered = Route(domain: "*", host: "relay.example", hasAgreement: true, hasOnwardTLS: true)
            try await world.delivery.setRoute(covered, by: service)
            #expect(try await verdict() == .cleared(.verifiedTLS))
        }
    }
}
