// SPDX-License-Identifier: Apache-2.0

import Foundation
import SwiftASN1
import Testing
import WardKernel
import WardTestKit
import X509
import _CryptoExtras

@testable import WardTrust

/// What proves nothing is refused with its reason (catalogue T2).
@Suite struct CertificateVerifierTests {
    private let authority: TestCertificateAuthority
    private let verifier: CertificateVerifier
    private static let host = "mx.test.example"

    init() throws {
        authority = try TestCertificateAuthority()
        verifier = CertificateVerifier(roots: TrustRoots([authority.root]), surroundings: .machine)
    }

    private func problem(
        _ chain: [[UInt8]],
        for name: String = host,
        _ other: CertificateVerifier? = nil
    ) async -> TrustProblem? {
        switch await (other ?? verifier).verify(chain, for: name) {
        case .trusted: nil
        case .untrusted(let problem): problem
        }
    }

    @Test func `no certificate and unreadable certificates prove nothing`() async throws {
        #expect(await problem([]) == .noCertificate)
        #expect(await problem([[1, 2, 3]]) == .malformed)
        let good = try authority.sign(Self.host)
        #expect(await problem([Array(good.der.dropLast(9))]) == .malformed)
        // A stranger's unreadable certificate beside a good one changes nothing.
        #expect(await problem([good.der, [1, 2, 3]]) == nil)
    }

    @Test func `a certificate that ended or has not begun is refused with the moment`() async throws {
        var wish = TestCertificateAuthority.Wish(names: [Self.host])
        wish.notBefore = Date(timeIntervalSince1970: 1_600_000_000)
        wish.notAfter = Date(timeIntervalSince1970: 1_600_086_400)
        #expect(await problem([try authority.sign(wish).der]) == .expired(Timestamp(seconds: 1_600_086_400)))
        wish.notBefore = Date(timeIntervalSince1970: 4_000_000_000)
        wish.notAfter = Date(timeIntervalSince1970: 4_000_086_400)
        #expect(await problem([try authority.sign(wish).der]) == .notYetValid(Timestamp(seconds: 4_000_000_000)))
    }

    @Test func `an ended certificate is found by the given clock, not by the machine's`() async throws {
        let good = try authority.sign(Self.host)
        let later = TestSurroundings(now: Surroundings.machine.now() + .days(2))
        let verifier = CertificateVerifier(roots: TrustRoots([authority.root]), surroundings: later.surroundings)
        guard case .expired? = await problem([good.der], verifier) else {
            Issue.record("it did not end")
            return
        }
    }

    @Test(arguments: [
        ["other.example"], ["*.other.example"], ["*.example"], ["mx*.test.example"], ["*"], ["mx.*.example"],
        ["*.mx.test.example"], ["mx.test.example.evil.example"], ["mx.test.example\u{0}.evil.example"], [],
    ])
    func `a certificate for another name is refused with the names it has`(names: [String]) async throws {
        var wish = TestCertificateAuthority.Wish(names: names)
        // The common name is right, and is not looked at (RFC 9525).
        wish.commonName = Self.host
        let found = await problem([try authority.sign(wish).der])
        guard case .nameMismatch(Self.host, let seen)? = found else {
            Issue.record("\(String(describing: found))")
            return
        }
        #expect(seen.count == names.count)
    }

    @Test(arguments: ["mx.test.example", "MX.Test.Example", "*.test.example"])
    func `the name matches in any letter case and by a wildcard for one label`(name: String) async throws {
        let signed = try authority.sign("unrelated.example", name)
        #expect(await problem([signed.der]) == nil)
        #expect(await problem([signed.der], for: "deep.mx.test.example") != nil)
        #expect(await problem([signed.der], for: "test.example") != nil)
    }

    @Test func `an address is never proved by a name`() async throws {
        let signed = try authority.sign("127.0.0.1")
        #expect(await problem([signed.der], for: "::1") != nil)
    }

    @Test func `a certificate that signed itself, or whose authority is a stranger's, is refused`() async throws {
        var wish = TestCertificateAuthority.Wish(names: [Self.host])
        let stranger = try TestCertificateAuthority(named: "Stranger")
        #expect(await problem([try stranger.sign(wish).der, try stranger.root.serialized]) == .unknownIssuer)
        // The same name as the trusted root, another key.
        let double = try TestCertificateAuthority()
        #expect(await problem([try double.sign(wish).der]) == .unknownIssuer)
        wish.isSelfSigned = true
        #expect(await problem([try authority.sign(wish).der]) == .selfSigned)
    }

    @Test func `an intermediate certificate must come along, and must be an authority`() async throws {
        let intermediate = try authority.intermediate()
        let signed = try intermediate.sign(Self.host)
        #expect(await problem([signed.der]) == .unknownIssuer)
        #expect(await problem([signed.der, try intermediate.root.serialized]) == nil)
        let server = try authority.sign("attacker.example")
        let forged = TestCertificateAuthority(actingAs: server)
        guard let found = await problem([try forged.sign(Self.host).der, server.der]) else {
            Issue.record("a server's certificate signed another and was believed")
            return
        }
        #expect(["not_allowed", "unknown_issuer"].contains(found.word))
    }

    @Test func `a certificate that is not for servers is refused`() async throws {
        var wish = TestCertificateAuthority.Wish(names: [Self.host])
        wish.usages = [.clientAuth]
        #expect(await problem([try authority.sign(wish).der])?.word == "not_allowed")
    }

    @Test func `a weak key and a weak signature are refused`() async throws {
        var wish = TestCertificateAuthority.Wish(names: [Self.host])
        let weak = try _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: 1_024))
        wish.key = Certificate.PrivateKey(weak)
        #expect(await problem([try authority.sign(wish).der]) == .weakKey("RSA 1024"))
    }

    @Test func `what proves the name says until when`() async throws {
        let verdict = await verifier.verify([try authority.sign(Self.host).der], for: Self.host)
        guard case .trusted(Self.host, let end) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(end > Surroundings.machine.now())
    }

    @Test func `the machine's own store is read, and does not know the test's authority`() async throws {
        let verifier = CertificateVerifier(roots: .system, surroundings: .machine)
        #expect(await problem([try authority.sign(Self.host).der], verifier) == .unknownIssuer)
    }

    @Test func `trusted certificates that are none are refused with a sentence`() {
        #expect(throws: TrustRootsError.self) {
            try TrustRoots(pem: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")
        }
    }
}

extension CertificateVerifierTests {
    private func problem(_ chain: [[UInt8]], _ other: CertificateVerifier) async -> TrustProblem? {
        await problem(chain, for: Self.host, other)
    }
}

extension Certificate {
    fileprivate var serialized: [UInt8] { get throws { try serializeAsPEM().derBytes } }
}
