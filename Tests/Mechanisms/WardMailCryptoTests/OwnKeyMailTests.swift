// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardCrypto
import WardKernel

@testable import WardMailCrypto

/// Keys of our own, and mail that is signed and encrypted at once, in both directions with OpenSSL, GnuPG and Sequoia.
@Suite struct OwnKeyMailTests {
    private static let openssl = "/usr/bin/openssl"
    private static let now = Int64(Date().timeIntervalSince1970) + 5
    private static let gpg = [
        "--homedir", "gnupg", "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", "",
    ]

    private static func signer(
        _ kind: MailPrivateKey.Kind,
        address: String = "clinic@lakeside.example"
    ) throws -> SMIMESigner {
        let key = try MailPrivateKey.make(kind)
        let certificate = try key.selfSignedCertificate(
            for: address,
            serial: [1] + (0..<15).map { _ in .random(in: 0...255) },
            period: (now - 300)...(now + 86_400)
        )
        return SMIMESigner(key: key, certificate: certificate)
    }

    private static func write(_ signer: SMIMESigner, in place: borrowing ToolPlace) throws {
        try place.write(try signer.certificate.der(), "own.der")
        try place.run(openssl, ["x509", "-inform", "DER", "-in", "own.der", "-out", "own.pem"])
        try place.write(try signer.key.pkcs8().expose(for: .evaluating) { $0 }, "own.key.der")
        try place.run(openssl, ["pkey", "-inform", "DER", "-in", "own.key.der", "-out", "own.key"])
    }

    private static func parts(_ opened: OpenedMail) -> String { String(decoding: opened.entity, as: UTF8.self) }

    @Test(arguments: MailPrivateKey.Kind.allCases)
    func `openssl accepts a certificate and a request of our own, for mail alone`(kind: MailPrivateKey.Kind) throws {
        let place = try ToolPlace()
        let signer = try Self.signer(kind)
        try Self.write(signer, in: place)
        let text = try place.run(Self.openssl, ["x509", "-in", "own.pem", "-noout", "-text"])
        #expect(text.contains("email:clinic@lakeside.example") && text.contains("E-mail Protection"))
        try place.run(Self.openssl, ["verify", "-CAfile", "own.pem", "-purpose", "smimesign", "own.pem"])
        try place.write(try signer.key.certificateRequest(for: "clinic@lakeside.example"), "request")
        let request = try place.run(
            Self.openssl,
            ["req", "-inform", "DER", "-in", "request", "-noout", "-verify", "-text"]
        )
        #expect(request.contains("email:clinic@lakeside.example"))
        let read = try RecipientKey.read(try signer.certificate.der(), at: Self.now)
        #expect(read.facts.problem == nil && read.facts.addresses == ["clinic@lakeside.example"])
        #expect(signer.key.isHalf(of: signer.certificate))
        #expect(!(try Self.signer(.p256)).key.isHalf(of: signer.certificate))
    }

    @Test(arguments: MailPrivateKey.Kind.allCases)
    func `what Ward signs and encrypts openssl opens and verifies, and so does Ward`(
        kind: MailPrivateKey.Kind
    ) throws {
        let place = try ToolPlace()
        let signer = try Self.signer(kind)
        try Self.write(signer, in: place)
        try place.makeCertificate("person", key: ["rsa:2048"], extensions: ["basicConstraints=CA:FALSE"])
        let person = try MailCertificate(try place.read("person.pem"))
        for (name, mail) in try ProtectedMails.all() {
            let message = try SMIME.encrypted(mail, to: person, signedBy: signer, boundary: "=_inner")
            try place.write(message, "message")
            try place.run(
                Self.openssl,
                ["cms", "-decrypt", "-in", "message", "-inkey", "person.key", "-out", "inner"]
            )
            try place.run(
                Self.openssl,
                ["cms", "-verify", "-in", "inner", "-CAfile", "own.pem", "-out", "plain"]
            )
            let payload = try ProtectedHeader(of: mail).payload
            #expect(try place.read("plain") == payload, "\(name)")
            let opened = try OpenedMail(
                message,
                key: try place.read("person.key"),
                secret: nil,
                known: [],
                at: Self.now
            )
            #expect(opened.isEncrypted && opened.isHeaderProtected, "\(name)")
            #expect(Array(opened.entity) == payload, "\(name)")
            let own = MailSigner(
                kind: .smime,
                fingerprint: signer.certificate.facts.fingerprint,
                addresses: ["clinic@lakeside.example"]
            )
            #expect(opened.signature == .good([own]), "\(name)")
        }
    }

    @Test func `a mail that is signed alone verifies with its header, and the same signature gives the same bytes`()
        throws
    {
        let place = try ToolPlace()
        let signer = try Self.signer(.rsa3072)
        try Self.write(signer, in: place)
        for (name, mail) in try ProtectedMails.all() {
            let signature = try SMIME.signature(of: mail, by: signer)
            let message = try SMIME.withSignature(mail, signature, boundary: "=_s")
            #expect(try SMIME.withSignature(mail, signature, boundary: "=_s") == message, "\(name)")
            try place.write(message, "message")
            try place.run(Self.openssl, ["cms", "-verify", "-in", "message", "-CAfile", "own.pem", "-out", "plain"])
            let opened = try OpenedMail(message, key: nil, secret: nil, known: [], at: Self.now)
            #expect(!opened.isEncrypted && opened.isHeaderProtected, "\(name)")
            #expect(Self.parts(opened).contains("Subject: ") && Self.parts(opened).contains("hp=\"clear\""), "\(name)")
            var changed = message
            let position = try #require(message.firstRange(of: Array("hp=\"clear\"".utf8))?.lowerBound)
            changed[position + 4] = UInt8(ascii: "q")
            let spoiled = try OpenedMail(changed, key: nil, secret: nil, known: [], at: Self.now)
            #expect(spoiled.signature == .bad && !spoiled.isHeaderProtected, "\(name)")
        }
    }

    @Test func `gpg and sq take an OpenPGP key of our own, and read what Ward signs and encrypts`() throws {
        let place = try ToolPlace()
        let own = try OpenPGP.makeKey(for: "<clinic@lakeside.example>", at: Self.now - 60, lifetime: 86_400)
        let facts = try RecipientKey.read(own.publicKey, at: Self.now).facts
        #expect(facts.problem == nil && facts.addresses == ["clinic@lakeside.example"])
        #expect(facts.validUntil == Self.now - 60 + 86_400)
        let armored = try OpenPGP.armored(own.publicKey)
        #expect(String(decoding: armored, as: UTF8.self).hasPrefix("-----BEGIN PGP PUBLIC KEY BLOCK-----"))
        try place.write(armored, "own.asc")
        try place.run("/usr/bin/gpg", Self.gpg + ["--import", "own.asc"])
        let listed = try place.run("/usr/bin/gpg", Self.gpg + ["--with-colons", "--list-keys"])
        #expect(listed.uppercased().contains(facts.fingerprint.uppercased()))
        try place.run("/usr/bin/sq", ["key", "generate", "--userid", "<person@tls.example>", "--export", "secret"])
        try place.run("/usr/bin/sq", ["key", "extract-cert", "--output", "public", "secret"])
        try place.run("/usr/bin/gpg", Self.gpg + ["--import", "secret"])
        let person = try RecipientKey.read(try place.read("public"), at: Self.now)
        for (name, mail) in try ProtectedMails.all() {
            let message = try OpenPGP.encrypted(
                mail,
                to: person.bytes,
                at: Self.now,
                signedBy: own.secret,
                boundary: "=_box"
            )
            let payload = try ProtectedHeader(of: mail).payload
            try place.write(try MIMEParts(try MIMEParts(message).parts()[1]).decodedBody(), "armored")
            let said = try place.run(
                "/usr/bin/gpg",
                Self.gpg + ["--ignore-time-conflict", "--output", "plain", "--decrypt", "armored"]
            )
            #expect(said.contains("Good signature from"), "\(name)")
            #expect(try place.read("plain") == payload, "\(name)")
            try place.run(
                "/usr/bin/sq",
                [
                    "--force", "decrypt", "--recipient-key", "secret", "--signer-cert", "own.asc", "--signatures",
                    "1", "--output", "plain2", "armored",
                ]
            )
            #expect(try place.read("plain2") == payload, "\(name)")
            let secret = try place.read("secret")
            let known = try OpenedMail(message, key: nil, secret: secret, known: [own.publicKey], at: Self.now)
            let signer = MailSigner(kind: .openPGP, fingerprint: facts.fingerprint, addresses: [])
            #expect(known.signature == .good([signer]) && known.isHeaderProtected, "\(name)")
            let unknown = try OpenedMail(message, key: nil, secret: secret, known: [], at: Self.now)
            #expect(unknown.signature == .unknownKey && Array(unknown.entity) == payload, "\(name)")
        }
    }

    @Test func `what stands beside an encrypted part, and what a stranger could change, is not opened`() throws {
        let place = try ToolPlace()
        let signer = try Self.signer(.rsa3072)
        try Self.write(signer, in: place)
        let key = try place.read("own.key")
        let mail = try ProtectedMails.mail("Your results", text: "Hello\n")
        let message = String(
            decoding: try SMIME.encrypted(mail, to: signer.certificate),
            as: UTF8.self
        )
        let start = try #require(message.range(of: "MIME-Version: 1.0\r\n"))
        let around = """
            From: person@tls.example\r
            Content-Type: multipart/mixed; boundary=a\r
            \r
            --a\r
            Content-Type: text/html\r
            \r
            <img src="http://stranger.example/\r
            --a\r
            \(message[start.upperBound...])\r
            --a--\r

            """
        #expect(MailEnvelope(of: Array(around.utf8)) == .plain)
        try place.write(mail, "mail")
        try place.run(
            Self.openssl,
            ["cms", "-encrypt", "-aes256", "-binary", "-in", "mail", "-out", "weak", "own.pem"]
        )
        let weak = OpenedMail.withLineEnds(try place.read("weak"))
        #expect(MailEnvelope(of: weak) == .encryptedSMIME)
        #expect(throws: MailProtectionError(.notAuthenticated)) {
            try OpenedMail(weak, key: key, secret: nil, known: [], at: Self.now)
        }
        let other = try Self.signer(.rsa3072).key.pkcs8().expose(for: .evaluating) { $0 }
        #expect(throws: MailProtectionError(.doesNotOpen)) {
            try OpenedMail(Array(message.utf8), key: other, secret: nil, known: [], at: Self.now)
        }
    }

    @Test func `a PKCS 12 file of openssl is read with its passphrase alone`() throws {
        let place = try ToolPlace()
        try place.makeCertificate("clinic", key: ["rsa:2048"], extensions: ["basicConstraints=CA:FALSE"])
        try place.run(
            Self.openssl,
            [
                "pkcs12", "-export", "-inkey", "clinic.key", "-in", "clinic.pem", "-passout", "pass:four words",
                "-out", "clinic.p12",
            ]
        )
        let file = try place.read("clinic.p12")
        let read = try PersonalExchange(file, passphrase: "four words")
        let certificate = try MailCertificate(read.certificate)
        #expect(try MailPrivateKey(read.key).isHalf(of: certificate) && read.chain.isEmpty)
        #expect(throws: CryptoError(.doesNotOpen)) { try PersonalExchange(file, passphrase: "five words") }
        #expect(throws: CryptoError(.malformed)) { try PersonalExchange([0x30, 0], passphrase: "x") }
    }
}
