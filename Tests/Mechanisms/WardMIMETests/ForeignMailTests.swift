// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

@testable import WardMIME

/// Bombs (reliability.md P1) and addresses from hell (S5).
@Suite struct ForeignMailTests {
    /// At most 50 ms for a megabyte in a release build; tests run without optimization, some twenty times slower.
    private func reading(_ octets: [UInt8], within limit: Duration) -> Result<ParsedMail, MailParseError> {
        let clock = ContinuousClock()
        let start = clock.now
        let result = Result { () throws(MailParseError) in try ParsedMail.parse(octets) }
        #expect(clock.now - start < limit)
        return result
    }

    @Test func `ten thousand nested multiparts end early`() {
        var text = ""
        for level in 0..<10_000 { text += "Content-Type: multipart/mixed; boundary=b\(level)\r\n\r\n--b\(level)\r\n" }
        guard case .failure(let error) = reading(Array(text.utf8), within: .seconds(5)) else {
            Issue.record("It was read.")
            return
        }
        #expect(error == .nestedTooDeep)
    }

    @Test func `a million parts end at the limit of parts`() {
        let head = Array("Content-Type: multipart/mixed; boundary=b\r\n\r\n".utf8)
        let part = Array("--b\r\n\r\n".utf8)
        let octets = head + Array(repeatElement(part, count: 1_000_000).joined())
        guard case .failure(let error) = reading(octets, within: .seconds(10)) else {
            Issue.record("It was read.")
            return
        }
        #expect(error == .tooManyParts)
    }

    @Test func `a header without end, a million headers and a header folded ten thousand times cost little`() {
        let endless = Array("Subject: ".utf8) + [UInt8](repeating: 0x61, count: 10_000_000)
        if case .success = reading(endless, within: .seconds(5)) { Issue.record("It was read.") }
        let many = Array(repeatElement(Array("A: b\r\n".utf8), count: 1_000_000).joined())
        if case .success = reading(many, within: .seconds(5)) { Issue.record("It was read.") }
        let folded =
            Array("Subject: a\r\n".utf8) + Array(repeatElement(Array(" bcdefg\r\n".utf8), count: 12_000).joined())
        if case .failure = reading(folded, within: .seconds(5)) { Issue.record("It was not read.") }
    }

    @Test func `messages inside messages and base64 of base64 are left as they are`() throws {
        var inner = Array("Subject: in\r\n\r\nx".utf8)
        for _ in 0..<200 { inner = Array("Content-Type: message/rfc822\r\n\r\n".utf8) + inner }
        let mail = try reading(inner, within: .seconds(5)).get()
        #expect(mail.body.mediaType == "message/rfc822")
        #expect(mail.body.parts.isEmpty)
    }

    @Test func `mutated messages never trap`() {
        let corpus = [
            "From: \"a\" <a@b.example>\r\nSubject: =?utf-8?B?eA==?= =?x?Q?=41?=\r\nContent-Type: multipart/mixed; boundary=\"b\"; "
                + "name*0*=utf-8''%41; name*1=b\r\n\r\n--b\r\nContent-Transfer-Encoding: base64\r\n\r\neHg=\r\n--b--\r\n",
            "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nA: b\r\n\r\n"
                + "Action: failed\r\nStatus: 5.1.1\r\n--b--\r\n",
            "Content-Transfer-Encoding: quoted-printable\r\nContent-Type: text/html; charset=x\r\n\r\n<p>=41=\r\n=4&#x110000;<!--\r\n",
        ].map { Array($0.utf8) }
        var state: UInt64 = 20_261_126
        func next(_ bound: Int) -> Int {
            state = (state &* 6_364_136_223_846_793_005) &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(max(1, bound)))
        }
        for _ in 0..<6_000 {
            var octets = corpus[next(corpus.count)]
            for _ in 0...next(8) {
                let place = next(octets.count + 1)
                switch next(4) {
                case 0: octets.insert(UInt8(next(256)), at: place)
                case 1 where place < octets.count: octets.remove(at: place)
                case 2 where place < octets.count: octets[place] = UInt8(next(256))
                default:
                    octets.insert(
                        contentsOf: Array(octets[min(place, next(octets.count + 1))..<max(place, 0)]),
                        at: place
                    )
                }
            }
            guard let mail = try? ParsedMail.parse(octets) else { continue }
            _ = MailReading(mail, hasNullReturnPath: true)
            _ = MailboxList(mail.header("From") ?? "")
            _ = HTMLText.plain(mail.html ?? String(decoding: octets, as: UTF8.self))
        }
    }

    @Test func `an address in a name or a comment is never the mailbox`() throws {
        #expect(MailboxList("\"evil@x.example\" <a@b.example>").mailboxes.map(\.address.mailbox) == ["a@b.example"])
        #expect(MailboxList("(evil@x.example) a@b.example").mailboxes.map(\.address.mailbox) == ["a@b.example"])
        #expect(MailboxList("evil@x.example <a@b.example>").mailboxes.map(\.address.mailbox) == ["a@b.example"])
        #expect(MailboxList("A <a@b.example>, \"B, C\" <c@d.example>").mailboxes.map(\.name) == ["A", "B, C"])
        for text in [
            "a@b@c.example", "<a@b.example> <c@d.example>", "group: a@b.example;", "\"a <a@b.example>",
            "<@r.example:a@b.example>",
            "a@b.example; c@d.example", "",
        ] { #expect(MailboxList(text).mailboxes.isEmpty, "\(text)") }
    }

    @Test func `HTML becomes text without its scripts`() {
        let html =
            "<html><head><style>p{}</style></head><p>A&nbsp;&amp; B<br>C</p><script>evil()</script><!-- x --><div>1 &lt; 2</div>"
        #expect(HTMLText.plain(html) == "A & B\nC\n1 < 2\n")
        #expect(HTMLText.plain("a < b & c &unknown; <") == "a < b & c <")
    }
}
