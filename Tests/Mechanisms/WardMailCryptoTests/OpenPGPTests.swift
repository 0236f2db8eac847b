// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import WardMailCrypto

/// OpenPGP in both directions with GnuPG and Sequoia.
@Suite struct OpenPGPTests {
    private static let now = Int64(Date().timeIntervalSince1970) + 5
    private static let gpg = [
        "--homedir", "gnupg", "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", "",
    ]

    /// Makes a key pair with each tool: `public` and `secret`.
    private static func makeKeys(_ tool: String, in place: borrowing ToolPlace, name: String = "person") throws {
        switch tool {
        case "sq":
            try place.run(
                "/usr/bin/sq",
                ["key", "generate", "--userid", "Person <\(name)@tls.example>", "--export", "secret"]
            )
            try place.run("/usr/bin/sq", ["key", "extract-cert", "--output", "public", "secret"])
        default:
            let algorithm =
                tool == "rsa"
                ? "Key-Type: RSA\nKey-Length: 2048\nSubkey-Type: RSA\nSubkey-Length: 2048"
                : "Key-Type: EDDSA\nKey-Curve: Ed25519\nSubkey-Type: ECDH\nSubkey-Curve: Curve25519"
            let wanted = """
                \(algorithm)
                Name-Real: Person
                Name-Email: \(name)@tls.example
                Expire-Date: 1y
                %no-protection
                """
            try place.write(Array(wanted.utf8), "wanted")
            try place.run("/usr/bin/gpg", gpg + ["--generate-key", "wanted"])
            try place.run("/usr/bin/gpg", gpg + ["--armor", "--output", "public", "--export"])
            try place.run("/usr/bin/gpg", gpg + ["--armor", "--output", "secret", "--export-secret-keys"])
        }
    }

    @Test(arguments: ["curve", "sq"]) func `what Ward encrypts gpg and sq open, with the header inside`(
        _ tool: String
    ) throws {
        let place = try ToolPlace()
        try Self.makeKeys(tool, in: place)
        let key = try RecipientKey.read(try place.read("public"), at: Self.now)
        #expect(key.facts.problem == nil)
        #expect(key.facts.addresses == ["person@tls.example"])
        for (name, mail) in try ProtectedMails.all() {
            let message = try OpenPGP.encrypted(mail, to: key.bytes, at: Self.now, boundary: "=_box")
            #expect(String(decoding: message, as: UTF8.self).contains("Subject: [...]\r\n"), "\(name)")
            let parts = try MIMEParts(message).parts()
            #expect(parts.count == 2, "\(name)")
            try place.write(try MIMEParts(parts[1]).decodedBody(), "armored")
            if tool == "sq" {
                try place.run(
                    "/usr/bin/sq",
                    ["--force", "decrypt", "--recipient-key", "secret", "--output", "plain", "armored"]
                )
            } else {
                try place.run("/usr/bin/gpg", Self.gpg + ["--output", "plain", "--decrypt", "armored"])
                let packets = try place.run("/usr/bin/gpg", Self.gpg + ["--list-packets", "armored"])
                #expect(packets.contains("mdc_method: 2"), "\(name): SEIPD version 1")
            }
            let payload = try ProtectedHeader(of: mail).payload
            #expect(try place.read("plain") == payload, "\(name)")
            let opened = try OpenPGP.opened(message, with: try place.read("secret"), at: Self.now)
            #expect(opened.content == payload, "\(name)")
        }
    }

    @Test func `a key that was taken in is used again, by one at a time, for a minute, and for its own signer alone`()
        async throws
    {
        let place = try ToolPlace()
        try Self.makeKeys("curve", in: place)
        let key = try RecipientKey.read(try place.read("public"), at: Self.now).bytes
        let (secret, contexts) = (try place.read("secret"), OpenPGPContexts())
        func opened(at time: Int64, signedBy signer: [UInt8]? = nil) throws -> OpenPGPOpened {
            let content = Array("It says \(time).".utf8)
            let armored = try contexts.encrypted(content, to: key, at: time, signedBy: signer)
            let opened = try OpenPGP.opened(armored, with: secret, at: time)
            #expect(opened.content == content)
            return opened
        }
        #expect(throws: MailProtectionError.self) {
            try contexts.encrypted([1], to: Array(key.dropLast(9)), at: Self.now, signedBy: nil)
        }
        #expect(contexts.count == 0, "what failed is not kept")
        #expect(try opened(at: Self.now).signatures.isEmpty)
        #expect(try opened(at: Self.now + 1).signatures.isEmpty)
        #expect(contexts.count == 1)
        #expect(try opened(at: Self.now + 2, signedBy: secret).signatures.count == 1)
        #expect(try opened(at: Self.now + 3).signatures.isEmpty, "nobody signs who was not asked to")
        #expect(contexts.count == 2)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask { _ = try contexts.encrypted([UInt8(number)], to: key, at: Self.now, signedBy: nil) }
            }
            try await group.waitForAll()
        }
        #expect((2...9).contains(contexts.count))
        #expect(try opened(at: Self.now + 120).signatures.isEmpty)
        #expect(contexts.count == 1, "after a minute secrets are forgotten")
        // The key has expired by then: a context that took it in before does not know.
        let late = Self.now + 366 * 86_400
        #expect(throws: MailProtectionError(.unusableKey)) {
            try contexts.encrypted([1], to: key, at: late, signedBy: nil)
        }
    }

    @Test(arguments: ["curve", "rsa", "sq"]) func `what gpg and sq encrypt and sign Ward opens and verifies`(
        _ tool: String
    ) throws {
        let place = try ToolPlace()
        try Self.makeKeys(tool, in: place)
        let (secret, known) = (try place.read("secret"), try place.read("public"))
        let key = try RecipientKey.read(known, at: Self.now)
        for (name, mail) in try ProtectedMails.all() {
            try place.write(mail, "plain")
            if tool == "sq" {
                try place.run(
                    "/usr/bin/sq",
                    [
                        "--force", "encrypt", "--recipient-cert", "public", "--signer-key", "secret", "--output",
                        "armored", "plain",
                    ]
                )
            } else {
                try place.run(
                    "/usr/bin/gpg",
                    Self.gpg + [
                        "--trust-model", "always", "--armor", "--sign", "--output", "armored", "-r",
                        "person@tls.example", "--encrypt", "plain",
                    ]
                )
            }
            let opened = try OpenPGP.opened(try place.read("armored"), with: secret, known: [known], at: Self.now)
            #expect(opened.content == mail, "\(name)")
            #expect(opened.signers == [key.facts.fingerprint], "\(name)")
        }
    }

    @Test func `what Ward signs gpg verifies, and a changed content is found by both`() throws {
        let place = try ToolPlace()
        try Self.makeKeys("curve", in: place)
        let (secret, known) = (try place.read("secret"), try place.read("public"))
        let content = Array("A signed entity\r\n".utf8)
        let signature = try OpenPGP.signature(over: content, by: secret, at: Self.now)
        try place.write(content, "entity")
        try place.write(signature, "signature")
        try place.run("/usr/bin/gpg", Self.gpg + ["--ignore-time-conflict", "--verify", "signature", "entity"])
        #expect(try OpenPGP.signers(of: signature, over: content, known: [known], at: Self.now).count == 1)
        #expect(throws: MailProtectionError(.badSignature)) {
            try OpenPGP.signers(of: signature, over: content + [0], known: [known], at: Self.now)
        }
    }

    @Test func `a changed message does not open, nor one without integrity protection, nor with another key`() throws {
        let place = try ToolPlace()
        try Self.makeKeys("rsa", in: place)
        let secret = try place.read("secret")
        let key = try RecipientKey.read(try place.read("public"), at: Self.now)
        try place.write(Array("The content".utf8), "plain")
        let arguments = Self.gpg + ["--trust-model", "always", "-r", "person@tls.example", "--compress-algo", "none"]
        try place.run("/usr/bin/gpg", arguments + ["--output", "box", "--encrypt", "plain"])
        var changed = try place.read("box")
        #expect(try OpenPGP.opened(changed, with: secret, at: Self.now).content == Array("The content".utf8))
        changed[changed.count - 4] ^= 1
        #expect(throws: MailProtectionError.self) { try OpenPGP.opened(changed, with: secret, at: Self.now) }
        // EFAIL: a symmetrically encrypted packet without a modification detection code.
        try place.run(
            "/usr/bin/gpg",
            arguments + [
                "--rfc2440", "--cipher-algo", "AES256", "--disable-mdc", "--output", "weak", "--encrypt", "plain",
            ]
        )
        let weak = try place.read("weak")
        let packets = try place.run("/usr/bin/gpg", Self.gpg + ["--ignore-mdc-error", "--list-packets", "weak"])
        if !packets.contains("mdc_method") {
            #expect(throws: MailProtectionError(.notAuthenticated)) {
                try OpenPGP.opened(weak, with: secret, at: Self.now)
            }
        }
        let second = try ToolPlace()
        try Self.makeKeys("sq", in: second)
        let other = try second.read("secret")
        let message = try OpenPGP.encrypted(Array("x".utf8), to: key.bytes, at: Self.now)
        #expect(throws: MailProtectionError(.doesNotOpen)) { try OpenPGP.opened(message, with: other, at: Self.now) }
    }

    @Test func `an expired and a revoked key say so and encrypt nothing`() throws {
        let place = try ToolPlace()
        try Self.makeKeys("curve", in: place)
        let given = try place.read("public")
        let late = Self.now + 3 * 366 * 86_400
        let expired = try RecipientKey.read(given, at: late)
        #expect(try #require(expired.facts.validUntil) < late)
        #expect(throws: MailProtectionError(.unusableKey)) {
            try OpenPGP.encrypted(Array("x".utf8), to: expired.bytes, at: late)
        }
        try place.run("/bin/sh", ["-c", "sed 's/^:---/---/' gnupg/openpgp-revocs.d/*.rev > revocation"])
        try place.run("/usr/bin/gpg", Self.gpg + ["--import", "revocation"])
        try place.run("/usr/bin/gpg", Self.gpg + ["--armor", "--output", "public", "--export"])
        #expect(try RecipientKey.read(try place.read("public"), at: Self.now).facts.problem == .revoked)
    }

    /// The certificate of RFC 9580 appendix A.3.
    static let versionSix = """
        -----BEGIN PGP PUBLIC KEY BLOCK-----

        xioGY4d/4xsAAAAg+U2nu0jWCmHlZ3BqZYfQMxmZu52JGggkLq2EVD34laPCsQYf
        GwoAAABCBYJjh3/jAwsJBwUVCg4IDAIWAAKbAwIeCSIhBssYbE8GCaaX5NUt+mxy
        KwwfHifBilZwj2Ul7Ce62azJBScJAgcCAAAAAK0oIBA+LX0ifsDm185Ecds2v8lw
        gyU2kCcUmKfvBXbAf6rhRYWzuQOwEn7E/aLwIwRaLsdry0+VcallHhSu4RN6HWaE
        QsiPlR4zxP/TP7mhfVEe7XWPxtnMUMtf15OyA51YBM4qBmOHf+MZAAAAIIaTJINn
        +eUBXbki+PSAld2nhJh/LVmFsS+60WyvXkQ1wpsGGBsKAAAALAWCY4d/4wKbDCIh
        BssYbE8GCaaX5NUt+mxyKwwfHifBilZwj2Ul7Ce62azJAAAAAAQBIKbpGG2dWTX8
        j+VjFM21J0hqWlEg+bdiojWnKfA5AQpWUWtnNwDEM0g12vYxoWM8Y81W+bHBw805
        I8kWVkXU6vFOi+HWvv/ira7ofJu16NnoUkhclkUrk0mXubZvyl4GBg==
        -----END PGP PUBLIC KEY BLOCK-----
        """

    @Test func `a key of version 6 is told apart and explained, and protects nothing`() throws {
        let key = try RecipientKey.read(Array(Self.versionSix.utf8), at: Self.now)
        #expect(key.facts.problem == .newerThanSupported)
        #expect(key.facts.kind == .openPGP)
        #expect(key.bytes.isEmpty)
        #expect(key.facts.problem?.sentence.contains("version 6") == true)
    }
}
