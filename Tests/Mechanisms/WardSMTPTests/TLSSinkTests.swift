// SPDX-License-Identifier: Apache-2.0

import Testing
import WardDNS
import WardKernel
import WardTestKit
import WardTrust

@testable import WardSMTP

/// The same table against another implementation, on OpenSSL.
@Suite(.enabled(if: TestSink.isAvailable, "a C compiler must be installed")) struct TLSSinkTests {
    private func transaction(_ recipient: String = "ann@test.example") throws -> SMTPTransaction {
        SMTPTransaction(
            returnPath: EmailAddress("bounce@ward.example"),
            recipients: [try #require(EmailAddress(recipient))],
            message: try SMTPMessage(Array("Message-ID: <1@ward.example>\r\nSubject: x\r\n\r\n.\r\nbody\r\n".utf8))
        )
    }

    private func deliver(
        _ options: [String],
        timeouts: SMTPTimeouts = .all(.seconds(60)),
        times: Int = 1
    ) async throws -> (words: [String], messages: [[String]]) {
        let authority = try TestCertificateAuthority()
        return try await TestSink.with(options, certificate: try authority.sign("mx.test.example")) { sink in
            let client = SMTPClient(
                heloName: "ward.example",
                roots: try TrustRoots(pem: authority.rootPEM),
                surroundings: .machine,
                timeouts: timeouts
            )
            let endpoint = SMTPEndpoint(name: "mx.test.example", addresses: [.loopback], port: sink.port)
            var words: [String] = []
            for _ in 0..<times { words.append(await client.deliver(try transaction(), to: endpoint) { _ in }.word) }
            await client.close()
            return (words, sink.messages)
        }
    }

    private static let orders: [(order: String, stage: FaultStage, fault: Fault)] = [
        ("connect:450:1", .greeting, .transient), ("connect:550:1", .greeting, .permanent),
        ("connect:drop:1", .greeting, .reset),
        ("ehlo:450:1", .hello, .transient), ("ehlo:550:1", .hello, .permanent), ("ehlo:drop:1", .hello, .reset),
        ("starttls:454:1", .startTLS, .transient), ("starttls:drop:1", .startTLS, .reset),
        ("mail:451:1", .mail, .transient), ("mail:553:1", .mail, .permanent), ("mail:421:1", .mail, .closing),
        ("mail:drop:1", .mail, .reset),
        ("rcpt:450:1", .recipient, .transient), ("rcpt:550:1", .recipient, .permanent),
        ("rcpt:drop:1", .recipient, .reset),
        ("data:451:1", .data, .transient), ("data:554:1", .data, .permanent), ("data:drop:1", .data, .reset),
        ("eom:451:1", .finalDot, .transient), ("eom:554:1", .finalDot, .permanent), ("eom:drop:1", .finalDot, .reset),
    ]

    @Test(arguments: orders)
    func `faults of the neutral receiver end as the table says`(
        order: (order: String, stage: FaultStage, fault: Fault)
    ) async throws {
        let word = try await deliver(["--fail", order.order]).words[0]
        if order.fault == .reset {
            // It closes with our commands unread, so that the kernel throws away the answers before, or the whole connection.
            #expect(
                word.hasPrefix("transient:connection_lost") || word == "transient:unreachable:connect"
                    || order.stage == .startTLS || order.stage == .finalDot,
                "\(order.order) \(word)"
            )
            if order.stage == .startTLS {
                #expect(word.hasPrefix("notProtected:") || word.hasPrefix("transient:"), "\(word)")
            }
            if order.stage == .finalDot { #expect(word == "inDoubt:connection_lost") }
        } else if order.stage == .greeting, word == "transient:unreachable:connect" {
            // It closes right behind its greeting. On a busy machine the close is there before anybody reads, and counts as a
            // connection that never came to be; like the refusal, that is tried again.
            #expect(FaultMatrix.expectation(order.fault, at: order.stage) == .outcome("transient:refused:greeting"))
        } else {
            #expect(FaultMatrix.expectation(order.fault, at: order.stage) == .outcome(word), "\(order.order)")
        }
    }

    @Test(arguments: [
        ("none", "starttls_missing"), ("454", "starttls_refused"), ("drop", "tls_handshake_failed"),
        ("garbage", "tls_handshake_failed"),
    ])
    func `encryption that is missing, refused or broken gets nothing`(mode: String, word: String) async throws {
        let ended = try await deliver(["--starttls-mode", mode])
        #expect(ended.words == ["notProtected:" + word])
        #expect(ended.messages.isEmpty)
    }

    @Test func `silence at a stage ends with its time`() async throws {
        var timeouts = SMTPTimeouts.all(.seconds(60))
        timeouts.finalDot = .milliseconds(500)
        let slow = ["--delay-ms", "20000", "--delay-stage", "eom"]
        #expect(try await deliver(slow, timeouts: timeouts).words == ["inDoubt:timeout"])
    }

    @Test func `old TLS alone gets nothing`() async throws {
        let ended = try await deliver(["--tls-min", "1.0", "--tls-max", "1.1"])
        #expect(ended.words == ["notProtected:tls_handshake_failed"])
        #expect(ended.messages.isEmpty)
    }

    @Test func `with and without pipelining each message arrives once, under TLS, and connections are used again`()
        async throws
    {
        for options in [[], ["--no-pipelining"]] {
            let ended = try await deliver(options, times: 3)
            #expect(ended.words == ["delivered", "delivered", "delivered"])
            #expect(ended.messages.count == 3)
            #expect(Set(ended.messages.map { $0[2] }).count == 1)
        }
    }
}
