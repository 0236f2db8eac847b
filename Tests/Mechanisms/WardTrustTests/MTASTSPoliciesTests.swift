// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardDNS
import WardKernel
import WardTestKit

@testable import WardTrust

/// Policies as they are fetched, shared and remembered (catalogue T6).
@Suite struct MTASTSPoliciesTests {
    /// Answers as a test says, and counts.
    private final class Source: PolicySource {
        let answer: Mutex<Result<MTASTSPolicy, MTASTSProblem>>
        let asked = Mutex(0)
        init(_ answer: Result<MTASTSPolicy, MTASTSProblem>) { self.answer = Mutex(answer) }
        func policy(of domain: String) async -> Result<MTASTSPolicy, MTASTSProblem> {
            asked.withLock { $0 += 1 }
            await Task.yield()
            return answer.withLock(\.self)
        }
    }

    private final class Zone: Resolver {
        let texts: Mutex<DNSAnswer<String>>
        init(_ texts: DNSAnswer<String>) { self.texts = Mutex(texts) }
        func addresses(of name: String) async -> DNSAnswer<IPAddress> { .noData(isSecure: false) }
        func mailExchangers(of domain: String) async -> DNSAnswer<MailExchanger> { .noData(isSecure: false) }
        func texts(of name: String) async -> DNSAnswer<String> {
            name == "_mta-sts.d.example" ? texts.withLock(\.self) : .noSuchDomain(isSecure: false)
        }
    }

    private static func policy(_ mode: String = "enforce") throws -> MTASTSPolicy {
        try MTASTSPolicy(Array("version: STSv1\nmode: \(mode)\nmx: mx.d.example\nmax_age: 604800\n".utf8))
    }

    private static func announced(_ identifier: String) -> DNSAnswer<String> {
        .found(["v=STSv1; id=\(identifier)"], isSecure: false)
    }

    @Test func `blocking record and web server leaves an enforced policy in force until it ends`() async throws {
        let clock = TestSurroundings()
        let zone = Zone(Self.announced("1"))
        let source = Source(.success(try Self.policy()))
        let policies = MTASTSPolicies(resolver: zone, source: source, surroundings: clock.surroundings)
        #expect(await policies.finding(for: "d.example").word == "enforce")
        source.answer.withLock { $0 = .failure(.unreachable) }
        zone.texts.withLock { $0 = Self.announced("2") }
        #expect(await policies.finding(for: "d.example").word == "enforce")
        zone.texts.withLock { $0 = .noSuchDomain(isSecure: false) }
        clock.advance(by: .days(6))
        #expect(await policies.finding(for: "d.example").word == "enforce")
        clock.advance(by: .days(2))
        #expect(await policies.finding(for: "d.example") == .none)
    }

    @Test func `what was kept before a restart holds, and an older text changes nothing`() async throws {
        let clock = TestSurroundings()
        let zone = Zone(.temporaryFailure(.timeout))
        let source = Source(.failure(.unreachable))
        let policies = MTASTSPolicies(resolver: zone, source: source, surroundings: clock.surroundings)
        let kept = KnownMTASTSPolicy(identifier: "1", policy: try Self.policy(), fetchedAt: clock.now - .days(1))
        await policies.recall(kept, of: "d.example")
        var older = kept
        older.fetchedAt = clock.now - .days(3)
        older.policy = try Self.policy("none")
        await policies.recall(older, of: "d.example")
        #expect(await policies.finding(for: "d.example") == .policy(kept))
    }

    @Test func `a policy that is taken back by its owner with mode none no longer binds`() async throws {
        let clock = TestSurroundings()
        let zone = Zone(Self.announced("1"))
        let source = Source(.success(try Self.policy()))
        let policies = MTASTSPolicies(resolver: zone, source: source, surroundings: clock.surroundings)
        #expect(await policies.finding(for: "d.example").word == "enforce")
        zone.texts.withLock { $0 = Self.announced("2") }
        let taken = try Self.policy("none")
        source.answer.withLock { $0 = .success(taken) }
        #expect(await policies.finding(for: "d.example").word == "none")
    }

    @Test func `a hundred that ask at once make one fetch, and a failure is said again without another`() async throws {
        let clock = TestSurroundings()
        let source = Source(.failure(.contentType))
        let policies = MTASTSPolicies(
            resolver: Zone(Self.announced("1")),
            source: source,
            surroundings: clock.surroundings
        )
        let words = await withTaskGroup(of: String.self) { group in
            for _ in 0..<100 { group.addTask { await policies.finding(for: "d.example").word } }
            return await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(words == ["sts_policy_invalid"])
        #expect(source.asked.withLock(\.self) == 1)
        clock.advance(by: .minutes(6))
        _ = await policies.finding(for: "d.example")
        #expect(source.asked.withLock(\.self) == 2)
    }
}
