// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardSubmission

@testable import WardInbound

@Suite struct DialogueTests {
    @Test func `a message goes through and comes out unstuffed`() {
        var driver = DialogueDriver()
        driver.send(opening)
        #expect(driver.send("DATA\r\n").hasPrefix("354 "))
        #expect(driver.send("Subject: x\r\n\r\n..dot\r\n.\r\n").hasPrefix("250 "))
        #expect(driver.bodies == ["Subject: x\r\n\r\n.dot\r\n"])
        #expect(driver.messages[0].envelope.recipients.map(\.mailbox) == ["bounce+x@ward.example"])
        #expect(driver.send("QUIT\r\n").hasPrefix("221 "))
        #expect(driver.isClosed)
    }

    @Test func `EHLO offers what is spoken, STARTTLS only before TLS, AUTH only after it on submission`() {
        var incoming = DialogueDriver()
        let said = incoming.send("EHLO c.example\r\n")
        for word in [
            "PIPELINING", "SIZE 26214400", "8BITMIME", "SMTPUTF8", "CHUNKING", "ENHANCEDSTATUSCODES", "STARTTLS",
        ] { #expect(said.contains(word)) }
        #expect(!said.contains("AUTH") && !said.contains("REQUIRETLS"))
        var submission = DialogueDriver(.submission)
        #expect(!submission.send("EHLO c.example\r\n").contains("AUTH"))
        var secured = DialogueDriver(.submission, isSecured: true)
        let offered = secured.send("EHLO c.example\r\n")
        #expect(offered.contains("AUTH SCRAM-SHA-256 PLAIN"))
        #expect(offered.contains("REQUIRETLS") && !offered.contains("STARTTLS"))
    }

    @Test func `HELO is answered without extensions`() {
        var driver = DialogueDriver()
        #expect(driver.send("HELO c.example\r\n") == "250 mx.ward.example\r\n")
        #expect(driver.send("STARTTLS\r\n").hasPrefix("502 "))
    }

    @Test(arguments: [
        "MAIL FROM:<a@b.example>\r\n", "RCPT TO:<a@b.example>\r\n", "DATA\r\n",
    ])
    func `nothing goes before EHLO`(line: String) {
        var driver = DialogueDriver()
        #expect(driver.send(line).hasPrefix("503 5.5.1"))
    }

    @Test(arguments: [
        "MAIL FROM:a@b.example", "MAIL FROM:<@relay.example:a@b.example>", "MAIL FROM:<a@>", "MAIL FROM:<ab>",
        "MAIL FROM:<a@b.example", "MAIL FROM:<a@b.example>SIZE=1", "MAIL FROM: <\u{7f}a@b.example>",
        "MAIL FROM:<é@b.example>", "MAIL TO:<a@b.example>",
    ])
    func `sender addresses with tricks are refused`(line: String) {
        var driver = DialogueDriver()
        driver.send("EHLO c.example\r\n")
        #expect(driver.send(line + "\r\n").hasPrefix("501 5.1.7"))
    }

    @Test(arguments: [
        "RCPT TO:<a@b@c.example>", "RCPT TO:<\"a b\"@c.example>", "RCPT TO:<a%b@c.example@d.example>",
        "RCPT TO:<a@[127.0.0.1]>", "RCPT TO:<@r.example:a@b.example>", "RCPT TO:<a@b.example,c@d.example>",
        "RCPT TO:<>", "RCPT TO:<a@b.example;c@d.example>", "RCPT TO:<a(x)@b>", "RCPT TO:<\u{202e}a@b.example>",
    ])
    func `recipient addresses with tricks ask nobody and are refused`(line: String) {
        var driver = DialogueDriver()
        driver.send("EHLO c.example\r\nMAIL FROM:<>\r\n")
        #expect(driver.send(line + "\r\n").hasPrefix("5"))
        #expect(driver.asked.isEmpty)
    }

    @Test func `parameters of MAIL are read, and unknown ones refused`() {
        var driver = DialogueDriver()
        driver.send("EHLO c.example\r\n")
        for (line, code) in [
            ("MAIL FROM:<a@b.example> SIZE=10 BODY=8BITMIME RET=HDRS ENVID=q1", "250"),
            ("MAIL FROM:<é@b.example> SMTPUTF8", "250"), ("MAIL FROM:<> SIZE=99999999999", "552"),
            ("MAIL FROM:<> SIZE=x", "501"), ("MAIL FROM:<> SIZE=1 SIZE=2", "501"), ("MAIL FROM:<> RET=ALL", "501"),
            ("MAIL FROM:<> BODY=BINARYMIME", "555"), ("MAIL FROM:<> X=1", "555"),
        ] {
            #expect(driver.send(line + "\r\n").hasPrefix(code), "\(line)")
            driver.send("RSET\r\n")
        }
    }

    @Test func `REQUIRETLS is taken over TLS alone, without a value, and kept with the message`() {
        var clear = DialogueDriver()
        clear.send("EHLO c.example\r\n")
        #expect(clear.send("MAIL FROM:<a@b.example> REQUIRETLS\r\n").hasPrefix("530 5.7.0"))
        var secured = DialogueDriver(isSecured: true)
        secured.send("EHLO c.example\r\n")
        #expect(secured.send("MAIL FROM:<a@b.example> REQUIRETLS=yes\r\n").hasPrefix("555"))
        for (parameter, isRequired) in [(" REQUIRETLS", true), (" requiretls", true), ("", false)] {
            #expect(secured.send("MAIL FROM:<a@b.example>\(parameter)\r\n").hasPrefix("250"))
            secured.send("RCPT TO:<bounce+x@ward.example>\r\nDATA\r\nSubject: x\r\n\r\nx\r\n.\r\n")
            #expect(secured.messages.last?.envelope.requiresTLS == isRequired)
        }
    }

    @Test func `a recipient that is refused leaves the others`() {
        var driver = DialogueDriver()
        driver.unknown = ["nobody@ward.example"]
        driver.send("EHLO c.example\r\nMAIL FROM:<>\r\n")
        #expect(driver.send("RCPT TO:<nobody@ward.example>\r\n").hasPrefix("550 5.1.1"))
        #expect(driver.send("DATA\r\n").hasPrefix("503"))
        driver.send("RCPT TO:<bounce+y@ward.example>\r\n")
        driver.send("DATA\r\n")
        driver.send("x\r\n.\r\n")
        #expect(driver.messages.map(\.envelope.recipients.count) == [1])
    }

    @Test func `the same recipient twice is one`() {
        var driver = DialogueDriver()
        driver.send(opening + "RCPT TO:<bounce+x@ward.example>\r\nDATA\r\nx\r\n.\r\n")
        #expect(driver.messages.map(\.envelope.recipients.count) == [1])
        #expect(driver.codes == [220, 250, 250, 250, 250, 354, 250])
    }

    @Test func `pipelined commands wait for the question that is open`() {
        var driver = DialogueDriver()
        driver.answersAtOnce = false
        driver.send(opening + "DATA\r\n")
        #expect(driver.codes == [220, 250, 250])
        #expect(!driver.dialogue.wantsOctets)
        driver.apply(.answered(.reply(DialogueReply(250, "2.1.5", "OK"))))
        #expect(driver.codes == [220, 250, 250, 250, 354])
    }

    @Test func `octets after STARTTLS end the connection and are never acted on`() {
        var driver = DialogueDriver()
        driver.send("EHLO c.example\r\n")
        #expect(driver.send("STARTTLS\r\nMAIL FROM:<evil@c.example>\r\n").hasPrefix("554 5.5.1"))
        #expect(driver.isClosed)
        #expect(!driver.startsTLS)
    }

    @Test func `what was said in the clear is forgotten after the handshake`() {
        var driver = DialogueDriver()
        driver.send("EHLO c.example\r\n")
        #expect(driver.send("STARTTLS\r\n").hasPrefix("220 "))
        #expect(driver.startsTLS)
        #expect(!driver.dialogue.wantsOctets)
        driver.apply(.secured(HandshakeFacts()))
        #expect(driver.send("MAIL FROM:<a@b.example>\r\n").hasPrefix("503"))
        #expect(driver.send("STARTTLS\r\n").hasPrefix("502"))
        driver.send("EHLO c.example\r\n")
        #expect(driver.send("STARTTLS\r\n").hasPrefix("503"))
    }

    @Test func `submission takes nothing without TLS and an account`() {
        var clear = DialogueDriver(.submission)
        clear.send("EHLO c.example\r\n")
        #expect(clear.send("AUTH PLAIN AGEAYg==\r\n").hasPrefix("530 5.7.0"))
        #expect(clear.send("MAIL FROM:<a@b.example>\r\n").hasPrefix("530 5.7.0"))
        var secured = DialogueDriver(.submission, isSecured: true)
        secured.send("EHLO c.example\r\n")
        #expect(secured.send("MAIL FROM:<a@b.example>\r\n").hasPrefix("530 5.7.0"))
        #expect(secured.send("AUTH PLAIN AGEAYg==\r\n").hasPrefix("535 5.7.8"))
        #expect(secured.send("AUTH CRAM-MD5\r\n").hasPrefix("504"))
        #expect(secured.send("AUTH PLAIN\r\n") == "334 \r\n")
        #expect(secured.send("*\r\n").hasPrefix("501 5.7.0"))
        #expect(secured.send("AUTH PLAIN !!!\r\n").hasPrefix("501"))
    }

    @Test func `what is offered follows the server's certificate and the client's`() {
        let bound = HandshakeFacts(binding: .serverEndPoint([1]))
        let presented = HandshakeFacts(binding: .serverEndPoint([1]), certificate: PresentedCertificate(publicKey: [2]))
        var bare = DialogueDriver(.submission, isSecured: true)
        #expect(bare.send("EHLO c.example\r\n").contains("AUTH SCRAM-SHA-256 PLAIN\r\n"))
        #expect(bare.send("AUTH SCRAM-SHA-256-PLUS\r\n").hasPrefix("504"))
        var plus = DialogueDriver(.submission, isSecured: true, handshake: bound)
        #expect(plus.send("EHLO c.example\r\n").contains("AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN\r\n"))
        #expect(plus.send("AUTH EXTERNAL =\r\n").hasPrefix("504"))
        var unknown = DialogueDriver(.submission, isSecured: true, handshake: presented)
        #expect(unknown.send("EHLO c.example\r\n").contains("AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN\r\n"))
        #expect(unknown.send("AUTH EXTERNAL =\r\n").hasPrefix("504"))
        #expect(unknown.send("AUTH PLAIN AGEAYg==\r\n").hasPrefix("535"), "it is no hindrance")
        var known = DialogueDriver(.submission, isSecured: true, handshake: presented)
        known.isCertificateKnown = true
        #expect(known.send("EHLO c.example\r\n").contains("AUTH EXTERNAL SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN\r\n"))
        known.send("EHLO c.example\r\n")
        #expect(known.asked.count == 1, "it is asked about once")
        #expect(known.send("AUTH EXTERNAL =\r\n").hasPrefix("535"))
        #expect(known.send("AUTH EXTERNAL\r\n") == "334 \r\n")
        #expect(known.send("\r\n").hasPrefix("535"))
    }

    @Test func `what STARTTLS brought counts, and what waits behind EHLO waits for the answer about a certificate`() {
        var driver = DialogueDriver(.submission)
        driver.send("EHLO c.example\r\nSTARTTLS\r\n")
        driver.apply(.secured(HandshakeFacts(certificate: PresentedCertificate(publicKey: [2]))))
        driver.answersAtOnce = false
        #expect(driver.send("EHLO c.example\r\nNOOP\r\n") == "")
        #expect(!driver.dialogue.wantsOctets)
        driver.apply(.answered(.certificate(isKnown: true)))
        #expect(driver.said.contains("AUTH EXTERNAL") && driver.said.hasSuffix("250 2.0.0 OK\r\n"))
        var incoming = DialogueDriver(
            isSecured: true,
            handshake: HandshakeFacts(certificate: PresentedCertificate(publicKey: [2]))
        )
        #expect(!incoming.send("EHLO c.example\r\n").contains("AUTH"))
        #expect(incoming.asked.isEmpty, "port 25 asks about none")
    }

    @Test func `incoming takes no credentials`() {
        var driver = DialogueDriver(isSecured: true)
        driver.send("EHLO c.example\r\n")
        #expect(driver.send("AUTH PLAIN AGEAYg==\r\n").hasPrefix("502"))
        #expect(driver.asked.isEmpty)
    }

    @Test func `long lines, many errors, many commands and another protocol end it`() {
        var driver = DialogueDriver()
        driver.send("EHLO c.example\r\n")
        driver.send([UInt8](repeating: 0x41, count: 100_000))
        #expect(driver.mostHeld <= 200_000)
        #expect(driver.send("\r\n").hasPrefix("500 5.5.6"))
        for _ in 0..<9 { driver.send("WHAT\r\n") }
        #expect(driver.isClosed)
        #expect(driver.said.hasSuffix("421 4.7.0 Too many errors\r\n"))
        var busy = DialogueDriver()
        for _ in 0...1_000 { busy.send("NOOP\r\n") }
        #expect(busy.said.hasSuffix("421 4.7.0 Too many commands\r\n"))
        var browser = DialogueDriver()
        #expect(browser.send("POST / HTTP/1.1\r\nHost: x\r\n\r\n").hasPrefix("554 "))
        #expect(browser.isClosed)
    }

    @Test func `time-outs and stopping are told`() {
        var slow = DialogueDriver()
        slow.apply(.timeOver)
        #expect(slow.said.contains("421 4.4.2"))
        var stopped = DialogueDriver()
        stopped.answersAtOnce = false
        stopped.send(opening)
        stopped.apply(.stopping)
        #expect(!stopped.isClosed)
        stopped.apply(.answered(.reply(.ok)))
        #expect(stopped.isClosed)
        #expect(stopped.said.contains("421 4.3.2"))
    }

    @Test func `a message past the size is refused and the connection stays in step`() {
        var limits = DialogueLimits()
        limits.message = 1_000
        var driver = DialogueDriver(limits: limits)
        driver.send(opening + "DATA\r\n")
        for _ in 0..<30 { driver.send(String(repeating: "x", count: 78) + "\r\n") }
        #expect(driver.send(".\r\n").hasPrefix("552 5.3.4"))
        #expect(driver.messages.isEmpty)
        #expect(driver.mostHeld <= 1_000 + 80)
        #expect(driver.send("NOOP\r\n").hasPrefix("250"))
    }

    @Test func `a message is refused for now while all connections hold too much`() {
        var driver = DialogueDriver()
        driver.send(opening + "DATA\r\nx\r\n")
        driver.apply(.overloaded)
        #expect(driver.dialogue.heldOctets == 0)
        #expect(driver.send("y\r\n.\r\n").hasPrefix("452 4.3.1"))
        #expect(driver.messages.isEmpty)
    }
}
