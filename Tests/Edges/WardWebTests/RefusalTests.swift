// SPDX-License-Identifier: Apache-2.0

import Testing
import WardCampaigns
import WardDelivery
import WardIdentity
import WardKernel
import WardStorage
import WardTestKit

@testable import WardWeb

@Suite struct RefusalTests {
    @Test(arguments: TestStore.kinds)
    func `whoever lacks a permission is in the audit log, whether the table or a façade refused`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let base = "/\(world.organization.slug)"
            let token = try await world.token([.compliance], email: "olga@lakeside.example")
            let browser = world.browser(token)
            #expect(try await browser.get("\(base)/staff").status == 403)
            world.clock.advance(by: .seconds(1))
            #expect(try await browser.get("\(base)/staff/new?name=Ada+Marsh").status == 403)
            #expect(try await world.browser().get("\(base)/staff").status == 401)
            let facts = ["page=StaffPages.list;permission=manageStaff", "page=InvitePages.show;permission=manageStaff"]
            #expect(try await world.auditFacts("access.request") == facts)
            world.clock.advance(by: .seconds(1))
            let (campaign, contact) = try await Self.held(in: world)
            let again = try await browser.post("\(base)/campaigns/\(campaign)/people/\(contact)/again")
            #expect(again.status == 403)
            let last = "page=DecisionPages.askAgain;permission=sendCampaigns"
            #expect(try await world.auditFacts("access.request") == facts + [last])
            let log = try await browser.get("\(base)/audit")
            #expect(log.text.contains("was refused StaffPages.list: it needs the permission manageStaff."))
            let entries = try await world.store.read { tx in
                try tx.rows("SELECT outcome, actor FROM audit_entry WHERE action = 'access.request'")
                    .map { (try $0.value(at: 0, as: String.self), try $0.value(at: 1, as: [UInt8].self)) }
            }
            let actor = try await world.requester(token).identifier
            #expect(entries.allSatisfy { $0.0 == "denied" && $0.1 == actor })
        }
    }

    /// A campaign with a person whose message is held.
    private static func held(in world: WebWorld) async throws -> (CampaignID, ContactID) {
        let token = try await world.token([.clinician, .marketer], email: "cleo@lakeside.example")
        let requester = try await world.requester(token)
        let contact = try await world.makePerson(by: requester)
        let campaign = try await world.makeCampaign(.restricted, by: requester)
        try await world.facades.campaigns.sendNow(campaign, requester: requester)
        try await world.workOnCampaigns()
        return (campaign, contact)
    }
}
