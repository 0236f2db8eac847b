// SPDX-License-Identifier: Apache-2.0

import Testing
import WardCampaigns
import WardDelivery
import WardIdentity
import WardKernel
import WardTestKit

@testable import WardWeb

@Suite struct SentPageTests {
    @Test(arguments: TestStore.kinds)
    func `a message is shown as it was sent to those who may read messages, with a reason and on record`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let token = try await world.token([.clinician, .marketer], email: "reader@lakeside.example")
            let requester = try await world.requester(token)
            let contact = try await world.makePerson(by: requester)
            let campaign = try await world.makeCampaign(.restricted, by: requester)
            try await world.facades.campaigns.sendNow(campaign, requester: requester)
            try await world.workOnCampaigns()
            let browser = world.browser(token)
            let base = "/\(world.organization.slug)"
            let queue = try await world.facades.delivery.queue(QueueFilter(part: .held), by: requester)
            let message = try #require(queue.rows.first?.summary.id)
            let address = "\(base)/sent/\(message)"
            let decision = try await browser.get("\(base)/campaigns/\(campaign)/people/\(contact)").text
            #expect(decision.contains("href=\"\(address)\""))
            let explained = "\(base)/queue/\(message)"
            #expect(try await browser.get("\(base)/queue?part=held").text.contains("href=\"\(explained)\""))
            let why = try await browser.get(explained)
            #expect(why.status == 200 && why.text.contains("href=\"\(address)\""))
            #expect(try await browser.get("\(base)/queue/\(contact)").status == 404)

            let asked = try await browser.get(address)
            #expect(asked.status == 200 && !asked.text.contains("please call us"))
            let silent = try await browser.post(address, [("reason", "  ")])
            #expect(silent.status == 422 && silent.text.contains("href=\"#reason\""))
            #expect(!silent.text.contains("please call us"))
            #expect(try await world.auditFacts("message.show").isEmpty)

            let shown = try await browser.post(address, [("reason", "The patient asks"), ("form", "read")])
            #expect(shown.status == 200)
            for text in [
                "<p>Dear Ada, please call us.", "A message from Lakeside Health", "<dt>Message-ID</dt>",
                "Content-Type:",
            ] { #expect(shown.text.contains(text), "\(text)") }
            #expect(try await world.auditFacts("message.show").count == 1)

            let marketer = world.browser(try await world.token([.marketer], email: "other@lakeside.example"))
            #expect(try await marketer.get(address).status == 403)
            #expect(try await marketer.post(address, [("reason", "Curious")]).status == 403)
            #expect(try await !marketer.get("\(base)/queue?part=held").text.contains("href=\"\(address)\""))
            let unknown: MessageID = Surroundings.machine.makeIdentifier()
            #expect(try await browser.post("\(base)/sent/\(unknown)", [("reason", "x")]).status == 404)
        }
    }
}
