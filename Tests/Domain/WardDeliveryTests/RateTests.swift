// SPDX-License-Identifier: Apache-2.0

import Testing
import WardConsent
import WardKernel
import WardQueue
import WardStorage
import WardTestKit

@testable import WardDelivery

/// Limits that hold for all workers together, warm-ups, and the brake of complaints.
@Suite struct RateTests {
    @Test func `a warm-up grows from its first day until it needs no limit`() {
        let plan = WarmUpPlan(
            source: "Lakeside.example",
            provider: "google",
            beganAt: Timestamp(seconds: 0),
            firstDay: 100,
            growthPercent: 50,
            ceiling: 1_000
        )
        #expect((0...5).map { plan.budget(onDay: $0) } == [100, 150, 225, 337, 506, 759])
        #expect(plan.budget(onDay: 6) == nil)
        #expect(plan.budget(onDay: Int.max) == nil)
        #expect(plan.day(at: Timestamp(seconds: 86_399)) == 0)
        #expect(plan.day(at: Timestamp(seconds: 86_400)) == 1)
        #expect(MailProvider.name(of: "GoogleMail.com") == "google")
        #expect(MailProvider.name(of: "clinic.example") == "clinic.example")
        for problem in [(0, 50, 10), (10, -1, 10), (10, 50, 9)] {
            let bad = WarmUpPlan(
                source: "a.example",
                provider: "*",
                beganAt: Timestamp(seconds: 0),
                firstDay: problem.0,
                growthPercent: problem.1,
                ceiling: problem.2
            )
            #expect(bad.problem != nil)
        }
    }

    private func administrator(_ world: DeliveryWorld) -> Requester {
        TestRequester.with(roles: [.administrator], of: world.ground.organization)
    }

    @Test(arguments: TestStore.kinds)
    func `what passes today's budget waits for tomorrow, and a message to one person does not`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let plan = WarmUpPlan(
                source: "lakeside.example",
                provider: "*",
                beganAt: world.clock.now,
                firstDay: 3,
                growthPercent: 100,
                ceiling: 1_000
            )
            let administrator = administrator(world)
            #expect(try await world.delivery.warmUp(plan, why: " ", by: administrator) != .done)
            #expect(try await world.delivery.warmUp(plan, why: "a new domain", by: administrator) == .done)
            var ids: [MessageID] = []
            for _ in 0..<5 { ids.append(try await world.queued(to: try await world.makePerson(), try world.terms())) }
            let single = try await world.queued(
                to: try await world.makePerson(),
                try world.terms { $0.campaign = nil }
            )
            try await world.drain()
            #expect(world.transmitter.taken.count == 4)
            #expect(try await world.standing(of: single) == .delivered)
            var held: [MessageID] = []
            for id in ids where try await world.standing(of: id) == .held { held.append(id) }
            #expect(held.count == 2)
            #expect(try await world.reason(of: held[0]) == HoldReason.warmUp.rawValue)
            let report = try await world.delivery.rates(by: administrator)
            #expect(report.plans.map(\.used) == [3])
            #expect(report.plans.first?.budget == 3)
            world.clock.advance(by: .hours(31))
            try await world.drain()
            #expect(world.transmitter.taken.count == 6)
            let after = try await world.delivery.rates(by: administrator)
            #expect(after.plans.map(\.used) == [2])
            let ended = try await world.delivery.endWarmUp(
                of: "lakeside.example",
                provider: "*",
                why: "done",
                by: administrator
            )
            #expect(ended == .done)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a limit for each minute holds for two workers together`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let administrator = administrator(world)
            let set = try await world.delivery.limit(
                "TLS.example",
                toPerMinute: 10,
                why: "they asked",
                by: administrator
            )
            #expect(set == .done)
            for _ in 0..<30 { _ = try await world.queued(to: try await world.makePerson(), try world.terms()) }
            let second = DeliveryWorker(world.delivery)
            var perMinute: [Int64: Int] = [:]
            for _ in 0..<80 {
                let before = world.transmitter.taken.count
                _ = try await world.worker.runOnce()
                _ = try await second.runOnce()
                let sent = world.transmitter.taken.count - before
                perMinute[world.clock.now.microseconds / 60_000_000, default: 0] += sent
                world.clock.advance(by: .seconds(7))
            }
            #expect(perMinute.values.allSatisfy { $0 <= 10 }, "\(perMinute)")
            #expect(world.transmitter.taken.count == 30)
            let lifted = try await world.delivery.limit(
                "tls.example",
                toPerMinute: nil,
                why: "enough",
                by: administrator
            )
            #expect(lifted == .done)
            #expect(try await world.delivery.rates(by: administrator).limits.isEmpty)
        }
    }

    @Test func `three in a thousand is tolerated and more is not, and one person alone stops nobody`() {
        #expect(!ComplaintRule.stops(complaints: 3, delivered: 1_000))
        #expect(ComplaintRule.stops(complaints: 4, delivered: 1_000))
        #expect(!ComplaintRule.stops(complaints: 1, delivered: 10))
        #expect(ComplaintRule.stops(complaints: 2, delivered: 10))
        for complaints in 2..<50 {
            #expect(!ComplaintRule.stops(complaints: complaints, delivered: ComplaintRule.enough(for: complaints)))
        }
    }

    /// AT-6.7.
    @Test(arguments: TestStore.kinds)
    func `campaigns pause by themselves when too many complain, until a person lets them go on`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let organization = world.ground.organization
            var sent: [MessageID] = []
            for _ in 0..<4 { sent.append(try await world.queued(to: try await world.makePerson(), try world.terms())) }
            try await world.drain()
            let (delivery, first, second) = (world.delivery, sent[0], sent[1])
            let none = try await world.store.write { try delivery.complained(about: first, of: organization, in: $0) }
            let again = try await world.store.write { try delivery.complained(about: first, of: organization, in: $0) }
            #expect(none == nil)
            #expect(again == nil)
            let waiting = try await world.queued(to: try await world.makePerson(), try world.terms())
            let brake = try await world.store.write { try delivery.complained(about: second, of: organization, in: $0) }
            #expect(brake?.complaints == 2)
            #expect(brake?.delivered == 4)
            let single = try await world.queued(to: try await world.makePerson(), try world.terms { $0.campaign = nil })
            try await world.drain()
            #expect(try await world.standing(of: waiting) == .held)
            #expect(try await world.reason(of: waiting) == HoldReason.complaints.rawValue)
            #expect(try await world.standing(of: single) == .delivered)
            let administrator = administrator(world)
            #expect(try await world.delivery.releaseBrake(on: "other.example", why: "x", by: administrator) == .unknown)
            let released = try await world.delivery.releaseBrake(
                on: "lakeside.example",
                why: "the list was cleaned",
                by: administrator
            )
            #expect(released == .done)
            try await world.drain()
            #expect(try await world.standing(of: waiting) == .delivered)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `complaints of yesterday count no more`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let organization = world.ground.organization
            let delivery = world.delivery
            let first = try await world.queued(to: try await world.makePerson(), try world.terms())
            try await world.drain()
            _ = try await world.store.write { try delivery.complained(about: first, of: organization, in: $0) }
            world.clock.advance(by: .hours(25))
            let second = try await world.queued(to: try await world.makePerson(), try world.terms())
            try await world.drain()
            let brake = try await world.store.write { try delivery.complained(about: second, of: organization, in: $0) }
            #expect(brake == nil)
        }
    }
}
