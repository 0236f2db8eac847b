// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

@testable import WardSMTP

/// What each answer to MAIL, RCPT, DATA and the final dot means (catalogue N2, N4 to N7; reliability.md B2).
@Suite struct SMTPSessionTransactionTests {
    @Test(arguments: [
        (["451 4.3.0 later\r\n", "503 no\r\n", "503 no\r\n"], "transient:refused:mail"),
        (["550 5.7.1 no\r\n", "503 no\r\n", "503 no\r\n"], "permanent:refused:mail"),
        (["250 ok\r\n", "450 4.2.0 grey\r\n", "503 no\r\n"], "transient:refused:recipient"),
        (["250 ok\r\n", "452 4.5.3 too many\r\n", "354 go\r\n"], "transient:refused:recipient"),
        (["250 ok\r\n", "550 5.1.1 unknown\r\n", "503 no\r\n"], "permanent:refused:recipient"),
        (["250 ok\r\n", "250 ok\r\n", "451 later\r\n"], "transient:refused:data"),
        (["250 ok\r\n", "250 ok\r\n", "554 no\r\n"], "permanent:refused:data"),
        (["250 ok\r\n", "250 ok\r\n", "250 odd\r\n"], "transient:protocol_error:data"),
        (["354 odd\r\n"], "transient:protocol_error:mail"),
        (["250 ok\r\n", "354 odd\r\n"], "transient:protocol_error:recipient"),
        (["421 bye\r\n"], "transient:refused:mail"),
        (["250 ok\r\n", "421 bye\r\n"], "transient:refused:recipient"),
        (["250 ok\r\n", "250 ok\r\n", "421 bye\r\n"], "transient:refused:data"),
        (["250-a\r\n251 b\r\n"], "transient:protocol_error:mail"),
        (["999 x\r\n"], "transient:protocol_error:mail"),
        (["100 x\r\n"], "transient:protocol_error:mail"),
        (["25\r\n"], "transient:protocol_error:mail"),
    ])
    func `a refusal before the body ends the attempt and never writes the dot`(replies: [String], word: String) {
        for together in [true, false] {
            var driver = SessionDriver.ready()
            driver.begin()
            #expect(driver.written.count == 1)
            if together { driver.serve(replies.joined()) } else { replies.forEach { driver.serve($0) } }
            #expect(driver.outcome?.word == word)
            #expect(!driver.everythingWritten.contains("\r\n.\r\n"))
            #expect(driver.bodies == 0)
        }
    }

    @Test(arguments: [
        ("250 2.0.0 queued\r\n", "delivered"),
        ("250\r\n", "delivered"),
        ("451 4.3.0 later\r\n", "transient:refused:final_dot"),
        ("421 bye\r\n", "transient:refused:final_dot"),
        ("554 5.6.0 no\r\n", "permanent:refused:final_dot"),
        ("354 odd\r\n", "inDoubt:protocol_error"),
        ("nonsense\r\n", "inDoubt:protocol_error"),
        ("250\0\r\n", "inDoubt:protocol_error"),
    ])
    func `the answer to the final dot decides, and nonsense is in doubt`(answer: String, word: String) {
        var driver = SessionDriver.ready()
        driver.beginAndFinish()
        #expect(driver.written.last == ".\r\n")
        driver.serve(answer)
        #expect(driver.outcome?.word == word)
    }

    @Test func `silence and loss after the final dot are in doubt, before it they are not`() {
        var lost = SessionDriver.ready()
        lost.beginAndFinish()
        var late = lost
        lost.take(lost.session.connectionEnded())
        late.take(late.session.timedOut())
        #expect(lost.outcome?.word == "inDoubt:connection_lost")
        #expect(late.outcome?.word == "inDoubt:timeout")
        #expect(late.isClosed)
        var before = SessionDriver.ready()
        before.begin()
        before.serve("250 ok\r\n250 ok\r\n354 go\r\n")
        var slow = before
        before.take(before.session.connectionEnded())
        slow.take(slow.session.timedOut())
        #expect(before.outcome?.word == "transient:connection_lost:body")
        #expect(slow.outcome?.word == "transient:timeout:body")
        // The hook may still be running: the end is told again.
        before.reports = []
        before.take(before.session.finish())
        #expect(before.outcome?.word == "transient:connection_lost:body")
        #expect(!before.everythingWritten.contains("\r\n.\r\n"))
    }

    @Test func `half a reply is no reply`() {
        var driver = SessionDriver.ready()
        driver.beginAndFinish()
        driver.serve("250-part\r\n250 o")
        driver.take(driver.session.connectionEnded())
        #expect(driver.outcome?.word == "inDoubt:connection_lost")
    }

    @Test func `the dot waits for the hook, and a hook that fails means it is never written`() {
        var driver = SessionDriver.ready()
        driver.begin()
        driver.serve("250 ok\r\n250 ok\r\n354 go\r\n")
        #expect(driver.bodies == 1)
        guard case .awaitingFinalDot(let attempt)? = driver.reports.last else {
            Issue.record("no report before the final dot")
            return
        }
        #expect(attempt.recipients == [.accepted])
        driver.take(driver.session.withhold())
        #expect(driver.outcome?.word == "transient:withheld:body")
        #expect(driver.isClosed)
        #expect(!driver.written.contains(".\r\n"))
    }

    @Test func `each recipient has a result of its own`() {
        var driver = SessionDriver.ready()
        driver.begin(["a@t.example", "b@t.example", "c@t.example"])
        driver.serve("250 ok\r\n250 ok\r\n550 5.1.1 unknown\r\n450 4.2.2 full\r\n354 go\r\n")
        driver.take(driver.session.finish())
        driver.serve("250 ok\r\n")
        guard case .delivered(let attempt)? = driver.outcome else {
            Issue.record("not delivered")
            return
        }
        #expect(attempt.recipients[0] == .accepted)
        #expect(
            attempt.recipients[1]
                == .refusedForGood(SMTPReply(code: 550, enhanced: EnhancedStatus(5, 1, 1), text: "5.1.1 unknown"))
        )
        #expect(
            attempt.recipients[2]
                == .refusedForNow(SMTPReply(code: 450, enhanced: EnhancedStatus(4, 2, 2), text: "4.2.2 full"))
        )
    }

    @Test func `without pipelining each command waits for its answer`() {
        var driver = SessionDriver.ready("250 mx.test.example\r\n")
        driver.begin(["a@t.example", "b@t.example"])
        #expect(driver.written == ["MAIL FROM:<bounce@ward.example>\r\n"])
        driver.serve("250 ok\r\n")
        driver.serve("550 no\r\n")
        driver.serve("550 no\r\n")
        #expect(driver.written.count == 3)
        #expect(driver.outcome?.word == "permanent:refused:recipient")
        #expect(!driver.everythingWritten.contains("DATA"))
    }

    @Test func `all recipients refused but data accepted: no body, and the connection is dropped`() {
        var driver = SessionDriver.ready()
        driver.begin()
        driver.serve("250 ok\r\n550 5.1.1 no\r\n354 go\r\n")
        #expect(driver.outcome?.word == "permanent:refused:recipient")
        #expect(driver.isClosed)
        #expect(driver.bodies == 0)
    }

    @Test func `size and 8-bit are checked before anything is said`() {
        var driver = SessionDriver.ready()
        driver.begin(size: 100_001)
        #expect(driver.outcome?.word == "permanent:too_large:mail")
        #expect(driver.written.isEmpty)
        driver.reports = []
        driver.begin(size: 100_000, eightBit: true)
        #expect(driver.written[0].hasPrefix("MAIL FROM:<bounce@ward.example> SIZE=100000 BODY=8BITMIME\r\n"))
        var plain = SessionDriver.ready("250 x\r\n")
        plain.begin(eightBit: true)
        #expect(plain.outcome?.word == "permanent:eight_bit_not_offered:mail")
        #expect(plain.written.isEmpty)
    }

    @Test func `a connection serves again, with RSET after a failure`() {
        var driver = SessionDriver.ready()
        driver.beginAndFinish()
        driver.serve("250 ok\r\n")
        driver.begin()
        #expect(driver.written.last?.hasPrefix("MAIL FROM") == true)
        driver.serve("250 ok\r\n550 no\r\n503 no\r\n")
        #expect(!driver.isClosed)
        driver.reports = []
        driver.begin()
        #expect(driver.written.last?.hasPrefix("RSET\r\nMAIL FROM") == true)
        driver.serve("250 reset\r\n250 ok\r\n250 ok\r\n354 go\r\n")
        driver.take(driver.session.finish())
        driver.serve("250 ok\r\n")
        #expect(driver.outcome?.word == "delivered")
    }

    @Test func `an answer during the body means it was not taken`() {
        var driver = SessionDriver.ready()
        driver.begin()
        driver.serve("250 ok\r\n250 ok\r\n354 go\r\n")
        driver.serve("552 5.3.4 too much\r\n")
        #expect(driver.outcome?.word == "permanent:refused:body")
        driver.take(driver.session.finish())
        #expect(!driver.written.contains(".\r\n"))
    }

    @Test func `cancelling before the dot gives up, after it the answer is awaited`() {
        var driver = SessionDriver.ready()
        driver.begin()
        var later = SessionDriver.ready()
        later.beginAndFinish()
        driver.take(driver.session.cancelled())
        later.take(later.session.cancelled())
        #expect(driver.outcome?.word == "transient:cancelled:mail")
        #expect(later.outcome == nil)
        later.serve("250 ok\r\n")
        #expect(later.outcome?.word == "delivered")
    }

    @Test func `a reply nobody asked for ends an idle connection`() {
        var driver = SessionDriver.ready()
        driver.serve("421 closing\r\n")
        #expect(driver.isClosed)
        driver.begin()
        #expect(driver.outcome?.word == "transient:connection_lost:mail")
    }
}
