// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardCrypto
import WardKernel
import WardMailCrypto
import WardStorage
import WardTestKit

@testable import WardMailKeys

/// Mail that OpenSSL, GnuPG and Sequoia encrypt to our keys.
@Suite struct OpenMailTests {
    private static let text = "Subject: inside\nContent-Type: text/plain; hp=\"cipher\"\n\nMYSECRETTEXT\n"

    private static func pgpMail(_ armored: [UInt8]) -> [UInt8] {
        let body = String(decoding: armored, as: UTF8.self).split(
            separator: "\n",
            omittingEmptySubsequences: false
        ).joined(separator: "\r\n")
        return Array(
            """
            From: person@tls.example\r
            Subject: ...\r
            Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\r
            \r
            --b\r
            Content-Type: application/pgp-encrypted\r
            \r
            Version: 1\r
            --b\r
            Content-Type: application/octet-stream\r
            \r
            \(body)\r
            --b--\r

            """.utf8
        )
    }

    private static func opened(_ opening: MailOpening) throws -> OpenedMail {
        guard case .opened(let mail) = opening else { throw Closed(opening: "\(opening)") }
        return mail.expose(for: .evaluating) { $0 }
    }

    /// As SMTP carries it.
    private static func withLineEnds(_ bytes: [UInt8]) -> [UInt8] {
        bytes.filter { $0 != 0x0d }.flatMap { $0 == 0x0a ? [0x0d, 0x0a] : [$0] }
    }

    private struct Closed: Error { let opening: String }

    @Test(arguments: TestStore.kinds)
    func `what cannot be opened stays closed, and it is said why`(kind: StoreKind) async throws {
        try await MailKeysWorld.with(kind) { world in
            let shop = try Workshop()
            let key = try await world.make(.smimeRSA, signsNow: true)
            try shop.write(Array(try await world.keys.publicKey(of: key.id, by: world.administrator).text.utf8), "own")
            try shop.write(Array(Self.text.utf8), "mail")
            try shop.openssl("cms", "-encrypt", "-aes256", "-crlfeol", "-in", "mail", "-out", "weak", "own")
            try shop.openssl(
                "req",
                "-x509",
                "-nodes",
                "-newkey",
                "rsa:2048",
                "-keyout",
                "key",
                "-out",
                "other",
                "-days",
                "90",
                "-subj",
                "/CN=other"
            )
            try shop.openssl("cms", "-encrypt", "-aes-256-gcm", "-crlfeol", "-in", "mail", "-out", "foreign", "other")
            let cases: [(String, MailClosure)] = [("weak", .notAuthenticated), ("foreign", .noKey)]
            for (file, closure) in cases {
                guard
                    case .closed(closure, wasEncrypted: true) = try await world.open(
                        Self.withLineEnds(try shop.read(file))
                    )
                else {
                    Issue.record("\(file) was not closed")
                    continue
                }
            }
            let nonsense = "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n\r\nnonsense\r\n"
            guard case .closed(.unreadable, wasEncrypted: true) = try await world.open(Array(nonsense.utf8)) else {
                Issue.record("Nonsense was not closed")
                return
            }
            guard case .plain = try await world.open(Array("Subject: x\r\n\r\nhello\r\n".utf8)) else {
                Issue.record("A plain mail was taken for another")
                return
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a child that breaks down closes the one mail alone`(kind: StoreKind) async throws {
        try await MailKeysWorld.with(kind, program: "/bin/false") { world in
            let key = try await world.make(.smimeP256, signsNow: true)
            let sealed = try SMIME.encrypted(
                Array("Subject: x\r\nContent-Type: text/plain\r\n\r\nhello\r\n".utf8),
                to: try MailCertificate(key.publicForm)
            )
            guard case .closed(.quarantined, wasEncrypted: true) = try await world.open(sealed) else {
                Issue.record("It was not closed")
                return
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what openssl signs and encrypts to our certificate is opened, and its signer told`(
        kind: StoreKind
    ) async throws {
        try await MailKeysWorld.with(kind) { world in
            let shop = try Workshop()
            for algorithm in [OwnKeyAlgorithm.smimeRSA, .smimeP256] {
                let key = try await world.make(algorithm, signsNow: true)
                let own = try await world.keys.publicKey(of: key.id, by: world.administrator)
                try shop.write(Array(own.text.utf8), "own")
                try shop.write(Array(Self.text.utf8), "mail")
                try shop.openssl(
                    "req",
                    "-x509",
                    "-nodes",
                    "-newkey",
                    "rsa:2048",
                    "-keyout",
                    "key",
                    "-out",
                    "person",
                    "-days",
                    "90",
                    "-subj",
                    "/CN=p",
                    "-addext",
                    "subjectAltName=email:person@tls.example"
                )
                try shop.openssl(
                    "cms",
                    "-sign",
                    "-in",
                    "mail",
                    "-signer",
                    "person",
                    "-inkey",
                    "key",
                    "-crlfeol",
                    "-out",
                    "signed"
                )
                try shop.openssl(
                    "cms",
                    "-encrypt",
                    "-aes-256-gcm",
                    "-crlfeol",
                    "-in",
                    "signed",
                    "-out",
                    "sealed",
                    "own"
                )
                let found = try Self.opened(try await world.open(Self.withLineEnds(try shop.read("sealed"))))
                #expect(found.isEncrypted && found.isHeaderProtected)
                #expect(String(decoding: found.entity, as: UTF8.self).contains("MYSECRETTEXT"))
                guard case .good(let signers) = found.signature else {
                    Issue.record("The signature was not good")
                    return
                }
                #expect(signers.first?.addresses == ["person@tls.example"])
                let alone = try Self.opened(try await world.open(Self.withLineEnds(try shop.read("signed"))))
                #expect(!alone.isEncrypted && alone.signature == found.signature)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what gpg and sq sign and encrypt to our key is opened, with a known signer and an unknown one`(
        kind: StoreKind
    ) async throws {
        try await MailKeysWorld.with(kind) { world in
            let shop = try Workshop()
            let key = try await world.make(.openPGP)
            let own = try await world.keys.publicKey(of: key.id, by: world.administrator)
            try shop.write(Array(own.text.utf8), "own")
            try shop.write(Array(Self.text.utf8), "mail")
            try shop.run("/usr/bin/sq", ["key", "generate", "--userid", "<person@tls.example>", "--export", "secret"])
            try shop.run("/usr/bin/sq", ["key", "extract-cert", "--output", "public", "secret"])
            try shop.run(
                "/usr/bin/sq",
                ["encrypt", "--recipient-cert", "own", "--signer-key", "secret", "--output", "sq", "mail"]
            )
            try shop.gpg("--import", "own")
            try shop.gpg("--import", "secret")
            try shop.gpg(
                "--armor",
                "--sign",
                "--encrypt",
                "-r",
                "clinic@lakeside.example",
                "-u",
                "person@tls.example",
                "--output",
                "gpg",
                "mail"
            )
            world.clock.advance(by: .seconds(300))
            for tool in ["sq", "gpg"] {
                let mail = Self.pgpMail(try shop.read(tool))
                let known = try Self.opened(try await world.open(mail, known: [try shop.read("public")]))
                #expect(known.isEncrypted && known.isHeaderProtected, "\(tool)")
                #expect(String(decoding: known.entity, as: UTF8.self).contains("Subject: inside\r\n"), "\(tool)")
                guard case .good = known.signature else {
                    Issue.record("\(tool): the signature was not good")
                    continue
                }
                let unknown = try Self.opened(try await world.open(mail))
                #expect(unknown.signature == .unknownKey, "\(tool)")
            }
        }
    }
}
