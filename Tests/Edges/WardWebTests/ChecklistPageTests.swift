// SPDX-License-Identifier: Apache-2.0

import Testing
import WardContentScan
import WardDelivery
import WardIdentity
import WardKernel
import WardTestKit

@testable import WardWeb

@Suite struct ChecklistPageTests {
    @Test(arguments: TestStore.kinds)
    func `the checklist says what is always so, what is missing, and what a rule has weakened`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let browser = world.browser(world.administratorToken)
            let base = "/\(world.organization.slug)/settings"
            #expect(try await browser.get(base).text.contains("href=\"\(base)/checklist\""))
            let page = try await browser.get("\(base)/checklist")
            #expect(page.status == 200)
            for text in [
                "Storage is encrypted", "Mail leaves unsigned: no key is active", "points to look at",
                "S/MIME, OpenPGP, Verified TLS", "No relay of somebody else is on the way.",
                "TLS counts only when", "Findings are noted, and nothing else follows.",
            ] { #expect(page.text.contains(text), "\(text)") }
            let requester = try await world.requester(world.administratorToken)
            let delivery = world.facades.delivery
            _ = try await delivery.draft(by: requester) { policy in
                policy.organization.mayGoUnprotectedWhenFree = true
                policy.organization.methods = [.portal]
                policy.scan.actions[.diagnosisCode] = .hold
                return nil
            }
            #expect(try await browser.get("\(base)/checklist").text.contains("TLS counts only when"))
            _ = try await delivery.tryDraft(days: 30, by: requester)
            _ = try await delivery.activateDraft(why: "A test", by: requester)
            let weakened = try await browser.get("\(base)/checklist").text
            #expect(
                weakened.contains("1 rule lets a message that was declared free of health information go without TLS.")
            )
            #expect(weakened.contains("1 kind of finding hold") && !weakened.contains("S/MIME, OpenPGP"))
            let colleague = world.browser(try await world.token([.clinician], email: "list@lakeside.example"))
            #expect(try await colleague.get("\(base)/checklist").status == 403)
        }
    }
}
