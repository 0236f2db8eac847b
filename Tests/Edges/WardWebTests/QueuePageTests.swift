// SPDX-License-Identifier: Apache-2.0

import Testing
import WardIdentity
import WardKernel
import WardTestKit

@testable import WardWeb

@Suite struct QueuePageTests {
    @Test(arguments: TestStore.kinds)
    func `the queue's page says what there is, part by part, also in Spanish`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let token = try await world.token([.clinician], email: "queue@lakeside.example")
            let browser = world.browser(token)
            let base = "/\(world.organization.slug)/queue"
            let page = try await browser.get(base)
            #expect(page.status == 200)
            #expect(page.text.contains("Nothing waits"))
            for (part, text) in [
                ("held", "No message is held"), ("doubt", "in doubt"), ("failed", "No message failed"),
            ] {
                let answer = try await browser.get("\(base)?part=\(part)&domain=clinic.example&older=60&sort=newest")
                #expect(answer.status == 200)
                #expect(answer.text.contains(text), "\(part)")
                #expect(answer.text.contains("value=\"clinic.example\""))
            }
            let messages = try await browser.get("/\(world.organization.slug)/messages")
            #expect(messages.text.contains("href=\"\(base)\""))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an order about a message that is not there is not found, and seeing notices comes back`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let token = try await world.token([.clinician], email: "queue@lakeside.example")
            let browser = world.browser(token)
            let base = "/\(world.organization.slug)/queue"
            let unknown: MessageID = Surroundings.machine.makeIdentifier()
            let answer = try await browser.post("\(base)/\(unknown)", [("order", "hold"), ("reason", "x")])
            #expect(answer.status == 404)
            #expect(try await browser.post("\(base)/\(unknown)", [("order", "burn"), ("reason", "x")]).status == 404)
            #expect(try await browser.post("\(base)/seen").status == 303)
        }
    }
}
