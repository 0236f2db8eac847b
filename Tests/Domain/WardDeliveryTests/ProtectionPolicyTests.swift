// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardConsent
import WardContentScan
import WardKernel
import WardTestKit

@testable import WardDelivery

/// The policy as a value.
@Suite struct ProtectionPolicyTests {
    private static func policy(
        _ scoped: [ScopedProtectionRule],
        _ organization: ProtectionRule = .init()
    ) -> ProtectionPolicy {
        ProtectionPolicy(organization: organization, scoped: scoped)
    }

    @Test func `the most particular level that says something holds, field by field`() {
        let campaign = CampaignID(high: 1, low: 1)
        let sender = StaffID(high: 2, low: 2)
        let policy = Self.policy(
            [
                ScopedProtectionRule(.domain, "*.example.org", ProtectionRule(order: [.portal])),
                ScopedProtectionRule(.domain, "a.example.org", ProtectionRule(isTLSExclusive: true)),
                ScopedProtectionRule(.campaign, "\(campaign)", ProtectionRule(order: [.portal, .verifiedTLS])),
                ScopedProtectionRule(.sender, "\(sender)", ProtectionRule(isTLSExclusive: false)),
            ],
            ProtectionRule(order: [.verifiedTLS])
        )
        let plain = policy.effective(domain: "clinic.example")
        #expect(plain.order.value == [.verifiedTLS] && plain.order.source == .organization)
        #expect(plain.isTLSExclusive.source == .builtIn)
        let wild = policy.effective(domain: "A.EXAMPLE.ORG")
        #expect(wild.order.value == [.portal] && wild.order.source == .domain)
        #expect(wild.isTLSExclusive.value && wild.isTLSExclusive.source == .domain)
        #expect(!policy.effective(domain: "example.org").isTLSExclusive.value)
        let all = policy.effective(domain: "a.example.org", sender: sender, campaign: campaign)
        #expect(all.order.source == .campaign && all.isTLSExclusive == Sourced(value: false, source: .sender))
        let own = policy.effective(
            domain: "a.example.org",
            campaign: campaign,
            contact: ProtectionRule(order: [.portal])
        )
        #expect(own.order == Sourced(value: [.portal], source: .contact))
    }

    @Test func `no level allows what another forbids`() {
        let policy = Self.policy(
            [ScopedProtectionRule(.domain, "a.example", ProtectionRule(methods: [.portal]))],
            ProtectionRule(methods: [.verifiedTLS])
        )
        #expect(policy.effective(domain: "a.example").methods.isEmpty)
        #expect(policy.effective(domain: "b.example").methods == [.verifiedTLS])
    }

    @Test(arguments: [
        (ProtectionRule(order: []), PolicyProblem.orderInvalid),
        (ProtectionRule(order: [.opportunisticTLS]), .orderInvalid),
        (ProtectionRule(order: [.portal, .portal]), .orderInvalid),
        (ProtectionRule(methods: [.opportunisticTLS]), .methodsInvalid),
        (ProtectionRule(methods: [.portal], isTLSExclusive: true), .exclusiveWithoutTLS),
    ])
    func `a rule that cannot be meant says why`(rule: ProtectionRule, problem: PolicyProblem) {
        #expect(rule.problem == problem)
    }

    @Test func `content encryption is stronger than the portal, and the portal than TLS`() {
        #expect(Set(SendMethod.allCases).byStrength.suffix(3) == [.portal, .verifiedTLS, .opportunisticTLS])
        #expect(!SendMethod.chosen.contains(.opportunisticTLS))
    }

    @Test func `marks leave the subject, in whatever case, and the highest counts`() {
        let marks = SubjectMark.standard
        #expect(marks.reading("Your bill").sensitivity == nil)
        #expect(marks.reading("[SECURE] Your bill") == ("Your bill", .sensitive))
        #expect(marks.reading("Results [restricted] [secure]") == ("Results", .restricted))
    }
}

/// The policy at work, on both stores.
@Suite struct PolicyAtWorkTests {
    @Test(arguments: TestStore.kinds)
    func `where only TLS may carry it and there is none, the message ends as not sent`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            try await world.activate(by: world.administrator) { policy in
                policy.scoped = [
                    ScopedProtectionRule(.domain, "tls.example", ProtectionRule(isTLSExclusive: true))
                ]
            }
            world.transmitter.state.withLock { $0.standard = .hasNoTLS }
            let id = try await world.queued(to: try await world.makePerson(), try world.terms())
            try await world.drain()
            #expect(try await world.standing(of: id) == .notSent)
            #expect(try await world.reason(of: id) == RefusalReason.noTLS.rawValue)
            #expect(world.portal.deposited.isEmpty && world.transmitter.taken.isEmpty)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what was agreed with a person decides for that person, and levels without a common method hold`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            let rule = ProtectionRule(methods: [.portal])
            let kept = try await world.delivery.setProtection(rule, of: person, why: "asked for it", by: world.officer)
            #expect(kept == .done)
            guard case .queued(_, .portal) = try await world.send(to: person, try world.terms()) else {
                Issue.record("must go to the portal")
                return
            }
            try await world.activate(by: world.administrator) { $0.organization.methods = [.verifiedTLS] }
            guard case .held(_, .noMethod) = try await world.send(to: person, try world.terms()) else {
                Issue.record("must be held")
                return
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a draft is in force only after it was run, and not when the policy changed since`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let administrator = world.administrator
            let (delivery, domain) = (world.delivery, "a.example")
            #expect(try await delivery.activateDraft(why: "x", by: administrator) == .refused(.noDraft))
            let rule = ProtectionRule(order: [.portal])
            #expect(try await delivery.setRule(rule, .domain, named: domain, by: administrator) == .done)
            #expect(try await delivery.activateDraft(why: "x", by: administrator) == .refused(.notSimulated))
            #expect(try await delivery.tryDraft(days: 7, by: administrator) == .done)
            #expect(
                try await delivery.setRule(nil, .domain, named: "b.example", by: administrator)
                    == .refused(.unknownRule)
            )
            #expect(try await delivery.setRule(rule, .domain, named: "b.example", by: administrator) == .done)
            #expect(try await delivery.activateDraft(why: "x", by: administrator) == .refused(.notSimulated))
            #expect(try await delivery.tryDraft(days: 7, by: administrator) == .done)
            #expect(try await delivery.activateDraft(why: " ", by: administrator) == .refused(.reasonMissing))
            #expect(try await delivery.activateDraft(why: "ours", by: administrator) == .done)
            let standing = try await delivery.policies(by: administrator)
            #expect(standing.inForce.number == 1 && standing.draft == nil)
            #expect(standing.inForce.policy.scoped.count == 2)
            await #expect(throws: AccessDenied.self) {
                _ = try await delivery.setRule(rule, .domain, named: domain, by: world.marketer)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `running a draft lists each message whose method would change`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let id = try await world.queued(to: try await world.makePerson(), try world.terms())
            let restricted = try await world.queued(
                to: try await world.makePerson(),
                try world.terms(.treatment, .restricted)
            )
            try await world.drain()
            let administrator = world.administrator
            let drafted = try await world.delivery.draft(by: administrator) { policy in
                policy.organization.order = [.portal]
                return nil
            }
            #expect(drafted == .done)
            #expect(try await world.delivery.tryDraft(days: 0, by: administrator) == .refused(.daysInvalid))
            #expect(try await world.delivery.tryDraft(days: 30, by: administrator) == .done)
            let counts = try await world.delivery.draftChanges(by: administrator)
            #expect(counts == [PolicyChangeCount(before: "cleared:verified_tls", after: "cleared:portal", messages: 1)])
            let changes = try await world.delivery.draftChanges(after: nil, by: administrator)
            #expect(changes.map(\.message) == [id] && !changes.map(\.message).contains(restricted))
            #expect(try await world.delivery.draftChanges(after: id, by: administrator).isEmpty)
        }
    }

    /// Messages of every class and sensitivity, with and without TLS, under two policies: each kept decision comes out the
    /// same when it is replayed.
    @Test(arguments: TestStore.kinds)
    func `every kept decision comes out the same when it is replayed`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            for round in 0..<3 {
                for (number, sensitivity) in Sensitivity.allCases.enumerated() {
                    for messageClass in [MessageClass.treatment, .administrative, .ownService, .marketing] {
                        let person = try await world.makePerson()
                        if number == round { world.portal.state.withLock { _ = $0.recognisable.remove(person) } }
                        _ = try await world.send(to: person, try world.terms(messageClass, sensitivity))
                    }
                }
                world.transmitter.state.withLock { $0.standard = round == 1 ? .hasNoTLS : .accept }
                try await world.drain()
                try await world.activate(by: world.administrator) { policy in
                    policy.organization = ProtectionRule(
                        order: round == 0 ? [.portal, .verifiedTLS] : nil,
                        isTLSExclusive: round == 1 ? true : nil
                    )
                    policy.scan.actions = [.diagnosisCode: .raise, .socialSecurityNumber: .hold]
                }
                world.clock.advance(by: .hours(2))
            }
            let report = try await world.delivery.replay(days: 30, by: world.administrator)
            #expect(report.different == [] && report.withoutInputs == 0 && report.unreadable == 0)
            #expect(report.same > 40)
        }
    }
}
