// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import SwiftASN1
import Testing
import WardDNS
import WardKernel
import WardTestKit
import X509

@testable import WardTrust

/// Certificates against TLSA records: usages 2 and 3, both selectors, every matching type (catalogue T7).
@Suite struct DANEVerifierTests {
    private static let host = "mx.test.example"
    private let authority: TestCertificateAuthority
    /// Believes no root at all: what passes, passes by a record.
    private let verifier = CertificateVerifier(roots: TrustRoots([]), surroundings: .machine)

    init() throws { authority = try TestCertificateAuthority() }

    private static func record(
        _ usage: UInt8,
        _ selector: UInt8,
        _ matching: UInt8,
        of der: [UInt8]
    ) throws -> TLSARecord {
        let selected = selector == 0 ? der : try #require(KeyStrength.publicKeyInfo(der))
        let association: [UInt8] =
            switch matching {
            case 1: Array(SHA256.hash(data: selected))
            case 2: Array(SHA512.hash(data: selected))
            default: selected
            }
        return TLSARecord(usage: usage, selector: selector, matching: matching, association: association)
    }

    private func word(
        _ chain: [[UInt8]],
        _ records: [TLSARecord],
        others: [String] = [],
        for name: String = host
    ) async throws -> String {
        let demand = CertificateDemand.dane(try #require(DANERecords(records, otherNames: others)))
        switch await verifier.verify(chain, for: name, demand: demand) {
        case .trusted: return "trusted"
        case .untrusted(let problem): return problem.word
        }
    }

    @Test func `the key of a certificate is found where the library says it is`() throws {
        let signed = try authority.sign(Self.host)
        var serializer = DER.Serializer()
        try serializer.serialize(signed.certificate)
        let info = try #require(KeyStrength.publicKeyInfo(serializer.serializedBytes))
        let key = try P256.Signing.PublicKey(derRepresentation: info)
        #expect(Certificate.PublicKey(key) == signed.certificate.publicKey)
        #expect(KeyStrength.publicKeyInfo([1, 2, 3]) == nil)
    }

    @Test(arguments: [UInt8(0), 1], [UInt8(0), 1, 2])
    func `a server's own certificate matches whatever its names and dates`(
        selector: UInt8,
        matching: UInt8
    ) async throws {
        var wish = TestCertificateAuthority.Wish(names: ["elsewhere.example"])
        wish.notBefore = Date(timeIntervalSince1970: 1_600_000_000)
        wish.notAfter = Date(timeIntervalSince1970: 1_600_086_400)
        wish.isSelfSigned = true
        let signed = try authority.sign(wish)
        #expect(try await word([signed.der], [Self.record(3, selector, matching, of: signed.der)]) == "trusted")
        let other = try authority.sign(Self.host)
        #expect(
            try await word([other.der], [Self.record(3, selector, matching, of: signed.der)])
                == "matches_no_tlsa_record"
        )
    }

    @Test(arguments: [UInt8(0), 1], [UInt8(0), 1, 2])
    func `an anchor proves what it signed, with name and date`(selector: UInt8, matching: UInt8) async throws {
        let middle = try authority.intermediate()
        let anchor = try middle.root.serializeAsPEM().derBytes
        let signed = try middle.sign(Self.host)
        let records = [try Self.record(2, selector, matching, of: anchor)]
        #expect(try await word([signed.der, anchor], records) == "trusted")
        #expect(try await word([try middle.sign("elsewhere.example").der, anchor], records) == "name_mismatch")
        #expect(
            try await word([try middle.sign("test.example").der, anchor], records, others: ["test.example"])
                == "trusted"
        )
        var wish = TestCertificateAuthority.Wish(names: [Self.host])
        wish.notAfter = Date(timeIntervalSinceNow: -60)
        #expect(try await word([try middle.sign(wish).der, anchor], records) == "expired")
    }

    @Test func `an anchor that the server shows and did not sign with proves nothing`() async throws {
        let anchor = try authority.root.serializeAsPEM().derBytes
        let records = [try Self.record(2, 0, 1, of: anchor)]
        let stranger = try TestCertificateAuthority(named: "Stranger").sign(Self.host)
        #expect(try await word([stranger.der, anchor], records) == "matches_no_tlsa_record")
        #expect(try await word([try authority.sign(Self.host).der], records) == "matches_no_tlsa_record")
        // With the whole certificate in the record the server need not send it.
        #expect(try await word([try authority.sign(Self.host).der], [Self.record(2, 0, 0, of: anchor)]) == "trusted")
    }

    @Test func `a certificate that every browser would take is refused when no record names it`() async throws {
        let trusting = CertificateVerifier(roots: TrustRoots([authority.root]), surroundings: .machine)
        let signed = try authority.sign(Self.host)
        let stale = try Self.record(3, 1, 1, of: try authority.sign(Self.host).der)
        let demand = CertificateDemand.dane(try #require(DANERecords([stale])))
        #expect(await trusting.verify([signed.der], for: Self.host, demand: .webPKI).isTrusted)
        #expect(
            await trusting.verify([signed.der], for: Self.host, demand: demand) == .untrusted(.matchesNoRecord)
        )
        // Rollover: both records stand while either certificate is shown.
        let next = try Self.record(3, 1, 1, of: signed.der)
        #expect(try await word([signed.der], [stale, next]) == "trusted")
    }

    @Test func `records of other usages, selectors, matching types and lengths cannot be used`() {
        func isUsable(_ usage: UInt8, _ selector: UInt8, _ matching: UInt8, _ count: Int) -> Bool {
            let bytes = [UInt8](repeating: 1, count: count)
            let record = TLSARecord(usage: usage, selector: selector, matching: matching, association: bytes)
            return DANERecords([record]) != nil
        }
        #expect(!isUsable(0, 1, 1, 32) && !isUsable(1, 1, 1, 32) && !isUsable(4, 1, 1, 32))
        #expect(!isUsable(3, 2, 1, 32) && !isUsable(3, 1, 3, 32))
        #expect(!isUsable(3, 1, 1, 31) && !isUsable(3, 1, 2, 32) && !isUsable(3, 1, 0, 0))
        #expect(isUsable(3, 1, 1, 32) && isUsable(2, 0, 2, 64) && isUsable(3, 0, 0, 700))
    }

    @Test func `of two digests of the same kind the stronger alone counts`() async throws {
        let signed = try authority.sign(Self.host)
        let other = try authority.sign(Self.host)
        let weakFits = [try Self.record(3, 1, 1, of: signed.der), try Self.record(3, 1, 2, of: other.der)]
        #expect(try await word([signed.der], weakFits) == "matches_no_tlsa_record")
        let otherSelector = [try Self.record(3, 0, 1, of: signed.der), try Self.record(3, 1, 2, of: other.der)]
        #expect(try await word([signed.der], otherSelector) == "trusted")
    }
}
