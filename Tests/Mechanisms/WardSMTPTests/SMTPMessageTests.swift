// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import WardSMTP

/// What may not go on the wire does not become a message (catalogue S2).
@Suite struct SMTPMessageTests {
    @Test(arguments: [
        ("a\n.\nb\r\n", SMTPMessageError.bareLineFeed(line: 1)),
        ("a\r\n\n.\r\n", .bareLineFeed(line: 2)),
        ("a\r.\r\n", .bareCarriageReturn(line: 1)),
        ("a\r\n.\r\r\n", .bareCarriageReturn(line: 2)),
        ("a\r", .bareCarriageReturn(line: 1)),
        ("a\r\n\0.\r\n", .nul(line: 2)),
        ("", .empty),
    ])
    func `every smuggling sequence is refused with its line`(text: String, error: SMTPMessageError) {
        #expect(throws: error) { try SMTPMessage(Array(text.utf8)) }
    }

    @Test func `998 octets are a line, 999 are not`() throws {
        let line = [UInt8](repeating: 0x61, count: 998)
        #expect(try SMTPMessage(line).size == 1_000)
        #expect(throws: SMTPMessageError.lineTooLong(line: 1)) { try SMTPMessage(line + [0x61]) }
    }

    @Test(arguments: [
        (".\r\n", "..\r\n"), ("a\r\n.\r\nb", "a\r\n..\r\nb\r\n"), ("..\r\n.", "...\r\n..\r\n"), ("a.\r\n", "a.\r\n"),
    ])
    func `a dot that begins a line is doubled`(text: String, wire: String) throws {
        #expect(String(buffer: try SMTPMessage(Array(text.utf8)).wire) == wire)
    }

    @Test func `8-bit octets are noticed`() throws {
        #expect(try SMTPMessage(Array("é\r\n".utf8)).hasEightBitOctets)
        #expect(try !SMTPMessage(Array("e\r\n".utf8)).hasEightBitOctets)
    }
}
