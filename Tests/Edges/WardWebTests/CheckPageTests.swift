// SPDX-License-Identifier: Apache-2.0

import Testing
import WardDelivery
import WardIdentity
import WardKernel
import WardTestKit

@testable import WardWeb

@Suite struct CheckPageTests {
    @Test(arguments: TestStore.kinds)
    func `checking a large audience is followed over reloads, without scripts, and can be stopped`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind, immediatePreflight: 2) { (world: WebWorld) async throws in
            let token = try await world.token([.marketer], email: "mia@lakeside.example")
            let requester = try await world.requester(token)
            for name in ["Ada", "Ben", "Cleo"] {
                _ = try await world.makePerson(name, email: "\(name)@pond.example", by: requester)
            }
            let campaign = try await world.makeCampaign(.routine, by: requester)
            let browser = world.browser(token)
            let page = "/\(world.organization.slug)/campaigns/\(campaign)"
            #expect(try await browser.post("\(page)/check").status == 303)
            for _ in 0..<2 {
                let running = try await browser.get(page)
                #expect(running.text.contains("0 of 3 people asked about"))
                #expect(running.text.contains("data-follow=\"\(page)/check\""))
                #expect(running.text.contains("href=\"\(page)#review\""))
                #expect(!running.text.contains("Check everybody"))
            }
            #expect(try await browser.get("\(page)/check").text.contains("data-running"))
            #expect(try await browser.post("\(page)/check/cancel").status == 303)
            #expect(try await browser.get(page).text.contains("Check everybody"))
            try await world.workOnCampaigns()
            #expect(!(try await browser.get(page).text.contains("3 people:")))
            #expect(try await browser.post("\(page)/check").status == 303)
            try await world.workOnCampaigns()
            #expect(!(try await browser.get("\(page)/check").text.contains("data-running")))
            let done = try await browser.get(page)
            #expect(done.text.contains("3 people: "))
            #expect(done.text.contains("Check everybody"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a small audience is checked at once`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let token = try await world.token([.marketer], email: "mia@lakeside.example")
            let requester = try await world.requester(token)
            _ = try await world.makePerson(by: requester)
            let campaign = try await world.makeCampaign(.routine, by: requester)
            let page = "/\(world.organization.slug)/campaigns/\(campaign)"
            #expect(try await world.browser(token).post("\(page)/check").status == 303)
            #expect(try await world.browser(token).get(page).text.contains("1 person: "))
        }
    }
}
