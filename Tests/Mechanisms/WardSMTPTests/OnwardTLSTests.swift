// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel
import WardTrust

@testable import WardSMTP

/// REQUIRETLS (RFC 8689) and connections that need TLS without a proved name (catalogue T1, T8).
@Suite struct OnwardTLSTests {
    private static let offersOnward = "250-mx.test.example\r\n250-PIPELINING\r\n250 REQUIRETLS\r\n"

    private func begin(_ driver: inout SessionDriver, _ onward: OnwardTLS = .whereOffered) {
        driver.take(
            driver.session.begin(
                SMTPSession.Envelope(
                    returnPath: "bounce@ward.example",
                    recipients: ["a@test.example"],
                    size: 10,
                    hasEightBitOctets: false,
                    onward: onward
                )
            )
        )
    }

    private func outcome(_ driver: inout SessionDriver) -> SMTPAttempt? {
        driver.serve("250 ok\r\n250 ok\r\n354 go\r\n")
        driver.take(driver.session.finish())
        driver.serve("250 taken\r\n")
        return driver.outcome?.attempt
    }

    @Test func `a server that offers it after TLS is asked to pass the message on over TLS alone`() {
        var driver = SessionDriver.ready(Self.offersOnward)
        begin(&driver)
        #expect(driver.everythingWritten.hasPrefix("MAIL FROM:<bounce@ward.example> REQUIRETLS\r\n"))
        #expect(outcome(&driver)?.asksTLSOnward == true)
    }

    @Test func `without the offer, or the wish, the message goes as before and the record says so`() {
        var driver = SessionDriver.ready()
        begin(&driver)
        #expect(!driver.everythingWritten.contains("REQUIRETLS"))
        #expect(outcome(&driver)?.asksTLSOnward == false)
        driver = SessionDriver.ready(Self.offersOnward)
        begin(&driver, .unasked)
        #expect(!driver.everythingWritten.contains("REQUIRETLS"))
    }

    @Test func `an offer before TLS, or of a server that did not prove its name, is no offer`() {
        var driver = SessionDriver(policy: .opportunistic)
        driver.serve("220 mx.test.example\r\n")
        driver.serve("250-mx.test.example\r\n250 REQUIRETLS\r\n")
        begin(&driver)
        #expect(driver.everythingWritten.contains("MAIL FROM"))
        #expect(!driver.everythingWritten.contains("REQUIRETLS"))
        driver = SessionDriver(policy: .requireTLS)
        driver.serve("220 mx.test.example\r\n")
        driver.serve("250-mx.test.example\r\n250 STARTTLS\r\n")
        driver.serve("220 go\r\n")
        var evidence = SessionDriver.trusted
        evidence.verdict = .untrusted(.selfSigned)
        driver.take(driver.session.secured(evidence))
        driver.serve(Self.offersOnward)
        begin(&driver)
        #expect(driver.everythingWritten.contains("MAIL FROM"))
        #expect(!driver.everythingWritten.contains("REQUIRETLS"))
    }

    @Test func `a message that must be passed on over TLS goes to nobody who does not promise it`() {
        var driver = SessionDriver.ready(Self.offersOnward)
        begin(&driver, .required)
        #expect(driver.everythingWritten.hasPrefix("MAIL FROM:<bounce@ward.example> REQUIRETLS\r\n"))
        #expect(outcome(&driver)?.asksTLSOnward == true)
        driver = SessionDriver.ready()
        begin(&driver, .required)
        #expect(driver.outcome?.word == "notProtected:requiretls_missing")
        #expect(!driver.everythingWritten.contains("MAIL FROM"))
        // The connection is as good as before for other messages.
        begin(&driver)
        #expect(driver.everythingWritten.contains("MAIL FROM"))
    }

    @Test(arguments: [
        ("250 mx.test.example\r\n", "notProtected:starttls_missing"),
        ("502 what\r\n", "notProtected:starttls_missing"),
        ("250-mx.test.example\r\n250 STARTTLS\r\n454 not now\r\n", "notProtected:starttls_refused"),
    ])
    func `where TLS is a must without a proof, nothing goes in the clear`(replies: String, word: String) {
        var driver = SessionDriver(policy: .requireTLS)
        driver.serve("220 mx.test.example\r\n")
        driver.serve(replies)
        #expect(driver.outcome?.word == word)
        #expect(!driver.everythingWritten.contains("MAIL"))
    }
}
