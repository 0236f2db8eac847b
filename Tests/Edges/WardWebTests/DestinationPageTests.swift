// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardDelivery
import WardIdentity
import WardKernel
import WardTestKit

@testable import WardWeb

/// What protects mail to other domains, as staff sees it.
@Suite struct DestinationPageTests {
    private static let enforced = DestinationPosture(
        policy: "enforce",
        policyIdentifier: "20261101",
        dane: "unsigned",
        proof: "web_pki"
    )

    private func learn(_ world: WebWorld, _ look: DestinationLook, _ domain: String = "partner.example") async throws {
        world.zone.look.withLock { $0 = look }
        try await world.facades.delivery.learnProtection(
            of: [domain],
            by: .service("test", of: world.organization.id)
        )
    }

    /// Until a look is no longer believed, with a visit often enough for the session to live on.
    private func waitForNextLook(_ world: WebWorld, _ browser: TestBrowser) async throws {
        for _ in 0..<7 {
            world.clock.advance(by: .minutes(10))
            #expect(try await browser.get("/\(world.organization.slug)").status == 200)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a fall shows on Home, in the list and in the history, and its return takes it from Home`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let base = "/\(world.organization.slug)"
            let browser = world.browser(world.administratorToken)
            #expect(try await browser.get(base + "/settings").text.contains("\(base)/settings/destinations"))
            #expect(try await browser.get(base + "/settings/destinations").text.contains("No destinations yet"))
            try await learn(world, DestinationLook(.protectable, Self.enforced))
            #expect(
                try await browser.get(base + "/settings/destinations").text.contains("verified TLS to a proved host")
            )
            #expect(!(try await browser.get(base).text.contains("partner.example")))
            try await waitForNextLook(world, browser)
            let fallen = DestinationPosture(policy: "none", dane: "unsigned", failure: "starttls_missing")
            try await learn(world, DestinationLook(.notProtectable("starttls_missing"), fallen))
            let home = try await browser.get(base).text
            #expect(home.contains("Mail to partner.example can no longer be protected"))
            let key = try #require(
                try await world.facades.delivery.destinations(
                    by: TestRequester.with(roles: [.administrator], of: world.organization.id)
                ).first?.key
            )
            let page = try await browser.get(base + "/settings/destinations/\(key)").text
            #expect(page.contains("partner.example") && page.contains("starttls missing"))
            #expect(page.contains("enforced · 20261101"))
            #expect(page.contains("Less protected than before, since"))
            try await waitForNextLook(world, browser)
            try await learn(world, DestinationLook(.protectable, Self.enforced))
            #expect(!(try await browser.get(base).text.contains("partner.example")))
            let log = try await browser.get(base + "/audit").text
            #expect(log.contains("became less protected") && log.contains("as well protected on the way as before"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an address that names no destination is not found, and Spanish is spoken`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let path = "/\(world.organization.slug)/settings/destinations"
            let browser = world.browser(world.administratorToken)
            for name in ["zz", "ab", "partner.example"] {
                #expect(try await browser.get(path + "/" + name).status == 404)
            }
            #expect(try await browser.get(path, headers: [("accept-language", "es")]).text.contains("Destinos"))
            let auditor = world.browser(try await world.token([.auditor], email: "auditor@lakeside.example"))
            #expect(try await auditor.get(path).status == 403)
        }
    }
}
