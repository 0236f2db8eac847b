// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardDelivery
import WardKernel
import WardStorage
import WardTestKit

@testable import WardCampaigns

@Suite struct CampaignSendingTests {
    @Test(arguments: TestStore.kinds)
    func `an incomplete draft is refused with everything that is missing`(kind: StoreKind) async throws {
        try await CampaignWorld.with(kind) { world in
            let id = try await world.campaigns.create(requester: world.marketer)
            let error = await #expect(throws: CampaignError.self) {
                try await world.campaigns.sendNow(id, requester: world.marketer)
            }
            guard case .incomplete(let problems) = error else {
                Issue.record("must say what is missing")
                return
            }
            #expect(problems.map(\.field).contains(.classification))
            let clinician = TestRequester.with(roles: [.clinician], of: world.organization)
            await #expect(throws: AccessDenied.self) {
                try await world.campaigns.sendNow(id, requester: clinician)
            }
            #expect(try await world.campaigns.campaign(id, requester: clinician).state == .draft)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `each person gets one message, sharing an address or not, and the others a reason`(
        kind: StoreKind
    ) async throws {
        try await CampaignWorld.with(kind) { world in
            let id = try await world.draft()
            try await world.campaigns.sendNow(id, requester: world.marketer)
            try await world.work()
            let addresses = world.delivery.state.withLock { $0.addresses.values.map(\.mailbox) }
            #expect(addresses == ["family@a.example", "family@a.example"])
            let report = try await world.campaigns.report(id, requester: world.marketer)
            #expect(report.state == .finished)
            #expect(report.audience == 4)
            #expect(report.delivered == 2)
            #expect(report.notSent == 2)
            let reasons = report.rows.compactMap { row in
                if case .noMessage(let word) = row.source { word } else { nil }
            }
            #expect(Set(reasons) == ["no_address", "missing_field:given_name"])
            let lacking = try await world.campaigns.people(
                behind: .noMessage("no_address"),
                of: id,
                requester: world.marketer
            )
            #expect(lacking.map(\.contact) == [ContactID(high: 9, low: 3)])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a campaign is not complete while its audience is still being written down`(kind: StoreKind) async throws {
        try await CampaignWorld.with(kind) { world in
            let id = try await world.draft()
            try await world.campaigns.sendNow(id, requester: world.marketer)
            #expect(try await !world.campaigns.report(id, requester: world.marketer).isComplete)
            // As a worker leaves it that was killed right after it began.
            let organization = world.organization
            _ = try await world.store.write { tx in
                try tx.execute(
                    "UPDATE campaign SET state = 'sending' WHERE organization = \(organization) AND id = \(id)"
                )
            }
            #expect(try await !world.campaigns.report(id, requester: world.marketer).isComplete)
        }
    }

    @Test(arguments: TestStore.kinds, [1, 2, 3])
    func `a failure while handing over loses nobody and writes to nobody twice`(
        kind: StoreKind,
        failures: Int
    ) async throws {
        try await CampaignWorld.with(kind) { world in
            let id = try await world.draft()
            world.delivery.state.withLock { $0.failuresLeft = failures }
            try await world.campaigns.sendNow(id, requester: world.marketer)
            try await world.work()
            #expect(world.delivery.state.withLock { $0.submitted.count } == 2)
            let recipients = world.delivery.state.withLock { Set($0.submitted.values) }
            #expect(recipients.count == 2)
            #expect(try await world.campaigns.report(id, requester: world.marketer).state == .finished)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `one person's message that cannot be made keeps nobody else's back, and the preflight says so`(
        kind: StoreKind
    ) async throws {
        try await CampaignWorld.with(kind) { world in
            var draft = CampaignDraftTests.complete()
            draft.segment = world.segment
            draft.text = "Good day"
            let id = try await world.campaigns.create(draft, requester: world.marketer)
            world.delivery.state.withLock { $0.unmakeable = ["dan@b.example"] }
            let preflight = try await world.campaigns.preflight(id, requester: world.marketer)
            #expect(preflight.reached == 2)
            #expect(preflight.groups.contains { $0.reason == "not_makeable" && $0.count == 1 })
            try await world.campaigns.sendNow(id, requester: world.marketer)
            try await world.work()
            let addresses = world.delivery.state.withLock { $0.addresses.values.map(\.mailbox) }
            #expect(addresses == ["family@a.example", "family@a.example"])
            let report = try await world.campaigns.report(id, requester: world.marketer)
            #expect(report.state == .finished)
            let reasons = report.rows.compactMap { row in
                if case .noMessage(let word) = row.source { word } else { nil }
            }
            #expect(Set(reasons) == ["no_address", "not_makeable"])
            #expect(report.rows.allSatisfy { $0.sentence != nil || $0.title == DeliveryStanding.delivered.title })
        }
    }

    @Test(arguments: [("https://p.example/l", true), ("http://127.0.0.1:8481/l", false)])
    func `mail programs are offered a button to unsubscribe only where it would work`(
        origin: String,
        isOffered: Bool
    ) throws {
        let template = CampaignTemplate(
            subject: "x",
            text: "Good day",
            language: CampaignDraftTests.complete().language,
            footer: .init(organization: "Lakeside Health", postalAddress: "1 Lake Road")
        )
        let content = try CampaignComposer.compose(
            template,
            CampaignValues(fields: [:], unsubscribe: origin + "/u/abc")
        )
        #expect(content.text.contains(origin + "/u/abc"))
        #expect(content.headers.contains { $0.name == "List-Unsubscribe" } == isOffered)
        #expect(content.headers.contains { $0.name == "List-Unsubscribe-Post" } == isOffered)
    }

    @Test(arguments: TestStore.kinds)
    func `a database that is away for a while does not end the worker`(kind: StoreKind) async throws {
        try await CampaignWorld.with(kind) { world in
            let id = try await world.draft()
            try await world.campaigns.sendNow(id, requester: world.marketer)
            world.store.fail(next: 9)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do { try await world.worker.run() } catch is CancellationError { return }
                }
                group.addTask {
                    while world.delivery.state.withLock({ $0.submitted.count }) < 2, !Task.isCancelled {
                        await Task.yield()
                    }
                }
                // Whichever ends first: the worker's failure, or everybody's message.
                _ = try await group.next()
                group.cancelAll()
            }
            #expect(world.delivery.state.withLock { $0.submitted.count } == 2)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `waiting long for the last message counts as no failure`(kind: StoreKind) async throws {
        try await CampaignWorld.with(kind) { world in
            let id = try await world.draft()
            world.delivery.state.withLock { $0.looksLeft = 30 }
            try await world.campaigns.sendNow(id, requester: world.marketer)
            try await world.work(rounds: 80)
            let left = world.delivery.state.withLock(\.looksLeft)
            #expect(left == 0)
            let report = try await world.campaigns.report(id, requester: world.marketer)
            #expect(report.state == .finished)
            #expect(!report.isStuck)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a campaign whose work was given up says so, and pausing and resuming begins anew`(
        kind: StoreKind
    ) async throws {
        try await CampaignWorld.with(kind) { world in
            let id = try await world.draft()
            world.delivery.state.withLock { $0.failuresLeft = 1_000 }
            try await world.campaigns.sendNow(id, requester: world.marketer)
            try await world.work(rounds: 600)
            let stuck = try await world.campaigns.report(id, requester: world.marketer)
            #expect(stuck.isStuck)
            #expect(stuck.state == .sending)
            world.delivery.state.withLock { $0.failuresLeft = 0 }
            try await world.campaigns.pause(id, requester: world.marketer)
            try await world.campaigns.resume(id, requester: world.marketer)
            try await world.work()
            let report = try await world.campaigns.report(id, requester: world.marketer)
            #expect(!report.isStuck)
            #expect(report.state == .finished)
            #expect(report.delivered == 2)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a command that the send path does not take changes nothing of the campaign`(kind: StoreKind) async throws {
        try await CampaignWorld.with(kind) { world in
            let id = try await world.draft()
            try await world.campaigns.sendNow(id, requester: world.marketer)
            try await world.worker.runOnce()
            world.delivery.state.withLock { $0.isRefusingControl = true }
            await #expect(throws: RememberingCampaignDelivery.Failure.self) {
                try await world.campaigns.pause(id, requester: world.marketer)
            }
            await #expect(throws: RememberingCampaignDelivery.Failure.self) {
                try await world.campaigns.cancel(id, requester: world.marketer)
            }
            #expect(try await world.campaigns.campaign(id, requester: world.marketer).state == .sending)
            world.delivery.state.withLock { $0.isRefusingControl = false }
            try await world.campaigns.pause(id, requester: world.marketer)
            world.delivery.state.withLock { $0.isRefusingControl = true }
            await #expect(throws: RememberingCampaignDelivery.Failure.self) {
                try await world.campaigns.resume(id, requester: world.marketer)
            }
            #expect(try await world.campaigns.campaign(id, requester: world.marketer).state == .paused)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the worker lets the held messages of a resumed campaign go`(kind: StoreKind) async throws {
        try await CampaignWorld.with(kind) { world in
            let id = try await world.draft()
            try await world.campaigns.sendNow(id, requester: world.marketer)
            try await world.worker.runOnce()
            try await world.campaigns.pause(id, requester: world.marketer)
            try await world.campaigns.resume(id, requester: world.marketer)
            // As if the process had ended right after the command was kept.
            world.delivery.state.withLock { $0.releases = 0 }
            try await world.work()
            #expect(world.delivery.state.withLock(\.releases) > 0)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a paused campaign makes no message until it is resumed`(kind: StoreKind) async throws {
        try await CampaignWorld.with(kind) { world in
            let id = try await world.draft()
            try await world.campaigns.sendNow(id, requester: world.marketer)
            try await world.worker.runOnce()
            try await world.campaigns.pause(id, requester: world.marketer)
            try await world.work()
            #expect(world.delivery.state.withLock { $0.submitted.isEmpty })
            try await world.campaigns.resume(id, requester: world.marketer)
            try await world.work()
            #expect(world.delivery.state.withLock { $0.submitted.count } == 2)
            #expect(world.delivery.state.withLock { $0.commands } == ["pause", "resume"])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a cancelled campaign never sends and says so for each person`(kind: StoreKind) async throws {
        try await CampaignWorld.with(kind) { world in
            let id = try await world.draft()
            try await world.campaigns.sendNow(id, requester: world.marketer)
            try await world.worker.runOnce()
            try await world.campaigns.cancel(id, requester: world.marketer)
            try await world.work()
            let report = try await world.campaigns.report(id, requester: world.marketer)
            #expect(report.state == .cancelled)
            #expect(report.delivered == 0)
            #expect(report.notSent == 4)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a scheduled campaign waits for its time and may become a draft again`(kind: StoreKind) async throws {
        try await CampaignWorld.with(kind) { world in
            let id = try await world.draft()
            await #expect(throws: CampaignError.badTime) {
                try await world.campaigns.schedule(id, at: world.clock.now - .seconds(1), requester: world.marketer)
            }
            let time = world.clock.now + .hours(2)
            try await world.campaigns.schedule(id, at: time, requester: world.marketer)
            try await world.work()
            #expect(try await world.campaigns.campaign(id, requester: world.marketer).state == .scheduled)
            try await world.campaigns.unschedule(id, requester: world.marketer)
            world.clock.advance(by: .hours(3))
            try await world.work()
            #expect(try await world.campaigns.campaign(id, requester: world.marketer).state == .draft)
            #expect(world.delivery.state.withLock { $0.submitted.isEmpty })
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a preflight counts everybody and is outdated by the next change`(kind: StoreKind) async throws {
        try await CampaignWorld.with(kind) { world in
            let id = try await world.draft()
            let report = try await world.campaigns.preflight(id, requester: world.marketer)
            #expect(report.total == 4)
            #expect(report.reached == 2)
            #expect(report.count(.notAtAll) == 2)
            #expect(report.isCurrent)
            #expect(world.delivery.state.withLock { $0.submitted.isEmpty })
            let campaign = try await world.campaigns.campaign(id, requester: world.marketer)
            var draft = campaign.draft
            draft.subject = "Another"
            let saved = try await world.campaigns.save(draft, of: id, version: 1, requester: world.marketer)
            #expect(saved == .saved(version: 2))
            let late = try await world.campaigns.save(campaign.draft, of: id, version: 1, requester: world.marketer)
            #expect(late == .changedElsewhere)
            #expect(try await world.campaigns.lastPreflight(id, requester: world.marketer)?.isCurrent == false)
        }
    }
}
