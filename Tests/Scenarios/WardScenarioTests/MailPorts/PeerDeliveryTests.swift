// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardDNS
import WardKernel
import WardSMTP
import WardTestKit
import WardTrust

/// Ward's SMTP client against mail systems other than Postfix.
@Suite(.serialized, .enabled(if: TestPeer.isAvailable, "run scripts/setup test as root"))
struct PeerDeliveryTests {
    private static let exim = """
        primary_hostname = mx.tls.example
        local_interfaces = 127.0.0.1
        daemon_smtp_ports = PORT
        exim_user = Debian-exim
        exim_group = Debian-exim
        spool_directory = /var/spool/exim4
        log_file_path = FOLDER/spool/exim4/%slog
        log_selector = +tls_cipher
        keep_environment =
        tls_advertise_hosts = *
        tls_certificate = FOLDER/certificate.pem
        tls_privatekey = FOLDER/key.pem
        smtputf8_advertise_hosts = *
        acl_smtp_rcpt = accept
        acl_smtp_data = accept
        begin routers
        take:
          driver = accept
          transport = maildir
        begin transports
        maildir:
          driver = appendfile
          directory = FOLDER/mail
          maildir_format
          user = Debian-exim
          envelope_to_add

        """

    /// A body with all that gets lost on the way: dots at the start of lines, the longest line that is allowed, letters outside
    /// ASCII, a dot alone.
    private static let body = [
        ".", "..", ".a dot", "From the clinic", String(repeating: "x", count: 998), "Señora, su cita 健康", "",
        ".\t", "QUIT", "end",
    ]

    private func transaction(_ recipient: String) throws -> SMTPTransaction {
        let text =
            ([
                "Subject: a test", "Message-ID: <1@ward.example>", "MIME-Version: 1.0",
                "Content-Type: text/plain; charset=utf-8",
                "Content-Transfer-Encoding: 8bit", "",
            ] + Self.body).map { $0 + "\r\n" }.joined()
        return SMTPTransaction(
            returnPath: EmailAddress("bounce@ward.example"),
            recipients: [try #require(EmailAddress(recipient))],
            message: try SMTPMessage(Array(text.utf8))
        )
    }

    private func client(_ roots: TestCertificateAuthority) throws -> SMTPClient {
        SMTPClient(
            heloName: "ward.example",
            roots: try TrustRoots(pem: roots.rootPEM),
            surroundings: .machine,
            timeouts: .all(.seconds(20))
        )
    }

    private func withExim(
        _ more: String,
        _ body: (TestPeer, TestCertificateAuthority) async throws -> Void
    ) async throws {
        let authority = try TestCertificateAuthority()
        try await TestPeer.with(
            TestPeer.Identity(authority: authority, name: "mx.tls.example"),
            files: ["exim.conf": more + Self.exim],
            command: "chown Debian-exim FOLDER/key.pem; exec exim4 -bdf -q5s"
        ) { try await body($0, authority) }
    }

    @Test func `Exim whose authority is not trusted gets nothing`() async throws {
        try await withExim("") { peer, _ in
            let client = try client(TestCertificateAuthority(named: "Stranger"))
            let endpoint = SMTPEndpoint(name: "mx.tls.example", addresses: [.loopback], port: peer.port)
            let outcome = await client.deliver(try transaction("ann@tls.example"), to: endpoint) { _ in }
            guard case .notProtected = outcome else {
                Issue.record("\(outcome)")
                return
            }
            await client.close()
        }
    }

    /// CHUNKING is on and the body goes by BDAT, or it is off and the body goes by DATA with its dots doubled.
    @Test(arguments: [true, false])
    func `Exim keeps every message whole, once, over verified TLS`(chunking: Bool) async throws {
        let option = "chunking_advertise_hosts = \(chunking ? "*" : "")\n"
        try await withExim(option) { peer, authority in
            let client = try client(authority)
            let endpoint = SMTPEndpoint(name: "mx.tls.example", addresses: [.loopback], port: peer.port)
            for number in 1...5 {
                let outcome = await client.deliver(try transaction("p\(number)@tls.example"), to: endpoint) { _ in }
                guard case .delivered(let attempt) = outcome else {
                    Issue.record("\(outcome)\n\(peer.log)")
                    return
                }
                #expect(attempt.tls?.verdict.isTrusted == true)
            }
            await client.close()
            let messages = try await peer.waitForMessages(5)
            #expect(messages.count == 5)
            for message in messages {
                #expect(message.hasSuffix("\n\n" + Self.body.joined(separator: "\n") + "\n"))
            }
            let recipients = messages.compactMap { message in
                message.split(separator: "\n").first { $0.hasPrefix("Envelope-to: ") }.map(String.init)
            }
            #expect(Set(recipients).count == 5)
            let log = try String(contentsOfFile: peer.folder + "/spool/exim4/mainlog", encoding: .utf8)
            let chunked = log.components(separatedBy: " K ").count - 1
            #expect(chunked == (chunking ? 5 : 0), "what Exim logs of BDAT: \(log)")
        }
    }

    private static let openSMTPD = """
        pki mx.tls.example cert "FOLDER/certificate.pem"
        pki mx.tls.example key "FOLDER/key.pem"
        listen on 127.0.0.1 port PORT hostname mx.tls.example SETTING
        table people { "@tls.example" = "reader" }
        action "take" maildir "FOLDER/mail" virtual <people>
        match from any for domain "tls.example" action "take"

        """

    private func withOpenSMTPD(
        tls: Bool,
        _ body: (TestPeer, TestCertificateAuthority) async throws -> Void
    ) async throws {
        let authority = try TestCertificateAuthority()
        let setting = tls ? "tls pki mx.tls.example" : ""
        try await TestPeer.with(
            TestPeer.Identity(authority: authority, name: "mx.tls.example"),
            files: ["smtpd.conf": Self.openSMTPD.replacing("SETTING", with: setting)],
            command: "exec smtpd -d -f FOLDER/smtpd.conf"
        ) { try await body($0, authority) }
    }

    /// Debian 12's OpenSMTPD (6.8.0p2) keeps its key behind an engine that OpenSSL 3 no longer asks: it offers STARTTLS and no
    /// handshake succeeds ("missing private key"), for any client. When Debian mends that, the message may arrive, protected.
    @Test func `OpenSMTPD, which offers TLS and fails at the handshake, gets nothing in the clear`() async throws {
        try await withOpenSMTPD(tls: true) { peer, authority in
            let client = try client(authority)
            let endpoint = SMTPEndpoint(name: "mx.tls.example", addresses: [.loopback], port: peer.port)
            let outcome = await client.deliver(try transaction("ann@tls.example"), to: endpoint) { _ in }
            await client.close()
            if case .delivered(let attempt) = outcome {
                #expect(attempt.tls?.verdict.isTrusted == true)
            } else {
                #expect(outcome.attempt.recipients == [.notTried], "\(outcome)")
                #expect(!peer.log.contains("event=message") && !peer.log.contains("smtp message"), "\(peer.log)")
            }
        }
    }

    /// Nothing that has PHI goes this way: it shows that the bytes are whole.
    @Test func `OpenSMTPD keeps a message whole, once, when it is declared free of PHI and goes in the clear`()
        async throws
    {
        try await withOpenSMTPD(tls: false) { peer, authority in
            let client = try client(authority)
            let endpoint = SMTPEndpoint(name: "mx.tls.example", addresses: [.loopback], port: peer.port)
            for number in 1...3 {
                let transaction = try transaction("p\(number)@tls.example")
                let outcome = await client.deliver(transaction, to: endpoint, policy: .opportunistic) { _ in }
                guard case .delivered = outcome else {
                    Issue.record("\(outcome)\n\(peer.log)")
                    return
                }
            }
            await client.close()
            let messages = try await peer.waitForMessages(3)
            #expect(messages.count == 3)
            for message in messages {
                #expect(message.hasSuffix("\n\n" + Self.body.joined(separator: "\n") + "\n"))
            }
        }
    }
}
