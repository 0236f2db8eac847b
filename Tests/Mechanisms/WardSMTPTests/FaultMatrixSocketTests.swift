// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOSSL
import Synchronization
import Testing
import WardDNS
import WardKernel
import WardTestKit
import WardTrust

@testable import WardSMTP

/// The fault matrix over real sockets and real TLS, and what a man in the middle tries (catalogue N1 to N4, N9, T1 to T3, T5).
@Suite struct FaultMatrixSocketTests {
    private static let planted = "a value that nobody else may read 52817"
    private static let authority = Result { try TestCertificateAuthority() }

    private static func script(_ fault: Fault?, _ stage: FaultStage) throws -> FaultPeer.Script {
        FaultPeer.Script(
            fault: fault,
            stage: stage,
            certificate: try authority.get().sign("mx.test.example")
        )
    }

    /// Silence at the stage under test ends soon, everywhere else after a time that a loaded machine needs.
    private static func timeouts(_ fault: Fault?, _ stage: FaultStage) -> SMTPTimeouts {
        var timeouts = SMTPTimeouts.all(.seconds(60))
        guard fault == .stall || fault == .tarpit else { return timeouts }
        let short = Duration.seconds(2)
        switch stage {
        case .connect: timeouts.connect = short
        case .greeting: timeouts.greeting = short
        case .hello, .startTLS, .helloAgain: timeouts.hello = short
        case .handshake: timeouts.handshake = short
        case .mail: timeouts.mail = short
        case .recipient: timeouts.recipient = short
        case .data: timeouts.data = short
        case .body: timeouts.body = short
        case .finalDot: timeouts.finalDot = short
        case .quit: break
        }
        return timeouts
    }

    private static func message(large: Bool = false) throws -> SMTPTransaction {
        let line = planted + "\r\n"
        let body = large ? String(repeating: line, count: 500_000) : line
        return SMTPTransaction(
            returnPath: EmailAddress("bounce@ward.example"),
            recipients: [try #require(EmailAddress("ann@test.example"))],
            message: try SMTPMessage(Array("Subject: x\r\n\r\n\(body)".utf8))
        )
    }

    private static func client(_ timeouts: SMTPTimeouts = .all(.seconds(60))) throws -> SMTPClient {
        SMTPClient(
            heloName: "ward.example",
            roots: try TrustRoots(pem: authority.get().rootPEM),
            surroundings: .machine,
            timeouts: timeouts
        )
    }

    private static func deliver(
        _ script: FaultPeer.Script,
        _ timeouts: SMTPTimeouts = .all(.seconds(60)),
        large: Bool = false
    ) async throws -> (word: String, clear: String, lines: [String]) {
        try await FaultPeer.with(script) { peer in
            let client = try client(timeouts)
            let endpoint = SMTPEndpoint(name: "mx.test.example", addresses: [.loopback], port: peer.port)
            let outcome = await client.deliver(try message(large: large), to: endpoint) { _ in }
            await client.close()
            return (outcome.word, peer.clear, peer.lines)
        }
    }

    private static func expectNothingInClear(_ clear: String) {
        #expect(!clear.contains(planted))
        #expect(!clear.contains("MAIL FROM"))
        #expect(!clear.contains("ann@"))
    }

    @Test(arguments: FaultStage.allCases)
    func `every fault at a stage ends over a socket as the table says, and nothing is in the clear`(
        stage: FaultStage
    ) async throws {
        guard stage != .connect else { return }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for fault in Fault.allCases {
                group.addTask {
                    let script = try Self.script(fault, stage)
                    let ended = try await Self.deliver(script, Self.timeouts(fault, stage), large: stage == .body)
                    switch FaultMatrix.expectation(fault, at: stage) {
                    case .goesOn: #expect(ended.word == "delivered", "\(fault) at \(stage)")
                    // Whoever resets instead of greeting may do so before the client knows that it is connected.
                    case .outcome where fault == .reset && stage == .greeting && ended.word.hasSuffix(":connect"):
                        #expect(ended.word == "transient:unreachable:connect")
                    case .outcome(let word): #expect(ended.word == word, "\(fault) at \(stage)")
                    case .cannotHappen: break
                    }
                    Self.expectNothingInClear(ended.clear)
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `connecting to a host that does not answer, or refuses, ends as the table says`() async throws {
        let refused = try await Self.client().deliver(
            try Self.message(),
            to: SMTPEndpoint(name: "mx.test.example", addresses: [.loopback], port: try FreePort.find())
        ) { _ in }
        #expect(FaultMatrix.expectation(.reset, at: .connect) == .outcome(refused.word))
        try await BlackHole.with("127.0.0.1") { port in
            let silent = try await Self.client(Self.timeouts(.stall, .connect)).deliver(
                try Self.message(),
                to: SMTPEndpoint(name: "mx.test.example", addresses: [.loopback], port: port)
            ) { _ in }
            #expect(FaultMatrix.expectation(.stall, at: .connect) == .outcome(silent.word))
        }
    }

    @Test func `an IPv6 address that swallows everything does not keep a message from the IPv4 one`() async throws {
        try await FaultPeer.with(try Self.script(nil, .connect)) { peer in
            try await BlackHole.with("::1", port: peer.port) { port in
                let addresses = ["::1", "127.0.0.1"].compactMap { IPAddress($0) }
                let began = ContinuousClock.now
                let outcome = try await Self.client().deliver(
                    try Self.message(),
                    to: SMTPEndpoint(name: "mx.test.example", addresses: addresses, port: port)
                ) { _ in }
                #expect(outcome.word == "delivered")
                #expect(outcome.attempt.address == .loopback)
                // RFC 8305 section 5: the next address is tried after 250 ms; the connection attempt itself may take 60 s.
                #expect(ContinuousClock.now - began < .seconds(20))
            }
        }
    }

    @Test func `a server whose STARTTLS was stripped gets nothing, and hears of nobody`() async throws {
        var script = try Self.script(nil, .connect)
        script.offersTLS = false
        let ended = try await Self.deliver(script)
        #expect(ended.word == "notProtected:starttls_missing")
        Self.expectNothingInClear(ended.clear)
        #expect(ended.clear == "EHLO ward.example\r\n")
    }

    @Test(arguments: [
        "250-evil\r\n250 AUTH PLAIN\r\n", "250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n", "421 bye\r\n", "garbage",
    ])
    func `replies injected behind the answer to STARTTLS never count`(injection: String) async throws {
        var script = try Self.script(nil, .connect)
        script.injection = injection
        let ended = try await Self.deliver(script)
        // Dropped, or taken for a broken handshake when they come apart from the answer: never for replies.
        #expect(["delivered", "notProtected:tls_handshake_failed"].contains(ended.word))
        Self.expectNothingInClear(ended.clear)
        if ended.word == "delivered" { #expect(ended.lines.contains(Self.planted)) }
    }

    @Test func `certificates that prove nothing get nothing`() async throws {
        let authority = try Self.authority.get()
        var expired = TestCertificateAuthority.Wish(names: ["mx.test.example"])
        expired.notBefore = Date(timeIntervalSinceNow: -86_400 * 3)
        expired.notAfter = Date(timeIntervalSinceNow: -86_400)
        var early = TestCertificateAuthority.Wish(names: ["mx.test.example"])
        early.notBefore = Date(timeIntervalSinceNow: 86_400)
        early.notAfter = Date(timeIntervalSinceNow: 86_400 * 2)
        var alone = TestCertificateAuthority.Wish(names: ["mx.test.example"])
        alone.isSelfSigned = true
        var named = TestCertificateAuthority.Wish(names: [])
        named.commonName = "mx.test.example"
        let bad: [TestCertificateAuthority.Wish] = [
            expired, early, alone, named, TestCertificateAuthority.Wish(names: ["other.example"]),
            TestCertificateAuthority.Wish(names: ["*.example"]),
        ]
        for wish in bad {
            var script = try Self.script(nil, .connect)
            script.certificate = try authority.sign(wish)
            let ended = try await Self.deliver(script)
            #expect(ended.word.hasPrefix("notProtected:"), "\(ended.word)")
            Self.expectNothingInClear(ended.clear)
            #expect(ended.lines.isEmpty)
        }
        var script = try Self.script(nil, .connect)
        script.certificate = try TestCertificateAuthority(named: "Somebody else").sign("mx.test.example")
        let ended = try await Self.deliver(script)
        #expect(ended.word.hasPrefix("notProtected:certificate"))
        #expect(ended.lines.isEmpty)
    }

    @Test(arguments: [TLSVersion.tlsv1, .tlsv11])
    func `a server that knows only old TLS gets nothing`(version: TLSVersion) async throws {
        var script = try Self.script(nil, .connect)
        script.maximumTLS = version
        let ended = try await Self.deliver(script)
        #expect(ended.word == "notProtected:tls_handshake_failed")
        Self.expectNothingInClear(ended.clear)
    }

    @Test func `a server that closes without saying so under TLS has accepted nothing`() async throws {
        let ended = try await Self.deliver(try Self.script(.reset, .mail))
        #expect(ended.word == "transient:connection_lost:mail")
    }
}
