// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import Testing
import WardDelivery
import WardIdentity
import WardKernel
import WardMailKeys
import WardPortal
import WardRender
import WardTestKit

@testable import WardWeb

/// The organization's own keys on the settings' pages, with the real confined child.
@Suite struct MailKeyPageTests {
    private static func upload(
        _ content: String,
        fields: [(String, String)],
        to path: String,
        by browser: TestBrowser
    ) async throws -> TestBrowser.Answer {
        let parts = ([("form_token", browser.formToken)] + fields).map { name, value in
            "--edge\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
        }
        let file =
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file.pem\"\r\n\r\n\(content)\r\n--edge--\r\n"
        let type = ("content-type", "multipart/form-data; boundary=edge")
        return try await browser.send(.post, path, headers: [type], body: parts.joined() + file)
    }

    @Test func `keys are made, shown with fingerprint and end, given out, signed with, retired and destroyed`()
        async throws
    {
        try await WebWorld.with(.sqlite) { (world: WebWorld) async throws in
            let path = "/\(world.organization.slug)/settings/sending/mail-keys"
            let browser = world.browser(world.administratorToken)
            #expect(try await browser.get(path).text.contains("There are no mail keys yet"))
            let address = "messages@\(world.organization.senderDomain)"
            func make(_ algorithm: String, _ address: String, _ reason: String) async throws -> Int {
                try await browser.post(
                    path,
                    [("address", address), ("algorithm", algorithm), ("reason", reason)]
                ).status
            }
            #expect(try await make("smime-p256", address, " ") == 422)
            #expect(try await make("smime-p256", "messages@elsewhere.example", "First") == 422)
            #expect(try await make("unknown", address, "First") == 400)
            #expect(try await make("smime-p256", address, "First") == 303)
            world.clock.advance(by: .seconds(1))
            #expect(try await make("openpgp", address, "First") == 303)
            let keys = try await world.facades.mailKeys.keys(by: .service("test", of: world.organization.id))
            #expect(keys.map(\.state) == [.waiting, .active])
            let page = try await browser.get(path).text
            #expect(keys.allSatisfy { page.contains($0.spacedFingerprint) })
            #expect(page.contains("waits for its certificate") && page.contains("signs and opens"))
            #expect(page.contains("https://openpgpkey.\(world.organization.senderDomain)/"))
            let (certificate, openPGP) = ("\(path)/\(keys[0].id)", "\(path)/\(keys[1].id)")
            #expect(try await browser.get(certificate + "/public").text.hasPrefix("-----BEGIN CERTIFICATE-----"))
            #expect(try await browser.get(certificate + "/request").text.contains("BEGIN CERTIFICATE REQUEST"))
            #expect(try await browser.get(openPGP + "/public").text.hasPrefix("-----BEGIN PGP PUBLIC KEY BLOCK-----"))
            #expect(try await browser.get(openPGP + "/directory").status == 200)
            #expect(try await browser.get(openPGP + "/request").status == 404)
            #expect(try await browser.post(certificate + "/activate", [("reason", "Will do")]).status == 303)
            #expect(try await browser.post(certificate + "/activate", [("reason", "Again")]).status == 422)
            let retired = [("reason", "Another"), ("destroy", "no")]
            #expect(try await browser.post(certificate + "/retire", retired).status == 303)
            #expect(try await browser.get(path).text.contains("opens mail still"))
            let destroyed = [("reason", "Copied"), ("destroy", "yes")]
            #expect(try await browser.post(certificate + "/retire", destroyed).status == 303)
            #expect(try await browser.get(path).text.contains("destroyed"))
            let unknown = "\(path)/\(world.organization.id)/retire"
            #expect(try await browser.post(unknown, destroyed).status == 404)
        }
    }

    @Test func `what does not belong to a key is refused with what to do, and what the keys are used for is kept`()
        async throws
    {
        try await WebWorld.with(.sqlite) { (world: WebWorld) async throws in
            let path = "/\(world.organization.slug)/settings/sending/mail-keys"
            let browser = world.browser(world.administratorToken)
            _ = try await browser.get(path)
            let address = "messages@\(world.organization.senderDomain)"
            for algorithm in ["smime-p256", "smime-p256"] {
                world.clock.advance(by: .seconds(1))
                let fields = [("address", address), ("algorithm", algorithm), ("reason", "A test")]
                #expect(try await browser.post(path, fields).status == 303)
            }
            let service = Requester.service("test", of: world.organization.id)
            let keys = try await world.facades.mailKeys.keys(by: service)
            let other = try await world.facades.mailKeys.publicKey(of: keys[1].id, by: service)
            let install = "\(path)/\(keys[0].id)/install"
            let cases = [(other.text, "belongs to this key"), ("nonsense", "cannot be read")]
            for (content, words) in cases {
                let answer = try await Self.upload(content, fields: [("reason", "Issued")], to: install, by: browser)
                #expect(answer.status == 422 && answer.text.contains(words))
            }
            let imported = try await Self.upload(
                "nonsense",
                fields: [("address", address), ("passphrase", "four words"), ("reason", "Moved")],
                to: path + "/import",
                by: browser
            )
            #expect(imported.status == 422 && imported.text.contains("cannot be read"))
            #expect(!imported.text.contains("four words"))
            let use = [("signs_plain", "yes"), ("reason", "Asked for")]
            #expect(try await browser.post(path + "/settings", use).status == 303)
            let settings = try await world.facades.mailKeys.settings(by: service)
            #expect(settings == MailKeySettings(signsPlainMail: true, offersKey: false))
        }
    }

    @Test func `every sentence about mail keys and protected answers is in Spanish`() throws {
        let files = EmbeddedResources.files.filter { $0.key.hasPrefix("strings/") }
        let catalogue = try Catalogue(files: files)
        let errors: [MailKeyError] = [
            .keyUnknown, .addressNotOwn, .notForCertificates, .keyDestroyed, .nothingToChange, .reasonMissing,
        ]
        let refusals: [OwnKeyRefusal] = [
            .unreadable, .wrongPassphrase, .tooLarge, .otherKey, .otherAddress, .notInTime,
        ]
        let texts = errors.map(\.description) + refusals.map(\.sentence)
        #expect(texts.filter { !catalogue.isTranslated($0, to: .spanish) } == [])
        let spanish = Words(catalogue, .spanish)
        let english = Words(catalogue, .english)
        for encryption in ReplyProtection.Encryption.allCases {
            for signature in ReplyProtection.Signature.allCases {
                let protection = ReplyProtection(encryption: encryption, signature: signature, signer: "ab12")
                let said = try #require(ProtectionModel(protection, english))
                let translated = try #require(ProtectionModel(protection, spanish))
                #expect(said.detail != translated.detail)
                if let lock = said.lock { #expect(lock.statusWord != translated.lock?.statusWord) }
                if let seal = said.seal { #expect(seal.statusWord != translated.seal?.statusWord) }
            }
        }
        #expect(ProtectionModel(ReplyProtection(), english) == nil)
    }

    @Test func `a conversation says of each message whether it was encrypted and who signed it`() throws {
        let words = Words(
            try Catalogue(files: EmbeddedResources.files.filter { $0.key.hasPrefix("strings/") }),
            .english
        )
        let signed = ReplyProtection(encryption: .opened, signature: .known, signer: "00112233445566778899aabb")
        let models = [
            ProtectionModel(signed, words), ProtectionModel(ReplyProtection(encryption: .notAuthenticated), words),
            ProtectionModel(SentProtection(method: .openPGP, isSigned: true), words),
            ProtectionModel(SentProtection(method: .verifiedTLS, isSigned: false), words),
        ]
        #expect(models.map { $0 == nil } == [false, false, false, true])
        let content = ThreadContent(
            threadIdentifier: "t",
            personLabel: .init(phiText: "••••", isMasked: true),
            messages: models.map { protection in
                .init(
                    author: "The person",
                    isOwn: false,
                    written: MomentModel(momentText: "now", momentExact: "now"),
                    bodyMarkup: .paragraphs("Hello"),
                    files: [],
                    protection: protection,
                    state: nil,
                    messageIdentifier: "m",
                    mayRetract: false
                )
            },
            mayAnswer: false,
            summary: nil,
            typed: "",
            answerIdentifier: "a",
            sensitivities: [],
            choiceGroup: "sensitivity",
            wishes: nil,
            isHandled: true,
            isAssignedToMe: false,
            assigned: nil,
            isLocked: false
        )
        let ambient = Ambient(base: "/x", formToken: "f", language: .english)
        let letters = try Assets.makeRenderer().markup(content, ambient).html.components(separatedBy: "<article")
            .dropFirst()
        let expected = [
            ["Encrypted</span>", "Signed with the person’s key", "Signed by the key 4455 6677 8899 AABB"],
            ["Encrypted, not opened", "AES-GCM"], ["Encrypted to their own key", "Signed by the organization"], [],
        ]
        #expect(letters.count == expected.count)
        for (letter, texts) in zip(letters, expected) {
            for text in texts { #expect(letter.contains(text), "\(text)") }
            #expect(letter.contains("class=\"status") == !texts.isEmpty)
        }
    }
}
