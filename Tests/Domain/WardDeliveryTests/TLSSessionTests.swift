// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardDNS
import WardKernel
import WardSMTP
import WardStorage
import WardTestKit
import WardTrust

@testable import WardDelivery

/// Sessions with other servers are counted by day, domain, policy and result, and nothing else of them is kept.
@Suite struct TLSSessionTests {
    static let policy = TLSReportPolicy(.sts, lines: ["version: STSv1", "mode: enforce"], hosts: ["mx.tls.example"])
    static let good = TLSSession(policy: policy)

    static func bad(_ result: TLSResult, host: String = "mx.tls.example") -> TLSSession {
        TLSSession(
            policy: policy,
            result: result,
            reason: "because",
            host: host,
            serverName: "inside.tls.example",
            address: "203.0.113.5",
            ownAddress: "198.51.100.7"
        )
    }

    private func deliver(_ world: DeliveryWorld, _ sessions: [TLSSession], to address: String? = nil) async throws {
        world.transmitter.state.withLock { $0.sessions = sessions }
        let person = try await world.makePerson()
        _ = try await world.send(to: person, try world.terms(), address: address.flatMap { EmailAddress($0) })
        try await world.drain()
    }

    private func rows(_ world: DeliveryWorld) async throws -> [TLSReportRow] {
        try await world.delivery.tlsReports(by: world.administrator).rows
    }

    @Test("every result is counted by itself, and equal sessions are one row", arguments: TestStore.kinds)
    func counting(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { (world: DeliveryWorld) async throws in
            for result in TLSResult.allCases {
                try await deliver(world, [Self.bad(result), Self.good])
                try await deliver(world, [Self.bad(result)])
            }
            let row = try #require(try await rows(world).first)
            #expect(row.domain == "tls.example")
            #expect(row.successes == TLSResult.allCases.count)
            #expect(row.failures == 2 * TLSResult.allCases.count)
            let counted = try await world.store.read { (tx: any ReadTransaction) throws -> [TLSResult?: Int] in
                let place = TLSReportQueries.Place(
                    organization: world.ground.organization,
                    day: row.day.daysSince1970,
                    destination: row.key.hash
                )
                return try world.delivery.sessions(place, in: tx).reduce(into: [:]) { $0[$1.session.result] = $1.count }
            }
            for result in TLSResult.allCases { #expect(counted[result] == 2, "\(result)") }
            #expect(counted[nil] == TLSResult.allCases.count)
        }
    }

    @Test("a day in UTC and a domain are one row, and the next of either another", arguments: TestStore.kinds)
    func days(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { (world: DeliveryWorld) async throws in
            try await deliver(world, [Self.good])
            try await deliver(world, [Self.bad(.certificateExpired)])
            try await deliver(world, [Self.good], to: "p@other.example")
            world.clock.advance(by: .hours(24))
            try await deliver(world, [Self.good])
            let rows = try await rows(world)
            #expect(rows.count == 3)
            #expect(rows[0].day == rows[1].day.adding(days: 1) && rows[1].day == rows[2].day)
            #expect(Set(rows[1...].map(\.domain)) == ["tls.example", "other.example"])
            #expect(rows[0].domain == "tls.example" && rows[0].successes == 1 && rows[0].failures == 0)
            let first = try #require(rows[1...].first { $0.domain == "tls.example" })
            #expect(first.successes == 1 && first.failures == 1)
            let delivery = world.delivery
            let failed = try await delivery.tlsReports(TLSReportFilter(onlyFailures: true), by: world.administrator)
            #expect(failed.rows == [first])
            let other = TLSReportFilter(domain: "OTHER.example")
            #expect(
                try await delivery.tlsReports(other, by: world.administrator).rows.map(\.domain) == ["other.example"]
            )
        }
    }

    @Test("the list comes in pages that leave out and repeat nothing, in either order", arguments: TestStore.kinds)
    func pages(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { (world: DeliveryWorld) async throws in
            for day in 0..<3 {
                if day > 0 { world.clock.advance(by: .hours(24)) }
                for domain in ["a.example", "b.example", "c.example"] {
                    try await deliver(world, [Self.good], to: "p@\(domain)")
                }
            }
            for oldestFirst in [false, true] {
                var seen: [TLSReportRow] = []
                var after: TLSReportPosition?
                repeat {
                    let page = try await world.delivery.tlsReports(
                        TLSReportFilter(oldestFirst: oldestFirst),
                        after: after.flatMap { TLSReportPosition("\($0)") },
                        limit: 2,
                        by: world.administrator
                    )
                    seen += page.rows
                    after = page.next
                } while after != nil
                #expect(seen.count == 9 && Set(seen).count == 9)
                let days = seen.map(\.day.daysSince1970)
                #expect(days == (oldestFirst ? days.sorted() : days.sorted(by: >)))
            }
            for text in ["", "2026-11-26", "2026-11-26.", "2026-13-01.ab", "x.ab", "2026-11-26.zz"] {
                #expect(TLSReportPosition(text) == nil)
            }
        }
    }

    @Test("the counts of one organization are not another's", arguments: TestStore.kinds)
    func organizations(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { (world: DeliveryWorld) async throws in
            try await deliver(world, [Self.bad(.certificateExpired)])
            let other: OrganizationID = world.clock.surroundings.makeIdentifier()
            try await world.ground.establish(other, in: world.store)
            let stranger = TestRequester.with(roles: [.administrator], of: other)
            let delivery = world.delivery
            #expect(try await delivery.tlsReports(by: stranger).rows.isEmpty)
            let key = try #require(try await rows(world).first)
            #expect(try await delivery.tlsReport(about: key.key, on: key.day, by: stranger) == nil)
            #expect(try await delivery.sendTLSReports(false, why: "a test", by: stranger) == .done)
            #expect(try await delivery.sendsTLSReports(by: world.administrator))
            #expect(try await !delivery.sendsTLSReports(by: stranger))
            world.clock.advance(by: .days(60))
            #expect(try await delivery.purgeSessions(of: other) == 0)
            #expect(try await rows(world).count == 1)
            await #expect(throws: AccessDenied.self) { try await delivery.tlsReports(by: world.marketer) }
        }
    }

    @Test("counts and reports go after thirty days, and the younger stay", arguments: TestStore.kinds)
    func purge(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { (world: DeliveryWorld) async throws in
            try await deliver(world, [Self.good, Self.bad(.certificateExpired)])
            world.clock.advance(by: .days(20))
            try await deliver(world, [Self.good])
            #expect(try await world.delivery.purgeSessions(of: world.ground.organization) == 0)
            world.clock.advance(by: .days(11))
            // Two kinds of sessions and the report.
            #expect(try await world.delivery.purgeSessions(of: world.ground.organization) == 3)
            #expect(try await rows(world).count == 1)
            #expect(try await world.delivery.purgeSessions(of: world.ground.organization) == 0)
        }
    }

    @Test("no domain and no host stands in the clear in what is counted", arguments: TestStore.kinds)
    func sealed(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { (world: DeliveryWorld) async throws in
            try await deliver(world, [Self.bad(.certificateExpired)])
            let stored = try await world.store.read { tx in
                try tx.rows("SELECT sealed FROM delivery_tls_session").map { try $0.value("sealed", as: [UInt8].self) }
                    + tx.rows("SELECT sealed_domain FROM delivery_tls_report").map {
                        try $0.value("sealed_domain", as: [UInt8].self)
                    }
            }
            #expect(stored.count == 2)
            for octets in stored { #expect(!String(decoding: octets, as: UTF8.self).contains("example")) }
        }
    }

    @Test("what is counted of a message's evidence is not kept with the message")
    func evidence() throws {
        var evidence = AttemptEvidence(method: .verifiedTLS)
        evidence.host = "mx.tls.example"
        evidence.sessions = [Self.good]
        let text = String(decoding: try EncodedEvidence().octets(of: evidence), as: UTF8.self)
        #expect(text.contains("mx.tls.example") && !text.contains("STSv1") && !text.contains("sessions"))
    }
}

/// What came of a session, told from how the attempt ended and what the domain's policies say.
@Suite struct SessionMeasureTests {
    private static func attempt(_ verdict: TrustVerdict? = nil) -> SMTPAttempt {
        SMTPAttempt(
            host: "mx.d.example",
            address: IPAddress("203.0.113.5"),
            tls: verdict.map {
                TLSEvidence(version: "TLSv1.3", cipher: "x", certificateFingerprint: "", verdict: $0)
            }
        )
    }

    private static let trusted = TrustVerdict.trusted(name: "mx.d.example", expiresAt: Timestamp(seconds: 1))

    @Test("a session over TLS that holds is a success, whatever became of the message")
    func success() {
        let measure = SessionMeasure(policy: .none)
        let good = Self.attempt(Self.trusted)
        let refused = SMTPFailure(.timeout, at: .data)
        #expect(measure.session(of: .delivered(good)) == TLSSession(policy: .none))
        #expect(measure.session(of: .transient(refused, good)) == TLSSession(policy: .none))
        #expect(measure.session(of: .inDoubt(refused, good)) == TLSSession(policy: .none))
    }

    @Test("a connection that carried a message before, and one that never came to TLS, are not counted")
    func uncounted() {
        let measure = SessionMeasure(policy: .none, problem: (.tlsaInvalid, "x"))
        var reused = Self.attempt(Self.trusted)
        reused.isReused = true
        #expect(measure.session(of: .delivered(reused)) == nil)
        let unreachable = SMTPFailure(.unreachable, at: .connect)
        #expect(measure.session(of: .transient(unreachable, Self.attempt())) == nil)
    }

    @Test(
        "every failure of the server has its result",
        arguments: [
            (ProtectionFailure.startTLSMissing, TLSResult.startTLSNotSupported, "starttls-missing"),
            (.handshakeFailed, .validationFailure, "tls-handshake-failed"),
            (.untrusted(.expired(Timestamp(seconds: 1))), .certificateExpired, "certificate-expired"),
            (.untrusted(.nameMismatch(expected: "a", seen: [])), .certificateHostMismatch, "certificate-name-mismatch"),
            (.untrusted(.unknownIssuer), .certificateNotTrusted, "certificate-unknown-issuer"),
        ]
    )
    func failures(failure: ProtectionFailure, result: TLSResult, reason: String) {
        let measure = SessionMeasure(policy: .none)
        var clear = Self.attempt()
        clear.clearBecause = failure
        for outcome in [SMTPOutcome.notProtected(failure, Self.attempt()), .delivered(clear)] {
            let session = measure.session(of: outcome)
            #expect(session?.result == result)
            #expect(session?.reason == reason)
            #expect(session?.host == "mx.d.example" && session?.address == "203.0.113.5")
        }
    }

    @Test("a certificate that proves nothing fails, also where the message may go without proof")
    func opportunistic() {
        let session = SessionMeasure(policy: .none).session(of: .delivered(Self.attempt(.untrusted(.selfSigned))))
        #expect(session?.result == .certificateNotTrusted)
    }

    private static func survey(
        _ resolver: FixedResolver,
        _ fetched: Result<MTASTSPolicy, MTASTSProblem> = .failure(.unreachable)
    ) async throws -> SurveyDecision {
        struct Source: PolicySource {
            let answer: Result<MTASTSPolicy, MTASTSProblem>
            func policy(of domain: String) async -> Result<MTASTSPolicy, MTASTSProblem> { answer }
        }
        let surroundings = TestSurroundings().surroundings
        let finder = ServerFinder(
            resolver: resolver,
            hosts: MailHostFinder(resolver: resolver, surroundings: surroundings, allowsPrivateAddresses: true),
            policies: MTASTSPolicies(resolver: resolver, source: Source(answer: fetched), surroundings: surroundings),
            memory: nil,
            port: 25
        )
        return await finder.survey(of: "d.example", organization: surroundings.makeIdentifier())
    }

    private static func zone(_ associations: [TLSARecord]? = nil, announced: Bool = false) -> FixedResolver {
        FixedResolver(
            hosts: ["mx.d.example": [.loopback]],
            exchangers: ["d.example": [MailExchanger(preference: 10, host: "mx.d.example")]],
            texts: announced ? ["_mta-sts.d.example": ["v=STSv1; id=1"]] : [:],
            associations: associations.map { ["_25._tcp.mx.d.example": $0] } ?? [:],
            isSecure: associations != nil
        )
    }

    private static func policy(_ mode: String, _ host: String = "mx.d.example") throws -> MTASTSPolicy {
        try MTASTSPolicy(Array("version: STSv1\nmode: \(mode)\nmx: \(host)\nmax_age: 86400\n".utf8))
    }

    private static func measured(_ decision: SurveyDecision) -> TLSSession? {
        guard case .found(let survey) = decision, let measure = survey.servers.first?.measure else { return nil }
        return measure.session(of: .delivered(attempt(trusted)))
    }

    @Test("a policy that holds is what the session is measured against")
    func policies() async throws {
        #expect(Self.measured(try await Self.survey(Self.zone())) == TLSSession(policy: .none))
        let enforced = try Self.policy("enforce")
        let found = Self.measured(try await Self.survey(Self.zone(announced: true), .success(enforced)))
        #expect(found?.policy == TLSReportPolicy(enforced) && found?.result == nil)
        #expect(found?.policy.hosts == ["mx.d.example"])
        let none = try MTASTSPolicy(Array("version: STSv1\nmode: none\nmax_age: 86400\n".utf8))
        #expect(
            Self.measured(try await Self.survey(Self.zone(announced: true), .success(none)))
                == TLSSession(policy: .none)
        )
    }

    @Test(
        "a policy that is announced and cannot be had is the domain's failure, although the message went",
        arguments: [
            (MTASTSProblem.unreachable, TLSResult.policyFetchError), (.status(500), .policyFetchError),
            (.malformed, .policyInvalid), (.untrusted(.selfSigned), .policyUntrusted),
        ]
    )
    func unfetched(problem: MTASTSProblem, result: TLSResult) async throws {
        let session = Self.measured(try await Self.survey(Self.zone(announced: true), .failure(problem)))
        #expect(session?.policy.kind == .sts)
        #expect(session?.result == result)
        #expect(session?.reason != nil && session?.reason?.contains("_") == false)
    }

    @Test("a host that a policy does not name fails: under testing it is used all the same, under enforce not")
    func mismatch() async throws {
        let testing = try Self.policy("testing", "other.d.example")
        let session = Self.measured(try await Self.survey(Self.zone(announced: true), .success(testing)))
        #expect(session?.result == .validationFailure && session?.reason == "host-not-in-policy")
        let enforced = try Self.policy("enforce", "other.d.example")
        guard
            case .notProtectable(_, let failed) = try await Self.survey(Self.zone(announced: true), .success(enforced))
        else {
            Issue.record("The host was used.")
            return
        }
        #expect(failed.map(\.result) == [.validationFailure])
        #expect(failed.map(\.host) == ["mx.d.example"])
    }

    @Test("signed DNS is what counts where it has records, and records that nobody can use are a failure")
    func signedDNS() async throws {
        let record = TLSARecord(usage: 3, selector: 1, matching: 1, association: [UInt8](repeating: 1, count: 32))
        let found = Self.measured(try await Self.survey(Self.zone([record])))
        #expect(found?.policy.kind == .tlsa && found?.result == nil)
        #expect(found?.policy.lines.first?.hasPrefix("_25._tcp.mx.d.example. IN TLSA ( 3 1 1 0101") == true)
        let unusable = TLSARecord(usage: 1, selector: 1, matching: 1, association: [UInt8](repeating: 1, count: 32))
        let invalid = Self.measured(try await Self.survey(Self.zone([unusable])))
        #expect(invalid?.policy.kind == .tlsa && invalid?.result == .tlsaInvalid)
    }

    /// Signed, and without an answer about certificates.
    private struct Broken: Resolver {
        let zone: FixedResolver
        func addresses(of name: String) async -> DNSAnswer<IPAddress> { await zone.addresses(of: name) }
        func mailExchangers(of domain: String) async -> DNSAnswer<MailExchanger> {
            await zone.mailExchangers(of: domain)
        }
        func texts(of name: String) async -> DNSAnswer<String> { await zone.texts(of: name) }
        func certificateAssociations(of name: String) async -> DNSAnswer<TLSARecord> { .bogus }
    }

    @Test("where signed DNS is broken the host is not used, and that is counted")
    func brokenDNS() async throws {
        let resolver = Broken(zone: Self.zone([]))
        let surroundings = TestSurroundings().surroundings
        let finder = ServerFinder(
            resolver: resolver,
            hosts: MailHostFinder(resolver: resolver, surroundings: surroundings, allowsPrivateAddresses: true),
            policies: nil,
            memory: nil,
            port: 25
        )
        let decision = await finder.survey(of: "d.example", organization: surroundings.makeIdentifier())
        guard case .later("dane_unavailable", let failed) = decision else {
            Issue.record("\(decision)")
            return
        }
        #expect(failed.map(\.result) == [.dnssecInvalid])
        #expect(failed.map(\.policy.kind) == [.tlsa])
        #expect(failed.map(\.host) == ["mx.d.example"])
        // A report is not held up by any of that.
        guard case .found(let survey) = await finder.surveyWithoutPolicies(of: "d.example") else {
            Issue.record("The report has no way.")
            return
        }
        #expect(survey.servers.map(\.leastPolicy) == [.opportunistic])
        #expect(survey.servers.allSatisfy { $0.measure == nil } && survey.posture == nil)
    }
}
