// SPDX-License-Identifier: Apache-2.0

import Testing
import WardDNS
import WardKernel
import WardTestKit
import WardTrust

@testable import WardSMTP

/// DANE in the handshake, against a real Postfix whose certificate no root has signed and a real signed zone (catalogue T7).
@Suite(
    .serialized,
    .enabled(
        if: TestPostfix.isAvailable && TestNameServer.isAvailable,
        "Postfix, nsd and ldnsutils (Debian's packages) must be installed and the user be root"
    )
)
struct DANEDeliveryTests {
    private static let planted = "a value that nobody else may read 55102"

    private func transaction() throws -> SMTPTransaction {
        let bytes = Array("Subject: test\r\nMessage-ID: <1@ward.example>\r\n\r\n\(Self.planted)\r\n".utf8)
        return SMTPTransaction(
            returnPath: EmailAddress("bounce@ward.example"),
            recipients: [try #require(EmailAddress("ann@test.example"))],
            message: try SMTPMessage(bytes)
        )
    }

    /// A client that believes no root.
    private func client(_ roots: TrustRoots = TrustRoots([])) -> SMTPClient {
        SMTPClient(heloName: "ward.example", roots: roots, surroundings: .machine, timeouts: .all(.seconds(20)))
    }

    /// SHA-256 of what the server shows.
    private func fingerprint(_ postfix: TestPostfix) async throws -> String {
        let client = client(TrustRoots([postfix.authority.root]))
        let endpoint = SMTPEndpoint(name: "mx.test.example", addresses: [.loopback], port: postfix.port)
        let probe = await client.probe(endpoint)
        await client.close()
        guard case .protected(let evidence) = probe else { throw ChildProcess.Failure(description: "\(probe)") }
        return evidence.certificateFingerprint
    }

    private func demand(_ association: String, port: Int) async throws -> CertificateDemand {
        let zone = TestNameServer.Zone(
            "test.example",
            ["@ IN MX 10 mx", "mx IN A 127.0.0.1", "_\(port)._tcp.mx IN TLSA 3 0 1 \(association)"]
        )
        return try await TestNameServer.with([zone]) { server in
            var configuration = UnboundResolver.Configuration()
            configuration.servers = .recursive
            configuration.trustAnchors = server.anchors
            configuration.stubs = [UnboundResolver.Stub(zone: "test.example", server: "127.0.0.1@\(server.port)")]
            let resolver = try UnboundResolver(configuration)
            let hosts = MailHostFinder(resolver: resolver, surroundings: .machine, allowsPrivateAddresses: true)
            guard case .hosts(let found) = await hosts.mailHosts(of: "test.example"), let host = found.first,
                case .records(let records) = await DANEFinder(resolver: resolver)
                    .finding(of: host, port: port, domain: "test.example")
            else { throw ChildProcess.Failure(description: "the signed zone did not answer") }
            return .dane(records)
        }
    }

    private func outcome(
        _ postfix: TestPostfix,
        _ client: SMTPClient,
        _ demand: CertificateDemand
    ) async throws -> String {
        let endpoint = SMTPEndpoint(name: "mx.test.example", addresses: [.loopback], port: postfix.port, demand: demand)
        return await client.deliver(try transaction(), to: endpoint) { _ in }.word
    }

    @Test func `a certificate that only the signed DNS vouches for carries the message`() async throws {
        try await TestPostfix.with(.trusted("test.example")) { postfix in
            let demand = try await demand(try await fingerprint(postfix), port: postfix.port)
            let client = client()
            #expect(try await outcome(postfix, client, .webPKI) == "notProtected:certificate_unknown_issuer")
            #expect(try await outcome(postfix, client, demand) == "delivered")
            // The connection that DANE proved is kept, and is none for who asks for the Web PKI.
            #expect(try await outcome(postfix, client, .webPKI) == "notProtected:certificate_unknown_issuer")
            await client.close()
            #expect(try await postfix.waitForMessages(1).count == 1)
        }
    }

    @Test func `a stale record keeps the message back although a public root vouches for the server`() async throws {
        try await TestPostfix.with(.trusted("test.example")) { postfix in
            try await RecordingProxy.with(to: postfix.port) { proxy in
                let demand = try await demand(String(repeating: "0f", count: 32), port: postfix.port)
                let client = client(TrustRoots([postfix.authority.root]))
                let endpoint = SMTPEndpoint(
                    name: "mx.test.example",
                    addresses: [.loopback],
                    port: proxy.port,
                    demand: demand
                )
                let outcome = await client.deliver(try transaction(), to: endpoint) { _ in }
                #expect(outcome.word == "notProtected:certificate_matches_no_tlsa_record")
                #expect(!String(decoding: proxy.bytes, as: UTF8.self).contains(Self.planted))
                await client.close()
                #expect(try postfix.messages().isEmpty)
            }
        }
    }
}
