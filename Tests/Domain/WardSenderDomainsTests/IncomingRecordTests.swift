// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardDNS
import WardKernel
import WardTrust

@testable import WardSenderDomains

/// The records that protect mail to the sender domain: MTA-STS and TLS reports.
@Suite struct IncomingRecordTests {
    private static let domain = "lakeside.example"

    private struct Source: PolicySource {
        let answer: Result<MTASTSPolicy, MTASTSProblem>
        func policy(of domain: String) async -> Result<MTASTSPolicy, MTASTSProblem> { answer }
    }

    private func report(
        _ texts: [String: [String]],
        exchangers: [String] = ["mx1.lakeside.example", "mx2.lakeside.example"],
        served: Result<MTASTSPolicy, MTASTSProblem>? = nil
    ) async -> DomainReport {
        let resolver = FixedResolver(
            exchangers: [
                Self.domain: exchangers.enumerated().map {
                    MailExchanger(preference: UInt16($0.offset), host: $0.element)
                }
            ],
            texts: texts
        )
        return await RecordCheck(
            resolver: resolver,
            policies: served.map(Source.init),
            mailHostName: "mail.lakeside.example",
            now: Timestamp(seconds: 1_795_000_000)
        ).report(Self.domain, keys: [])
    }

    private static func policy(_ mode: String, _ hosts: String...) throws -> MTASTSPolicy {
        let lines = ["version: STSv1", "mode: \(mode)"] + hosts.map { "mx: \($0)" } + ["max_age: 86400"]
        return try MTASTSPolicy(Array(lines.joined(separator: "\n").utf8))
    }

    @Test func `a domain that takes no mail needs neither`() async {
        for exchangers in [[], [""]] {
            let report = await report([:], exchangers: exchangers)
            #expect(report.policyText == nil)
            #expect(!report.records.contains { $0.purpose == .mtaSTS || $0.purpose == .tlsReports })
        }
    }

    @Test func `the policy to serve is one that others read and that names every server`() async throws {
        let report = await report([:])
        let policy = try MTASTSPolicy(Array(try #require(report.policyText).utf8))
        #expect(policy.mode == .enforce)
        #expect(policy.allows("mx1.lakeside.example") && policy.allows("mx2.lakeside.example"))
        let record = try #require(report.records.first { $0.purpose == .mtaSTS })
        #expect(record.name == "_mta-sts.lakeside.example")
        #expect(record.standing == .advice(.policyMissing))
        let identifier = try #require(MTASTSRecord.identifier(in: [record.text]))
        #expect(
            identifier
                == MTASTSRecord.identifier(in: [
                    await self.report([:]).records.first { $0.purpose == .mtaSTS }?.text ?? ""
                ])
        )
        let other = await self.report([:], exchangers: ["mx3.lakeside.example"])
        #expect(other.records.first { $0.purpose == .mtaSTS }?.text != record.text)
    }

    @Test func `a policy that would lose mail, or that nobody can fetch, is wrong`() async throws {
        let texts = ["_mta-sts.lakeside.example": ["v=STSv1; id=7"]]
        let good = try Self.policy("enforce", "*.lakeside.example")
        let cases: [(Result<MTASTSPolicy, MTASTSProblem>?, RecordStanding)] = [
            (.success(good), .good), (nil, .good), (.failure(.contentType), .wrong(.policyNotFetched)),
            (.success(try Self.policy("enforce", "mx1.lakeside.example")), .wrong(.policyLacksHost)),
            (.success(try Self.policy("testing", "*.lakeside.example")), .advice(.policyOnlyTested)),
            (.success(try Self.policy("none")), .advice(.policyOnlyTested)),
        ]
        for (served, standing) in cases {
            let record = await report(texts, served: served).records.first { $0.purpose == .mtaSTS }
            #expect(record?.standing == standing)
        }
    }

    @Test func `records that nobody can read are told apart from missing ones`() async {
        let cases: [([String: [String]], RecordPurpose, RecordStanding)] = [
            (["_mta-sts.lakeside.example": ["v=STSv1; id=a", "v=STSv1; id=b"]], .mtaSTS, .wrong(.severalPolicies)),
            (["_mta-sts.lakeside.example": ["v=STSv1; id=a b"]], .mtaSTS, .wrong(.identifierUnreadable)),
            (["_mta-sts.lakeside.example": ["other"]], .mtaSTS, .advice(.policyMissing)),
            ([:], .tlsReports, .advice(.reportsMissing)),
            (["_smtp._tls.lakeside.example": ["v=TLSRPTv1; rua=mailto:t@lakeside.example"]], .tlsReports, .good),
            (["_smtp._tls.lakeside.example": ["v=TLSRPTv1;rua=https://t.example/r"]], .tlsReports, .good),
            (["_smtp._tls.lakeside.example": ["v=TLSRPTv1"]], .tlsReports, .wrong(.reportsUnreadable)),
            (["_smtp._tls.lakeside.example": ["v=TLSRPTv1; rua=t@x"]], .tlsReports, .wrong(.reportsUnreadable)),
            (["_smtp._tls.lakeside.example": ["v=TLSRPTv1", "v=TLSRPTv1"]], .tlsReports, .wrong(.severalPolicies)),
        ]
        for (texts, purpose, standing) in cases {
            let record = await report(texts).records.first { $0.purpose == purpose }
            #expect(record?.standing == standing, "\(texts)")
        }
    }
}
