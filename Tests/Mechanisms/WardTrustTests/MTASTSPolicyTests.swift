// SPDX-License-Identifier: Apache-2.0

import Testing
import WardDNS
import WardKernel
import WardTestKit

@testable import WardTrust

/// The text of a policy, its record, and how long what is known holds (catalogue T6).
@Suite struct MTASTSPolicyTests {
    private static let good =
        "version: STSv1\r\nmode: enforce\r\nmx: mx.d.example\r\nmx: *.mail.example\r\nmax_age: 86400\r\n"

    @Test(arguments: [
        "", "version: STSv1\nmode: enforce\nmax_age: 1\n", "mode: enforce\nmx: a.example\nmax_age: 1\n",
        "version: STSv2\nmode: enforce\nmx: a.example\nmax_age: 1\n",
        "version: STSv1\nmode: strict\nmx: a.example\nmax_age: 1\n", "version: STSv1\nmode: enforce\nmx: a.example\n",
        "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: -1\n",
        "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 31557601\n",
        "version: STSv1\nmode: enforce\nmx: a.*.example\nmax_age: 1\n",
        "version: STSv1\nmode: enforce\nmx: a example\nmax_age: 1\n",
        "version: STSv1\nmode: enforce\nmx:\nmax_age: 1\n", "<html>not found</html>\n",
        "version: STSv1\nmode: enforce\rmx: a.example\nmax_age: 1\n",
    ])
    func `a text that breaks the grammar is no policy`(text: String) {
        #expect(throws: MTASTSProblem.malformed) { try MTASTSPolicy(Array(text.utf8)) }
    }

    @Test func `a text over 64 KiB is no policy`() {
        let text = Self.good + String(repeating: "x: y\r\n", count: 11_000)
        #expect(throws: MTASTSProblem.tooLong) { try MTASTSPolicy(Array(text.utf8)) }
    }

    @Test func `a policy is read, unknown keys are passed over and the first of a key counts`() throws {
        let policy = try MTASTSPolicy(Array(Self.good.utf8))
        #expect(policy.mode == .enforce)
        #expect(policy.maxAge == 86_400)
        #expect(policy.patterns == ["mx.d.example", "*.mail.example"])
        #expect(try MTASTSPolicy(Array(policy.text.utf8)) == policy)
        let odd = "version: STSv1\nnew_key: 1\nmode: none\nmode: enforce\nmax_age:\t60 \n"
        let second = try MTASTSPolicy(Array(odd.utf8))
        #expect(second.mode == .none)
        #expect(second.maxAge == 60)
    }

    @Test(arguments: [
        ("mx.d.example", true), ("MX.D.Example.", true), ("a.mail.example", true), ("mail.example", false),
        ("a.b.mail.example", false), (".mail.example", false), ("evil.example", false),
        ("mx.d.example.evil.example", false),
    ])
    func `a host is allowed by its name or one label for the asterisk`(host: String, isAllowed: Bool) throws {
        #expect(try MTASTSPolicy(Array(Self.good.utf8)).allows(host) == isAllowed)
    }

    @Test(arguments: [
        (["v=STSv1; id=20160831085700Z;"], "20160831085700Z"), (["v=STSv1;id=1"], "1"),
        (["other", "v=STSv1; id=a; x=y"], "a"), (["v=STSv1; id=a", "v=STSv1; id=b"], nil), (["v=STSv1"], nil),
        (["v=STSv1; id="], nil), (["v=STSv1; id=a-b"], nil), (["v=STSv1; id=123456789012345678901234567890123"], nil),
        (["v=STSv10; id=a"], nil), ([], nil), (["V=STSv1; id=a"], nil),
    ])
    func `the record counts only alone and with an identifier`(texts: [String], identifier: String?) {
        #expect(MTASTSRecord.identifier(in: texts) == identifier)
    }

    // MARK: What is known

    private static let now = Timestamp(seconds: 1_800_000_000)

    private static func known(
        _ identifier: String = "1",
        age: Duration,
        maxAge: Int = 604_800
    ) throws -> KnownMTASTSPolicy {
        let text = "version: STSv1\nmode: enforce\nmx: mx.d.example\nmax_age: \(maxAge)\n"
        let policy = try MTASTSPolicy(Array(text.utf8))
        return KnownMTASTSPolicy(identifier: identifier, policy: policy, fetchedAt: now - age)
    }

    private func step(
        _ known: KnownMTASTSPolicy?,
        _ record: DNSAnswer<String>,
        failedAt: Timestamp? = nil
    ) -> MTASTSStep {
        MTASTSDecision.step(known: known, record: record, failedAt: failedAt, now: Self.now)
    }

    @Test(arguments: [
        DNSAnswer<String>.noSuchDomain(isSecure: false), .noData(isSecure: false), .temporaryFailure(.timeout), .bogus,
        .found(["v=STSv1; id=1", "v=STSv1; id=2"], isSecure: false),
    ])
    func `who blocks or spoils the record cannot take a known policy away before it ends`(
        record: DNSAnswer<String>
    ) throws {
        let known = try Self.known(age: .days(6))
        #expect(step(known, record) == .use(known))
        let expired = try Self.known(age: .days(8))
        #expect(step(expired, record) == (record == .bogus ? .wait(.bogus) : .none))
        #expect(step(nil, record) == (record == .bogus ? .wait(.bogus) : .none))
    }

    @Test func `another identifier is fetched, the same one only when what is known is a day old or over`() throws {
        let one = DNSAnswer.found(["v=STSv1; id=1"], isSecure: false)
        let two = DNSAnswer.found(["v=STSv1; id=2"], isSecure: false)
        let fresh = try Self.known(age: .hours(2))
        #expect(step(fresh, one) == .use(fresh))
        #expect(step(fresh, two) == .fetch(identifier: "2", orElse: fresh))
        let old = try Self.known(age: .days(2))
        #expect(step(old, one) == .fetch(identifier: "1", orElse: old))
        let expired = try Self.known(age: .days(8))
        #expect(step(expired, one) == .fetch(identifier: "1", orElse: nil))
        #expect(step(nil, one) == .fetch(identifier: "1", orElse: nil))
    }

    @Test func `after a failed fetch the web server is left alone for five minutes`() throws {
        let two = DNSAnswer.found(["v=STSv1; id=2"], isSecure: false)
        let known = try Self.known(age: .hours(2))
        #expect(step(known, two, failedAt: Self.now - .minutes(4)) == .use(known))
        #expect(step(nil, two, failedAt: Self.now - .minutes(4)) == .none)
        #expect(step(known, two, failedAt: Self.now - .minutes(5)) == .fetch(identifier: "2", orElse: known))
    }
}
