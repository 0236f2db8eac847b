// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardKernel
import WardStorage
import WardTestKit

@testable import WardCampaigns

@Suite struct PreflightProgressTests {
    /// 4 and 446 people: steps of 200, 200 and 50.
    private func withManyPeople(_ kind: StoreKind, _ body: (CampaignWorld) async throws -> Void) async throws {
        try await CampaignWorld.with(kind, more: 446, immediatePreflight: 100, body)
    }

    private static func steps(_ world: CampaignWorld) async throws -> [String] {
        try await world.store.read { tx in
            try tx.rows("SELECT facts FROM audit_entry WHERE action = 'campaign.preflight' ORDER BY recorded_at")
                .map { try $0.value(at: 0, as: String.self) }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a small audience is asked about at once, a large one by the worker`(kind: StoreKind) async throws {
        try await CampaignWorld.with(kind) { (world: CampaignWorld) async throws in
            let id = try await world.draft()
            let start = try await world.campaigns.beginPreflight(id, requester: world.marketer)
            guard case .finished(let report) = start else {
                Issue.record("four people are few")
                return
            }
            #expect(report.total == 4)
        }
        try await withManyPeople(kind) { (world: CampaignWorld) async throws in
            let id = try await world.draft()
            let start = try await world.campaigns.beginPreflight(id, requester: world.marketer)
            #expect(start == .running(PreflightProgress(done: 0, total: 450, rate: nil)))
            // Asking again joins the run that is under way.
            #expect(try await world.campaigns.beginPreflight(id, requester: world.marketer) == start)
            #expect(try await world.campaigns.lastPreflight(id, requester: world.marketer) == nil)
            try await world.work()
            #expect(try await world.campaigns.preflightProgress(id, requester: world.marketer) == nil)
            let report = try #require(try await world.campaigns.lastPreflight(id, requester: world.marketer))
            #expect(report.total == 450 && report.reached == 448 && report.isCurrent)
            #expect(try await Self.steps(world) == ["people=450;step=begin", "people=450;step=end"])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a run that stops goes on from its last step, and asks about nobody twice`(kind: StoreKind) async throws {
        try await withManyPeople(kind) { (world: CampaignWorld) async throws in
            let id = try await world.draft()
            _ = try await world.campaigns.beginPreflight(id, requester: world.marketer)
            world.delivery.state.withLock { $0.dryRunsUntilFailure = 1 }
            world.clock.advance(by: .seconds(4))
            try await world.worker.runOnce()
            let progress = try #require(try await world.campaigns.preflightProgress(id, requester: world.marketer))
            #expect(progress.done == 200 && progress.total == 450)
            #expect(progress.rate == 50)
            try await world.work()
            #expect(try await world.campaigns.lastPreflight(id, requester: world.marketer)?.total == 450)
            let asked = world.delivery.state.withLock { $0.askedAbout }
            #expect(asked.count == 448 && Set(asked).count == 448)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a run that is given up leaves no answers and no work`(kind: StoreKind) async throws {
        try await withManyPeople(kind) { (world: CampaignWorld) async throws in
            let id = try await world.draft()
            #expect(try await !world.campaigns.cancelPreflight(id, requester: world.marketer))
            _ = try await world.campaigns.beginPreflight(id, requester: world.marketer)
            world.delivery.state.withLock { $0.dryRunsUntilFailure = 1 }
            try await world.worker.runOnce()
            world.clock.advance(by: .seconds(1))
            #expect(try await world.campaigns.cancelPreflight(id, requester: world.marketer))
            #expect(try await world.campaigns.preflightProgress(id, requester: world.marketer) == nil)
            try await world.work()
            #expect(try await world.campaigns.lastPreflight(id, requester: world.marketer) == nil)
            #expect(world.delivery.state.withLock { $0.askedAbout.count } < 250)
            #expect(try await Self.steps(world).last == "step=cancel")
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a draft that changes ends the run, whose answers would be about two messages`(kind: StoreKind) async throws {
        try await withManyPeople(kind) { (world: CampaignWorld) async throws in
            let id = try await world.draft()
            _ = try await world.campaigns.beginPreflight(id, requester: world.marketer)
            world.delivery.state.withLock { $0.dryRunsUntilFailure = 1 }
            try await world.worker.runOnce()
            var draft = try await world.campaigns.campaign(id, requester: world.marketer).draft
            draft.subject = "Another"
            _ = try await world.campaigns.save(draft, of: id, version: 1, requester: world.marketer)
            try await world.work()
            #expect(try await world.campaigns.preflightProgress(id, requester: world.marketer) == nil)
            #expect(try await world.campaigns.lastPreflight(id, requester: world.marketer) == nil)
            _ = try await world.campaigns.beginPreflight(id, requester: world.marketer)
            try await world.work()
            #expect(try await world.campaigns.lastPreflight(id, requester: world.marketer)?.isCurrent == true)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `asking here and now takes the place of a run that is under way`(kind: StoreKind) async throws {
        try await withManyPeople(kind) { (world: CampaignWorld) async throws in
            let id = try await world.draft()
            _ = try await world.campaigns.beginPreflight(id, requester: world.marketer)
            world.clock.advance(by: .seconds(1))
            #expect(try await world.campaigns.preflight(id, requester: world.marketer).total == 450)
            #expect(try await world.campaigns.preflightProgress(id, requester: world.marketer) == nil)
            try await world.work()
            #expect(try await Self.steps(world).last == "people=450")
        }
    }
}
