// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardAudit
import WardKernel
import WardTestKit

@testable import WardSubmission

/// Certificates of accounts: what is pinned, and who signs in with it.
@Suite struct CertificateTests {
    /// RSA with 1024 bits, until 2126.
    private static let weak = """
        -----BEGIN CERTIFICATE-----
        MIIB+TCCAWKgAwIBAgIUZ9gh8+MtavyPIOanqEqKYkC/+v0wDQYJKoZIhvcNAQEL
        BQAwDzENMAsGA1UEAwwEd2VhazAgFw0yNjExMjcwMjA0MDBaGA8yMTI2MTEwMzAy
        MDQwMFowDzENMAsGA1UEAwwEd2VhazCBnzANBgkqhkiG9w0BAQEFAAOBjQAwgYkC
        gYEAxStBLmxzyYeio1aVbzsQrhTVyJZyZTbklBnEo2pTQgOhIm6q8lF///ZFKqIn
        bVv721ADBXe5+hUC/icDJFFpJna29209PTtCo0NELVsApjt1bVQ46KRmcNxlKrwB
        Nhj+3debog1PHp3mXIxo3jzuDQipnG0jDWFiCJ9WnOmKANsCAwEAAaNQME4wHQYD
        VR0OBBYEFM3UeHMPxdSg8BXQaxYqrYqLfgyPMB8GA1UdIwQYMBaAFM3UeHMPxdSg
        8BXQaxYqrYqLfgyPMAwGA1UdEwEB/wQCMAAwDQYJKoZIhvcNAQELBQADgYEAmOl+
        Zdn1VzXamBLWP8GYLfvV4bl3Ebz3cDvKmn8gTPcfHPxXH53pP5/rupPcx9M9Jnbd
        q+jAlYcf11mSiDQF0QEo6XR8kmlLuQAeown7l0BAHbYLccIf3wk1NrB7ycoVQe9K
        esAJnC2FaIHlpdB1k7DquM8Jivh+YHciTTrc2ys=
        -----END CERTIFICATE-----
        """

    private func refusal(_ work: () async throws -> PinnedCertificate) async -> CertificateRefusal? {
        do {
            _ = try await work()
            return nil
        } catch SubmissionError.certificateRefused(let refusal) {
            return refusal
        } catch {
            Issue.record("\(error)")
            return nil
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what is no usable certificate is refused and pins nothing`(kind: StoreKind) async throws {
        try await CertificateWorld.with(kind) { world in
            _ = try await world.make("ehr")
            let good = try world.issue()
            let refused: [(CertificateRefusal, [UInt8])] = [
                (.unreadable, []), (.unreadable, Array("no certificate".utf8)), (.unreadable, good.der.dropLast()),
                (.holdsPrivateKey, Array((good.pem + "\n" + good.keyPEM).utf8)),
                (.tooLarge, [UInt8](repeating: 0x30, count: Submission.largestCertificate + 1)),
                (.isAuthority, Array(try world.authority.rootPEM.utf8)),
                (.weakKey, Array(Self.weak.utf8)), (.ended, try world.issue(days: 10, from: -11).der),
            ]
            for (expected, given) in refused {
                let found = await refusal {
                    try await world.submission.addCertificate(given, to: "ehr", by: world.administrator)
                }
                #expect(found == expected)
            }
            #expect(try await world.submission.certificates(of: "ehr", by: world.administrator).isEmpty)
            #expect(try await world.entries(.submissionCertificateAdd).isEmpty)
            await #expect(throws: SubmissionError.certificateFirst("ehr")) {
                try await world.submission.setSignInRule(.both, of: "ehr", by: world.administrator)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an account has ten certificates, each once, and only its own administrators change them`(
        kind: StoreKind
    ) async throws {
        try await CertificateWorld.with(kind) { world in
            _ = try await world.make("ehr")
            let first = try world.issue()
            for number in 0..<Submission.mostCertificates {
                let given = number == 0 ? first : try world.issue()
                _ = try await world.submission.addCertificate(given.der, to: "ehr", by: world.administrator)
            }
            #expect(
                await refusal {
                    try await world.submission.addCertificate(first.der, to: "ehr", by: world.administrator)
                } == .alreadyPinned
            )
            let more = try world.issue().der
            #expect(
                await refusal {
                    try await world.submission.addCertificate(more, to: "ehr", by: world.administrator)
                } == .tooMany
            )
            await #expect(throws: SubmissionError.accountNotFound("ehr")) {
                _ = try await world.submission.addCertificate(more, to: "ehr", by: world.stranger)
            }
            let marketer = TestRequester.with(roles: [.marketer], of: world.administrator.organization)
            await #expect(throws: (any Error).self) {
                _ = try await world.submission.addCertificate(more, to: "ehr", by: marketer)
            }
            let held = try await world.submission.certificates(of: "ehr", by: world.administrator)
            await #expect(throws: SubmissionError.certificateNotFound(account: "ehr")) {
                _ = try await world.submission.removeCertificate("", from: "ehr", by: world.administrator)
            }
            let short = String(held[0].certificate.fingerprint.prefix(12)).uppercased()
            let removed = try await world.submission.removeCertificate(short, from: "ehr", by: world.administrator)
            #expect(removed == held[0].certificate)
            _ = try await world.submission.addCertificate(more, to: "ehr", by: world.administrator)
            let removal = try #require(try await world.entries(.submissionCertificateRemove).first)
            #expect(removal.outcome == .success && removal.facts.contains(removed.fingerprint))
            #expect(try await world.entries(.submissionCertificateAdd).count == 11)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `EXTERNAL signs nobody in with a certificate that is unknown, another's, ended or of a disabled account`(
        kind: StoreKind
    ) async throws {
        try await CertificateWorld.with(kind) { world in
            let credentials = try await world.make("ehr")
            _ = try await world.make("lab")
            let (own, others) = (try world.issue(days: 40), try world.issue())
            try await world.pin(own, to: "ehr", .certificate)
            try await world.pin(others, to: "lab", .certificate)
            let unknown = try world.client(world.issue())
            #expect(try await world.external("", world.client()) == "rejected")
            #expect(try await world.external("", unknown) == "rejected")
            #expect(try await world.external(credentials.login, unknown) == "rejected")
            #expect(try await world.external(credentials.login, world.client(others)) == "rejected")
            #expect(try await world.external("nobody@lakeside", world.client(own)) == "rejected")
            #expect(try await world.external("a\u{0}b", world.client(own)) == "malformed")
            #expect(try await world.plain(credentials, world.client(own)) == "rejected", "no password opens it")
            #expect(try await world.external("", world.client(own)) == "ehr")
            #expect(try await world.external(credentials.login, world.client(own)) == "ehr")
            let presented = try #require(world.client(own).certificate)
            #expect(try await world.submission.offersExternal(to: presented))
            #expect(try await !world.submission.offersExternal(to: try #require(unknown.certificate)))
            #expect(try await world.ending() == 0)
            world.clock.advance(by: .days(20))
            let soon = try await world.submission.certificates(of: "ehr", by: world.administrator)
            #expect(soon.map(\.standing) == [.ending])
            let all = try await world.submission.certificates(by: world.administrator)
            #expect(all.count == 2)
            #expect(all[try await world.account("ehr")]?.map(\.standing) == [.ending])
            #expect(try await world.ending() == 1, "what signs in with nothing else is told of")
            world.clock.advance(by: .days(21))
            #expect(try await world.external("", world.client(own)) == "rejected")
            #expect(try await !world.submission.offersExternal(to: presented))
            let ended = try await world.submission.certificates(of: "ehr", by: world.administrator)
            #expect(ended.map(\.standing) == [.ended])
            try await world.submission.disableAccount("lab", by: world.administrator)
            #expect(try await world.external("", world.client(others)) == "rejected")
            try await world.submission.setSignInRule(.password, of: "ehr", by: world.administrator)
            #expect(try await world.ending() == 0)
            let entries = try await world.entries(.submissionSignIn)
            #expect(entries.filter { $0.outcome == .success }.count == 2)
            #expect(entries.first?.outcome == .failed && entries.first?.facts.contains("EXTERNAL") == true)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a renewed certificate of the same key takes the ended one's place once it is pinned`(
        kind: StoreKind
    ) async throws {
        try await CertificateWorld.with(kind) { world in
            _ = try await world.make("ehr")
            let old = try world.issue(days: 10)
            try await world.pin(old, to: "ehr", .certificate)
            world.clock.advance(by: .days(11))
            var wish = TestCertificateAuthority.Wish(names: ["ehr"], now: CertificateWorld.date(world.clock.now))
            wish.key = old.key
            let renewed = try world.authority.sign(wish)
            #expect(try await world.external("", world.client(renewed)) == "rejected")
            try await world.pin(renewed, to: "ehr", .certificate)
            #expect(try await world.external("", world.client(renewed)) == "ehr")
            #expect(try await world.submission.certificates(of: "ehr", by: world.administrator).count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `where both are asked for, neither the password nor the certificate is enough`(kind: StoreKind) async throws {
        try await CertificateWorld.with(kind) { world in
            let credentials = try await world.make("ehr")
            let own = try world.issue()
            try await world.pin(own, to: "ehr", .both)
            #expect(try await world.plain(credentials, world.client()) == "rejected")
            #expect(try await world.plain(credentials, world.client(try world.issue())) == "rejected")
            #expect(try await world.external("", world.client(own)) == "rejected")
            #expect(try await !world.submission.offersExternal(to: try #require(world.client(own).certificate)))
            #expect(try await world.plain(credentials, world.client(own)) == "ehr")
            let pinned = try await world.submission.certificates(of: "ehr", by: world.administrator)[0].certificate
            let entry = try #require(try await world.entries(.submissionSignIn).first)
            #expect(entry.outcome == .success && entry.facts.contains(pinned.fingerprint))
            _ = try await world.submission.removeCertificate(
                pinned.fingerprint,
                from: "ehr",
                by: world.administrator
            )
            #expect(try await world.plain(credentials, world.client(own)) == "rejected")
            try await world.submission.setSignInRule(.password, of: "ehr", by: world.administrator)
            #expect(try await world.plain(credentials, world.client(try world.issue())) == "ehr")
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a certificate of two accounts signs in the one that is named, and none without a name`(
        kind: StoreKind
    ) async throws {
        try await CertificateWorld.with(kind) { world in
            let own = try world.issue()
            let here = try await world.make("ehr")
            let there = try await world.make("ehr", by: world.stranger)
            try await world.pin(own, to: "ehr", .certificate)
            try await world.pin(own, to: "ehr", .certificate, by: world.stranger)
            #expect(try await world.external("", world.client(own)) == "rejected")
            for login in [here.login, there.login] {
                let outcome = try await world.submission.authenticate(
                    "EXTERNAL",
                    Sensitive(Array(login.utf8)),
                    exchange: nil,
                    from: world.client(own)
                )
                guard case .authenticated(let account) = outcome else {
                    Issue.record("\(login)")
                    continue
                }
                #expect(
                    account.organization
                        == (login == here.login ? world.administrator.organization : world.stranger.organization)
                )
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `failed certificates are throttled as wrong passwords are`(kind: StoreKind) async throws {
        try await CertificateWorld.with(kind) { world in
            _ = try await world.make("ehr")
            let own = try world.issue()
            try await world.pin(own, to: "ehr", .certificate)
            let unknown = try world.client(world.issue())
            for _ in 0..<FailureThrottle.limit { _ = try await world.external("", unknown) }
            #expect(try await world.external("", world.client(own)) == "throttled")
            #expect(try await world.external("", world.client(own, at: "192.0.2.2")) == "ehr")
        }
    }
}
