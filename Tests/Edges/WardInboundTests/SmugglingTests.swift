// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

@testable import WardInbound

/// SMTP smuggling inward (reliability.md S1; CVE-2023-51764, -51765, -51766) and chunks out of step (S3).
@Suite struct SmugglingTests {
    /// What some servers take for the end of a message: the list of the public scanner, and more.
    static let falseEnds = [
        "\n.\n", "\n.\r", "\r.\n", "\r.\r", "\n.\r\n", "\r.\r\n", "\r\n\0.\r\n", "\r\n.\r\r\n", "\r\r\n.\r\r\n",
        "\r\n.\n",
        "\r\n.\r", "\n\n.\r\n", "\r\n.\0\r\n", "\r\n\r.\r\n", "\r\r.\r\n", "\n.\n\r\n",
    ]

    private static let second = "MAIL FROM:<evil@c.example>\r\nRCPT TO:<b@ward.example>\r\nDATA\r\nsmuggled\r\n.\r\n"

    @Test(arguments: falseEnds)
    func `a false end is no end: one message, refused, and the connection stays in step`(end: String) {
        var driver = DialogueDriver()
        driver.send(opening + "DATA\r\n")
        driver.send("first\r\n" + "text" + end + Self.second)
        // The whole of it was one message up to the one true end; all that is left is in step.
        #expect(driver.messages.isEmpty)
        #expect(driver.codes == [220, 250, 250, 250, 354, 550])
        #expect(driver.said.contains("550 5.6.0"))
        #expect(driver.send("NOOP\r\n").hasPrefix("250"))
    }

    @Test(arguments: falseEnds)
    func `a false end cut into single octets is the same`(end: String) {
        var driver = DialogueDriver()
        driver.send(opening + "DATA\r\n")
        for octet in Array(("first\r\ntext" + end + Self.second).utf8) { driver.send([octet]) }
        #expect(driver.messages.isEmpty)
        #expect(driver.codes == [220, 250, 250, 250, 354, 550])
    }

    @Test func `the true end is found wherever it is cut`() {
        let text = Array("a\r\n..\r\n...\r\n.b\r\n\r\n.\r\n".utf8)
        for cut in 0...text.count {
            var driver = DialogueDriver()
            driver.send(opening + "DATA\r\n")
            driver.send(Array(text[..<cut]))
            driver.send(Array(text[cut...]))
            #expect(driver.bodies == ["a\r\n.\r\n..\r\nb\r\n\r\n"])
        }
    }

    @Test func `commands end with CRLF alone`() {
        var driver = DialogueDriver()
        driver.send("EHLO c.example\r\n")
        #expect(driver.send("NOOP\nNOOP\r\n").hasPrefix("500 5.5.2"))
        #expect(driver.send("NOOP\rNOOP\r\n").hasPrefix("500 5.5.2"))
        #expect(driver.send("NOOP\0\r\n").hasPrefix("500 5.5.2"))
    }

    @Test func `chunks make one message, and their octets are no commands`() {
        var driver = DialogueDriver()
        driver.send(opening)
        #expect(driver.send("BDAT 10\r\na\r\nQUIT\r\n\r").hasPrefix("250"))
        #expect(driver.send("BDAT 6 LAST\r\n\n.\r\nb\n").hasPrefix("550 5.6.0"))
        #expect(!driver.isClosed)
        var good = DialogueDriver()
        good.send(opening + "BDAT 3\r\na\r\nBDAT 5 LAST\r\n.\r\nb\r")
        #expect(good.bodies.isEmpty)
        #expect(good.send("NOOP\r\n").hasPrefix("250"))
        var whole = DialogueDriver()
        whole.send(opening + "BDAT 3\r\na\r\nBDAT 0 LAST\r\n")
        #expect(whole.bodies == ["a\r\n"])
    }

    @Test func `chunks out of order are read and refused, and stay in step`() {
        var early = DialogueDriver()
        #expect(early.send("BDAT 6\r\nQUIT\r\nNOOP\r\n") == "503 5.5.1 Command is out of order\r\n250 2.0.0 OK\r\n")
        var mixed = DialogueDriver()
        mixed.send(opening + "BDAT 3\r\na\r\n")
        #expect(mixed.send("DATA\r\n").hasPrefix("503"))
        #expect(mixed.send("BDAT 3 LAST\r\nb\r\n").hasPrefix("250"))
        #expect(mixed.bodies == ["a\r\nb\r\n"])
        #expect(mixed.send("BDAT 3 LAST\r\nc\r\n").hasPrefix("503"))
        var wrong = DialogueDriver()
        wrong.send(opening)
        for line in ["BDAT", "BDAT -1", "BDAT x LAST", "BDAT 1 FIRST", "BDAT 99999999999999999999"] {
            #expect(wrong.send(line + "\r\n").hasPrefix("501"), "\(line)")
        }
    }

    @Test func `after a chunk that was refused the rest of its transaction is refused`() {
        var driver = DialogueDriver()
        driver.send(opening)
        #expect(driver.send("BDAT 3\r\na\nb").hasPrefix("550 5.6.0"))
        #expect(driver.send("BDAT 3 LAST\r\nc\r\n").hasPrefix("503"))
        #expect(driver.messages.isEmpty)
        #expect(driver.send(opening + "DATA\r\nx\r\n.\r\n").hasSuffix("250 2.0.0 Kept\r\n"))
    }

    @Test func `a chunk beyond all measure ends the connection`() {
        var driver = DialogueDriver()
        driver.send(opening)
        #expect(driver.send("BDAT 999999999\r\n").hasPrefix("552"))
        #expect(driver.isClosed)
    }
}
