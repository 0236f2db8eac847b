// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardTrust

@testable import WardSMTP

/// Plays a server's side of a dialogue against the session, and keeps what the session wrote.
struct SessionDriver {
    var session: SMTPSession
    var written: [String] = []
    var reports: [SMTPSession.Report] = []
    var isClosed = false
    var bodies = 0
    var handshakes = 0
    var chunks: [Int] = []
    /// How often the session began to wait.
    var waits = 0

    static let trusted = TLSEvidence(
        version: "TLSv1.3",
        cipher: "TLS_AES_256_GCM_SHA384",
        certificateFingerprint: "00",
        verdict: .trusted(name: "mx.test.example", expiresAt: Timestamp(seconds: 2_000_000_000))
    )
    static let offers = "250-mx.test.example\r\n250-PIPELINING\r\n250-SIZE 100000\r\n250 8BITMIME\r\n"

    init(policy: TransportPolicy = .requireVerifiedTLS, credentials: String? = nil) {
        session = SMTPSession(
            heloName: "ward.example",
            host: "mx.test.example",
            policy: policy,
            credentials: credentials
        )
        take(session.connected())
    }

    /// A session that is ready for mail; `offers` is the answer to the second EHLO.
    static func ready(_ offers: String = Self.offers) -> SessionDriver {
        var driver = SessionDriver()
        driver.serve("220 mx.test.example\r\n")
        driver.serve("250-mx.test.example\r\n250 STARTTLS\r\n")
        driver.serve("220 go\r\n")
        driver.take(driver.session.secured(trusted))
        driver.serve(offers)
        driver.written = []
        driver.reports = []
        return driver
    }

    mutating func take(_ actions: [SMTPSession.Action]) {
        for action in actions {
            switch action {
            case .write(let text): written.append(text)
            case .writeBody: bodies += 1
            case .writeChunk(let size): chunks.append(size)
            case .startTLS: handshakes += 1
            case .report(let report): reports.append(report)
            case .close: isClosed = true
            case .wait: waits += 1
            case .stopWaiting: break
            }
        }
    }

    mutating func serve(_ text: String) { take(session.received(Array(text.utf8))) }

    mutating func begin(_ recipients: [String] = ["a@test.example"], size: Int = 1_000, eightBit: Bool = false) {
        take(
            session.begin(
                SMTPSession.Envelope(
                    returnPath: "bounce@ward.example",
                    recipients: recipients,
                    size: size,
                    hasEightBitOctets: eightBit
                )
            )
        )
    }

    /// Up to the final dot.
    mutating func beginAndFinish() {
        begin()
        serve("250 ok\r\n250 ok\r\n354 go\r\n")
        take(session.finish())
    }

    var outcome: SMTPOutcome? {
        for case .ended(let outcome) in reports.reversed() { return outcome }
        return nil
    }

    var everythingWritten: String { written.joined() }
}

extension SMTPOutcome {
    /// The case as a word, for expectations.
    var word: String {
        switch self {
        case .delivered: "delivered"
        case .notProtected(let failure, _): "notProtected:" + failure.word
        case .transient(let failure, _): "transient:\(failure.word):\(failure.stage.rawValue)"
        case .permanent(let failure, _): "permanent:\(failure.word):\(failure.stage.rawValue)"
        case .inDoubt(let failure, _): "inDoubt:" + failure.word
        }
    }
}
