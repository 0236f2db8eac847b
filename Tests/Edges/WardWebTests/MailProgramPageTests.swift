// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import Testing
import WardIdentity
import WardKernel
import WardSubmission
import WardTestKit

@testable import WardWeb

/// The accounts of mail programs on the settings' pages, with the real confined child.
@Suite struct MailProgramPageTests {
    private static func upload(
        _ text: String,
        pasted: Bool,
        to path: String,
        by browser: TestBrowser
    ) async throws -> TestBrowser.Answer {
        func part(_ head: String, _ body: String) -> String {
            "--edge\r\nContent-Disposition: form-data; \(head)\r\n\r\n\(body)\r\n"
        }
        let body =
            part("name=\"form_token\"", browser.formToken) + part("name=\"pasted\"", pasted ? text : "")
            + part("name=\"file\"; filename=\"\(pasted ? "" : "ehr.pem")\"", pasted ? "" : text) + "--edge--\r\n"
        let type = ("content-type", "multipart/form-data; boundary=edge")
        return try await browser.send(.post, path, headers: [type], body: body)
    }

    @Test(arguments: [true, false])
    func `a certificate is pasted or uploaded, shown with its end, asked for, and removed`(
        pasted: Bool
    ) async throws {
        try await WebWorld.with(.sqlite) { (world: WebWorld) async throws in
            let path = "/\(world.organization.slug)/settings/mail-programs"
            let browser = world.browser(world.administratorToken)
            #expect(try await browser.get(path).text.contains("There are no accounts yet"))
            let service = TestRequester.with(roles: [.administrator], of: world.organization.id)
            let submission = world.facades.submission
            _ = try await submission.makeAccount(SubmissionAccountDraft(name: "ehr"), by: service)
            let now = Date(timeIntervalSince1970: Double(world.clock.now.microseconds) / 1_000_000)
            let authority = try TestCertificateAuthority(now: now)
            let signed = try authority.sign(.init(names: ["ehr.lakeside.example"], now: now))
            let (add, rule) = ("\(path)/ehr/certificates", "\(path)/ehr/sign-in")
            #expect(try await browser.post(rule, [("rule", "both")]).status == 422)
            #expect(try await browser.post(rule, [("rule", "nothing")]).status == 400)
            for (given, sentence) in [
                ("", "Paste a certificate"), ("no certificate", "This is no X.509 certificate"),
                (signed.pem + "\n" + signed.keyPEM, "holds a private key"),
            ] {
                let refused = try await Self.upload(given, pasted: pasted, to: add, by: browser)
                #expect(refused.status == 422 && refused.text.contains(sentence), "\(sentence)")
            }
            let elsewhere = "\(path)/nobody/certificates"
            #expect(try await Self.upload(signed.pem, pasted: pasted, to: elsewhere, by: browser).status == 404)
            #expect(try await Self.upload(signed.pem, pasted: pasted, to: add, by: browser).status == 303)
            #expect(try await Self.upload(signed.pem, pasted: pasted, to: add, by: browser).status == 422)
            let held = try #require(try await submission.certificates(of: "ehr", by: service).first)
            let page = try await browser.get(path).text
            #expect(page.contains(held.certificate.fingerprint) && page.contains("expires soon"))
            #expect(try await browser.post(rule, [("rule", "both")]).status == 303)
            #expect(try await submission.accounts(by: service).map(\.signInRule) == [.both])
            #expect(try await browser.get(path).text.contains("value=\"both\" checked"))
            let remove = "\(add)/\(held.certificate.fingerprint)/remove"
            #expect(try await browser.post(remove, []).status == 303)
            #expect(try await browser.post(remove, []).status == 404)
            #expect(try await browser.get(path).text.contains("No certificates"))
        }
    }

    @Test func `who may not change settings sees no mail programs`() async throws {
        try await WebWorld.with(.sqlite) { (world: WebWorld) async throws in
            let token = try await world.token([.clinician], email: "cleo@lakeside.example")
            let browser = world.browser(token)
            #expect(try await browser.get("/\(world.organization.slug)/settings/mail-programs").status == 403)
        }
    }
}
