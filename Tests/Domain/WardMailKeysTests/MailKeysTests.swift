// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardAudit
import WardCrypto
import WardKernel
import WardMailCrypto
import WardStorage
import WardTestKit

@testable import WardMailKeys

@Suite struct MailKeysTests {
    /// A mail as it comes from a person.
    private static let mail = Array(
        """
        From: person@tls.example\r
        To: clinic@lakeside.example\r
        Subject: About my MYSECRETSUBJECT\r
        Content-Type: text/plain\r
        \r
        MYSECRETTEXT\r

        """.utf8
    )

    @Test(arguments: TestStore.kinds)
    func `nobody but an administrator makes keys, for the organization's own addresses alone, and with a reason`(
        kind: StoreKind
    ) async throws {
        try await MailKeysWorld.with(kind) { world in
            let marketer = TestRequester.with(roles: [.marketer], of: world.organization)
            await #expect(throws: (any Error).self) {
                try await world.keys.make(.openPGP, for: world.clinic, why: "A test", by: marketer)
            }
            let stranger = try #require(EmailAddress("clinic@other.example"))
            await #expect(throws: MailKeyError.addressNotOwn) {
                try await world.keys.make(.openPGP, for: stranger, why: "A test", by: world.administrator)
            }
            await #expect(throws: MailKeyError.reasonMissing) {
                try await world.keys.make(.openPGP, for: world.clinic, why: " ", by: world.administrator)
            }
            let elsewhere = TestRequester.with(roles: [.administrator], of: world.clock.surroundings.makeIdentifier())
            let key = try await world.make(.openPGP)
            await #expect(throws: MailKeyError.keyUnknown) { try await world.keys.publicKey(of: key.id, by: elsewhere) }
            #expect(try await world.keys.keys(by: elsewhere).isEmpty)
            #expect(try await world.audited(.mailKeyMake).count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a new key signs, the one before still opens, and a destroyed one does neither`(kind: StoreKind) async throws {
        try await MailKeysWorld.with(kind) { world in
            #expect(try await world.signers().smime == nil)
            let first = try await world.make(.smimeP256, signsNow: true)
            let sealed = try SMIME.encrypted(Self.mail, to: try MailCertificate(first.publicForm))
            let second = try await world.make(.smimeP256)
            #expect(try await world.states() == [.active, .waiting])
            #expect(try await world.signers().smime?.certificate.facts.fingerprint == first.fingerprint)
            _ = try await world.keys.activate(second.id, why: "No authority", by: world.administrator)
            #expect(try await world.states() == [.former, .active])
            #expect(try await world.signers().smime?.certificate.facts.fingerprint == second.fingerprint)
            guard case .opened(let opened) = try await world.open(sealed) else {
                Issue.record("The former key did not open.")
                return
            }
            #expect(opened.expose(for: .evaluating) { $0.isEncrypted && $0.isHeaderProtected })
            _ = try await world.keys.retire(first.id, destroysSecret: true, why: "Stolen", by: world.administrator)
            #expect(try await world.states() == [.destroyed, .active])
            guard case .closed(.noKey, wasEncrypted: true) = try await world.open(sealed) else {
                Issue.record("The destroyed key opened.")
                return
            }
            let left: [UInt8]? = try await world.store.read { tx in
                try OwnKeyQueries.sealed(first.id, of: world.organization, in: tx)
            }
            #expect(left == nil)
            await #expect(throws: MailKeyError.keyDestroyed) {
                try await world.keys.activate(first.id, why: "Again", by: world.administrator)
            }
            #expect(try await world.audited(.mailKeyDestroy).count == 1)
            #expect(try await world.audited(.mailKeyActivate).count == 2)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the secret half is sealed, and a key out of its time signs nothing`(kind: StoreKind) async throws {
        try await MailKeysWorld.with(kind) { world in
            let key = try await world.make(.openPGP)
            #expect(try await world.states() == [.active])
            let signers = try await world.signers()
            let secret = try #require(signers.openPGP?.secret.expose(for: .evaluating) { $0 })
            let sealed = try await world.store.read { tx in
                try OwnKeyQueries.sealed(key.id, of: world.organization, in: tx)
            }
            #expect(try #require(sealed).firstRange(of: secret.suffix(40)) == nil)
            world.clock.advance(by: .hours(24 * 729))
            #expect(try await world.signers().openPGP != nil)
            #expect(try await world.keys.keys(by: world.administrator)[0].endsSoon(at: world.clock.now))
            world.clock.advance(by: .hours(24 * 2))
            #expect(try await world.signers().openPGP == nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a certificate that an authority issued for the request is installed with its chain`(
        kind: StoreKind
    ) async throws {
        try await MailKeysWorld.with(kind) { world in
            let shop = try Workshop()
            let key = try await world.make(.smimeRSA)
            let request = try await world.keys.request(for: key.id, by: world.administrator)
            try Authority.issue(request, in: shop)
            let given = try shop.read("issued.pem") + shop.read("authority.pem") + shop.read("stranger.pem")
            guard case .installed(let installed) = try await world.install(given, key) else {
                Issue.record("It was not installed.")
                return
            }
            #expect(installed.state == .active && !installed.isSelfSigned && installed.chain.count == 1)
            let signer = try #require(try await world.signers().smime)
            let message = try SMIME.signed(Self.mail, by: signer, boundary: "=_s")
            try shop.write(message, "message")
            try shop.openssl("cms", "-verify", "-in", "message", "-CAfile", "authority.pem", "-out", "plain")
            let published = try await world.keys.publicKey(of: key.id, by: world.administrator)
            #expect(published.text.components(separatedBy: "BEGIN CERTIFICATE").count == 3)
            #expect(try await world.audited(.mailKeyInstall).count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a certificate of another key, of another address or out of its time is not installed`(
        kind: StoreKind
    ) async throws {
        try await MailKeysWorld.with(kind) { world in
            let shop = try Workshop()
            let key = try await world.make(.smimeRSA)
            let request = try await world.keys.request(for: key.id, by: world.administrator)
            try Authority.issue(request, in: shop)
            try Authority.issue(request, address: "other@lakeside.example", name: "misnamed.pem", in: shop)
            let cases: [(String, OwnKeyRefusal)] = [
                ("stranger.pem", .otherKey), ("misnamed.pem", .otherAddress),
            ]
            for (file, refusal) in cases {
                let outcome = try await world.install(try shop.read(file), key)
                #expect(outcome == .refused(refusal), "\(file)")
            }
            #expect(try await world.install(Array("nonsense".utf8), key) == .refused(.unreadable))
            #expect(try await world.install([UInt8](repeating: 0, count: 300_000), key) == .refused(.tooLarge))
            world.clock.advance(by: .hours(24 * 400))
            #expect(try await world.install(try shop.read("issued.pem"), key) == .refused(.notInTime))
            #expect(try await world.states() == [.waiting])
            let openPGP = try await world.make(.openPGP)
            await #expect(throws: MailKeyError.notForCertificates) {
                try await world.keys.request(for: openPGP.id, by: world.administrator)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a PKCS 12 file is taken with its passphrase, and its key signs and opens`(kind: StoreKind) async throws {
        try await MailKeysWorld.with(kind) { world in
            let shop = try Workshop()
            try shop.openssl(
                "req",
                "-x509",
                "-nodes",
                "-newkey",
                "rsa:2048",
                "-keyout",
                "key",
                "-out",
                "own.pem",
                "-days",
                "90",
                "-subj",
                "/CN=clinic",
                "-addext",
                "subjectAltName=email:clinic@lakeside.example",
                "-addext",
                "basicConstraints=critical,CA:FALSE"
            )
            try shop.openssl(
                "pkcs12",
                "-export",
                "-inkey",
                "key",
                "-in",
                "own.pem",
                "-passout",
                "pass:four words",
                "-out",
                "file"
            )
            let file = try shop.read("file")
            world.clock.advance(by: .seconds(120))
            #expect(try await world.take(file, "five words") == .refused(.wrongPassphrase))
            #expect(try await world.take(Array("nonsense".utf8), "x") == .refused(.unreadable))
            guard case .installed(let key) = try await world.take(file, "four words") else {
                Issue.record("It was not taken.")
                return
            }
            #expect(key.state == .active && key.algorithm == "RSA-2048" && key.isSelfSigned)
            let sealed = try SMIME.encrypted(Self.mail, to: try MailCertificate(key.publicForm))
            guard case .opened = try await world.open(sealed) else {
                Issue.record("It does not open.")
                return
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an OpenPGP key is published as armor, as a file of the directory and as a header`(
        kind: StoreKind
    ) async throws {
        try await MailKeysWorld.with(kind) { world in
            // The address of the draft's own example (section 3.1), whose hash is known.
            #expect(MailKeys.directoryName(of: "Joe.Doe") == "iy9q119eutrkn8s1mk4r39qejnbu3n5q")
            let key = try await world.make(.openPGP)
            let published = try await world.keys.publicKey(of: key.id, by: world.administrator)
            #expect(published.text.hasPrefix("-----BEGIN PGP PUBLIC KEY BLOCK-----\n"))
            let publication = try #require(
                try await world.keys.publication(of: key.id, by: world.administrator)
            )
            #expect(publication.autocrypt.hasPrefix("addr=clinic@lakeside.example; keydata= "))
            #expect(publication.addresses.last?.hasSuffix("/hu/" + publication.fileName) == true)
            let read = try RecipientKey.read(publication.content, at: world.clock.now.microseconds / 1_000_000)
            #expect(read.facts.fingerprint == key.fingerprint)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what the keys are used for changes with a reason, and is off before`(kind: StoreKind) async throws {
        try await MailKeysWorld.with(kind) { world in
            #expect(try await world.keys.settings(by: world.administrator) == MailKeySettings())
            let wanted = MailKeySettings(signsPlainMail: true, offersKey: true)
            try await world.keys.change(wanted, why: "A test", by: world.administrator)
            try await world.keys.change(wanted, why: "Once more", by: world.administrator)
            #expect(try await world.keys.settings(by: world.administrator) == wanted)
            #expect(try await world.audited(.mailKeySettings).count == 1)
            _ = try await world.make(.openPGP)
            #expect(try await world.signers().settings == wanted)
        }
    }
}

/// A certification authority by OpenSSL.
enum Authority {
    /// Leaves `authority.pem`, the certificate under the name, and `stranger.pem` of the same authority for another key.
    static func issue(
        _ request: String,
        address: String = "clinic@lakeside.example",
        name: String = "issued.pem",
        in shop: borrowing Workshop
    ) throws {
        if !FileManager.default.fileExists(atPath: shop.folder.appending(path: "authority.pem").path) {
            try shop.openssl(
                "req",
                "-x509",
                "-nodes",
                "-newkey",
                "rsa:2048",
                "-keyout",
                "authority.key",
                "-out",
                "authority.pem",
                "-days",
                "900",
                "-subj",
                "/CN=Authority"
            )
            try shop.openssl(
                "req",
                "-new",
                "-nodes",
                "-newkey",
                "rsa:2048",
                "-keyout",
                "other.key",
                "-out",
                "other.csr",
                "-subj",
                "/CN=other"
            )
        }
        try shop.write(Array(request.utf8), "request.csr")
        let extensions = """
            basicConstraints=critical,CA:FALSE
            keyUsage=critical,digitalSignature,keyEncipherment
            extendedKeyUsage=emailProtection
            subjectAltName=email:\(address)
            """
        try shop.write(Array(extensions.utf8), "extensions")
        for (from, to) in [("request.csr", name), ("other.csr", "stranger.pem")] {
            try shop.openssl(
                "x509",
                "-req",
                "-in",
                from,
                "-CA",
                "authority.pem",
                "-CAkey",
                "authority.key",
                "-CAcreateserial",
                "-days",
                "365",
                "-extfile",
                "extensions",
                "-out",
                to
            )
        }
    }
}

extension MailKeysWorld {
    func open(_ mail: [UInt8], known: [[UInt8]] = []) async throws -> MailOpening {
        try await keys.open(Sensitive(mail), known: known, of: organization)
    }

    func install(_ given: [UInt8], _ key: OwnMailKey) async throws -> OwnKeyUpload {
        // Certificates begin at the machine's now, a minute after the test's.
        clock.advance(by: .seconds(120))
        return try await keys.install(given, for: key.id, why: "Issued", by: administrator)
    }

    func take(_ file: [UInt8], _ passphrase: String) async throws -> OwnKeyUpload {
        try await keys.importPKCS12(
            file,
            passphrase: Sensitive(passphrase),
            for: clinic,
            signsNow: true,
            why: "A test",
            by: administrator
        )
    }
}
