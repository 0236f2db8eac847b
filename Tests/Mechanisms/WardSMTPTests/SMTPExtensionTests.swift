// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import WardSMTP

/// SMTPUTF8, CHUNKING and DSN (catalogue N7).
@Suite struct SMTPExtensionTests {
    private static let chunking = "250-mx.test.example\r\n250-PIPELINING\r\n250 CHUNKING\r\n"

    private func envelope(_ change: (inout SMTPSession.Envelope) -> Void) -> SMTPSession.Envelope {
        var envelope = SMTPSession.Envelope(
            returnPath: "bounce@ward.example",
            recipients: ["ann@test.example"],
            size: 1_000,
            hasEightBitOctets: false
        )
        change(&envelope)
        return envelope
    }

    @Test func `an address beyond ASCII fails for good where SMTPUTF8 is not offered, and is never mangled`() {
        var driver = SessionDriver.ready()
        let wanted = envelope {
            $0.recipients = ["žofie@test.example"]
            $0.needsInternationalAddresses = true
        }
        driver.take(driver.session.begin(wanted))
        #expect(driver.outcome?.word == "permanent:international_addresses_not_offered:mail")
        #expect(driver.written.isEmpty)
        var able = SessionDriver.ready("250-x\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
        able.take(able.session.begin(wanted))
        #expect(
            able.everythingWritten
                == "MAIL FROM:<bounce@ward.example> SMTPUTF8\r\nRCPT TO:<žofie@test.example>\r\nDATA\r\n"
        )
    }

    @Test func `what a server offered before TLS and not after is not used`() {
        var driver = SessionDriver()
        driver.serve("220 x\r\n")
        driver.serve("250-x\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250-DSN\r\n250 STARTTLS\r\n")
        driver.serve("220 go\r\n")
        driver.take(driver.session.secured(SessionDriver.trusted))
        driver.serve("250-x\r\n250 PIPELINING\r\n")
        driver.written = []
        driver.take(driver.session.begin(envelope { $0.notification = SMTPNotification(events: [.failure]) }))
        #expect(
            driver.everythingWritten == "MAIL FROM:<bounce@ward.example>\r\nRCPT TO:<ann@test.example>\r\nDATA\r\n"
        )
    }

    @Test func `reports are asked for only when wanted and offered`() {
        let offers = "250-x\r\n250-PIPELINING\r\n250 DSN\r\n"
        var silent = SessionDriver.ready(offers)
        silent.take(silent.session.begin(envelope { _ in }))
        #expect(!silent.everythingWritten.contains("NOTIFY"))
        #expect(!silent.everythingWritten.contains("RET="))
        var asking = SessionDriver.ready(offers)
        asking.take(
            asking.session.begin(
                envelope {
                    $0.notification = SMTPNotification(events: [.delay, .failure], envelopeIdentifier: "a+b=c d")
                }
            )
        )
        #expect(
            asking.everythingWritten
                == "MAIL FROM:<bounce@ward.example> RET=HDRS ENVID=a+2Bb+3Dc+20d\r\n"
                + "RCPT TO:<ann@test.example> NOTIFY=FAILURE,DELAY\r\nDATA\r\n"
        )
        #expect(SMTPNotification(events: [], returnsHeaderOnly: false).recipientParameters == " NOTIFY=NEVER")
    }

    @Test func `with CHUNKING the body goes by BDAT, and the last chunk waits for the hook`() {
        var driver = SessionDriver.ready(Self.chunking)
        driver.begin(size: 1_234)
        #expect(driver.everythingWritten == "MAIL FROM:<bounce@ward.example>\r\nRCPT TO:<a@test.example>\r\n")
        driver.serve("250 ok\r\n")
        #expect(driver.chunks.isEmpty)
        driver.serve("250 ok\r\n")
        #expect(driver.chunks == [1_234])
        #expect(driver.bodies == 0)
        guard case .awaitingFinalDot? = driver.reports.last else {
            Issue.record("no report before the last chunk")
            return
        }
        #expect(!driver.everythingWritten.contains("LAST"))
        var early = driver
        early.serve("250 1234 octets\r\n")
        early.take(early.session.finish())
        #expect(early.written.last == "BDAT 0 LAST\r\n")
        early.serve("250 queued\r\n")
        #expect(early.outcome?.word == "delivered")
        driver.take(driver.session.finish())
        driver.serve("250 1234 octets\r\n")
        #expect(driver.outcome == nil)
        driver.serve("250 queued\r\n")
        #expect(driver.outcome?.word == "delivered")
        #expect(driver.session.isIdle)
    }

    @Test(arguments: [
        ("452 4.3.1 full\r\n", "transient:refused:body"), ("552 5.3.4 large\r\n", "permanent:refused:body"),
        ("421 bye\r\n", "transient:refused:body"), ("502 what\r\n", "transient:chunking_refused:body"),
    ])
    func `a refused chunk is a message not sent, before and after the last chunk went out`(reply: String, word: String)
    {
        for isLate in [false, true] {
            var driver = SessionDriver.ready(Self.chunking)
            driver.begin()
            driver.serve("250 ok\r\n250 ok\r\n")
            if isLate { driver.take(driver.session.finish()) }
            driver.serve(reply)
            #expect(driver.outcome?.word == word)
            #expect(driver.isClosed)
            if !isLate {
                driver.take(driver.session.finish())
                #expect(!driver.everythingWritten.contains("LAST"))
            }
        }
    }

    @Test func `after the last chunk silence, loss and nonsense are in doubt`() {
        var driver = SessionDriver.ready(Self.chunking)
        driver.begin()
        driver.serve("250 ok\r\n250 ok\r\n")
        driver.take(driver.session.finish())
        var late = driver
        late.take(late.session.timedOut())
        var lost = driver
        lost.serve("250 taken\r\n")
        lost.take(lost.session.connectionEnded())
        driver.serve("250 taken\r\nnonsense\r\n")
        #expect(late.outcome?.word == "inDoubt:timeout")
        #expect(lost.outcome?.word == "inDoubt:connection_lost")
        #expect(driver.outcome?.word == "inDoubt:protocol_error")
    }

    @Test func `with CHUNKING nobody gets a body when everybody was refused`() {
        var driver = SessionDriver.ready(Self.chunking)
        driver.begin()
        driver.serve("250 ok\r\n550 5.1.1 no\r\n")
        #expect(driver.outcome?.word == "permanent:refused:recipient")
        #expect(driver.chunks.isEmpty)
        #expect(driver.session.isIdle)
    }

    @Test func `a server that refused BDAT gets DATA`() {
        var driver = SessionDriver.ready(Self.chunking)
        driver.session.avoidsChunking = true
        driver.begin()
        #expect(driver.everythingWritten.hasSuffix("DATA\r\n"))
    }

    @Test func `a chunk has its dots as they are, and a stuffed body has one more`() throws {
        let message = try SMTPMessage(Array("A: b\r\n\r\n.\r\n..x\r\nend".utf8))
        #expect(String(buffer: message.plain) == "A: b\r\n\r\n.\r\n..x\r\nend\r\n")
        #expect(String(buffer: message.wire) == "A: b\r\n\r\n..\r\n...x\r\nend\r\n")
        #expect(message.size == message.plain.readableBytes)
        #expect(!message.hasEightBitHeader)
        #expect(try SMTPMessage(Array("A: ž\r\n\r\nx\r\n".utf8)).hasEightBitHeader)
        #expect(try !SMTPMessage(Array("A: z\r\n\r\nž\r\n".utf8)).hasEightBitHeader)
    }
}
