// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Testing
import WardIdentity
import WardKernel
import WardTestKit

@testable import WardWeb

@Suite struct FormTests {
    @Test(
        arguments: TestStore.kinds,
        [
            [("sec-fetch-site", "cross-site")], [("sec-fetch-site", "same-site")], [("sec-fetch-site", "none")],
            [("origin", "https://evil.example")], [("origin", "null")],
        ]
    )
    func `a form from another site changes nothing`(kind: StoreKind, headers: [(String, String)]) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let base = world.organization.slug
            let browser = world.browser(world.administratorToken)
            #expect(try await browser.post("/\(base)/sign-out", headers: headers).status == 403)
            #expect(try await browser.get("/\(base)").status == 200)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a form without its session's token changes nothing`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let base = world.organization.slug
            let browser = world.browser(world.administratorToken)
            let stolen = FormToken.make(forSession: "another session")
            for body in ["", "form_token=", "form_token=\(stolen)", "form_token=a&form_token=b"] {
                let answer = try await browser.send(.post, "/\(base)/sign-out", headers: [], body: body)
                #expect(answer.status == 403 || answer.status == 400)
            }
            let plain = [("content-type", "text/plain")]
            let simple = "form_token=\(browser.formToken)"
            #expect(try await browser.send(.post, "/\(base)/sign-out", headers: plain, body: simple).status == 400)
            #expect(try await browser.get("/\(base)").status == 200)
            // What a browser sends under no-referrer.
            let extended = [("origin", "null"), ("sec-fetch-site", "same-origin")]
            #expect(try await browser.post("/\(base)/session/extend", headers: extended).status == 200)
            let own = [("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "same-origin")]
            #expect(try await browser.post("/\(base)/sign-out", headers: own).status == 303)
            #expect(try await browser.get("/\(base)").status == 401)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `signing in needs the form's own token, gives a new session and goes on to where one was`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind, isSecure: true) { (world: WebWorld) async throws in
            let base = world.organization.slug
            var browser = world.browser()
            let fields = [
                ("email", "dana@lakeside.example"), ("password", WebWorld.password), ("next", "/\(base)/staff"),
            ]
            #expect(try await browser.post("/\(base)/sign-in", fields).status == 403)
            browser.visitToken = "0123456789abcdef"
            let answer = try await browser.post("/\(base)/sign-in", fields)
            #expect(answer.status == 303)
            #expect(answer.header("location") == "/\(base)/staff")
            let cookie = try #require(answer.headers[.setCookie])
            #expect(cookie.hasPrefix("__Host-staff-session-\(base)="))
            for attribute in ["; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
                #expect(cookie.contains(attribute))
            }
            #expect(!cookie.contains("Domain"))
        }
    }

    @Test(
        arguments: TestStore.kinds,
        ["//evil.example", "https://evil.example", "/\\evil.example", "/other-clinic/staff", "/a/../../b"]
    )
    func `signing in does not lead to another site`(kind: StoreKind, next: String) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            var browser = world.browser()
            browser.visitToken = "0123456789abcdef"
            let fields = [("email", "dana@lakeside.example"), ("password", WebWorld.password), ("next", next)]
            let answer = try await browser.post("/\(world.organization.slug)/sign-in", fields)
            #expect(answer.header("location") == "/\(world.organization.slug)")
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a wrong password and an unknown address look the same`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            var browser = world.browser()
            browser.visitToken = "0123456789abcdef"
            let path = "/\(world.organization.slug)/sign-in"
            let known = try await browser.post(path, [("email", "dana@lakeside.example"), ("password", "x")])
            let unknown = try await browser.post(path, [("email", "dona@lakeside.example"), ("password", "x")])
            #expect(known.status == 422 && unknown.status == 422)
            #expect(known.text.replacing("dana@", with: "dona@") == unknown.text)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a field twice, a broken escape and a long body are refused`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let base = world.organization.slug
            let browser = world.browser(world.administratorToken)
            let token = "form_token=\(browser.formToken)"
            let path = "/\(base)/staff/new"
            let twice = "\(token)&name=a&name=b&email=a%40b.example&reason=x"
            #expect(try await browser.send(.post, path, headers: [], body: twice).status == 400)
            #expect(try await browser.send(.post, path, headers: [], body: "\(token)&name=%zz").status == 400)
            let long = "\(token)&name=" + String(repeating: "a", count: 70_000)
            #expect(try await browser.send(.post, path, headers: [], body: long).status == 413)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `inviting keeps what was typed, names the problem and shows the link once`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let base = world.organization.slug
            let browser = world.browser(world.administratorToken)
            let wrong = [("name", "Noor <Haddad>"), ("email", "noor"), ("reason", "New"), ("role", "clinician")]
            let refused = try await browser.post("/\(base)/staff/new", wrong)
            #expect(refused.status == 422)
            #expect(refused.text.contains("href=\"#email\""))
            #expect(refused.text.contains("Noor &lt;Haddad&gt;"))
            #expect(refused.text.contains("aria-invalid=\"true\""))
            let right = [
                ("name", "Noor"), ("email", "noor@lakeside.example"), ("reason", "New"), ("role", "clinician"),
            ]
            let made = try await browser.post("/\(base)/staff/new", right)
            #expect(made.status == 200)
            #expect(made.text.contains("/\(base)/welcome/"))
            #expect(made.header("cache-control") == "no-store")
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what a form does not offer is ignored`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let token = try await world.token([.marketer], email: "mia@lakeside.example")
            let base = world.organization.slug
            let browser = world.browser(token)
            let fields = [("role", "administrator"), ("roles", "administrator"), ("organization", "x")]
            _ = try await browser.post("/\(base)/session/extend", fields)
            #expect(try await browser.get("/\(base)/staff").status == 403)
        }
    }
}
