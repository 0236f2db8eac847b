// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

@testable import WardMIME

/// Bytes that every server takes and that nobody can add a header to (catalogue S2, S4).
@Suite struct MailMessageTests {
    private func message(_ change: (inout MailMessage) -> Void = { _ in }) throws -> MailMessage {
        let from = try #require(EmailAddress("care@lakeside.example"))
        let to = try #require(EmailAddress("ann@home.example"))
        var message = MailMessage(
            from: Mailbox(from, name: "Lakeside Health"),
            to: [Mailbox(to)],
            subject: "Your visit",
            date: Timestamp(seconds: 1_795_500_000),
            messageIdentifier: "abc.1@lakeside.example",
            boundary: "b0",
            text: "Hello\n"
        )
        change(&message)
        return message
    }

    private func encode(_ change: (inout MailMessage) -> Void = { _ in }) throws -> [UInt8] {
        try message(change).encoded().bytes
    }

    /// No CR or LF alone, no NUL, no line over 998, 7-bit.
    private func expectClean(_ bytes: [UInt8]) {
        var column = 0
        var longest = 0
        for (index, byte) in bytes.enumerated() {
            if byte == 0x0d { #expect(index + 1 < bytes.count && bytes[index + 1] == 0x0a) }
            if byte == 0x0a {
                #expect(index > 0 && bytes[index - 1] == 0x0d)
                longest = max(longest, column - 1)
                column = 0
            } else {
                column += 1
            }
        }
        #expect(longest <= 998)
        #expect(!bytes.contains(0) && bytes.allSatisfy { $0 < 0x80 })
    }

    @Test("a report says of what type it is, and its type is one word")
    func report() throws {
        let file = MailAttachment(
            fileName: "a!b!1!2.json.gz",
            mediaType: "application/tlsrpt+gzip",
            content: [1, 2, 3]
        )
        let bytes = try encode {
            $0.attachments = [file]
            $0.reportType = "tlsrpt"
        }
        expectClean(bytes)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.contains("\r\nContent-Type: multipart/report; report-type=\"tlsrpt\"; boundary="))
        #expect(text.contains("\r\nContent-Type: application/tlsrpt+gzip\r\n"))
        #expect(try ParsedMail.parse(bytes).body.leaves.map(\.mediaType) == ["text/plain", "application/tlsrpt+gzip"])
        for type in ["", "a b", "tlsrpt\r\nBcc: x", "a\"b"] {
            #expect(throws: MailMessageError.malformedMediaType) {
                try encode {
                    $0.attachments = [file]
                    $0.reportType = type
                }
            }
        }
    }

    static let injections = [
        "a\r\nBcc: x@evil.example", "a\nBcc: x", "a\rBcc: x", "a\u{0}b", "a\u{2028}Bcc: x", "a\u{2029}b", "a\u{85}b",
        "a\u{b}b",
    ]

    @Test(arguments: injections)
    func `a line break or control character in a header is refused with its place`(value: String) throws {
        #expect(throws: MailMessageError.controlCharacter(in: "Subject")) { try encode { $0.subject = value } }
        #expect(throws: MailMessageError.controlCharacter(in: "From")) { try encode { $0.from.name = value } }
        #expect(throws: MailMessageError.controlCharacter(in: "To")) { try encode { $0.to[0].name = value } }
        #expect(throws: MailMessageError.controlCharacter(in: "X-Note")) {
            try encode { $0.headers = [MailHeaderField("X-Note", value)] }
        }
        #expect(throws: MailMessageError.malformedFileName) {
            try encode { $0.attachments = [MailAttachment(fileName: value, mediaType: "text/plain", content: [])] }
        }
        #expect(throws: MailMessageError.malformedMessageIdentifier) {
            try encode { $0.messageIdentifier = value + "@x" }
        }
        #expect(throws: MailMessageError.malformedBoundary) { try encode { $0.boundary = value } }
        #expect(throws: MailMessageError.malformedMediaType) {
            try encode { $0.attachments = [MailAttachment(fileName: "a", mediaType: "text/" + value, content: [])] }
        }
        #expect(throws: MailMessageError.self) {
            try encode { $0.headers = MailHeaderField.unsubscribe(url: "https://x/" + value) }
        }
        #expect(throws: MailMessageError.self) { try encode { $0.headers = [MailHeaderField("X" + value, "a")] } }
    }

    @Test(arguments: [
        "Bcc", "from", "TO", "Content-Type", "Received", "DKIM-Signature", "Resent-To", "X Y", "X:", "", "É",
    ])
    func `a header that the message or a server writes cannot be set`(name: String) throws {
        #expect(throws: MailMessageError.self) { try encode { $0.headers = [MailHeaderField(name, "a")] } }
    }

    @Test func `a header set twice is refused`() throws {
        #expect(throws: MailMessageError.headerNotAllowed("x-a")) {
            try encode { $0.headers = [MailHeaderField("X-A", "1"), MailHeaderField("x-a", "2")] }
        }
    }

    @Test func `an encoded word in a value is not taken for one`() throws {
        let bytes = try encode { $0.subject = "=?utf-8?B?DQpCY2M6IHg=?=" }
        expectClean(bytes)
        let parsed = try ParsedMail.parse(bytes)
        #expect(parsed.subject == "=?utf-8?B?DQpCY2M6IHg=?=")
        #expect(parsed.headers.count == 8)
    }

    @Test func `every header stands exactly once`() throws {
        let parsed = try ParsedMail.parse(
            try encode { message in
                message.replyTo = message.from
                message.headers = MailHeaderField.unsubscribe(
                    url: "https://p.example/u/1",
                    address: message.from.address
                )
            }
        )
        let names = [
            "Date", "From", "To", "Reply-To", "Message-ID", "Subject", "MIME-Version", "Content-Type",
            "Content-Transfer-Encoding", "List-Unsubscribe", "List-Unsubscribe-Post",
        ]
        for name in names { #expect(parsed.count(of: name) == 1) }
        #expect(parsed.headers.count == names.count)
        #expect(
            parsed.header("Date") == "Tue, 24 Nov 2026 05:20:00 +0000"
                || parsed.header("Date")?.hasSuffix("+0000") == true
        )
        #expect(parsed.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click")
        #expect(
            parsed.header("List-Unsubscribe")
                == "<https://p.example/u/1>, <mailto:care@lakeside.example?subject=unsubscribe>"
        )
        #expect(parsed.header("From") == "Lakeside Health <care@lakeside.example>")
    }

    static let subjects = [
        "Grüße aus Zürich", "日本語の件名がここにあり、とても長いので折り返されます。もう少し長くします。終わり。", "👩‍⚕️ visit", "  two  spaces ",
        String(repeating: "word ", count: 200), String(repeating: "é", count: 900), "a\"b\\c, <d@e.example>", "",
    ]

    @Test(arguments: subjects)
    func `any subject and any name come out as they went in`(value: String) throws {
        let value = value == String(repeating: "word ", count: 200) ? String(value.dropLast()) : value
        let bytes = try encode { message in
            message.subject = value
            message.from.name = value
        }
        expectClean(bytes)
        let parsed = try ParsedMail.parse(bytes)
        #expect(parsed.subject == value)
        #expect(parsed.headers.count == 8)
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 998 })
    }

    static let texts = [
        "plain\ntext\n", "no line end", "From here\n.\n..\nend \n", "é\r\nà\rü\n",
        String(repeating: "x", count: 5_000) + "\n",
        String(repeating: "日本語 ", count: 500) + "\n", "--=_b0_a\n--=_b0_a--\n", "trailing space \n\n\n", "= =3D =\n",
        "\u{0}\u{7f}\u{2028}\n", "\t\n",
    ]

    @Test(arguments: texts)
    func `any text comes out as it went in, with line ends made one kind`(text: String) throws {
        let bytes = try encode { message in
            message.text = text
            message.html = "<p>" + text + "</p>"
        }
        expectClean(bytes)
        let parsed = try ParsedMail.parse(bytes)
        let wanted = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        // The line ends before a delimiter belong to it, so how many a text ends with is not kept.
        func trimmed(_ value: String?) -> String? { value.map { String($0.reversed().drop { $0 == "\n" }.reversed()) } }
        #expect(trimmed(parsed.text) == trimmed(wanted))
        #expect(trimmed(parsed.html) == trimmed("<p>" + wanted + "</p>"))
        #expect(parsed.body.mediaType == "multipart/alternative")
        #expect(parsed.body.parts.count == 2)
    }

    @Test(arguments: [
        "report.pdf", "Befund März.pdf", "a;b=c.txt", "quote\".txt", "100%.txt", String(repeating: "名", count: 80),
        String(repeating: "n", count: 200) + ".pdf",
    ])
    func `a file comes out with its name and bytes`(name: String) throws {
        let content = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
        let bytes = try encode {
            $0.attachments = [MailAttachment(fileName: name, mediaType: "application/pdf", content: content)]
        }
        expectClean(bytes)
        let parsed = try ParsedMail.parse(bytes)
        #expect(parsed.attachments.map(\.fileName) == [name])
        #expect(parsed.attachments.map(\.content) == [content])
        #expect(parsed.text == "Hello\n" || parsed.text == "Hello")
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 78 })
    }

    @Test(arguments: ["a/b", "a\\b", "", String(repeating: "n", count: 256)])
    func `a file name that is a path, empty or too long is refused`(name: String) throws {
        #expect(throws: MailMessageError.malformedFileName) {
            try encode { $0.attachments = [MailAttachment(fileName: name, mediaType: "text/plain", content: [])] }
        }
    }

    @Test(arguments: [
        "http://p.example/u", "https://p.example/é", "https://p.example/a b", "https://p.example/>,<x", "javascript:x",
    ])
    func `an unsubscribe address that is not plain https is refused`(url: String) throws {
        #expect(throws: MailMessageError.malformedUnsubscribe) {
            try encode { $0.headers = [MailHeaderField("List-Unsubscribe", "<\(url)>")] }
        }
    }

    @Test func `the same value is the same bytes, and its digest tells a change`() throws {
        func make(_ text: String) throws -> EncodedMessage {
            try message { message in
                message.text = text
                message.html = "<p>\(text)</p>"
                message.attachments = [MailAttachment(fileName: "é.txt", mediaType: "text/plain", content: [1, 2])]
            }.encoded()
        }
        let first = try make("Grüße")
        for _ in 0..<5 { #expect(try make("Grüße") == first) }
        #expect(try make("Gruß").digest != first.digest)
        #expect(first.digest.count == 32)
    }

    @Test func `a message without recipient is refused`() throws {
        #expect(throws: MailMessageError.noRecipient) { try encode { $0.to = [] } }
    }

    @Test func `pictures that the HTML names travel beside it, and other files behind the text, octet for octet`()
        throws
    {
        let picture = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let paper = [UInt8]((0..<255).map { UInt8($0) })
        let bytes = try encode { message in
            message.html = "<p>Here: <img src=\"cid:logo@x\"></p>"
            message.attachments = [
                MailAttachment(
                    fileName: "logo.png",
                    mediaType: "image/png",
                    content: picture,
                    contentIdentifier: "logo@x"
                ),
                MailAttachment(fileName: "Résumé “2”.pdf", mediaType: "application/pdf", content: paper),
            ]
        }
        expectClean(bytes)
        let mail = try ParsedMail.parse(bytes)
        #expect(mail.body.mediaType == "multipart/mixed")
        #expect(mail.text?.hasPrefix("Hello") == true && mail.html?.contains("cid:logo@x") == true)
        let logo = try #require(mail.body.leaves.first { $0.mediaType == "image/png" })
        #expect(!logo.isAttachment && logo.contentIdentifier == "logo@x" && logo.content == picture)
        let attached = try #require(mail.attachments.first)
        #expect(mail.attachments.count == 1 && attached.content == paper && attached.fileName == "Résumé “2”.pdf")
        let withoutHTML = try encode { message in
            message.attachments = [
                MailAttachment(fileName: "a", mediaType: "image/png", content: picture, contentIdentifier: "logo@x")
            ]
        }
        #expect(try ParsedMail.parse(withoutHTML).attachments.map(\.content) == [picture])
        #expect(throws: MailMessageError.malformedContentIdentifier) {
            try encode { message in
                message.html = "x"
                message.attachments = [
                    MailAttachment(fileName: "a", mediaType: "image/png", content: [1], contentIdentifier: "a>\r\nX: y")
                ]
            }
        }
    }

    @Test(arguments: ["../../etc/passwd", "a\u{0}b\r\nX-Evil: 1", "", "   ", String(repeating: "é", count: 400)])
    func `whatever a file is called, it is carried under a name that mail can carry`(name: String) throws {
        let carried = MailAttachment.carriedName(name)
        #expect(!carried.isEmpty && carried.utf8.count <= 255)
        let bytes = try encode { message in
            message.attachments = [MailAttachment(fileName: carried, mediaType: "text/plain", content: [0x61])]
        }
        expectClean(bytes)
        #expect(try ParsedMail.parse(bytes).attachments.map(\.fileName) == [carried])
    }
}
