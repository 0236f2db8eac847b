// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardKernel

@testable import WardMailCrypto

/// Key records and signatures that must not be believed.
@Suite struct DKIMVerifyingTests {
    private func verdict(record: String?) throws -> DKIMVerdict? {
        let records = record.map { ["one-rsa._domainkey.lakeside.example": $0] } ?? [:]
        return try SignedMail.verdicts(try SignedMail.sign(SignedMail.plain), records: records).first
    }

    @Test func `a key record that does not fit is a failure with a name`() throws {
        let key = Data(try SignedMail.rsa.get().publicKey).base64EncodedString()
        let small =
            "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALpyZEQxThrPaRLS/LQ97Yq/MMMnyO0oGzMjNmiSEbFqKVOkTaQ1qqDz"
            + "9YqJ5Jc7Yl5Jc1nCJ2LkH2yTZ7vO3Z8CAwEAAQ=="
        let answers: [(String?, DKIMVerdict)] = [
            (nil, .failed(.keyMissing)),
            ("v=DKIM1; k=rsa; p=", .failed(.keyRevoked)),
            ("v=DKIM1; k=rsa; p=%%%", .failed(.keyUnreadable)),
            ("v=spf1 -all", .failed(.keyUnreadable)),
            ("k=rsa; v=DKIM1; p=\(key)", .failed(.keyUnreadable)),
            ("v=DKIM1; k=rsa; p=AAAA", .failed(.keyUnreadable)),
            ("v=DKIM1; k=rsa; p=\(small)", .failed(.keyTooShort)),
            ("v=DKIM1; k=ed25519; p=\(key)", .failed(.keyForSomethingElse)),
            ("v=DKIM1; h=sha1; p=\(key)", .failed(.keyForSomethingElse)),
            ("v=DKIM1; s=other; p=\(key)", .failed(.keyForSomethingElse)),
            (
                "v=DKIM1; k=rsa; h=sha1:sha256; s=email; t=y:s; n=note; p= \(key.prefix(20)) \(key.dropFirst(20))",
                .verified
            ),
            ("p=\(key)", .verified),
        ]
        for (record, answer) in answers { #expect(try verdict(record: record) == answer, "\(record ?? "none")") }
    }

    @Test func `the record's text is cut into strings of at most 255 octets`() throws {
        let text = DKIMKeyRecord(.rsa, publicKey: try SignedMail.rsa.get().publicKey).text
        let strings = DKIMKeyRecord.strings(text)
        #expect(strings.count == 2)
        #expect(strings.allSatisfy { $0.utf8.count <= 255 })
        #expect(strings.joined() == text)
        #expect(DKIMKeyRecord(text)?.publicKey == (try SignedMail.rsa.get().publicKey))
    }

    private func changed(_ old: String, _ new: String) throws -> DKIMVerdict? {
        let signed = String(decoding: try SignedMail.sign(SignedMail.plain), as: UTF8.self)
        let start = try #require(signed.range(of: old))
        return try SignedMail.verdicts(Array(signed.replacingCharacters(in: start, with: new).utf8)).first
    }

    @Test func `a signature field that says nonsense, too little or too much is a failure with a name`() throws {
        #expect(try changed("v=1;", "v=2;") == .failed(.malformedSignature))
        #expect(try changed("v=1;", "v=1; v=1;") == .failed(.malformedSignature))
        #expect(try changed("a=rsa-sha256", "a=rsa-sha1") == .failed(.algorithmRefused))
        #expect(try changed("c=relaxed/relaxed", "c=relaxed/nofws") == .failed(.malformedSignature))
        #expect(
            try changed("d=lakeside.example;", "d=lakeside.example; i=@evil.example;")
                == .failed(.identityOutsideDomain)
        )
        #expect(try changed("h=from:from:", "h=") == .failed(.fromNotCovered))
        #expect(try changed("v=1;", "v=1; l=5;") == .failed(.bodyPartlyCovered))
        #expect(try changed("v=1;", "v=1; x=1794999999;") == .failed(.expired))
        #expect(try changed("t=1795000000", "t=1795100000") == .failed(.fromTheFuture))
        #expect(try changed("t=1795000000", "t=-5") == .failed(.malformedSignature))
        #expect(try changed("d=lakeside.example", "d=lake side.example") == .failed(.malformedSignature))
    }

    @Test func `a signature of yesterday by another key of the domain does not verify`() throws {
        let other = try DKIMSigningKey.make(.ed25519, randomBytes: Surroundings.machine.randomBytes)
        var records = try SignedMail.records()
        records["one-ed25519._domainkey.lakeside.example"] =
            DKIMKeyRecord(.ed25519, publicKey: other.publicKey).text
        let verdicts = try SignedMail.verdicts(try SignedMail.sign(SignedMail.plain), records: records)
        #expect(verdicts == [.verified, .failed(.headerChanged)])
    }

    @Test func `of a thousand signatures only the first eight are looked at`() throws {
        let field = "DKIM-Signature: v=1; a=rsa-sha256; d=x.example; s=s; h=from; bh=AAAA; b=AAAA\r\n"
        let message = Array((String(repeating: field, count: 1_000)).utf8) + SignedMail.plain
        #expect(try DKIMMessage(message).signatures.count == DKIM.signatureLimit)
    }

    @Test func `any octets are read or refused, and nothing traps`() throws {
        var random = SystemRandomNumberGenerator()
        let signed = try SignedMail.sign(SignedMail.plain)
        for _ in 0..<400 {
            var octets = signed
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let position = Int.random(in: 0..<octets.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: octets[position] = UInt8.random(in: 0...255, using: &random)
                case 1: octets.remove(at: position)
                default: octets.insert([0x0d, 0x0a, 0x3b, 0x3d, 0x20].randomElement(using: &random) ?? 0, at: position)
                }
            }
            // Refusing it is as good as finding the signature broken.
            _ = try? SignedMail.verdicts(octets)
        }
    }
}
