// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardScenarioKit
import WardTestKit

/// What Ward stands on is taken away in the middle of a campaign and comes back, and the server is not started again: the
/// database crashes, or its disk is full (reliability.md B3). Counted as in `KilledCampaignTests`; `make torture` takes other
/// numbers.
@Suite(.serialized) struct LostGroundCampaignTests {
    private let campaigns = KilledCampaignTests()

    @Test(.timeLimit(.minutes(KilledCampaignTests.Numbers.minutes)))
    func `each recipient gets a message once, but for attempts in doubt, though the database crashes`() async throws {
        let numbers = KilledCampaignTests.Numbers(messages: 400, kills: 2)
        print("Crashing database: WARD_TEST_SEED=\(numbers.seed)")
        try await TestPostgres.withOwn(named: "crash") { postgres in
            try await TestPostfix.with(KilledCampaignTests.options) { postfix in
                try await ScenarioPlace.at(store: postgres.address()) { place in
                    try await place.establish("Lakeside Health")
                    try await run(numbers, postfix, in: place) { moment in
                        postgres.stop()
                        // Every other time it is away long enough for the workers to notice.
                        if moment % 2 == 0 { #expect(try await place.ward("segment", "list").status != 0) }
                        try postgres.start()
                    }
                }
            }
        }
    }

    @Test(.timeLimit(.minutes(KilledCampaignTests.Numbers.minutes)))
    func `each recipient gets a message once, but for attempts in doubt, though the disk is full for a while`()
        async throws
    {
        let numbers = KilledCampaignTests.Numbers(messages: 400, kills: 2)
        print("Full disk: WARD_TEST_SEED=\(numbers.seed)")
        let megabytes = 64 + numbers.messages / 20
        try await TestPostfix.with(KilledCampaignTests.options) { postfix in
            try await ScenarioPlace.empty(.sqlite) { place in
                try await SmallDisk.with(megabytes, at: place) { disk in
                    try await place.establish("Lakeside Health")
                    try await run(numbers, postfix, in: place) { _ in
                        try disk.fill()
                        // The queue stands still: nothing is sent that cannot be recorded first.
                        try await wait(upTo: .seconds(60), for: "the queue to stand still") {
                            let before = postfix.messageCount
                            for _ in 0..<3 { _ = try await place.ward("segment", "list") }
                            return postfix.messageCount == before
                        }
                        try disk.makeRoom()
                    }
                }
            }
        }
    }

    /// A campaign from its begin to its end, with something taken away when so many messages have arrived.
    private func run(
        _ numbers: KilledCampaignTests.Numbers,
        _ postfix: TestPostfix,
        in place: ScenarioPlace,
        _ takeAway: (Int) async throws -> Void
    ) async throws {
        let world = try KilledCampaignTests.world(postfix, in: place)
        let campaign = try await campaigns.send(numbers, in: place, world)
        let server = try await place.startServer(world)
        for (number, moment) in numbers.moments.enumerated() {
            try await wait(upTo: numbers.longestEnd, every: numbers.pause, for: "\(moment) messages at Postfix") {
                postfix.messageCount >= moment
            }
            try await takeAway(number)
            #expect(server.look() == nil, "\(server.errors)")
        }
        let figures = try await campaigns.finish(campaign, numbers, in: place, world, by: server)
        try await campaigns.check(numbers, figures, campaign, try await postfix.messagesOfEmptyQueue(), in: place)
    }
}
