// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardKernel
import WardQueue
import WardStorage
import WardTestKit

@testable import WardDelivery

/// Drafts that are run against many past decisions, in the background.
@Suite struct PolicyTrialTests {
    private static let configuration: DeliveryConfiguration = {
        var configuration = DeliveryConfiguration()
        configuration.immediateTrial = 2
        configuration.decisionsAtOnce = 2
        return configuration
    }()

    /// Five messages that the draft would put into the portal.
    private func world(
        _ kind: StoreKind,
        _ body: (DeliveryWorld) async throws -> Void
    ) async throws {
        try await DeliveryWorld.with(kind, configuration: Self.configuration) { (world: DeliveryWorld) async throws in
            for _ in 0..<5 {
                _ = try await world.queued(to: try await world.makePerson(), try world.terms { $0.campaign = nil })
            }
            #expect(try await change(world, to: [.portal]) == .done)
            try await body(world)
        }
    }

    private func change(_ world: DeliveryWorld, to order: [SendMethod]) async throws -> PolicyOutcome {
        try await world.delivery.draft(by: world.administrator) { policy in
            policy.organization.order = order
            return nil
        }
    }

    private func begin(_ world: DeliveryWorld) async throws -> PolicyTrialStart {
        try await world.delivery.beginTrial(days: 30, by: world.administrator)
    }

    private func step(_ world: DeliveryWorld) async throws -> Delivery.TrialStep {
        let service = Delivery.service(world.ground.organization)
        return try await world.delivery.stepTrial(of: world.ground.organization, by: service) { _ in }
    }

    @Test(arguments: TestStore.kinds)
    func `many decisions are looked at by the worker, and a second run joins the first`(kind: StoreKind) async throws {
        try await world(kind) { (world: DeliveryWorld) async throws in
            let (delivery, administrator) = (world.delivery, world.administrator)
            let start = PolicyTrialStart.running(PolicyTrialProgress(done: 0, total: 5, days: 30))
            #expect(try await begin(world) == start)
            #expect(try await begin(world) == start)
            #expect(try await step(world) == .more)
            #expect(try await delivery.policyTrial(by: administrator)?.done == 2)
            #expect(try await delivery.activateDraft(why: "ours", by: administrator) == .refused(.notSimulated))
            let worker = PolicyTrialWorker(delivery)
            #expect(try await worker.runOne())
            #expect(try await !worker.runOne())
            #expect(try await delivery.policyTrial(by: administrator) == nil)
            let trial = try #require(try await delivery.policies(by: administrator).draft?.trial)
            #expect(trial.decisions == 5 && trial.days == 30)
            #expect(try await delivery.draftChanges(by: administrator).map(\.messages) == [5])
            #expect(try await delivery.activateDraft(why: "ours", by: administrator) == .done)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a change of the draft ends its run, and what was found is forgotten`(kind: StoreKind) async throws {
        try await world(kind) { (world: DeliveryWorld) async throws in
            let (delivery, administrator) = (world.delivery, world.administrator)
            _ = try await begin(world)
            #expect(try await step(world) == .more)
            #expect(try await change(world, to: [.verifiedTLS]) == .done)
            #expect(try await step(world) == .gone)
            #expect(try await !PolicyTrialWorker(delivery).runOne())
            #expect(try await delivery.draftChanges(by: administrator).isEmpty)
            #expect(try await delivery.policies(by: administrator).draft?.trial == nil)
            // The next run is about the draft as it is now.
            #expect(try await delivery.tryDraft(days: 30, by: administrator) == .done)
            #expect(try await delivery.draftChanges(by: administrator).isEmpty)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `whoever works on a run while waiting for it is told of every step`(kind: StoreKind) async throws {
        try await world(kind) { (world: DeliveryWorld) async throws in
            let told = Mutex<[Int]>([])
            let outcome = try await world.delivery.tryDraft(days: 30, by: world.administrator) { progress in
                told.withLock { $0.append(progress.done) }
            }
            #expect(outcome == .done)
            #expect(told.withLock(\.self) == [0, 2, 4, 5])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a run that is given up leaves the draft untried`(kind: StoreKind) async throws {
        try await world(kind) { (world: DeliveryWorld) async throws in
            let (delivery, administrator) = (world.delivery, world.administrator)
            #expect(try await delivery.tryDraft(days: 30, by: administrator) == .done)
            _ = try await begin(world)
            #expect(try await step(world) == .more)
            await #expect(throws: AccessDenied.self) { try await delivery.cancelTrial(by: world.marketer) }
            #expect(try await delivery.cancelTrial(by: administrator))
            #expect(try await !delivery.cancelTrial(by: administrator))
            #expect(try await delivery.draftChanges(by: administrator).isEmpty)
            #expect(try await delivery.activateDraft(why: "ours", by: administrator) == .refused(.notSimulated))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a run whose process died is gone on with from its last step`(kind: StoreKind) async throws {
        try await world(kind) { (world: DeliveryWorld) async throws in
            let (delivery, administrator) = (world.delivery, world.administrator)
            _ = try await begin(world)
            let claimed = try await delivery.queue.claimAcrossOrganizations(
                [.policyTrial],
                limit: 1,
                lease: PolicyTrialWorker.lease,
                owner: [1],
                from: world.store
            )
            #expect(claimed.count == 1)
            #expect(try await step(world) == .more)
            let other = PolicyTrialWorker(delivery)
            #expect(try await !other.runOne())
            world.clock.advance(by: .minutes(2))
            #expect(try await other.runOne())
            #expect(try await delivery.policies(by: administrator).draft?.trial?.decisions == 5)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a decision that is made after a run began is not part of it`(kind: StoreKind) async throws {
        try await world(kind) { (world: DeliveryWorld) async throws in
            _ = try await begin(world)
            world.clock.advance(by: .seconds(1))
            _ = try await world.queued(to: try await world.makePerson(), try world.terms { $0.campaign = nil })
            #expect(try await PolicyTrialWorker(world.delivery).runOne())
            let draft = try await world.delivery.policies(by: world.administrator).draft
            #expect(draft?.trial?.decisions == 5)
        }
    }
}
