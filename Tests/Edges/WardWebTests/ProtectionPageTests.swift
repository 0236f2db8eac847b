// SPDX-License-Identifier: Apache-2.0

import Testing
import WardIdentity
import WardTestKit

@testable import WardWeb

@Suite struct ProtectionPageTests {
    @Test(arguments: TestStore.kinds)
    func `an administrator drafts a rule, runs the draft and only then puts it into force`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let browser = world.browser(world.administratorToken)
            let base = "/\(world.organization.slug)/settings"
            #expect(try await browser.get(base).text.contains("href=\"\(base)/protection\""))
            let page = try await browser.get("\(base)/protection")
            #expect(page.status == 200 && page.text.contains("Social security number"))
            let rule = [
                ("level", "domain"), ("name", "*.clinic.example"), ("order", "portal"), ("methods", ""),
                ("exclusive", "inherit"), ("unprotected", "inherit"),
            ]
            #expect(try await browser.post("\(base)/protection/rule", rule).status == 303)
            #expect(try await browser.get("\(base)/protection").text.contains("*.clinic.example"))
            let hasty = try await browser.post("\(base)/protection/activate", [("reason", "ours")])
            #expect(hasty.status == 422 && hasty.text.contains("Run the draft against past decisions first."))
            #expect(try await browser.post("\(base)/protection/try", [("days", "30")]).status == 303)
            let unsaid = try await browser.post("\(base)/protection/activate", [("reason", " ")])
            #expect(unsaid.status == 422 && unsaid.text.contains("href=\"#reason\""))
            #expect(try await browser.post("\(base)/protection/activate", [("reason", "ours")]).status == 303)
            #expect(try await browser.get("\(base)/protection").text.contains("Policy 1 is in force."))
            let wrong = try await browser.post(
                "\(base)/protection/rule",
                [
                    ("level", "organization"), ("name", ""), ("order", "pigeon"), ("methods", ""),
                    ("exclusive", "inherit"), ("unprotected", "inherit"),
                ]
            )
            #expect(wrong.status == 422 && wrong.text.contains("href=\"#order\""))
            #expect(try await world.auditFacts("policy.activate").count == 1)
        }
    }
}
