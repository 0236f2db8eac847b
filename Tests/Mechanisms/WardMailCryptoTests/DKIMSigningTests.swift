// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardKernel

@testable import WardMailCrypto

/// What Ward signs, and that whatever changes is found.
@Suite struct DKIMSigningTests {
    @Test func `a signed message verifies by both keys, RSA first`() throws {
        let signed = try SignedMail.sign(SignedMail.plain)
        #expect(try SignedMail.verdicts(signed) == [.verified, .verified])
        let text = String(decoding: signed, as: UTF8.self)
        #expect(text.hasPrefix("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=lakeside.example;\r\n"))
        #expect(!text.contains("l="))
        #expect(text.split(separator: "\r\n").allSatisfy { $0.utf8.count <= 78 })
    }

    @Test func `the field follows from the kept signature, the same each time`() throws {
        let signatures = try DKIM.signatures(of: SignedMail.plain, by: SignedMail.signers(), at: SignedMail.now)
        let first = try DKIM.fields(signatures, domain: SignedMail.domain, of: SignedMail.plain)
        let again = try DKIM.fields(signatures, domain: SignedMail.domain, of: SignedMail.plain)
        #expect(first == again)
        #expect(signatures.map(\.value.count) == [256, 64])
    }

    @Test func `a key that was stored signs like the one that was made`() throws {
        for made in [try SignedMail.rsa.get(), try SignedMail.ed25519.get()] {
            let read = try DKIMSigningKey(made.algorithm, stored: try made.stored())
            #expect(read.publicKey == made.publicKey)
        }
        #expect(throws: (any Error).self) { try DKIMSigningKey(.rsa, stored: Sensitive([1, 2, 3])) }
        #expect(throws: DKIMError.malformedKey) { try DKIMSigningKey(.ed25519, stored: Sensitive([1, 2, 3])) }
    }

    /// One change each, as a server or an attacker on the way could make it.
    private static let changes: [(String, String, DKIMFailure)] = [
        ("From: Lakeside Health", "From: Lakeside Wealth", .headerChanged),
        ("To: <person@", "To: <another@", .headerChanged),
        ("Subject: News", "Subject: Bill", .headerChanged),
        ("Date: Wed", "Date: Tue", .headerChanged),
        ("Message-ID: <1@", "Message-ID: <2@", .headerChanged),
        ("Content-Type: text/plain", "Content-Type: text/html", .headerChanged),
        ("MIME-Version: 1.0", "MIME-Version: 1.1", .headerChanged),
        ("The clinic", "Your clinic", .bodyChanged),
        ("Lakeside Health\r\n\r\n", "Lakeside Health\r\nPay here\r\n\r\n", .bodyChanged),
        ("\r\nSubject: ", "\r\nFrom: <other@evil.example>\r\nSubject: ", .headerChanged),
        ("\r\nSubject: ", "\r\nSubject: Another\r\nSubject: ", .headerChanged),
        ("\r\nSubject: ", "\r\nReply-To: <other@evil.example>\r\nSubject: ", .headerChanged),
        ("\r\nSubject: ", "\r\nCc: <other@evil.example>\r\nSubject: ", .headerChanged),
        ("\r\nSubject: ", "\r\nList-Unsubscribe: <https://evil.example/>\r\nSubject: ", .headerChanged),
        ("\r\nSubject: ", "\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nSubject: ", .headerChanged),
        ("\r\nSubject: ", "\r\nContent-Transfer-Encoding: base64\r\nSubject: ", .headerChanged),
        (" t=1795000000;", " t=1795000001;", .headerChanged),
    ]

    @Test func `whatever of a signed message is changed is found`() throws {
        let signed = String(decoding: try SignedMail.sign(SignedMail.plain), as: UTF8.self)
        for (old, new, failure) in Self.changes {
            let changed = signed.replacing(old, with: new)
            #expect(changed != signed, "nothing was changed: \(old)")
            #expect(try SignedMail.verdicts(Array(changed.utf8)) == [.failed(failure), .failed(failure)], "\(new)")
        }
    }

    @Test func `every octet of the covered fields and of the text counts`() throws {
        let signed = try SignedMail.sign(SignedMail.plain)
        let start = signed.count - SignedMail.plain.count
        for position in start..<signed.count {
            // White space may change; letters and digits may not. The names' case may.
            guard signed[position] > 0x20, signed[position] != 0x3a else { continue }
            var changed = signed
            changed[position] ^= 0x01
            guard let verdicts = try? SignedMail.verdicts(changed) else { continue }
            #expect(!verdicts.contains(.verified), "octet \(position - start)")
        }
    }

    @Test func `white space and folding that servers change do not matter`() throws {
        let signed = String(decoding: try SignedMail.sign(SignedMail.plain), as: UTF8.self)
        let changed =
            signed.replacing("Subject: News from", with: "subject:  News\r\n\t from ")
            .replacing("open  again.", with: "open again. ") + "\r\n\r\n"
        #expect(try SignedMail.verdicts(Array(changed.utf8)) == [.verified, .verified])
    }

    @Test func `a message that may change or mean two things is not signed`() throws {
        let long = String(repeating: "x", count: 999)
        let refused: [(String, DKIMError)] = [
            ("From: a@b.example\nTo: c@d.example\n\n" + long + "\n", .lineTooLong),
            ("From: a@b.example\nFrom: c@d.example\n\nx\n", .fieldRepeated("from")),
            ("From: a@b.example\nSubject: x\nsubject: y\n\nx\n", .fieldRepeated("subject")),
            (
                "From: a@b.example\nContent-Type: text/plain\nContent-Type: text/html\n\nx\n",
                .fieldRepeated("content-type")
            ),
            ("To: a@b.example\n\nx\n", .fieldMissing("from")),
        ]
        for (text, error) in refused {
            #expect(throws: error) { try SignedMail.sign(SignedMail.octets(text)) }
        }
        for text in ["From: a@b.example\r\n\r\nx\ny\r\n", "From: a@b.example\rTo: c@d.example\r\n\r\nx\r\n"] {
            #expect(throws: DKIMError.bareLineEnd) { try SignedMail.sign(Array(text.utf8)) }
        }
        let longest = SignedMail.octets("From: a@b.example\n\n" + String(repeating: "x", count: 998) + "\n")
        #expect(try SignedMail.verdicts(try SignedMail.sign(longest)) == [.verified, .verified])
    }

    @Test func `a selector or domain that is no name is refused`() throws {
        let key = try SignedMail.ed25519.get()
        for name in ["", "a..b", "a;b", "a b", "a\r\nb", "-a", String(repeating: "a", count: 64)] {
            #expect(throws: DKIMError.malformedName) { try DKIMSigner(domain: name, selector: "s", key: key) }
            #expect(throws: DKIMError.malformedName) { try DKIMSigner(domain: "d.example", selector: name, key: key) }
        }
    }
}
