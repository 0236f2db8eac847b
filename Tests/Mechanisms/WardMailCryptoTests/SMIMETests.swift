// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardCrypto
import WardKernel

@testable import WardMailCrypto

/// S/MIME in both directions with OpenSSL's own program.
@Suite struct SMIMETests {
    private static let openssl = "/usr/bin/openssl"
    private static let kinds: [[String]] = [["rsa:2048"], ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]]

    @Test(arguments: kinds) func `what Ward encrypts openssl opens, with the header inside and no subject outside`(
        _ kind: [String]
    ) throws {
        let place = try ToolPlace()
        try place.makeCertificate("person", key: kind)
        let certificate = try MailCertificate(try place.read("person.pem"))
        for (name, mail) in try ProtectedMails.all() {
            let message = try SMIME.encrypted(mail, to: certificate)
            let text = String(decoding: message, as: UTF8.self)
            #expect(text.contains("Subject: [...]\r\n"), "\(name)")
            #expect(text.contains("smime-type=authEnveloped-data"), "\(name)")
            #expect(text.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 998 }, "\(name)")
            try place.write(message, "message")
            try place.run(
                Self.openssl,
                [
                    "cms", "-decrypt", "-binary", "-in", "message", "-recip", "person.pem", "-inkey", "person.key",
                    "-out", "plain",
                ]
            )
            let plain = try place.read("plain")
            #expect(plain == (try ProtectedHeader(of: mail)).payload, "\(name)")
            let opened = String(decoding: plain, as: UTF8.self)
            #expect(opened.contains("hp=\"cipher\"") && opened.contains("HP-Outer: Subject: [...]\r\n"), "\(name)")
            #expect(opened.hasPrefix("Date:") && opened.contains("\r\nSubject: "), "\(name)")
            let structure = try place.run(Self.openssl, ["cms", "-cmsout", "-print", "-noout", "-in", "message"])
            #expect(structure.contains("aes-256-gcm"), "\(name)")
            #expect(structure.contains(kind[0] == "ec" ? "dhSinglePass-stdDH-sha256kdf" : "rsaesOaep"), "\(name)")
        }
    }

    @Test func `a certificate is read once, refused ones each time, and what is kept is bounded`() throws {
        let place = try ToolPlace()
        try place.makeCertificate("person", key: Self.kinds[1])
        let (known, octets) = (KnownCertificates(), try MailCertificate(try place.read("person.pem")).der())
        #expect(throws: CryptoError.self) { try known.certificate(Array(octets.dropLast())) }
        let first = try known.certificate(octets)
        #expect(try known.certificate(octets) === first)
        #expect(known.count == 1)
        let other = Array(octets.dropLast() + [octets[octets.count - 1] ^ 1])
        #expect(try known.certificate(other) !== first, "the octets tell, not the name")
        for number in 0..<KnownCertificates.capacity {
            var varied = octets
            varied[octets.count - 1] = UInt8(truncatingIfNeeded: number)
            varied[octets.count - 2] = UInt8(truncatingIfNeeded: number >> 8)
            _ = try known.certificate(varied)
        }
        #expect(known.count <= KnownCertificates.capacity)
    }

    @Test(arguments: kinds) func `what openssl encrypts and signs Ward opens and verifies`(_ kind: [String]) throws {
        let place = try ToolPlace()
        try place.makeCertificate("person", key: kind)
        let key = try MailPrivateKey(try place.read("person.key"))
        let certificate = try MailCertificate(try place.read("person.pem"))
        for (name, mail) in try ProtectedMails.all() {
            try place.write(mail, "entity")
            try place.run(
                Self.openssl,
                [
                    "cms", "-encrypt", "-aes-256-gcm", "-binary", "-crlfeol", "-in", "entity", "-out", "message",
                    "person.pem",
                ]
            )
            let received = Self.withLineEnds(try place.read("message"))
            #expect(try SMIME.opened(received, with: key, certificate: certificate) == mail, "\(name)")
            try place.run(
                Self.openssl,
                [
                    "cms", "-sign", "-binary", "-crlfeol", "-in", "entity", "-signer", "person.pem", "-inkey",
                    "person.key",
                    "-out", "signed",
                ]
            )
            let verified = try SMIME.verified(Self.withLineEnds(try place.read("signed")))
            #expect(verified.certificates == [try certificate.der()], "\(name)")
            #expect(
                String(decoding: verified.entity, as: UTF8.self).contains("Message-ID: <1@lakeside.example>"),
                "\(name)"
            )
        }
    }

    @Test func `what Ward signs openssl verifies, and a changed octet is found by both`() throws {
        let place = try ToolPlace()
        try place.makeCertificate("person", key: ["rsa:2048"])
        let certificate = try MailCertificate(try place.read("person.pem"))
        let key = try MailPrivateKey(try place.read("person.key"))
        for (name, mail) in try ProtectedMails.all() {
            let entity = try ProtectedHeader(of: mail).payload
            let signed = try SMIME.signed(
                entity,
                by: SMIMESigner(key: key, certificate: certificate),
                boundary: "=_signed"
            )
            try place.write(signed, "message")
            let arguments = ["cms", "-verify", "-in", "message", "-CAfile", "person.pem", "-purpose", "any"]
            try place.run(Self.openssl, arguments + ["-out", "plain"])
            #expect(try SMIME.verified(signed).entity == entity, "\(name)")
            var changed = signed
            let position = try #require(signed.firstRange(of: Array("hp=\"cipher\"".utf8))?.lowerBound)
            changed[position + 4] ^= 1
            #expect(throws: MailProtectionError.self, "\(name)") { try SMIME.verified(changed) }
            try place.write(changed, "message")
            #expect(throws: ToolPlace.ToolFailure.self, "\(name)") { try place.run(Self.openssl, arguments) }
        }
    }

    @Test func `a changed message does not open, nor one that a stranger could have changed, nor with another key`()
        throws
    {
        let place = try ToolPlace()
        try place.makeCertificate("person", key: ["rsa:2048"])
        try place.makeCertificate("other", key: ["rsa:2048"])
        let key = try MailPrivateKey(try place.read("person.key"))
        let certificate = try MailCertificate(try place.read("person.pem"))
        let content = Array("The content".utf8)
        let sealed = try CryptographicMessage.enveloped(content, to: [certificate])
        #expect(try CryptographicMessage.opened(sealed, with: key, certificate: certificate) == content)
        var changed = sealed
        changed[sealed.count - 20] ^= 1
        #expect(throws: CryptoError.self) {
            try CryptographicMessage.opened(changed, with: key, certificate: certificate)
        }
        let other = (
            key: try MailPrivateKey(try place.read("other.key")), try MailCertificate(try place.read("other.pem"))
        )
        #expect(throws: CryptoError(.doesNotOpen)) {
            try CryptographicMessage.opened(sealed, with: other.key, certificate: other.1)
        }
        // EFAIL: AES-CBC without authentication.
        try place.write(content, "entity")
        try place.run(
            Self.openssl,
            ["cms", "-encrypt", "-aes256", "-binary", "-outform", "DER", "-in", "entity", "-out", "weak", "person.pem"]
        )
        let weak = try place.read("weak")
        #expect(throws: CryptoError(.badSignature)) {
            try CryptographicMessage.opened(weak, with: key, certificate: certificate)
        }
    }

    @Test func `a certificate says what it may do, and the wrong ones are told apart`() throws {
        let place = try ToolPlace()
        let cases: [(String, [String], [String], RecipientKeyProblem?)] = [
            ("good", ["rsa:2048"], ["basicConstraints=critical,CA:FALSE"], nil),
            ("curve", ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"], ["basicConstraints=CA:FALSE"], nil),
            ("short", ["rsa:1024"], ["basicConstraints=CA:FALSE"], .weak),
            ("sign", ["rsa:2048"], ["basicConstraints=CA:FALSE", "keyUsage=digitalSignature"], .notForEncryption),
            ("web", ["rsa:2048"], ["basicConstraints=CA:FALSE", "extendedKeyUsage=serverAuth"], .notForMail),
            ("authority", ["rsa:2048"], [], .isAuthority),
            ("edwards", ["ed25519"], ["basicConstraints=CA:FALSE"], .weak),
        ]
        for (name, kind, extensions, problem) in cases {
            try place.makeCertificate(name, key: kind, extensions: extensions)
            let key = try RecipientKey.read(
                try place.read("\(name).pem"),
                at: ProtectedMails.time.microseconds / 1_000_000
            )
            #expect(key.facts.problem == problem, "\(name)")
            #expect(key.facts.addresses == ["\(name)@tls.example"], "\(name)")
            let printed = try place.run(
                Self.openssl,
                ["x509", "-in", "\(name).pem", "-noout", "-fingerprint", "-sha256"]
            )
            let fingerprint = printed.lowercased().filter { $0 != ":" && $0 != "\n" }
            #expect(fingerprint.hasSuffix(key.facts.fingerprint), "\(name)")
            let span = try #require(key.facts.validUntil) - key.facts.validFrom
            #expect(span == 30 * 86_400, "\(name)")
        }
        #expect(throws: MailProtectionError(.malformed)) { try RecipientKey.read(Array("nonsense".utf8), at: 0) }
    }

    static func withLineEnds(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        for byte in bytes where byte != 0x0d {
            if byte == 0x0a { result.append(0x0d) }
            result.append(byte)
        }
        return result
    }
}
