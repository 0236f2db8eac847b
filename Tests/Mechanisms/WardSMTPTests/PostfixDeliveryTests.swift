// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing
import WardDNS
import WardKernel
import WardTestKit
import WardTrust

@testable import WardSMTP

/// Against a real Postfix, with every byte between recorded.
@Suite(
    .serialized,
    .enabled(if: TestPostfix.isAvailable, "Postfix (Debian's package) must be installed and the user be root")
)
struct PostfixDeliveryTests {
    private static let planted = "a value that nobody else may read 73190"

    private func transaction(_ recipients: [String], text: String = planted) throws -> SMTPTransaction {
        let bytes = Array("Subject: test\r\nMessage-ID: <1@ward.example>\r\n\r\n\(text)\r\n.\r\nend\r\n".utf8)
        return SMTPTransaction(
            returnPath: EmailAddress("bounce@ward.example"),
            recipients: try recipients.map { try #require(EmailAddress($0)) },
            message: try SMTPMessage(bytes)
        )
    }

    private func client(_ postfix: TestPostfix, roots: TrustRoots? = nil) throws -> SMTPClient {
        SMTPClient(
            heloName: "ward.example",
            roots: try roots ?? TrustRoots(pem: postfix.authority.rootPEM),
            surroundings: .machine,
            timeouts: .all(.seconds(20))
        )
    }

    private func endpoint(_ proxy: RecordingProxy, _ name: String = "mx.test.example") -> SMTPEndpoint {
        SMTPEndpoint(name: name, addresses: [.loopback], port: proxy.port)
    }

    private func isInClear(_ proxy: RecordingProxy, _ text: String = planted) -> Bool {
        String(decoding: proxy.bytes, as: UTF8.self).contains(text)
    }

    @Test func `with verified TLS a message arrives once and no byte of it is seen on the way`() async throws {
        try await TestPostfix.with(.trusted("test.example")) { postfix in
            try await RecordingProxy.with(to: postfix.port) { proxy in
                let client = try client(postfix)
                let seen = Mutex<SMTPAttempt?>(nil)
                let outcome = await client.deliver(try transaction(["ann@test.example"]), to: endpoint(proxy)) {
                    attempt in
                    let early = try postfix.messages()
                    #expect(early.isEmpty)
                    seen.withLock { $0 = attempt }
                }
                guard case .delivered(let attempt) = outcome else {
                    Issue.record("\(outcome.word)\n\(postfix.log)")
                    return
                }
                #expect(attempt.recipients == [.accepted])
                #expect(attempt.tls?.version == "TLSv1.3")
                #expect(attempt.tls?.cipher.hasPrefix("TLS_") == true)
                #expect(attempt.tls?.verdict.isTrusted == true)
                #expect(attempt.tls?.certificateFingerprint.count == 64)
                #expect(attempt.address == .loopback && attempt.ownAddress == .loopback)
                #expect(attempt.serverName?.contains(".") == true && !attempt.isReused)
                #expect(seen.withLock { $0?.recipients } == [.accepted])
                let messages = try await postfix.waitForMessages(1)
                #expect(messages.count == 1)
                #expect(messages[0].recipient == "ann@test.example")
                #expect(messages[0].content.contains(Self.planted + "\n.\nend\n"))
                #expect(!isInClear(proxy))
                #expect(!isInClear(proxy, "ann@test.example"))
                await client.close()
            }
        }
    }

    @Test func `a certificate for another name gets nothing after STARTTLS`() async throws {
        var options = TestPostfix.Options.trusted("test.example")
        options.certificateName = "other.example"
        try await TestPostfix.with(options) { postfix in
            try await RecordingProxy.with(to: postfix.port) { proxy in
                let client = try client(postfix)
                let outcome = await client.deliver(try transaction(["ann@test.example"]), to: endpoint(proxy)) { _ in
                    Issue.record("the hook must not run")
                }
                #expect(outcome.word == "notProtected:certificate_name_mismatch")
                #expect(outcome.attempt.recipients == [.notTried])
                let lines = proxy.clientLines.prefix(2)
                #expect(Array(lines) == ["EHLO ward.example", "STARTTLS"])
                #expect(!isInClear(proxy))
                #expect(!isInClear(proxy, "MAIL FROM"))
                #expect(!postfix.log.contains("from=<bounce"))
                #expect(try postfix.messages().isEmpty)
            }
        }
    }

    @Test func `a server whose authority is not trusted gets nothing`() async throws {
        try await TestPostfix.with(.trusted("test.example")) { postfix in
            try await RecordingProxy.with(to: postfix.port) { proxy in
                let stranger = try TrustRoots(pem: TestCertificateAuthority(named: "Stranger").rootPEM)
                let client = try client(postfix, roots: stranger)
                let outcome = await client.deliver(try transaction(["ann@test.example"]), to: endpoint(proxy)) { _ in }
                #expect(outcome.word == "notProtected:certificate_unknown_issuer")
                #expect(outcome.attempt.tls?.verdict == .untrusted(.unknownIssuer))
                #expect(await client.probe(endpoint(proxy)) == .notProtected(.untrusted(.unknownIssuer)))
            }
        }
    }

    @Test func `a server without TLS sees no MAIL FROM`() async throws {
        var options = TestPostfix.Options.trusted("test.example")
        options.certificateName = nil
        try await TestPostfix.with(options) { postfix in
            try await RecordingProxy.with(to: postfix.port) { proxy in
                let client = try client(postfix)
                let outcome = await client.deliver(try transaction(["ann@test.example"]), to: endpoint(proxy)) { _ in
                    Issue.record("the hook must not run")
                }
                #expect(outcome.word == "notProtected:starttls_missing")
                #expect(proxy.clientLines == ["EHLO ward.example"])
                #expect(try postfix.messages().isEmpty)
            }
        }
    }

    @Test func `the opportunistic policy, given explicitly, sends in the clear`() async throws {
        var options = TestPostfix.Options.trusted("test.example")
        options.certificateName = nil
        try await TestPostfix.with(options) { postfix in
            try await RecordingProxy.with(to: postfix.port) { proxy in
                let client = try client(postfix)
                let outcome = await client.deliver(
                    try transaction(["ann@test.example"]),
                    to: endpoint(proxy),
                    policy: .opportunistic
                ) { _ in }
                #expect(outcome.word == "delivered")
                #expect(outcome.attempt.tls == nil)
                // The capture does see what is in the clear: the tests above could fail.
                #expect(isInClear(proxy))
                await client.close()
            }
        }
    }

    @Test func `a refused recipient does not keep the others from their message`() async throws {
        var options = TestPostfix.Options.trusted("test.example")
        options.refused = ["gone@test.example"]
        options.deferred = ["grey@test.example"]
        try await TestPostfix.with(options) { postfix in
            try await RecordingProxy.with(to: postfix.port) { proxy in
                let client = try client(postfix)
                let outcome = await client.deliver(
                    try transaction(["gone@test.example", "ann@test.example", "grey@test.example"]),
                    to: endpoint(proxy)
                ) { _ in }
                #expect(outcome.word == "delivered")
                guard case .refusedForGood(let gone) = outcome.attempt.recipients[0],
                    case .refusedForNow(let grey) = outcome.attempt.recipients[2]
                else {
                    Issue.record("the refusals are missing")
                    return
                }
                #expect(gone.enhanced?.description == "5.1.1")
                #expect(grey.code == 450)
                #expect(try await postfix.waitForMessages(1).map(\.recipient) == ["ann@test.example"])
                let alone = await client.deliver(try transaction(["gone@test.example"]), to: endpoint(proxy)) { _ in }
                #expect(alone.word == "permanent:refused:recipient")
                let later = await client.deliver(try transaction(["grey@test.example"]), to: endpoint(proxy)) { _ in }
                #expect(later.word == "transient:refused:recipient")
                // One connection served all three.
                #expect(proxy.conversations.count == 1)
                await client.close()
            }
        }
    }

    @Test func `a hook that fails leaves nothing behind`() async throws {
        struct NotCommitted: Error {}
        try await TestPostfix.with(.trusted("test.example")) { postfix in
            try await RecordingProxy.with(to: postfix.port) { proxy in
                let client = try client(postfix)
                let outcome = await client.deliver(try transaction(["ann@test.example"]), to: endpoint(proxy)) { _ in
                    throw NotCommitted()
                }
                #expect(outcome.word == "transient:withheld:body")
                let second = await client.deliver(try transaction(["bob@test.example"]), to: endpoint(proxy)) { _ in }
                #expect(second.word == "delivered")
                #expect(try await postfix.waitForMessages(1).map(\.recipient) == ["bob@test.example"])
                await client.close()
            }
        }
    }

    @Test func `two hundred messages go over a few connections, each once`() async throws {
        try await TestPostfix.with(.trusted("test.example")) { postfix in
            try await RecordingProxy.with(to: postfix.port) { proxy in
                var limits = SMTPClient.Limits()
                limits.connectionsPerServer = 4
                let client = SMTPClient(
                    heloName: "ward.example",
                    roots: try TrustRoots(pem: postfix.authority.rootPEM),
                    surroundings: .machine,
                    limits: limits
                )
                let words = try await withThrowingTaskGroup(of: String.self) { group in
                    for number in 0..<200 {
                        let transaction = try transaction(["p\(number)@test.example"])
                        let endpoint = endpoint(proxy)
                        group.addTask { await client.deliver(transaction, to: endpoint) { _ in }.word }
                    }
                    return try await group.reduce(into: Set<String>()) { $0.insert($1) }
                }
                #expect(words == ["delivered"])
                #expect(proxy.conversations.count <= 4)
                let recipients = try await postfix.waitForMessages(200).map(\.recipient)
                #expect(Set(recipients).count == 200 && recipients.count == 200)
                await client.close()
            }
        }
    }
}
