// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing
import WardDNS
import WardKernel
import WardSMTP
import WardStorage
import WardTestKit
import WardTrust

@testable import WardDelivery

/// Policies and signed zones on the way of a message to a real Postfix (catalogue T6, T7, N8): what is enforced is kept to,
/// what cannot be looked up defers, and nothing weakens what the gate was told.
@Suite(.serialized, .enabled(if: TestPostfix.isAvailable, "Postfix is not installed, or the user is not root"))
struct ProvedServerTests {
    private static let secret = "The biopsy of the left lung is benign."

    /// The policy's web server, as a test says.
    private final class Source: PolicySource {
        let answer = Mutex<Result<MTASTSPolicy, MTASTSProblem>>(.failure(.unreachable))
        func policy(of domain: String) async -> Result<MTASTSPolicy, MTASTSProblem> { answer.withLock(\.self) }
    }

    private struct Setting {
        let world: DeliveryWorld
        let delivery: Delivery
        let worker: DeliveryWorker
        let source: Source
        let administrator: Requester
    }

    private func with(
        _ kind: StoreKind,
        resolver: any Resolver,
        port: Int,
        roots: TrustRoots,
        policy: String? = nil,
        _ body: (Setting) async throws -> Void
    ) async throws {
        try await DeliveryWorld.with(kind, surroundings: .machine) { world in
            let source = Source()
            if let policy {
                let read = try MTASTSPolicy(Array(policy.utf8))
                source.answer.withLock { $0 = .success(read) }
            }
            let client = SMTPClient(heloName: "ward.example", roots: roots, surroundings: .machine)
            let delivery = Delivery(
                store: world.store,
                vault: world.ground.vault,
                audit: world.ground.audit,
                consent: world.consent,
                sources: DeliverySources(
                    portal: world.portal,
                    audience: world.people,
                    people: world.people,
                    signers: world.signers
                ),
                transmitter: SMTPTransmitter(
                    client: client,
                    resolver: resolver,
                    policies: MTASTSPolicies(resolver: resolver, source: source, surroundings: .machine),
                    memory: KeptPolicies(store: world.store, vault: world.ground.vault),
                    surroundings: .machine,
                    allowsPrivateAddresses: true,
                    port: port
                ),
                configuration: DeliveryConfiguration(schedule: .demo),
                surroundings: .machine
            )
            let setting = Setting(
                world: world,
                delivery: delivery,
                worker: DeliveryWorker(delivery),
                source: source,
                administrator: TestRequester.with(roles: [.administrator], of: world.ground.organization)
            )
            do {
                try await body(setting)
                await client.close()
            } catch {
                await client.close()
                throw error
            }
        }
    }

    /// Sends one message and works on it once; what its one attempt came to.
    private func attempt(_ setting: Setting) async throws -> (standing: DeliveryStanding?, attempt: AttemptSummary) {
        let person = try await setting.world.makePerson()
        let outcome = try await setting.delivery.send(
            Sensitive(ComposedContent(subject: "From your clinic", text: Self.secret)),
            terms: try setting.world.terms(),
            to: .contact(person),
            at: try DeliveryWorld.address("anna"),
            by: setting.world.marketer
        )
        guard case .queued(let id, _) = outcome else { throw DeliveryWorld.Unexpected() }
        _ = try await setting.worker.runOnce()
        let explained = try await setting.delivery.explain(id, by: setting.world.marketer)
        return (explained.summary.standing, try #require(explained.attempts.first))
    }

    private static func zone(announces: String? = nil, mx: String = "mx.tls.example") -> FixedResolver {
        FixedResolver(
            hosts: [mx: [.loopback]],
            exchangers: ["tls.example": [MailExchanger(preference: 10, host: mx)]],
            texts: announces.map { ["_mta-sts.tls.example": ["v=STSv1; id=\($0)"]] } ?? [:]
        )
    }

    private static func policy(_ mode: String, _ mx: String = "mx.tls.example") -> String {
        "version: STSv1\nmode: \(mode)\nmx: \(mx)\nmax_age: 86400\n"
    }

    @Test(arguments: TestStore.kinds)
    func `an enforced policy that names the host proves it and stands in the evidence`(kind: StoreKind) async throws {
        try await TestPostfix.with(.trusted("tls.example")) { postfix in
            try await with(
                kind,
                resolver: Self.zone(announces: "7"),
                port: postfix.port,
                roots: TrustRoots([postfix.authority.root]),
                policy: Self.policy("enforce")
            ) { setting in
                let done = try await attempt(setting)
                #expect(done.standing == .delivered)
                let evidence = try #require(done.attempt.evidence)
                #expect(
                    evidence.posture
                        == DestinationPosture(
                            policy: "enforce",
                            policyIdentifier: "7",
                            dane: "unsigned",
                            proof: "web_pki"
                        )
                )
                #expect(evidence.hostNameFrom == nil)
                #expect(evidence.certificate == "verified for mx.tls.example")
                let history = try await setting.delivery.destination(ofDomain: "tls.example", by: setting.administrator)
                #expect(history?.changes.map(\.posture.level) == [.proved])
                // The second message goes over the same connection, which is counted once.
                _ = try await attempt(setting)
                let counted = try await setting.delivery.tlsReports(by: setting.administrator).rows
                #expect(counted.map(\.domain) == ["tls.example"])
                #expect(counted.map(\.successes) == [1] && counted.map(\.failures) == [0])
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `without a policy the name comes from unsigned DNS and the evidence says so`(kind: StoreKind) async throws {
        try await TestPostfix.with(.trusted("tls.example")) { postfix in
            try await with(
                kind,
                resolver: Self.zone(),
                port: postfix.port,
                roots: TrustRoots([postfix.authority.root])
            ) { setting in
                let done = try await attempt(setting)
                #expect(done.standing == .delivered)
                #expect(done.attempt.evidence?.hostNameFrom == "named by unsigned DNS")
                #expect(done.attempt.evidence?.posture?.level == .certificate)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a host that an enforced policy does not name gets nothing, though its certificate is good`(
        kind: StoreKind
    ) async throws {
        var options = TestPostfix.Options.trusted("tls.example")
        options.certificateName = "mx.evil.example"
        try await TestPostfix.with(options) { postfix in
            try await with(
                kind,
                resolver: Self.zone(announces: "7", mx: "mx.evil.example"),
                port: postfix.port,
                roots: TrustRoots([postfix.authority.root]),
                policy: Self.policy("enforce")
            ) { setting in
                let done = try await attempt(setting)
                #expect(done.attempt.outcome == "sts_mx_mismatch")
                _ = try await setting.worker.runOnce()
                #expect(setting.world.portal.deposited.count == 1)
                // The notice does not go there either: the domain's owner wants nothing given to that host.
                _ = try await setting.worker.runOnce()
                #expect(try postfix.messages().isEmpty)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a policy that is only tested keeps nothing back`(kind: StoreKind) async throws {
        try await TestPostfix.with(.trusted("tls.example")) { postfix in
            try await with(
                kind,
                resolver: Self.zone(announces: "7"),
                port: postfix.port,
                roots: TrustRoots([postfix.authority.root]),
                policy: Self.policy("testing", "mx.elsewhere.example")
            ) { setting in
                let done = try await attempt(setting)
                #expect(done.standing == .delivered)
                #expect(done.attempt.evidence?.posture?.policy == "testing")
                #expect(done.attempt.evidence?.hostNameFrom == "named by unsigned DNS")
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a policy from before a restart binds although record and web server are blocked`(
        kind: StoreKind
    ) async throws {
        var options = TestPostfix.Options.trusted("tls.example")
        options.certificateName = "mx.evil.example"
        try await TestPostfix.with(options) { postfix in
            try await with(
                kind,
                resolver: Self.zone(mx: "mx.evil.example"),
                port: postfix.port,
                roots: TrustRoots([postfix.authority.root])
            ) { setting in
                let known = KnownMTASTSPolicy(
                    identifier: "7",
                    policy: try MTASTSPolicy(Array(Self.policy("enforce").utf8)),
                    fetchedAt: Surroundings.machine.now() - .hours(1)
                )
                try await KeptPolicies(store: setting.world.store, vault: setting.world.ground.vault)
                    .keep(known, of: "tls.example", organization: setting.world.ground.organization)
                #expect(try await attempt(setting).attempt.outcome == "sts_mx_mismatch")
                #expect(try postfix.messages().isEmpty)
            }
        }
    }

    // MARK: DANE

    /// Answers of a zone that DNSSEC proves, with these associations.
    private static func signed(_ records: [TLSARecord]?, port: Int) -> FixedResolver {
        FixedResolver(
            hosts: ["mx.tls.example": [.loopback]],
            exchangers: ["tls.example": [MailExchanger(preference: 10, host: "mx.tls.example")]],
            associations: records.map { ["_\(port)._tcp.mx.tls.example": $0] } ?? [:],
            isSecure: true
        )
    }

    /// A TLSA record for what a server shows.
    private func record(of postfix: TestPostfix) async throws -> TLSARecord {
        let client = SMTPClient(
            heloName: "ward.example",
            roots: TrustRoots([postfix.authority.root]),
            surroundings: .machine
        )
        let endpoint = SMTPEndpoint(name: "mx.tls.example", addresses: [.loopback], port: postfix.port)
        let probe = await client.probe(endpoint)
        await client.close()
        guard case .protected(let evidence) = probe, let key = DestinationKey(evidence.certificateFingerprint) else {
            throw DeliveryWorld.Unexpected()
        }
        return TLSARecord(usage: 3, selector: 0, matching: 1, association: key.hash)
    }

    @Test(arguments: TestStore.kinds)
    func `a record in the signed zone proves the server without any root`(kind: StoreKind) async throws {
        try await TestPostfix.with(.trusted("tls.example")) { postfix in
            let record = try await record(of: postfix)
            let resolver = Self.signed([record], port: postfix.port)
            try await with(kind, resolver: resolver, port: postfix.port, roots: TrustRoots([])) { setting in
                let done = try await attempt(setting)
                #expect(done.standing == .delivered)
                let evidence = try #require(done.attempt.evidence)
                #expect(evidence.posture == DestinationPosture(policy: "none", dane: "records", proof: "dane"))
                #expect(evidence.certificate == "matches a TLSA record of mx.tls.example")
                #expect(evidence.hostNameFrom == nil)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a record that does not fit keeps message and notice back, whatever root vouches`(kind: StoreKind) async throws
    {
        try await TestPostfix.with(.trusted("tls.example")) { postfix in
            let stale = TLSARecord(usage: 3, selector: 1, matching: 1, association: [UInt8](repeating: 7, count: 32))
            let resolver = Self.signed([stale], port: postfix.port)
            let roots = TrustRoots([postfix.authority.root])
            try await with(kind, resolver: resolver, port: postfix.port, roots: roots) { setting in
                let done = try await attempt(setting)
                #expect(done.attempt.outcome == "certificate_matches_no_tlsa_record")
                for _ in 0..<3 { _ = try await setting.worker.runOnce() }
                #expect(setting.world.portal.deposited.count == 1)
                #expect(try postfix.messages().isEmpty)
                let counted = try #require(
                    try await setting.delivery.tlsReports(by: setting.administrator).rows.first
                )
                #expect(counted.successes == 0 && counted.failures > 0)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `where no record can be used the Web PKI is still asked for, and the notice needs TLS`(
        kind: StoreKind
    ) async throws {
        let unusable = TLSARecord(usage: 1, selector: 1, matching: 1, association: [UInt8](repeating: 7, count: 32))
        try await TestPostfix.with(.trusted("tls.example")) { postfix in
            let resolver = Self.signed([unusable], port: postfix.port)
            try await with(kind, resolver: resolver, port: postfix.port, roots: TrustRoots([])) { setting in
                #expect(try await attempt(setting).attempt.outcome == "certificate_unknown_issuer")
                for _ in 0..<3 { _ = try await setting.worker.runOnce() }
                let received = try await postfix.waitForMessages(1)
                #expect(received.count == 1)
                #expect(received.allSatisfy { !$0.content.contains("biopsy") })
            }
        }
        var options = TestPostfix.Options.trusted("tls.example")
        options.certificateName = nil
        try await TestPostfix.with(options) { postfix in
            let resolver = Self.signed([unusable], port: postfix.port)
            try await with(kind, resolver: resolver, port: postfix.port, roots: TrustRoots([])) { setting in
                #expect(try await attempt(setting).attempt.outcome == "starttls_missing")
                for _ in 0..<3 { _ = try await setting.worker.runOnce() }
                #expect(try postfix.messages().isEmpty)
            }
        }
    }

    /// Secure MX and addresses, and no answer about the records.
    private struct SilentAboutRecords: Resolver {
        let inner: FixedResolver
        let answer: DNSAnswer<TLSARecord>
        func addresses(of name: String) async -> DNSAnswer<IPAddress> { await inner.addresses(of: name) }
        func mailExchangers(of domain: String) async -> DNSAnswer<MailExchanger> {
            await inner.mailExchangers(of: domain)
        }
        func texts(of name: String) async -> DNSAnswer<String> { await inner.texts(of: name) }
        func certificateAssociations(of name: String) async -> DNSAnswer<TLSARecord> { answer }
    }

    @Test(arguments: [DNSAnswer<TLSARecord>.bogus, .temporaryFailure(.serverFailure), .temporaryFailure(.timeout)])
    func `a look-up of records that fails defers the message and changes nothing else`(
        answer: DNSAnswer<TLSARecord>
    ) async throws {
        try await TestPostfix.with(.trusted("tls.example")) { postfix in
            let resolver = SilentAboutRecords(inner: Self.signed(nil, port: postfix.port), answer: answer)
            let roots = TrustRoots([postfix.authority.root])
            try await with(.sqlite, resolver: resolver, port: postfix.port, roots: roots) { setting in
                let done = try await attempt(setting)
                #expect(done.standing == .queued)
                #expect(done.attempt.outcome == "dane_unavailable")
                #expect(try postfix.messages().isEmpty)
                #expect(setting.world.portal.deposited.isEmpty)
            }
        }
    }
}
