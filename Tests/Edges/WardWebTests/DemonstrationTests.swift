// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Testing
import WardIdentity
import WardKernel
import WardTestKit

@testable import WardWeb

@Suite struct DemonstrationTests {
    /// The link of a colleague who has not signed in yet.
    private func link(_ world: WebWorld) async throws -> String {
        let answer = try await world.identity.session(
            token: world.administratorToken,
            of: world.organization.id,
            from: RequestOrigin(networkAddress: "192.0.2.7")
        )
        guard case .current(let session) = answer, let address = EmailAddress("mia@lakeside.example") else {
            throw WebWorld.Unexpected()
        }
        let account = NewStaffAccount(name: "Mia Park", email: address, roles: [.marketer])
        let link = try await world.identity.invite(account, reason: "A test", by: session.requester)
        let token = link.token.expose(for: .evaluating) { $0 }
        return "/\(world.organization.slug)/demonstration/\(token)"
    }

    @Test(arguments: TestStore.kinds)
    func `looking at the demonstration's link does not use it up, its button does`(kind: StoreKind) async throws {
        try await WebWorld.with(kind, isDemonstration: true) { (world: WebWorld) async throws in
            let path = try await link(world)
            var browser = world.browser()
            for _ in 0..<3 {
                let page = try await browser.get(path)
                #expect(page.status == 200)
                #expect(page.text.contains("Mia Park"))
                #expect(page.headers[values: .setCookie].allSatisfy { !$0.hasPrefix("staff-session") })
            }
            browser.visitToken = "0123456789abcdef"
            let answer = try await browser.post(path)
            #expect(answer.status == 303)
            #expect(answer.headers[values: .setCookie].contains { $0.hasPrefix("staff-session") })
            #expect(try await browser.get(path).status == 410)
            #expect(try await browser.post(path).status == 410)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `outside the demonstration its link is not found and stays good`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let path = try await link(world)
            var browser = world.browser()
            browser.visitToken = "0123456789abcdef"
            #expect(try await browser.get(path).status == 404)
            #expect(try await browser.post(path).status == 404)
            #expect(try await browser.get(path.replacing("/demonstration/", with: "/welcome/")).status == 200)
        }
    }
}
