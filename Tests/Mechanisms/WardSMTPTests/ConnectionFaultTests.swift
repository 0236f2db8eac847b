// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardDNS
import WardKernel
import WardTestKit

@testable import WardSMTP

/// Faults of a connection that only a socket shows (catalogue N1, N2, N9, T1).
@Suite struct ConnectionFaultTests {
    private func transaction() throws -> SMTPTransaction {
        SMTPTransaction(
            returnPath: nil,
            recipients: [try #require(EmailAddress("ann@test.example"))],
            message: try SMTPMessage(Array("Subject: x\r\n\r\nbody\r\n".utf8))
        )
    }

    private func client(_ limit: Duration = .seconds(10)) -> SMTPClient {
        SMTPClient(heloName: "ward.example", surroundings: .machine, timeouts: .all(limit))
    }

    private func deliver(
        _ client: SMTPClient,
        _ port: Int,
        _ policy: TransportPolicy,
        addresses: [IPAddress] = [.loopback]
    ) async throws -> SMTPOutcome {
        let endpoint = SMTPEndpoint(name: "mx.test.example", addresses: addresses, port: port)
        return await client.deliver(try transaction(), to: endpoint, policy: policy) { _ in }
    }

    @Test(arguments: [ScriptedServer.Answer.last("220 go\r\nthis is no handshake"), .last("220 go"), .hangUp])
    func `a handshake that breaks off is not protected`(answer: ScriptedServer.Answer) async throws {
        let seen = Counter()
        try await ScriptedServer.with { line, _ in
            if line.hasPrefix("MAIL") { _ = seen.next() }
            if line.hasPrefix("EHLO") { return .text("250-x\r\n250 STARTTLS") }
            if line == "STARTTLS" { return answer }
            return line == "CONNECT" ? .text("220 x") : .text("500 garbage")
        } _: { server in
            let outcome = try await deliver(client(), server.port, .requireVerifiedTLS)
            #expect(outcome.word == "notProtected:tls_handshake_failed")
            #expect(seen.value == 0)
        }
    }

    @Test(arguments: [ScriptedServer.Answer.last("220 go\r\nthis is no handshake"), .last("220 go"), .hangUp])
    func `what may go in the clear is sent over a new connection when the handshake breaks off`(
        answer: ScriptedServer.Answer
    ) async throws {
        let connections = Counter()
        try await ScriptedServer.with { line, _ in
            if line == "CONNECT" { _ = connections.next() }
            if line.hasPrefix("EHLO") { return .text("250-x\r\n250 STARTTLS") }
            return line == "STARTTLS" ? answer : ScriptedServer.ordinary(line)
        } _: { server in
            let outcome = try await deliver(client(), server.port, .opportunistic)
            #expect(outcome.word == "delivered")
            #expect(outcome.attempt.tls == nil)
            #expect(connections.value == 2)
        }
    }

    @Test func `credentials keep a broken handshake from going on in the clear`() async throws {
        let connections = Counter()
        try await ScriptedServer.with { line, _ in
            if line == "CONNECT" { _ = connections.next() }
            if line.hasPrefix("EHLO") { return .text("250-x\r\n250-AUTH PLAIN\r\n250 STARTTLS") }
            return line == "STARTTLS" ? .hangUp : ScriptedServer.ordinary(line)
        } _: { server in
            let endpoint = SMTPEndpoint(
                name: "mx.test.example",
                addresses: [.loopback],
                port: server.port,
                credentials: SMTPCredentials(user: "u", password: "p")
            )
            let outcome = await client().deliver(try transaction(), to: endpoint, policy: .opportunistic) { _ in }
            #expect(outcome.word == "notProtected:tls_handshake_failed")
            #expect(connections.value == 1)
        }
    }

    @Test func `a host where nobody listens is unreachable, and silence ends with the time for it`() async throws {
        let outcome = try await deliver(client(), try FreePort.find(), .requireVerifiedTLS)
        #expect(outcome.word == "transient:unreachable:connect")
        #expect(outcome.mayTryNextHost)
        try await ScriptedServer.with { _, _ in
            .silence
        } _: { server in
            let outcome = try await deliver(client(.seconds(2)), server.port, .requireVerifiedTLS)
            #expect(outcome.word == "transient:timeout:greeting")
        }
    }

    @Test func `silence and a hang-up after the final dot are in doubt`() async throws {
        for answer in [ScriptedServer.Answer.silence, .hangUp, .last("250")] {
            try await ScriptedServer.with { line, _ in
                line == "." ? answer : ScriptedServer.ordinary(line)
            } _: { server in
                let outcome = try await deliver(client(.seconds(4)), server.port, .opportunistic)
                switch answer {
                case .silence: #expect(outcome.word == "inDoubt:timeout")
                case .hangUp: #expect(outcome.word == "inDoubt:connection_lost")
                default: #expect(outcome.word == "delivered")
                }
                #expect(!outcome.mayTryNextHost)
            }
        }
    }

    @Test func `a connection that the server ended while it lay idle is replaced`() async throws {
        let connections = Counter()
        let messages = Counter()
        try await ScriptedServer.with { line, connection in
            if line == "CONNECT" { _ = connections.next() }
            if line == "." { _ = messages.next() }
            if line.hasPrefix("MAIL"), connection == 1, messages.value == 1 { return .last("421 idle too long") }
            return ScriptedServer.ordinary(line)
        } _: { server in
            let client = client()
            for _ in 1...2 {
                let outcome = try await deliver(client, server.port, .opportunistic)
                #expect(outcome.word == "delivered")
            }
            #expect(connections.value == 2)
            #expect(messages.value == 2)
            await client.close()
        }
    }

    @Test func `an address that does not answer does not keep the other from the message`() async throws {
        try await ScriptedServer.with { line, _ in
            ScriptedServer.ordinary(line)
        } _: { server in
            let addresses = ["::1", "127.0.0.1"].compactMap { IPAddress($0) }
            let outcome = try await deliver(client(), server.port, .opportunistic, addresses: addresses)
            #expect(outcome.word == "delivered")
            #expect(outcome.attempt.address == .loopback)
        }
    }

    /// Whoever plans a campaign waits for the answer; a delivery has the five minutes of RFC 5321.
    @Test(.timeLimit(.minutes(1)), arguments: ["CONNECT", "EHLO", "STARTTLS"])
    func `a server that is only looked at and falls silent is unknown soon`(stage: String) async throws {
        var timeouts = SMTPTimeouts.standard
        timeouts.look = .milliseconds(200)
        let client = SMTPClient(heloName: "ward.example", surroundings: .machine, timeouts: timeouts)
        try await ScriptedServer.with { line, _ in
            if line.hasPrefix(stage) { return .silence }
            if line.hasPrefix("EHLO") { return .text("250-x\r\n250 STARTTLS") }
            return .text("220 x")
        } _: { server in
            let endpoint = SMTPEndpoint(name: "mx.test.example", addresses: [.loopback], port: server.port)
            guard case .unknown(let failure) = await client.probe(endpoint) else {
                Issue.record("a silent server proved something")
                return
            }
            #expect(failure.cause == .timeout)
        }
        await client.close()
    }

    @Test func `looking shortens the steps until TLS is up and no others`() {
        var expected = SMTPTimeouts.standard
        (expected.connect, expected.greeting) = (.seconds(10), .seconds(10))
        (expected.hello, expected.handshake) = (.seconds(10), .seconds(10))
        #expect(SMTPTimeouts.standard.forLooking == expected)
        #expect(SMTPTimeouts.all(.seconds(1)).forLooking == .all(.seconds(1)))
    }

    @Test func `a closed client takes nothing`() async throws {
        let client = client()
        await client.close()
        #expect(try await deliver(client, 1, .requireVerifiedTLS).word == "transient:cancelled:connect")
    }
}
