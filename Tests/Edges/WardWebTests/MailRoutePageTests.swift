// SPDX-License-Identifier: Apache-2.0

import Testing
import WardIdentity
import WardTestKit

@testable import WardWeb

@Suite struct MailRoutePageTests {
    private static let password = "quiet-heron-71"

    private static func relay(_ changes: [String: String] = [:]) -> [(String, String)] {
        let standard = [
            "domain": "*", "host": "relay.example", "port": "587", "certificate": "", "owner": "relay",
            "agreement": "yes", "user": "ward", "password": password, "reason": "Agreement signed on 3 November",
        ]
        return standard.merging(changes) { _, new in new }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    @Test(arguments: TestStore.kinds)
    func `an administrator adds, changes and removes a route, and its password is never shown`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let browser = world.browser(world.administratorToken)
            let base = "/\(world.organization.slug)/settings"
            #expect(try await browser.get(base).text.contains("href=\"\(base)/routes\""))
            #expect(try await browser.get("\(base)/routes").text.contains("No routes"))
            #expect(try await browser.get("\(base)/routes/new").status == 200)
            #expect(try await browser.post("\(base)/routes/new", Self.relay()).status == 303)
            let list = try await browser.get("\(base)/routes")
            #expect(list.text.contains("all other domains") && list.text.contains("relay.example:587"))
            #expect(list.text.contains("notices without content only"))
            #expect(list.text.contains("user and password on record"))
            let form = try await browser.get("\(base)/routes/all")
            #expect(form.text.contains("Keep the user and password on record"))
            for page in [list, form] { #expect(!page.text.contains(Self.password)) }
            let declared = Self.relay(["onward": "yes", "credentials": "keep", "user": "", "password": ""])
            #expect(try await browser.post("\(base)/routes/all", declared).status == 303)
            #expect(try await browser.get("\(base)/routes").text.contains("carries protected mail"))
            let hasty = try await browser.post("\(base)/routes/all/remove")
            #expect(hasty.status == 422 && hasty.text.contains("href=\"#removal\""))
            #expect(
                try await browser.post("\(base)/routes/all/remove", [("removal", "No relay any more")]).status == 303
            )
            #expect(try await browser.get("\(base)/routes/all").status == 404)
            let facts = try await world.auditFacts("route.change")
            #expect(facts.count == 3)
            #expect(!facts.joined().contains(Self.password))
            let log = try await browser.get("/\(world.organization.slug)/audit")
            #expect(log.text.contains("added the mail route of all other domains"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what is wrong with a route is said at its field, and the rest is kept but for the password`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let browser = world.browser(world.administratorToken)
            let path = "/\(world.organization.slug)/settings/routes/new"
            let wrong: [([String: String], String)] = [
                (["domain": "pond"], "domain"), (["host": ""], "host"), (["port": "mail"], "port"),
                (["owner": ""], "owner-recipients"), (["owner": "recipients"], "owner-recipients"),
                (["user": ""], "user"), (["password": ""], "password"), (["reason": " "], "reason"),
            ]
            for (changes, field) in wrong {
                let answer = try await browser.post(path, Self.relay(changes))
                #expect(answer.status == 422, "\(field)")
                #expect(answer.text.contains("href=\"#\(field)\""), "\(field)")
                #expect(answer.text.contains("id=\"\(field)\""), "\(field)")
                #expect(!answer.text.contains(Self.password))
                if field != "host" { #expect(answer.text.contains("value=\"relay.example\"")) }
            }
            #expect(try await browser.post(path, Self.relay()).status == 303)
            let twice = try await browser.post(path, Self.relay())
            #expect(twice.status == 422 && twice.text.contains("This domain has a route already"))
            let moved = Self.relay(["host": "thief.example", "credentials": "keep", "user": "", "password": ""])
            let refused = try await browser.post("/\(world.organization.slug)/settings/routes/all", moved)
            #expect(refused.status == 422 && refused.text.contains("href=\"#password\""))
        }
    }
}
