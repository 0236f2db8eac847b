// SPDX-License-Identifier: Apache-2.0
//
// Notices as the large providers and the common servers write them; the texts follow what their programs print, with
// addresses of documentation domains.

import Testing

@testable import WardMIME

@Suite struct BounceReadingTests {
    private func read(_ text: String, hasNullReturnPath: Bool = true) throws -> MailReading {
        let octets = Array(text.replacing("\n", with: "\r\n").utf8)
        return MailReading(try ParsedMail.parse(octets), hasNullReturnPath: hasNullReturnPath)
    }

    private func bounce(_ text: String) throws -> BounceReading {
        guard case .bounce(let bounce) = try read(text) else { throw NoBounce() }
        return bounce
    }

    private struct NoBounce: Error {}

    private func report(
        _ status: String,
        _ explanation: String = "It did not arrive.",
        from: String = "MAILER-DAEMON@mx.example"
    )
        -> String
    {
        """
        From: \(from)
        Subject: Undelivered Mail Returned to Sender
        Auto-Submitted: auto-replied
        Content-Type: multipart/report; report-type=delivery-status; boundary="b"

        --b
        Content-Type: text/plain

        \(explanation)
        --b
        Content-Type: message/delivery-status

        \(status)
        --b
        Content-Type: message/rfc822

        Subject: 5.7.1 in the message itself says nothing

        over quota, user unknown
        --b--

        """
    }

    @Test func `Postfix: the recipient's fields count, not the first group`() throws {
        let bounce = try bounce(
            report(
                """
                Reporting-MTA: dns; mx.example
                X-Postfix-Queue-ID: 4Xy
                Arrival-Date: Thu, 26 Nov 2026 08:00:00 +0000 (UTC)

                Final-Recipient: rfc822; nobody@c.example
                Original-Recipient: rfc822;nobody@c.example
                Action: failed
                Status: 5.1.1
                Remote-MTA: dns; mail.c.example
                Diagnostic-Code: smtp; 550 5.1.1 <nobody@c.example>: Recipient address
                    rejected: User unknown in local recipient table
                """
            )
        )
        #expect(bounce.action == .failed)
        #expect(bounce.cause == .unknownUser)
        #expect(bounce.status == "5.1.1")
        #expect(bounce.isByCode)
    }

    @Test func `Gmail: a general status gives way to the diagnostic's`() throws {
        let bounce = try bounce(
            report(
                """
                Reporting-MTA: dns; googlemail.com
                Arrival-Date: Thu, 26 Nov 2026 00:00:00 -0800 (PST)

                Final-Recipient: rfc822; nobody@gmail.example
                Action: failed
                Status: 5.0.0
                Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist. Please try
                 550-5.1.1 double-checking the recipient's email address for typos or
                 550 5.1.1 unnecessary spaces.
                """,
                from: "Mail Delivery Subsystem <mailer-daemon@googlemail.com>"
            )
        )
        #expect(bounce.cause == .unknownUser)
        #expect(bounce.status == "5.1.1")
    }

    @Test func `Exchange: 5.1.10 is a recipient that is not found, a null MX is not`() throws {
        let exchange = try bounce(
            report(
                """
                Reporting-MTA: dns;AM0PR01.prod.example

                Final-recipient: RFC822;nobody@e.example
                Action: failed
                Status: 5.1.10
                Diagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
                X-Display-Name: nobody
                """,
                from: "postmaster@e.example"
            )
        )
        #expect(exchange.cause == .unknownUser)
        let null = try bounce(
            report("Reporting-MTA: dns; a\n\nAction: failed\nStatus: 5.1.10\nDiagnostic-Code: smtp; 556 5.1.10 null MX")
        )
        #expect(null.cause == .noSuchDomain)
    }

    @Test(arguments: [
        ("5.2.2", "552 5.2.2 mailbox full", BounceReading.Cause.mailboxFull), ("4.2.2", "452 4.2.2 full", .mailboxFull),
        ("5.2.1", "550 5.2.1 disabled", .mailboxUnavailable), ("5.3.4", "552 too big", .tooLarge),
        ("5.7.1", "550 5.7.1 Service unavailable; client host blocked using Spamhaus", .blocked),
        ("5.7.26", "550 5.7.26 unauthenticated sender", .policy), ("4.4.7", "450 queue expired", .expired),
        ("5.1.2", "bad domain", .noSuchDomain), ("5.0.0", "550 quota exceeded for this user", .mailboxFull),
        ("5.0.0", "something else", .other),
    ])
    func `causes follow the codes, and words where codes say nothing`(
        status: String,
        diagnostic: String,
        cause: BounceReading.Cause
    ) throws {
        let text = "Reporting-MTA: dns; a\n\nAction: failed\nStatus: \(status)\nDiagnostic-Code: smtp; \(diagnostic)"
        #expect(try bounce(report(text)).cause == cause)
    }

    @Test func `delays and successes are no failures`() throws {
        #expect(try bounce(report("A: b\n\nAction: delayed\nStatus: 4.4.1")).action == .delayed)
        #expect(try bounce(report("A: b\n\nAction: delivered\nStatus: 2.0.0")).action == .delivered)
        #expect(try bounce(report("A: b\n\nStatus: 4.4.1")).action == .delayed)
    }

    @Test func `of several recipients the one that failed counts`() throws {
        let several = "A: b\n\nAction: delivered\nStatus: 2.1.5\n\nAction: failed\nStatus: 5.2.2"
        #expect(try bounce(report(several)).cause == .mailboxFull)
    }

    @Test func `qmail: a text alone, above the copy of the message`() throws {
        let bounce = try bounce(
            """
            From: MAILER-DAEMON@q.example
            Subject: failure notice

            Hi. This is the qmail-send program at q.example.
            I'm afraid I wasn't able to deliver your message to the following addresses.
            This is a permanent error; I've given up. Sorry it didn't work out.

            <nobody@q.example>:
            Sorry, no mailbox here by that name. (#5.1.1)

            --- Below this line is a copy of the message.

            Subject: your mailbox is full of 5.2.2

            """
        )
        #expect(bounce.cause == .unknownUser)
        #expect(bounce.isByCode)
    }

    @Test func `Exim: words without a code are marked as words`() throws {
        let bounce = try bounce(
            """
            From: Mail Delivery System <Mailer-Daemon@x.example>
            X-Failed-Recipients: nobody@x.example
            Auto-Submitted: auto-generated
            Subject: Mail delivery failed: returning message to sender

            This message was created automatically by mail delivery software.

            A message that you sent could not be delivered to one or more of its
            recipients. This is a permanent error. The following address(es) failed:

              nobody@x.example
                Unknown user

            ------ This is a copy of the message, including all the headers. ------

            over quota

            """
        )
        #expect(bounce.cause == .unknownUser)
        #expect(!bounce.isByCode)
        let warning = try self.bounce(
            """
            From: Mailer-Daemon@x.example
            Subject: Warning: message 1abc delayed 24 hours

            No action is required on your part. Delivery attempts will continue for some time.

            """
        )
        #expect(warning.action == .delayed)
    }

    @Test(arguments: [
        "Auto-Submitted: auto-replied\nSubject: Out", "Auto-Submitted: auto-generated (vacation)\nSubject: x",
        "X-Autoreply: yes\nSubject: x", "Precedence: auto_reply\nSubject: x", "Subject: Automatic reply: Your visit",
    ])
    func `automatic answers are no bounces`(header: String) throws {
        let text =
            "From: a@b.example\n\(header)\n\nI am away; the mailbox is full and mail could not be delivered 5.1.1.\n"
        #expect(try read(text) == .automaticReply)
    }

    @Test func `ordinary mail is ordinary, whatever words are in it`() throws {
        let text = "From: a@b.example\nSubject: Re: visit\n\nYour letter could not be delivered to my mother, 5.1.1.\n"
        #expect(try read(text, hasNullReturnPath: false) == .ordinary)
        #expect(try read("From: a@b.example\nAuto-Submitted: no\nSubject: x\n\nhello\n") == .ordinary)
    }

    @Test func `a complaint names what it is about`() throws {
        let text = """
            From: fbl@provider.example
            Subject: FW: x
            Content-Type: multipart/report; report-type=feedback-report; boundary=b

            --b
            Content-Type: text/plain

            This is an email abuse report.
            --b
            Content-Type: message/feedback-report

            Feedback-Type: abuse
            User-Agent: Provider/1.0
            Version: 1
            Original-Mail-From: <bounce+abc@ward.example>

            --b
            Content-Type: message/rfc822

            Return-Path: <bounce+def@ward.example>
            Subject: x

            y
            --b--

            """
        guard case .complaint(let complaint) = try read(text) else { throw NoBounce() }
        #expect(complaint.kind == "abuse")
        #expect(complaint.isUnwanted)
        #expect(complaint.returnPaths == ["bounce+abc@ward.example", "bounce+def@ward.example"])
        guard case .complaint(let praise) = try read(text.replacing("abuse\n", with: "not-spam\n")) else {
            throw NoBounce()
        }
        #expect(!praise.isUnwanted)
    }

    @Test func `network addresses and versions are no codes`() {
        #expect(StatusCode.first(in: "from 5.1.1.7 by 15.1.1 and v5.1.1x") == nil)
        #expect(StatusCode.first(in: "(#5.1.1)") == "5.1.1")
        #expect(StatusCode.first(in: "550-5.7.26 x") == "5.7.26")
    }
}
