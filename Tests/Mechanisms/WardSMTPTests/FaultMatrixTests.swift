// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import WardSMTP

/// Every cell of the fault matrix against the dialogue as a value: no socket, no clock (catalogue N1 to N5, T1).
@Suite struct FaultMatrixTests {
    private static let cells = FaultStage.allCases.flatMap { stage in
        Fault.allCases.map { (stage, $0) }
    }

    private typealias Step = (stage: FaultStage, pass: (inout SessionDriver) -> Void)

    /// What a good server says, stage by stage.
    private func steps(pipelining: Bool) -> [Step] {
        [
            (.greeting, { $0.serve("220 mx.test.example\r\n") }),
            (.hello, { $0.serve("250-mx.test.example\r\n250 STARTTLS\r\n") }),
            (.startTLS, { $0.serve("220 go\r\n") }),
            (.handshake, { $0.take($0.session.secured(SessionDriver.trusted)) }),
            (.helloAgain, { $0.serve("250-mx.test.example\r\n250 \(pipelining ? "PIPELINING" : "HELP")\r\n") }),
            (.mail, { $0.serve("250 ok\r\n") }),
            (.recipient, { $0.serve("250 ok\r\n") }),
            (.data, { $0.serve("354 go\r\n") }),
            (.body, { $0.take($0.session.finish()) }),
            (.finalDot, { $0.serve("250 ok\r\n") }),
            (.quit, { $0.take($0.session.connectionEnded()) }),
        ]
    }

    /// What the client does of its own accord once a stage is passed.
    private func proceed(_ driver: inout SessionDriver, after stage: FaultStage) {
        if stage == .helloAgain { driver.begin() }
        if stage == .finalDot { driver.take(driver.session.quit()) }
    }

    /// A dialogue right before the other side's turn at this stage; nil where the session has no say.
    private func driver(before stage: FaultStage, pipelining: Bool) -> SessionDriver? {
        if stage == .connect { return nil }
        var driver = SessionDriver()
        for step in steps(pipelining: pipelining).prefix(while: { $0.stage != stage }) {
            step.pass(&driver)
            proceed(&driver, after: step.stage)
        }
        return driver
    }

    private func apply(_ fault: Fault, _ stage: FaultStage, to driver: inout SessionDriver) {
        switch fault {
        case .stall: driver.take(driver.session.timedOut())
        case .reset, .halfClose: driver.take(driver.session.connectionEnded())
        case .tarpit:
            // One octet at a time and never the last: no octet may give the other side more time.
            let waits = driver.waits
            for byte in (fault.reply(at: stage) ?? "").utf8.dropLast(2) { driver.take(driver.session.received([byte])) }
            #expect(driver.waits == waits)
            driver.take(driver.session.timedOut())
        default:
            if stage == .handshake { return driver.take(driver.session.handshakeFailed(.handshakeFailed)) }
            driver.serve(fault.reply(at: stage) ?? "")
        }
    }

    /// A good server from here on.
    private func goOn(_ driver: inout SessionDriver, after stage: FaultStage, pipelining: Bool) {
        proceed(&driver, after: stage)
        for step in steps(pipelining: pipelining).drop(while: { $0.stage != stage }).dropFirst() {
            step.pass(&driver)
            proceed(&driver, after: step.stage)
        }
    }

    @Test(arguments: cells, [true, false])
    func `every fault at every stage ends as the table says`(cell: (FaultStage, Fault), pipelining: Bool) {
        let (stage, fault) = cell
        let expected = FaultMatrix.expectation(fault, at: stage)
        // Connecting is the socket's part.
        guard var driver = driver(before: stage, pipelining: pipelining) else { return }
        apply(fault, stage, to: &driver)
        switch expected {
        case .cannotHappen: Issue.record("only connecting has empty cells")
        case .goesOn:
            if stage != .quit { goOn(&driver, after: stage, pipelining: pipelining) }
            #expect(driver.outcome?.word == "delivered")
        case .outcome(let word):
            // Commands that were pipelined behind a refused one are answered too.
            for _ in 0..<2 where driver.outcome == nil { driver.serve("503 5.5.1 no\r\n") }
            #expect(driver.outcome?.word == word)
            let isAfterDot = stage == .finalDot
            #expect(driver.everythingWritten.contains("\r\n.\r\n") == false || isAfterDot)
            let isBeforeTLS = [FaultStage.greeting, .hello, .startTLS, .handshake].contains(stage)
            if isBeforeTLS { #expect(!driver.everythingWritten.contains("MAIL")) }
            if !word.hasPrefix("permanent"), !driver.session.isIdle { #expect(driver.isClosed) }
        }
    }

    @Test func `a reply that never ends is kept to a few kilobytes`() {
        for flood in [Fault.hugeLine, .hugeReply] {
            for stage in FaultStage.allCases where stage != .handshake {
                guard var driver = driver(before: stage, pipelining: true) else { continue }
                driver.serve(flood.reply(at: stage) ?? "")
                #expect(driver.isClosed || stage == .quit)
            }
        }
        #expect(SMTPReplyReader.longestLine * SMTPReplyReader.mostLines <= 262_144)
    }

    @Test func `the table in the guide is the one that is tested`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let guide = try String(contentsOf: root.appending(path: "docs/fault-matrix.md"), encoding: .utf8)
        #expect(guide.contains(FaultMatrix.markdown), "docs/fault-matrix.md must hold:\n\(FaultMatrix.markdown)")
    }

    @Test func `the waits are those of RFC 5321`() {
        // Section 4.5.3.2: 5 minutes for the greeting, MAIL and RCPT, 2 for DATA, 3 for each block, 10 for the final dot.
        let waits = SMTPTimeouts.standard
        #expect([waits.greeting, waits.mail, waits.recipient] == [.seconds(300), .seconds(300), .seconds(300)])
        #expect([waits.data, waits.body, waits.finalDot] == [.seconds(120), .seconds(180), .seconds(600)])
    }
}
