// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardAudit
import WardKernel
import WardStorage
import WardTestKit
import WardTrust
import WardVault

@testable import WardDelivery

/// What is found about destinations is kept as a history, and a fall is told once.
@Suite struct PostureTests {
    private static let enforced = DestinationPosture(
        policy: "enforce",
        policyIdentifier: "1",
        dane: "unsigned",
        proof: "web_pki"
    )
    private static let plain = DestinationPosture(policy: "none", dane: "unsigned", proof: "web_pki")

    private func officer(_ world: DeliveryWorld) -> Requester {
        TestRequester.with(roles: [.administrator], of: world.ground.organization)
    }

    private func deliver(_ world: DeliveryWorld, to person: ContactID) async throws -> MessageID {
        let id = try await world.queued(to: person, try world.terms())
        try await world.drain()
        return id
    }

    private func actions(_ world: DeliveryWorld, _ action: AuditAction) async throws -> Int {
        try await world.store.read { tx in
            try tx.rows(
                """
                SELECT action FROM audit_entry WHERE organization = \(world.ground.organization)
                AND action = \(action.rawValue)
                """
            ).count
        }
    }

    @Test func `levels fall and return, and between them there is one alert`() {
        let now = Timestamp(seconds: 100)
        let later = Timestamp(seconds: 200)
        func after(
            _ level: DestinationPosture.Level,
            _ previous: DestinationPosture.Level,
            _ alert: PostureAlert? = nil
        ) -> PostureAlert? {
            PostureAlert.after(level, previous: previous, alert: alert, at: later)
        }
        #expect(after(.proved, .proved) == nil)
        #expect(after(.proved, .certificate) == nil)
        #expect(after(.unprotected, .unprotected) == nil)
        #expect(after(.certificate, .proved) == PostureAlert(level: .proved, since: later))
        let open = PostureAlert(level: .proved, since: now)
        #expect(after(.unprotected, .certificate, open) == open)
        #expect(after(.certificate, .unprotected, open) == open)
        #expect(after(.proved, .unprotected, open) == nil)
    }

    @Test func `the level is what was proved, and a failure is none whatever the policy says`() {
        #expect(Self.enforced.level == .proved)
        #expect(Self.plain.level == .certificate)
        #expect(Self.enforced.failing("starttls_missing").level == .unprotected)
        #expect(DestinationPosture(policy: "testing", dane: "unsigned", proof: "web_pki").level == .certificate)
        #expect(DestinationPosture(policy: "none", dane: "records", proof: "dane").level == .proved)
        #expect(DestinationPosture(policy: "none", dane: "unusable", proof: "web_pki").level == .certificate)
    }

    @Test(arguments: ["", "0", "0g", "ABCD", String(repeating: "ab", count: 65)])
    func `what is no key of a destination is refused`(text: String) { #expect(DestinationKey(text) == nil) }

    @Test(arguments: TestStore.kinds)
    func `a fall moves protected mail to the portal, raises one alert, and its return clears it`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let officer = officer(world)
            world.transmitter.state.withLock { $0.posture = Self.enforced }
            let person = try await world.makePerson()
            let first = try await deliver(world, to: person)
            #expect(try await world.standing(of: first) == .delivered)
            #expect(try await world.delivery.destinationAlerts(by: officer).isEmpty)
            world.transmitter.state.withLock { $0.standard = .hasNoTLS }
            for _ in 0..<3 {
                let id = try await deliver(world, to: try await world.makePerson())
                #expect(try await world.standing(of: id) == .waitingInPortal)
            }
            let alerts = try await world.delivery.destinationAlerts(by: officer)
            #expect(alerts.map(\.domain) == ["tls.example"])
            #expect(alerts.first?.posture.failure == "starttls_missing")
            #expect(try await actions(world, .destinationDrop) == 1)
            #expect(try await actions(world, .destinationRecover) == 0)
            world.transmitter.state.withLock { $0.standard = .accept }
            world.clock.advance(by: .hours(2))
            let last = try await deliver(world, to: try await world.makePerson())
            #expect(try await world.standing(of: last) == .delivered)
            #expect(try await world.delivery.destinationAlerts(by: officer).isEmpty)
            #expect(try await actions(world, .destinationDrop) == 1)
            #expect(try await actions(world, .destinationRecover) == 1)
            let history = try #require(try await world.delivery.destination(ofDomain: "TLS.example", by: officer))
            #expect(history.changes.map(\.posture.level) == [.proved, .unprotected, .proved])
            #expect(history.summary.alertSince == nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a policy that is gone raises an alert although TLS still holds`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            world.transmitter.state.withLock { $0.posture = Self.enforced }
            _ = try await deliver(world, to: try await world.makePerson())
            world.transmitter.state.withLock { $0.posture = Self.plain }
            let id = try await deliver(world, to: try await world.makePerson())
            #expect(try await world.standing(of: id) == .delivered)
            let alerts = try await world.delivery.destinationAlerts(by: officer(world))
            #expect(alerts.map(\.posture.level) == [.certificate])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the history grows only when something changed, and looks count as deliveries do`(kind: StoreKind) async throws
    {
        try await DeliveryWorld.with(kind) { world in
            let officer = officer(world)
            world.transmitter.state.withLock { $0.posture = Self.plain }
            try await world.delivery.learnProtection(of: ["tls.example", "other.example"], by: world.marketer)
            for _ in 0..<3 { _ = try await deliver(world, to: try await world.makePerson()) }
            let all = try await world.delivery.destinations(by: officer)
            #expect(all.map(\.domain) == ["other.example", "tls.example"])
            let history = try #require(try await world.delivery.destination(all[1].key, by: officer))
            #expect(history.changes.count == 1)
            let key = try #require(DestinationKey("\(all[1].key)"))
            #expect(key == all[1].key)
            world.clock.advance(by: .hours(3))
            _ = try await deliver(world, to: try await world.makePerson())
            let seen = try await world.delivery.destination(key, by: officer)
            #expect(seen?.summary.foundAt == history.summary.foundAt)
            #expect(seen?.summary.lookedAt == world.clock.now)
            await #expect(throws: AccessDenied.self) { try await world.delivery.destinations(by: world.marketer) }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `no domain stands in the clear in what is kept about destinations`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            world.transmitter.state.withLock { $0.posture = Self.enforced }
            _ = try await deliver(world, to: try await world.makePerson())
            let policies = KeptPolicies(store: world.store, vault: world.ground.vault)
            let organization = world.ground.organization
            let text = "version: STSv1\nmode: enforce\nmx: mx.tls.example\nmax_age: 86400\n"
            let known = KnownMTASTSPolicy(
                identifier: "1",
                policy: try MTASTSPolicy(Array(text.utf8)),
                fetchedAt: world.clock.now
            )
            try await policies.keep(known, of: "tls.example", organization: organization)
            let sealed = try await world.store.read { tx in
                try ["delivery_posture", "delivery_posture_change", "delivery_mta_sts_policy"].flatMap { table in
                    switch table {
                    case "delivery_posture": try tx.rows("SELECT sealed FROM delivery_posture")
                    case "delivery_mta_sts_policy": try tx.rows("SELECT sealed FROM delivery_mta_sts_policy")
                    default: try tx.rows("SELECT sealed FROM delivery_posture_change")
                    }
                }.map { try $0.value("sealed", as: [UInt8].self) }
            }
            #expect(sealed.count == 3)
            #expect(sealed.allSatisfy { !String(decoding: $0, as: UTF8.self).contains("example") })
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a policy outlives the process, per organization, and an older one replaces none`(kind: StoreKind) async throws
    {
        try await DeliveryWorld.with(kind) { world in
            let organization = world.ground.organization
            func known(_ mode: String, _ time: Timestamp) throws -> KnownMTASTSPolicy {
                let text = "version: STSv1\nmode: \(mode)\nmx: mx.tls.example\nmax_age: 86400\n"
                return KnownMTASTSPolicy(identifier: "1", policy: try MTASTSPolicy(Array(text.utf8)), fetchedAt: time)
            }
            let now = world.clock.now
            let first = KeptPolicies(store: world.store, vault: world.ground.vault)
            #expect(try await first.firstRecall(of: "tls.example", organization: organization) == nil)
            try await first.keep(try known("enforce", now), of: "tls.example", organization: organization)
            let second = KeptPolicies(store: world.store, vault: world.ground.vault)
            try await second.keep(try known("none", now - .hours(1)), of: "tls.example", organization: organization)
            let third = KeptPolicies(store: world.store, vault: world.ground.vault)
            let recalled = try await third.firstRecall(of: "tls.example", organization: organization)
            #expect(recalled == (try known("enforce", now)))
            #expect(try await third.firstRecall(of: "tls.example", organization: organization) == nil)
        }
    }
}
