// SPDX-License-Identifier: Apache-2.0

import Testing
import WardDNS
import WardKernel
import WardTestKit

@testable import WardTrust

/// libunbound against a real name server with zones that were signed for the test: what is secure, insecure, bogus, absent
/// and failing is told apart (catalogue T7, N8).
@Suite(.serialized, .enabled(if: TestNameServer.isAvailable, "nsd and ldnsutils (Debian's packages) must be installed"))
struct SignedZoneTests {
    private static let digest = String(repeating: "ab", count: 32)

    private static let zones = [
        TestNameServer.Zone(
            "signed.example",
            [
                "@ IN MX 10 mx", "@ IN MX 20 bare", "@ IN MX 30 odd", "@ IN MX 40 mx.plain.example.",
                "mx IN A 127.0.0.1", "bare IN A 127.0.0.1", "odd IN A 127.0.0.1",
                "_25._tcp.mx IN TLSA 3 1 1 \(digest)", "_25._tcp.mx IN TLSA 1 1 1 \(digest)",
                "_25._tcp.odd IN TLSA 1 1 1 \(digest)",
            ]
        ),
        TestNameServer.Zone(
            "plain.example",
            ["@ IN MX 10 mx", "mx IN A 127.0.0.1", "_25._tcp.mx IN TLSA 3 1 1 \(digest)"],
            isSigned: false
        ),
        TestNameServer.Zone(
            "forged.example",
            ["@ IN MX 10 mx", "mx IN A 127.0.0.1", "_25._tcp.mx IN TLSA 3 1 1 \(digest)"],
            // An attacker's key in the place of the real one: the signature stays as it was.
            tampering: { $0.replacing("3 1 1 \(digest)", with: "3 1 1 " + String(repeating: "cd", count: 32)) }
        ),
        TestNameServer.Zone(
            "moved.example",
            ["@ IN MX 10 mx", "mx IN A 127.0.0.1"],
            tampering: { $0.replacing("MX\t10 mx.moved.example.", with: "MX\t10 mx.evil.example.") }
        ),
    ]

    private func resolver(_ server: TestNameServer) throws -> UnboundResolver {
        var configuration = UnboundResolver.Configuration()
        configuration.servers = .recursive
        configuration.timeout = .seconds(5)
        configuration.trustAnchors = server.anchors
        configuration.stubs = ["signed.example", "plain.example", "forged.example", "moved.example", "lame.example"].map
        {
            UnboundResolver.Stub(zone: $0, server: "127.0.0.1@\(server.port)")
        }
        return try UnboundResolver(configuration)
    }

    @Test func `each kind of answer leads to the finding that never weakens`() async throws {
        try await TestNameServer.with(Self.zones) { server in
            let resolver = try resolver(server)
            let hosts = MailHostFinder(
                resolver: resolver,
                surroundings: TestSurroundings().surroundings,
                allowsPrivateAddresses: true
            )
            let finder = DANEFinder(resolver: resolver)
            func findings(_ domain: String) async -> [String] {
                guard case .hosts(let found) = await hosts.mailHosts(of: domain) else { return ["no hosts"] }
                var words: [String] = []
                for host in found { words.append(await finder.finding(of: host, port: 25, domain: domain).word) }
                return words
            }
            // Records; proved to have none; none that can be used; a host in a zone without signatures.
            #expect(await findings("signed.example") == ["records", "no_records", "unusable", "unsigned"])
            #expect(await findings("plain.example") == ["unsigned"])
            #expect(await findings("forged.example") == ["unavailable"])
            #expect(await hosts.mailHosts(of: "moved.example") == .temporaryFailure(.bogus))
            #expect(await resolver.certificateAssociations(of: "_25._tcp.mx.forged.example") == .bogus)
            #expect(
                await resolver.certificateAssociations(of: "_25._tcp.bare.signed.example")
                    == .noSuchDomain(isSecure: true)
            )
            let lame = MailHost(name: "mx.lame.example", preference: 1, addresses: [.loopback], isSecure: true)
            #expect(
                await finder.finding(of: lame, port: 25, domain: "lame.example") == .unavailable(.serverFailure)
            )
        }
    }

    @Test func `records that can be used are read as they stand and the others are left out`() async throws {
        try await TestNameServer.with([Self.zones[0]]) { server in
            let resolver = try resolver(server)
            let host = MailHost(name: "mx.signed.example", preference: 10, addresses: [.loopback], isSecure: true)
            let finding = await DANEFinder(resolver: resolver).finding(of: host, port: 25, domain: "signed.example")
            let record = TLSARecord(
                usage: 3,
                selector: 1,
                matching: 1,
                association: [UInt8](repeating: 0xab, count: 32)
            )
            #expect(finding == DANERecords([record], otherNames: ["signed.example"]).map { .records($0) })
            // An insecure answer is none, wherever it came from.
            let fixed = FixedResolver(associations: ["_25._tcp.mx.signed.example": [record]])
            #expect(await DANEFinder(resolver: fixed).finding(of: host, port: 25, domain: "d.example") == .noRecords)
        }
    }
}
