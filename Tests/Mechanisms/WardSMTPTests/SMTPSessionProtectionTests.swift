// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardTrust

@testable import WardSMTP

/// Nothing of a message leaves before the policy is met (invariant I3; catalogue T1, T5).
@Suite struct SMTPSessionProtectionTests {
    @Test(arguments: [
        ("250 mx.test.example\r\n", "notProtected:starttls_missing"),
        ("250-mx.test.example\r\n250 XSTARTTLSX\r\n", "notProtected:starttls_missing"),
        ("502 what\r\n", "notProtected:starttls_missing"),
        ("421 later\r\n", "transient:refused:hello"),
        ("550 5.7.1 not you\r\n", "transient:refused:hello"),
        ("354 odd\r\n", "transient:protocol_error:hello"),
    ])
    func `a server that offers no encryption gets nothing`(answer: String, word: String) {
        var driver = SessionDriver()
        driver.serve("220 mx.test.example\r\n")
        driver.serve(answer)
        #expect(driver.outcome?.word == word)
        #expect(driver.isClosed)
        #expect(driver.written == ["EHLO ward.example\r\n"])
    }

    @Test(arguments: [
        ("454 4.7.0 not now\r\n", "notProtected:starttls_refused"),
        ("502 5.5.1 no\r\n", "notProtected:starttls_refused"),
        ("250 ok\r\n", "notProtected:tls_handshake_failed"),
        ("garbage\r\n", "notProtected:tls_handshake_failed"),
        ("\0\0\0\r\n", "notProtected:tls_handshake_failed"),
    ])
    func `a server that refuses the encryption it offered gets nothing`(answer: String, word: String) {
        var driver = SessionDriver()
        driver.serve("220 mx.test.example\r\n")
        driver.serve("250-mx.test.example\r\n250 STARTTLS\r\n")
        driver.serve(answer)
        #expect(driver.outcome?.word == word)
        #expect(driver.written == ["EHLO ward.example\r\n", "STARTTLS\r\n"])
        #expect(driver.handshakes == 0)
    }

    @Test func `a certificate that proves nothing ends the dialogue before any command`() {
        var driver = SessionDriver()
        driver.serve("220 mx.test.example\r\n250-x\r\n250 STARTTLS\r\n")
        driver.serve("220 go\r\n")
        var evidence = SessionDriver.trusted
        evidence.verdict = .untrusted(.nameMismatch(expected: "mx.test.example", seen: ["other.example"]))
        driver.take(driver.session.secured(evidence))
        #expect(driver.outcome?.word == "notProtected:certificate_name_mismatch")
        #expect(driver.written == ["EHLO ward.example\r\n", "STARTTLS\r\n"])
        #expect(driver.isClosed)
    }

    @Test("a dialogue that goes on in the clear says why, and what the server calls itself")
    func clear() {
        for (answer, name) in [
            ("250-inside.example at your service\r\n250 SIZE\r\n", "inside.example"), ("502 what\r\n", nil),
        ] {
            var driver = SessionDriver(policy: .opportunistic)
            driver.serve("220 mx.test.example\r\n")
            driver.serve(answer)
            if name == nil { driver.serve("250 ok\r\n") }
            #expect(driver.reports.last == .ready)
            #expect(driver.session.attempt.clearBecause == .startTLSMissing)
            #expect(driver.session.attempt.serverName == name)
        }
        #expect(SessionDriver.ready().session.attempt.clearBecause == nil)
        #expect(SessionDriver.ready().session.attempt.serverName == "mx.test.example")
    }

    @Test func `a handshake that fails or breaks off ends the dialogue`() {
        var driver = SessionDriver()
        driver.serve("220 x\r\n")
        driver.serve("250-x\r\n250 STARTTLS\r\n")
        driver.serve("220 go\r\n")
        var other = driver
        driver.take(driver.session.handshakeFailed(.handshakeFailed))
        other.take(other.session.connectionEnded())
        #expect(driver.outcome?.word == "notProtected:tls_handshake_failed")
        #expect(other.outcome?.word == "notProtected:tls_handshake_failed")
    }

    @Test func `replies injected before the handshake are dropped and earlier offers forgotten`() {
        var driver = SessionDriver()
        driver.serve("220 x\r\n")
        driver.serve("250-x\r\n250-PIPELINING\r\n250-SIZE 10\r\n250-AUTH PLAIN\r\n250 STARTTLS\r\n")
        driver.serve("220 go\r\n250-evil\r\n250 PIPELINING\r\n250 ok\r\n354 go\r\n")
        #expect(driver.handshakes == 1)
        #expect(driver.reports.isEmpty)
        driver.take(driver.session.secured(SessionDriver.trusted))
        #expect(driver.session.capabilities == SMTPCapabilities())
        driver.serve("250 mx.test.example\r\n")
        driver.written = []
        driver.begin(size: 5_000)
        // Neither SIZE nor pipelining of the clear dialogue is believed.
        #expect(driver.written == ["MAIL FROM:<bounce@ward.example>\r\n"])
    }

    @Test func `credentials are sent only after the name is proved, and only where AUTH PLAIN is offered`() {
        var driver = SessionDriver(credentials: "AHUAcA==")
        driver.serve("220 x\r\n")
        driver.serve("250-x\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n")
        driver.serve("220 go\r\n")
        #expect(!driver.everythingWritten.contains("AUTH"))
        driver.take(driver.session.secured(SessionDriver.trusted))
        var without = driver
        without.serve("250 x\r\n")
        #expect(without.outcome?.word == "transient:authentication_not_offered:authentication")
        var refused = driver
        driver.serve("250-x\r\n250 AUTH LOGIN PLAIN\r\n")
        #expect(driver.written.last == "AUTH PLAIN AHUAcA==\r\n")
        driver.serve("235 ok\r\n")
        #expect(driver.reports.last == .ready)
        refused.serve("250-x\r\n250 AUTH PLAIN\r\n")
        refused.serve("535 5.7.8 no\r\n")
        #expect(refused.outcome?.word == "transient:refused:authentication")
    }

    @Test func `credentials never go in the clear, whatever the policy`() {
        var driver = SessionDriver(policy: .opportunistic, credentials: "AHUAcA==")
        driver.serve("220 x\r\n")
        driver.serve("250-x\r\n250 AUTH PLAIN\r\n")
        #expect(driver.outcome?.word == "notProtected:starttls_missing")
        #expect(!driver.everythingWritten.contains("AUTH"))
    }

    @Test func `only the explicit opportunistic policy goes on in the clear`() {
        var driver = SessionDriver(policy: .opportunistic)
        driver.serve("220 x\r\n")
        driver.serve("502 what\r\n")
        #expect(driver.written.last == "HELO ward.example\r\n")
        driver.serve("250 x\r\n")
        #expect(driver.reports == [.ready])
    }

    @Test(arguments: [
        ("554 no service\r\n", "transient:refused:greeting"),
        ("421 busy\r\n", "transient:refused:greeting"),
        ("521 no mail here\r\n", "permanent:refused:greeting"),
        ("250 hello\r\n", "transient:protocol_error:greeting"),
        ("SSH-2.0-OpenSSH\r\n", "transient:protocol_error:greeting"),
    ])
    func `a greeting that is none ends the attempt`(greeting: String, word: String) {
        var driver = SessionDriver()
        driver.serve(greeting)
        #expect(driver.outcome?.word == word)
        #expect(driver.written.isEmpty)
    }
}
