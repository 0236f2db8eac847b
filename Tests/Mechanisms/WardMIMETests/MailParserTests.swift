// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

@testable import WardMIME

/// Reading is bounded, and what is not understood stays bytes.
@Suite struct MailParserTests {
    private func parse(_ text: String, _ limits: ParsedMail.Limits = .init()) throws(MailParseError) -> ParsedMail {
        try ParsedMail.parse(Array(text.utf8), limits: limits)
    }

    @Test func `size, headers, depth and parts are limited`() {
        var limits = ParsedMail.Limits()
        limits.octets = 100
        limits.headers = 5
        limits.depth = 3
        #expect(throws: MailParseError.tooLarge) { try parse(String(repeating: "a", count: 101), limits) }
        #expect(throws: MailParseError.tooManyHeaders) { try parse(String(repeating: "A: b\n", count: 20), limits) }
        limits.octets = 100_000
        var nested = "Content-Type: text/plain\n\nx"
        for level in 0..<6 {
            nested = "Content-Type: multipart/mixed; boundary=b\(level)\n\n--b\(level)\n\(nested)\n--b\(level)--\n"
        }
        #expect(throws: MailParseError.nestedTooDeep) { try parse(nested, limits) }
        limits.parts = 4
        let many =
            "Content-Type: multipart/mixed; boundary=b\n\n" + String(repeating: "--b\n\nx\n", count: 50) + "--b--\n"
        #expect(throws: MailParseError.tooManyParts) { try parse(many, limits) }
    }

    @Test func `headers alone, an empty message and a body alone are read`() throws {
        #expect(try parse("").headers.isEmpty)
        #expect(try parse("Subject: hi").subject == "hi")
        #expect(try parse("\n\nbody").text == "\nbody")
        #expect(try parse(" folded first\nSubject: a\n\tb\n\nx").subject.contains("a"))
    }

    @Test func `encoded words are decoded, and what is none stays`() throws {
        #expect(
            try parse("Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe_an?= =?utf-8?b?w6Q=?= alle\n\n").subject == "Grüße anä alle"
        )
        #expect(try parse("Subject: =?iso-8859-1?q?caf=E9?=\n\n").subject == "café")
        #expect(try parse("Subject: =?x?y?z?=\n\n").subject == "=?x?y?z?=")
    }

    @Test func `a multipart without an end, or with its boundary in a text, is read`() throws {
        let mail = try parse(
            "Content-Type: multipart/alternative; boundary=\"a b\"\n\npre\n--a b\n\none\n--a bc\n--a b\nContent-Type: text/html\n\ntwo"
        )
        #expect(mail.text == "one\n--a bc")
        #expect(mail.html == "two")
    }

    @Test func `broken encodings give bytes and no trap`() throws {
        let broken = "Content-Transfer-Encoding: quoted-printable\n\n=\n=X=4=ZZ="
        #expect(try parse(broken).text == "=X=4=ZZ=")
        #expect(try parse("Content-Transfer-Encoding: base64\n\n!!!!QUI\n").text == "AB")
        #expect(
            try parse("Content-Type: ;;;=\nContent-Disposition: attachment; filename*1*=b; filename*0*=utf-8''a%4\n\nx")
                .body.fileName == "a%4b"
        )
    }

    @Test func `random bytes are read or refused`() {
        var state: UInt64 = 7
        for _ in 0..<2_000 {
            let bytes = (0..<200).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let pool = Array("a=?:;-\r\n\" \tContent-Type: multipart/x; boundary=b\n--b\u{e9}".utf8)
                return pool[Int((state >> 33) % UInt64(pool.count))]
            }
            // Whatever comes of it: no trap.
            _ = try? ParsedMail.parse(bytes)
        }
    }
}
