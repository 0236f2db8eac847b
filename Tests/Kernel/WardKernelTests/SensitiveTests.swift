// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardKernel

@Suite struct SensitiveTests {
    private struct Carrier {
        var name = Sensitive("Planted Name")
        var address = EmailAddress("planted.name@example.org")
    }

    @Test func `a sensitive value is not printed by any of the usual ways`() throws {
        let carrier = Carrier()
        var dumped = ""
        dump(carrier, to: &dumped)
        let encoded = String(decoding: try JSONEncoder().encode([carrier.name]), as: UTF8.self)
        for text in ["\(carrier)", String(reflecting: carrier), String(describing: carrier), dumped, encoded] {
            #expect(!text.contains("Planted"))
            #expect(!text.contains("planted"))
        }
    }

    @Test func `it opens through expose and stays protected through map`() {
        let length = Sensitive("abc").map(\.count)
        #expect("\(length)" == "‹redacted›")
        #expect(length.expose(for: .evaluating) { $0 } == 3)
    }
}

@Suite struct EmailAddressTests {
    @Test(
        arguments: [
            "", "a", "@example.org", "a@", "a@b", "a@b@example.org", "a b@example.org",
            "a@example.org\r\nRCPT TO:<x@y.zz>",
            "a@example.org,b@example.org", "\"a b\"@example.org", "a@[127.0.0.1]", "a..b@example.org", ".a@example.org",
            "a.@example.org", "a@-example.org", "a@example..org", "a@exämple.org", "a@example.org ", "<a@example.org>",
            "a\u{0}@example.org", "a@example.org\u{2028}", "a%b@example.org@evil.example", "ａ@example.org",
        ]
    )
    func `what is not one plain mailbox is refused`(text: String) {
        #expect(EmailAddress(text) == nil)
    }

    @Test func `parts that are too long are refused`() {
        #expect(EmailAddress(String(repeating: "a", count: 65) + "@example.org") == nil)
        #expect(EmailAddress("a@" + String(repeating: "a", count: 64) + ".org") == nil)
        #expect(EmailAddress(String(repeating: "a", count: 64) + "@example.org") != nil)
    }

    @Test func `the domain is folded, the local part is kept as it was written`() throws {
        let address = try #require(EmailAddress("Dana.O'Neil+news@Example.ORG"))
        #expect(address.mailbox == "Dana.O'Neil+news@example.org")
        #expect(address.normalized == "dana.o'neil+news@example.org")
    }
}
