// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

/// Addresses of RFC 5321 section 4.1.2, RFC 5322 section 3.4.1 and RFC 6531 section 3.3, valid and hostile, one a line.
@Suite struct EmailAddressTableTests {
    private static func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }

    private static let taken = lines(
        #"""
        a@b.cd
        first.last@iana.org
        1234567890@iana.org
        first+last@iana.org
        first-last@iana.org
        _@iana.org
        -@iana.org
        +@iana.org
        -dash@iana.org
        !#$%&'*+/=?^_`{|}~-@iana.org
        'quote'@iana.org
        dana.o'neil@iana.org
        customer/department=shipping@iana.org
        $A12345@iana.org
        !def!xyz%abc@iana.org
        user%host@iana.org
        a|b@iana.org
        {braces}@iana.org
        a.b.c.d.e.f.g@iana.org
        x@1.2.example
        x@123.com
        x@3m.example
        x@a-b.example
        x@a--b.example
        x@xn--exmple-cua.example
        X@EXAMPLE.ORG
        X.Y@sub.sub.sub.example.org
        postmaster@mx.example.org
        bounce+abc234=x@example.org
        a@a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.example
        """#
    )

    /// Valid by the RFCs, and refused by choice (`EmailAddress` says why).
    private static let refusedByChoice = lines(
        #"""
        "first last"@iana.org
        "first"@iana.org
        "first@last"@iana.org
        "first\"last"@iana.org
        "first\\last"@iana.org
        ""@iana.org
        " "@iana.org
        ".dot"@iana.org
        "a..b"@iana.org
        first."middle".last@iana.org
        "first".last@iana.org
        a@[127.0.0.1]
        a@[255.255.255.255]
        a@[IPv6:::1]
        a@[IPv6:2001:db8::1]
        a@[IPv6:::ffff:192.0.2.1]
        a@[tag:content]
        a@localhost
        a@org
        postmaster
        @one.example,@two.example:a@three.example
        (comment)a@iana.org
        a(comment)@iana.org
        a@(comment)iana.org
        a@iana.org(comment)
        a @iana.org
        a@ iana.org
        a . b@iana.org
        Ann Lee <a@iana.org>
        <a@iana.org>
        "Ann, Lee" <a@iana.org>
        group: a@iana.org;
        ñandú@iana.org
        ann@exämple.org
        用户@例子.广告
        उपयोगकर्ता@उदाहरण.कॉम
        θσερ@εχαμπλε.ψομ
        Dörte@Sörensen.example.com
        коля@пример.рф
        """#
    )

    private static let invalid: [String] =
        lines(
            #"""
            @
            @iana.org
            a@
            a
            a@@iana.org
            @@
            a@b@iana.org
            .a@iana.org
            a.@iana.org
            .@iana.org
            ..@iana.org
            a..b@iana.org
            a@.iana.org
            a@iana.org.
            a@iana..org
            a@.
            a@..
            a@-iana.org
            a@iana-.org
            a@iana.-org
            a@iana.org-
            a@ia_na.org
            a@iana.org,b@iana.org
            a@iana.org;b@iana.org
            a@iana.org b@iana.org
            a@iana.org/x
            a@iana.org:25
            a@iana.org?subject=x
            a@iana.org%0d%0aRCPT
            a@iana!org
            a@iana.org>
            <a@iana.org
            a<@iana.org
            a>@iana.org
            (a@iana.org
            a)@iana.org
            a[@iana.org
            a]@iana.org
            a\@iana.org
            a\@b@iana.org
            a:b@iana.org
            a;b@iana.org
            a,b@iana.org
            "a@iana.org
            a"@iana.org
            a"b@iana.org
            "a"b@iana.org
            "a""b"@iana.org
            a@"iana".org
            a@[127.0.0.1
            a@127.0.0.1]
            a@[]
            a@[IPv6:g::1]
            a@*.org
            a@iana.o*g
            mailto:a@iana.org
            a@http://iana.org
            a@iana.org'--
            a@$(id).org
            a@`id`.org
            |/bin/sh@
            a@<script>.org
            """#
        ) + [
            "", " ", "\r\n", " a@iana.org", "a@iana.org ", "\ta@iana.org", "a@iana.org\t", "a@iana.org\n",
            "a@iana.org\r",
            "a\r\n@iana.org", "a@iana.org\r\nDATA", "a@iana.org>\r\nRCPT TO:<b@iana.org", "a\n b@iana.org",
            "a@\r\n iana.org",
            "a@iana.org\r\nBcc: b@iana.org", "a\u{0}b@iana.org", "a@iana\u{0}.org", "a@iana.org\u{0}.evil.example",
            "a\u{7F}@iana.org", "a\u{1B}[2J@iana.org", "a\u{8}@iana.org", "a\u{A0}b@iana.org", "a\u{AD}b@iana.org",
            "a\u{200B}b@iana.org", "a\u{200D}@iana.org", "\u{202E}gro.anai@a.example", "a@iana\u{2024}org",
            "a@iana\u{3002}org", "a\u{FF20}iana.org", "\u{FF41}@iana.org", "a@ian\u{0430}.org", "a@\u{212A}.org",
            "e\u{301}@iana.org", "a@iana.org\u{85}", "a@iana.org\u{2028}DATA", "a@iana.org\u{2029}",
            "\u{FEFF}a@iana.org",
            "a@iana.org\u{E0001}", "a@\u{1F4A9}.example", "a@iana.org\u{301}",
            String(repeating: "a", count: 65) + "@iana.org",
            "a@" + String(repeating: "a", count: 64) + ".org",
            "a@" + String(repeating: "a.", count: 127) + "org",
            String(repeating: "a@", count: 10_000) + "iana.org",
            String(repeating: "a.", count: 100_000) + "a@iana.org",
        ]

    @Test(arguments: taken) func `a plain mailbox is taken, its local part as it was written`(text: String) throws {
        let address = try #require(EmailAddress(text))
        let parts = text.split(separator: "@")
        #expect(address.mailbox == "\(parts[0])@\(parts[1].lowercased())")
    }

    @Test(arguments: refusedByChoice) func `what is valid elsewhere and no patient has is refused`(text: String) {
        #expect(EmailAddress(text) == nil)
    }

    @Test func `what no RFC allows is refused`() {
        for text in Self.invalid { #expect(EmailAddress(text) == nil, "\(text.debugDescription.prefix(80))") }
    }

    @Test func `an address within its limits fits a path of RFC 5321`() throws {
        // RFC 5321 section 4.5.3.1: a path has at most 256 octets, its angle brackets among them.
        let domain = [63, 63, 57].map { String(repeating: "d", count: $0) }.joined(separator: ".") + ".org"
        let longest = String(repeating: "l", count: 64) + "@" + domain
        #expect(longest.utf8.count == 254)
        #expect(try #require(EmailAddress(longest)).mailbox == longest)
        #expect(EmailAddress(longest + "g") == nil, "255 octets and two brackets are more than 256")
    }

    @Test func `the table has more than a hundred lines`() {
        #expect(Self.taken.count + Self.refusedByChoice.count + Self.invalid.count > 100)
    }
}
