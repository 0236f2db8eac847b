// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

@testable import WardSMTP

/// Replies of every shape, and limits on what a server can make us keep (catalogue N3, N4).
@Suite struct SMTPReplyReaderTests {
    private func read(_ bytes: [UInt8]) throws(SMTPReplyError) -> [SMTPReplyLines] {
        var reader = SMTPReplyReader()
        var replies: [SMTPReplyLines] = []
        for byte in bytes { if let reply = try reader.take(byte) { replies.append(reply) } }
        return replies
    }

    @Test func `a line that never ends is refused after 2,048 octets`() {
        #expect(throws: SMTPReplyError.lineTooLong) { try read([UInt8](repeating: 0x61, count: 1_000_000)) }
    }

    @Test func `a reply that never ends is refused after 128 lines`() {
        let endless = Array(String(repeating: "250-x\r\n", count: 100_000).utf8)
        #expect(throws: SMTPReplyError.tooManyLines) { try read(endless) }
    }

    @Test(arguments: ["hello\r\n", "25\r\n", "1234\r\n", "600 x\r\n", "199 x\r\n", "2x0 x\r\n", "\r\n", "250_x\r\n"])
    func `what does not begin with a code is no reply`(text: String) {
        #expect(throws: SMTPReplyError.noCode) { try read(Array(text.utf8)) }
    }

    @Test func `lines with different codes are refused, and so is a NUL`() {
        #expect(throws: SMTPReplyError.codesDiffer) { try read(Array("250-a\r\n550 b\r\n".utf8)) }
        #expect(throws: SMTPReplyError.nul) { try read(Array("250 a\0b\r\n".utf8)) }
    }

    @Test func `several lines are one reply, and LF alone ends a line`() throws {
        let replies = try read(Array("250-a\n250-b\r\n250 c\r\n220\r\n".utf8))
        #expect(replies.count == 2)
        #expect(replies[0].lines == ["a", "b", "c"])
        #expect(replies[1].reply.code == 220)
    }

    @Test func `an enhanced code that contradicts the code is left out`() throws {
        let replies = try read(Array("550 5.1.1 no\r\n550 2.1.1 no\r\n550 5.1 no\r\n550 5.1.1.1 no\r\n".utf8))
        #expect(replies[0].reply.enhanced?.description == "5.1.1")
        #expect(replies.dropFirst().allSatisfy { $0.reply.enhanced == nil })
    }

    @Test func `a reply prints neither its text nor an address in it`() throws {
        let reply = try #require(try read(Array("550 5.1.1 <ann@home.example>: no\r\n".utf8)).first).reply
        #expect(!"\(reply)".contains("ann"))
    }
}
