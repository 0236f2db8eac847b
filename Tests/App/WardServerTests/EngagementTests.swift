// SPDX-License-Identifier: Apache-2.0

import Testing
import WardCampaigns
import WardDelivery
import WardKernel
import WardSegments
import WardStorage
import WardTestKit

@testable import WardServer

/// Rules about messages, answered from the delivery's rows through the wiring.
@Suite struct EngagementTests {
    @Test(arguments: TestStore.kinds)
    func `a rule asks what happened with messages, of any campaign or of one by its name, within a time`(
        kind: StoreKind
    ) async throws {
        try await WiredWorld.with(kind) { world in
            _ = try await world.importPeople(20)
            let campaign = try await world.modules.campaigns.create(
                CampaignDraft(name: "Flu shots"),
                requester: world.marketer
            )
            let person = try await world.person("p-2")
            _ = try await world.send(to: person, campaign: campaign)
            // Its audience is nobody's: the gate refuses it. A message of no campaign is refused by its domain instead.
            _ = try await world.send(to: person)
            _ = try await world.worker.runOnce()
            world.clock.advance(by: .days(2))
            let segments = world.modules.segments
            func members(_ rule: String) async throws -> Int {
                try await segments.members(ofRule: rule, limit: 100, by: world.marketer).members.count
            }
            #expect(try await members("not refused(any)") == 19)
            #expect(try await members("not refused(any) within 3 days") == 19)
            #expect(try await members("not refused(any) within 1 day") == 20)
            #expect(try await members("not refused(\"flu SHOTS\")") == 20)
            #expect(try await members("not delivered(any) and not opened(any) and not sent(any)") == 20)
            let why = try await segments.why(person, inRule: "refused(any) within 3 days", by: world.marketer)
            #expect(why.isMember)
            let events = try await segments.vocabulary(by: world.marketer).events
            #expect(events == [.sent, .delivered, .opened, .refused])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `clicks are not known and said so, and neither is a campaign that does not exist`(
        kind: StoreKind
    ) async throws {
        try await WiredWorld.with(kind) { world in
            func code(_ rule: String) async throws -> SegmentSyntaxError.Code? {
                do {
                    _ = try await world.modules.segments.count(rule: rule, by: world.marketer)
                    return nil
                } catch let error as SegmentSyntaxError {
                    return error.code
                }
            }
            let clicked = try await code("not clicked(any)")
            #expect(clicked == .notAnswered)
            let named = try await code("opened(\"Flu shots\")")
            #expect(named == .unknownCampaign)
            let any = try await code("opened(any)")
            #expect(any == nil)
        }
    }
}
