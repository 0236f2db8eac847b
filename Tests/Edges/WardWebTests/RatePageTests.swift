// SPDX-License-Identifier: Apache-2.0

import Testing
import WardDelivery
import WardIdentity
import WardKernel
import WardRender
import WardTestKit

@testable import WardWeb

@Suite struct RatePageTests {
    @Test(arguments: TestStore.kinds)
    func `what is wrong with a limit or a warm-up is said at its field, and nothing is changed`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let browser = world.browser(world.administratorToken)
            let base = "/\(world.organization.slug)/settings/rates"
            let warmUp = ["source": "new.example", "provider": "*", "first": "5", "growth": "50", "ceiling": "9"]
            let wrong: [(String, [String: String], String)] = [
                ("limit", ["domain": "pond", "number": "5", "reason": "x"], "domain"),
                ("limit", ["domain": "clinic.example", "number": "many", "reason": "x"], "number"),
                ("limit", ["domain": "clinic.example", "number": "5", "reason": " "], "limit-reason"),
                ("warm-up", warmUp.merging(["source": "", "reason": "x"]) { $1 }, "source"),
                ("warm-up", warmUp.merging(["first": "few", "reason": "x"]) { $1 }, "first"),
                ("warm-up", warmUp.merging(["ceiling": "1", "reason": "x"]) { $1 }, "warm-up-reason"),
                ("warm-up", warmUp, "warm-up-reason"),
            ]
            for (order, fields, field) in wrong {
                let answer = try await browser.post("\(base)/\(order)", fields.map { ($0.key, $0.value) })
                #expect(answer.status == 422, "\(order) \(field)")
                #expect(
                    answer.text.contains("href=\"#\(field)\"") && answer.text.contains("id=\"\(field)\""),
                    "\(field)"
                )
            }
            for (order, fields) in [
                ("lift", [("domain", "none.example")]), ("end", [("source", "none.example"), ("provider", "*")]),
                ("release", [("source", "none.example")]),
            ] {
                #expect(try await browser.post("\(base)/\(order)", fields + [("reason", "x")]).status == 404)
            }
            #expect(try await world.auditFacts("delivery.rate").isEmpty)
            let colleague = world.browser(try await world.token([.clinician], email: "rates@lakeside.example"))
            #expect(try await colleague.get(base).status == 403)
            #expect(try await colleague.post("\(base)/limit").status == 403)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an administrator limits a domain, warms up another and ends both, each with a reason`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let browser = world.browser(world.administratorToken)
            let settings = "/\(world.organization.slug)/settings"
            let base = "\(settings)/rates"
            #expect(try await browser.get(settings).text.contains("href=\"\(base)\""))
            #expect(try await browser.get(base).text.contains("No domain has a limit."))
            let limit = [("domain", "Clinic.example"), ("number", "60"), ("reason", "They asked")]
            #expect(try await browser.post("\(base)/limit", limit).status == 303)
            let warmUp = [
                ("source", "new.example"), ("provider", "google"), ("first", "500"), ("growth", "50"),
                ("ceiling", "100000"), ("reason", "A new domain"),
            ]
            #expect(try await browser.post("\(base)/warm-up", warmUp).status == 303)
            let page = try await browser.get(base)
            #expect(page.text.contains("clinic.example") && page.text.contains("new.example"))
            #expect(page.text.contains("0 of 500 today; tomorrow 750"))
            let end = [("source", "new.example"), ("provider", "google"), ("reason", "Known now")]
            #expect(try await browser.post("\(base)/end", end).status == 303)
            let lift = [("domain", "clinic.example"), ("reason", "No need")]
            #expect(try await browser.post("\(base)/lift", lift).status == 303)
            let after = try await browser.get(base)
            #expect(after.text.contains("No domain has a limit.") && after.text.contains("No sender domain"))
            #expect(try await world.auditFacts("delivery.rate").count == 4)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `messages are kept for as many years as somebody gave a reason for`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let browser = world.browser(world.administratorToken)
            let base = "/\(world.organization.slug)/settings/retention"
            #expect(try await browser.get(base).text.contains("kept for 6 years"))
            for (fields, field) in [
                ([("years", "0"), ("reason", "x")], "years"), ([("years", "ten"), ("reason", "x")], "years"),
                ([("years", "10"), ("reason", "")], "reason"),
            ] {
                let answer = try await browser.post(base, fields)
                #expect(answer.status == 422 && answer.text.contains("href=\"#\(field)\""))
            }
            #expect(try await browser.post(base, [("years", "10"), ("reason", "State law")]).status == 303)
            #expect(try await browser.get(base).text.contains("kept for 10 years"))
        }
    }

    @Test func `every rule of the rates is in Spanish`() throws {
        let catalogue = try Catalogue(files: EmbeddedResources.files.filter { $0.key.hasPrefix("strings/") })
        let plans: [(String, Int, Int, Int)] = [
            ("", 1, 1, 1), ("a.example", 0, 1, 1), ("a.example", 2, 1, 1), ("a.example", 1, -1, 1),
        ]
        for (source, first, growth, ceiling) in plans {
            let plan = WarmUpPlan(
                source: source,
                provider: "*",
                beganAt: Timestamp(microseconds: 0),
                firstDay: first,
                growthPercent: growth,
                ceiling: ceiling
            )
            let problem = try #require(plan.problem)
            #expect(catalogue.isTranslated(problem, to: .spanish), "\(problem)")
        }
    }
}
