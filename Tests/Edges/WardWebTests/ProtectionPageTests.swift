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

    @Test(arguments: TestStore.kinds)
    func `names of drugs are added, found and removed in the draft, and a name that the scan cannot find is refused`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let browser = world.browser(world.administratorToken)
            let base = "/\(world.organization.slug)/settings/protection"
            for (order, field) in [("add", "added"), ("remove", "removed")] {
                let empty = try await browser.post("\(base)/drugs/\(order)", [(field, " ")])
                #expect(empty.status == 422 && empty.text.contains("href=\"#\(field)\""))
            }
            let long = try await browser.post("\(base)/drugs/add", [("added", "one two three four five")])
            #expect(long.status == 422 && long.text.contains("at most 4 words"))
            #expect(try await browser.get("\(base)/drugs").text.contains("The scan looks for no drug yet."))
            let added = try await browser.post("\(base)/drugs/add", [("added", "Zidovudine\nOwn  Mix, zidovudine")])
            #expect(added.status == 303)
            #expect(try await browser.get("\(base)/drugs").text.contains("The draft looks for 2 names."))
            #expect(try await browser.post("\(base)/drugs/add", [("added", ""), ("common", "yes")]).status == 303)
            let found = try await browser.get("\(base)/drugs?q=zido")
            #expect(found.text.contains("<li>zidovudine</li>") && !found.text.contains("<li>own mix</li>"))
            #expect(try await browser.post("\(base)/drugs/remove", [("removed", "OWN mix")]).status == 303)
            #expect(try await browser.get("\(base)/drugs?q=own+mix").text.contains("No name is like that."))
            #expect(try await browser.post("\(base)/drugs/remove", [("all", "yes")]).status == 303)
            #expect(try await browser.get(base).text.contains("0 names of drugs"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `marks of the subject are a list of lines, and a line that says no sensitivity is refused`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let browser = world.browser(world.administratorToken)
            let base = "/\(world.organization.slug)/settings/protection"
            for wrong in ["[phi]", "[phi] = routine", "[phi] = secret", "[phi]=sensitive\n[PHI]=restricted"] {
                let answer = try await browser.post("\(base)/marks", [("marks", wrong)])
                #expect(answer.status == 422 && answer.text.contains("href=\"#marks\""), "\(wrong)")
            }
            #expect(try await browser.post("\(base)/marks", [("marks", "[phi] = restricted\r\n")]).status == 303)
            let page = try await browser.get(base).text
            #expect(page.contains("[phi] = restricted</textarea>") && !page.contains("[secure] = sensitive</textarea>"))
        }
    }
}
