// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

@testable import WardMIME

/// What somebody signed goes on octet for octet, or not at all.
@Suite struct SignedEntityTests {
    private static let entity = """
        Content-Type: multipart/signed; protocol="application/pkcs7-signature";
         micalg=sha-256; boundary="sig"

        before it
        --sig
        Content-Type: multipart/mixed; boundary=in
        X-Note: beside

        hidden
        --in
        Content-Type: text/plain; charset=us-ascii

        Your visit  
        --in
        Content-Type: text/html; charset=utf-8
        Content-Transfer-Encoding: quoted-printable

        <p>=C3=9Cber</p>
        --in--
        behind
        --sig
        Content-Type: application/pkcs7-signature; name=smime.p7s
        Content-Transfer-Encoding: base64

        AAAA
        --sig--

        """.replacing("\n", with: "\r\n")

    private static let header = """
        From: results@lakeside.example
        Subject: Yours
         truly
        Message-ID: <1@ehr.example>
        MIME-Version: 1.0

        """.replacing("\n", with: "\r\n")

    private func read(_ message: String) throws -> SignedEntity? {
        let octets = Array(message.utf8)
        return try SignedEntity(of: try ParsedMail.parse(octets), octets: octets)
    }

    private func failure(_ message: String) -> SignedEntity.Failure? {
        do {
            _ = try read(message)
            return nil
        } catch {
            return error as? SignedEntity.Failure
        }
    }

    @Test func `what would not arrive as it is, or cannot be looked through, is refused`() {
        let whole = Self.header + Self.entity
        let refused: [(String, SignedEntity.Failure)] = [
            (whole.replacing("\r\n", with: "\n"), .notSevenBit),
            (whole.replacing("Your visit", with: "Your\nvisit"), .notSevenBit),
            (whole.replacing("Your visit", with: "Your\rvisit"), .notSevenBit),
            (whole.replacing("Your visit", with: "Your\0visit"), .notSevenBit),
            (whole.replacing("Your visit", with: "Ünser"), .notSevenBit),
            (whole.replacing("Your visit", with: String(repeating: "a", count: 999)), .notSevenBit),
            (whole.replacing("charset=us-ascii", with: "charset=utf-7"), .notReadable),
            (whole.replacing("quoted-printable", with: "x-uuencode"), .notReadable),
            (whole.replacing("application/pkcs7-signature; name", with: "text/plain; name"), .malformed),
            (whole.replacing("--sig--", with: "--sig\r\n\r\na third\r\n--sig--"), .malformed),
        ]
        for (message, expected) in refused { #expect(failure(message) == expected, "\(message)") }
        #expect(failure("Content-Type: multipart/signed; boundary=sig\r\n" + whole) == .malformed, "two types")
        #expect(failure(whole.replacing("AAAA", with: String(repeating: "QUJD\r\n", count: 30_000))) == .malformed)
    }

    @Test func `the content's fields and the body stay as they are, and the rest of the header goes`() throws {
        let signed = try #require(try read(Self.header + Self.entity))
        #expect(String(decoding: signed.octets, as: UTF8.self) == Self.entity)
        #expect(signed.content.leaves.map(\.mediaType) == ["text/plain", "text/html"])
        let without = try #require(try read(Self.header + Self.entity.dropLast()))
        #expect(without.octets == signed.octets, "the last line gets its end")
        #expect(try read(Self.header + "Content-Type: text/plain\r\n\r\nx\r\n") == nil)
    }

    @Test func `what stands beside the parts' contents is told`() throws {
        let signed = try #require(try read(Self.header + Self.entity))
        for word in ["before it", "X-Note: beside", "hidden", "behind", "name=smime.p7s"] {
            #expect(signed.aside.contains(word), "\(word)")
        }
        for word in ["Your visit", "results@", "AAAA"] { #expect(!signed.aside.contains(word), "\(word)") }
        #expect(!signed.namesRecipients)
        let named = Self.entity.replacing("X-Note: beside", with: "To: ann@tls.example")
        #expect(try read(Self.header + named)?.namesRecipients == true)
    }

    @Test func `a message with it is the same octets below a header of its own, or behind a text`() throws {
        let address = try #require(EmailAddress("ann@tls.example"))
        var message = MailMessage(
            from: Mailbox(address),
            to: [Mailbox(address)],
            subject: "x",
            date: Timestamp(seconds: 0),
            messageIdentifier: "1@lakeside.example",
            boundary: "b",
            text: "",
            entity: Array(Self.entity.utf8)
        )
        #expect(String(decoding: try message.octets(), as: UTF8.self).hasSuffix("MIME-Version: 1.0\r\n" + Self.entity))
        message.text = "About your visit\n"
        let mail = try ParsedMail.parse(try message.octets())
        #expect(mail.body.mediaType == "multipart/mixed" && mail.body.parts.count == 2)
        #expect(mail.body.parts[0].text == "About your visit")
        #expect(mail.body.parts[1].mediaType == "multipart/signed")
        #expect(String(decoding: try message.octets(), as: UTF8.self).contains("\r\n" + Self.entity + "--=_b_m--"))
    }
}
