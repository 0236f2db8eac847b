// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import Testing
import WardIdentity
import WardKernel
import WardRecipientKeys
import WardTestKit

@testable import WardWeb

/// A person's own keys on the staff's pages, with a certificate that OpenSSL made and the real confined child.
@Suite struct RecipientKeyPageTests {
    private static let certificate = Result { try made() }

    private static func made() throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
        process.arguments =
            ["req", "-x509", "-nodes", "-newkey", "rsa:2048", "-keyout", "/dev/null", "-days", "3650"]
            + ["-subj", "/CN=person", "-addext", "basicConstraints=critical,CA:FALSE"]
            + ["-addext", "subjectAltName=email:person@tls.example"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self)
    }

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
            + part("name=\"file\"; filename=\"\(pasted ? "" : "person.pem")\"", pasted ? "" : text) + "--edge--\r\n"
        let type = ("content-type", "multipart/form-data; boundary=edge")
        return try await browser.send(.post, path, headers: [type], body: body)
    }

    @Test(arguments: [true, false])
    func `a certificate is pasted or uploaded, shown with its fingerprint and state, and removed with a reason`(
        pasted: Bool
    ) async throws {
        let certificate = try Self.certificate.get()
        try await WebWorld.with(.sqlite) { (world: WebWorld) async throws in
            let token = try await world.token([.clinician], email: "cleo@lakeside.example")
            let contact = try await world.makePerson(by: try await world.requester(token))
            let browser = world.browser(token)
            let path = "/\(world.organization.slug)/contacts/\(contact)/keys"
            #expect(try await browser.get(path).text.contains("No certificate or key is kept"))
            let added = try await Self.upload(certificate, pasted: pasted, to: path, by: browser)
            #expect(added.status == 303, "\(added.text.prefix(2_000))")
            let page = try await browser.get(path).text
            #expect(page.contains("S/MIME certificate"))
            // It was made today, after the time of the tests.
            #expect(page.contains("not yet valid") && page.contains("Its time has not begun."))
            let held = try await world.facades.recipientKeys.keys(of: contact, by: try await world.requester(token))
            let key = try #require(held.first)
            #expect(page.contains(key.spacedFingerprint))
            #expect(
                try await browser.get("/\(world.organization.slug)/contacts/\(contact)").text.contains("0 usable of 1")
            )
            #expect(try await browser.post("\(path)/\(key.id)/remove", [("reason", " ")]).status == 422)
            #expect(try await browser.post("\(path)/\(key.id)/remove", [("reason", "A new card")]).status == 303)
            #expect(try await browser.get(path).text.contains("No certificate or key is kept"))
        }
    }

    @Test func `what is no key is refused in words, and nothing of it is kept or shown`() async throws {
        try await WebWorld.with(.sqlite) { (world: WebWorld) async throws in
            let token = try await world.token([.clinician], email: "cleo@lakeside.example")
            let contact = try await world.makePerson(by: try await world.requester(token))
            let browser = world.browser(token)
            let path = "/\(world.organization.slug)/contacts/\(contact)/keys"
            for text in ["", "a letter", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"] {
                let answer = try await Self.upload(text, pasted: true, to: path, by: browser)
                #expect(answer.status == 422)
                #expect(answer.text.contains("href=\"#pasted\""))
                #expect(text.isEmpty || !answer.text.contains("a letter"))
            }
            let keys = try await world.facades.recipientKeys.keys(of: contact, by: try await world.requester(token))
            #expect(keys.isEmpty)
        }
    }
}
