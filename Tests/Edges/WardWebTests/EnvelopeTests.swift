// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Testing
import WardIdentity
import WardKernel
import WardTestKit

@testable import WardWeb

@Suite struct EnvelopeTests {
    private static let headers = [
        "content-security-policy", "x-content-type-options", "referrer-policy", "cross-origin-opener-policy",
        "x-frame-options", "cache-control", "x-request-id",
    ]

    @Test(arguments: TestStore.kinds)
    func `every answer, errors included, carries the security headers`(kind: StoreKind) async throws {
        try await WebWorld.with(kind, isSecure: true) { (world: WebWorld) async throws in
            let base = world.organization.slug
            let signedIn = world.browser(world.administratorToken)
            let answers = [
                try await signedIn.get("/\(base)"),
                try await signedIn.get("/\(base)/nothing"),
                try await signedIn.get("/no-such-clinic/staff"),
                try await world.browser().get("/\(base)/staff"),
                try await signedIn.post("/\(base)/sign-out", headers: [("sec-fetch-site", "cross-site")]),
                try await signedIn.get("/assets/ward.css"),
                try await signedIn.send(.delete, "/\(base)/staff", headers: [], body: ""),
            ]
            #expect(answers.map(\.status) == [200, 404, 404, 401, 403, 200, 404])
            for answer in answers {
                for name in Self.headers { #expect(answer.header(name) != nil, "\(answer.status) \(name)") }
                #expect(answer.header("strict-transport-security") == "max-age=31536000; includeSubDomains")
            }
            #expect(answers[0].header("cache-control") == "no-store")
            #expect(answers[0].header("content-security-policy")?.contains("unsafe") == false)
            #expect(answers[5].header("cache-control")?.contains("immutable") == true)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `pages hold no inline script and no inline style`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let browser = world.browser(world.administratorToken)
            for path in ["", "/staff", "/staff/new", "/account", "/account/password", "/settings", "/audit"] {
                let answer = try await browser.get("/\(world.organization.slug)\(path)")
                #expect(answer.status == 200, "\(path)")
                #expect(!answer.text.contains("style=") && !answer.text.contains(" onclick"), "\(path)")
                #expect(!answer.text.contains("<script>"), "\(path)")
                #expect(!answer.text.contains("{{") && !answer.text.contains("[["), "\(path)")
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the log holds the route's template and never a path`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            _ = try await world.browser().get("/\(world.organization.slug)/welcome/s3cr3t-token-of-a-link")
            _ = try await world.browser().get("/\(world.organization.slug)/attack%0Ax")
            #expect(world.lines.all.contains("route=/welcome/:token"))
            #expect(world.lines.all.contains("route=none"))
            #expect(!world.lines.all.contains("s3cr3t") && !world.lines.all.contains("attack"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a session of one organization opens nothing in another`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let (other, token) = try await WebWorld.establish(
                "Hill Clinic",
                "sam@hill.example",
                in: world.identity
            )
            // The other's token in this organization's cookie, and this one's in the other's.
            #expect(try await world.browser(token).get("/\(world.organization.slug)/staff").status == 401)
            let elsewhere = TestBrowser(
                site: world.site.site,
                organization: other,
                sessionToken: world.administratorToken
            )
            #expect(try await elsewhere.get("/\(other.slug)/staff").status == 401)
            // An account of the other organization is not there, as one that never was.
            let accounts = try await world.identity.session(
                token: token,
                of: other.id,
                from: .init(networkAddress: "192.0.2.7")
            )
            guard case .current(let session) = accounts else { throw WebWorld.Unexpected() }
            let mine = world.browser(world.administratorToken)
            let foreign = try await mine.get("/\(world.organization.slug)/staff/\(session.staff)")
            let never = try await mine.get("/\(world.organization.slug)/staff/\(world.organization.id)")
            #expect(foreign.status == 404 && never.status == 404)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an idle session gets 401 and a page that says why`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let browser = world.browser(world.administratorToken)
            #expect(try await browser.get("/\(world.organization.slug)").status == 200)
            world.clock.advance(by: .seconds(15 * 60 + 1))
            let answer = try await browser.get("/\(world.organization.slug)/staff")
            #expect(answer.status == 401)
            #expect(answer.text.contains("nothing happened for a while"))
            #expect(answer.text.contains("value=\"/\(world.organization.slug)/staff\""))
        }
    }
}
