// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardCompression
import WardDNS
import WardKernel

@testable import WardTrust

/// The report that is sent: the fields of RFC 8460's own example, and what the reader of others' reports makes of it.
@Suite struct OutgoingTLSReportTests {
    /// 2016-04-01, the day of the example in appendix B.
    private static let day = 16_892

    private static func report() throws -> OutgoingTLSReport {
        let policy = try MTASTSPolicy(
            Array("version: STSv1\nmode: testing\nmx: *.mail.company-y.example\nmax_age: 86400\n".utf8)
        )
        return OutgoingTLSReport(
            organization: "Company-X",
            contact: try #require(EmailAddress("sts-reporting@company-x.example")),
            submitter: "company-x.example",
            domain: "company-y.example",
            day: day,
            policies: [
                .init(
                    TLSReportPolicy(policy),
                    successes: 5_326,
                    failures: [
                        .init(
                            .certificateExpired,
                            sessions: 100,
                            sendingAddress: "2001:db8:abcd:12::1",
                            host: "mx1.mail.company-y.example"
                        ),
                        .init(
                            .startTLSNotSupported,
                            sessions: 200,
                            sendingAddress: "2001:db8:abcd:13::1",
                            host: "mx2.mail.company-y.example",
                            helo: "mx2.inside.company-y.example",
                            address: "203.0.113.56"
                        ),
                        .init(
                            .validationFailure,
                            sessions: 3,
                            sendingAddress: "198.51.100.62",
                            host: "mx-backup.mail.company-y.example",
                            address: "203.0.113.58",
                            reason: "tls-handshake-failed"
                        ),
                    ]
                )
            ]
        )
    }

    @Test("the report has the fields of the RFC's example, and no other")
    func fields() throws {
        let object = try JSONSerialization.jsonObject(with: Data(try Self.report().json()))
        let report = try #require(object as? [String: Any])
        #expect(
            Set(report.keys) == ["organization-name", "date-range", "contact-info", "report-id", "policies"]
        )
        #expect(report["organization-name"] as? String == "Company-X")
        #expect(report["contact-info"] as? String == "sts-reporting@company-x.example")
        #expect(
            report["date-range"] as? [String: String] == [
                "start-datetime": "2016-04-01T00:00:00Z", "end-datetime": "2016-04-01T23:59:59Z",
            ]
        )
        let entry = try #require((report["policies"] as? [[String: Any]])?.first)
        let policy = try #require(entry["policy"] as? [String: Any])
        #expect(policy["policy-type"] as? String == "sts")
        #expect(
            policy["policy-string"] as? [String] == [
                "version: STSv1", "mode: testing", "mx: *.mail.company-y.example", "max_age: 86400",
            ]
        )
        #expect(policy["policy-domain"] as? String == "company-y.example")
        #expect(policy["mx-host"] as? [String] == ["*.mail.company-y.example"])
        #expect(
            entry["summary"] as? [String: Int] == [
                "total-successful-session-count": 5_326, "total-failure-session-count": 303,
            ]
        )
        let details = try #require(entry["failure-details"] as? [[String: Any]])
        #expect(
            Set(details[1].keys) == [
                "result-type", "sending-mta-ip", "receiving-mx-hostname", "receiving-mx-helo", "receiving-ip",
                "failed-session-count",
            ]
        )
        #expect(
            details.map { $0["result-type"] as? String ?? "" }
                == ["certificate-expired", "starttls-not-supported", "validation-failure"]
        )
        #expect(details[2]["failure-reason-code"] as? String == "tls-handshake-failed")
    }

    @Test("name, subject and identifier are those that the RFC asks for")
    func names() throws {
        let report = try Self.report()
        #expect(report.fileName == "company-x.example!company-y.example!1459468800!1459555199.json.gz")
        #expect(report.identifier == "2016-04-01.company-y.example@company-x.example")
        #expect(
            report.subject
                == "Report Domain: company-y.example Submitter: company-x.example Report-ID: <\(report.identifier)>"
        )
    }

    @Test("what is sent is what the reader of others' reports reads, and is the same each time")
    func roundTrip() throws {
        let file = try Self.report().compressed()
        #expect(try file == Self.report().compressed())
        #expect(Inflate.isGzip(file))
        let read = try TLSReport(file)
        #expect(read.organization == "Company-X")
        #expect(read.policies.map(\.successes) == [5_326])
        #expect(read.policies.map(\.failures) == [303])
        #expect(read.policies[0].details.map(\.sessions) == [100, 200, 3])
        #expect(try OutgoingTLSReport.text(ofCompressed: file) == String(decoding: Self.report().json(), as: UTF8.self))
    }

    @Test("gzip gives the octets back, whatever they are")
    func compression() throws {
        for count in [0, 1, 100, 70_000] {
            let octets = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 3) }
            #expect(try Inflate.expand(Deflate.gzip(octets), .gzip, limit: 100_000) == octets)
        }
    }

    @Test("TLSA records are told as a zone file has them, and a policy without lines has none")
    func records() throws {
        let record = TLSARecord(usage: 3, selector: 1, matching: 1, association: [UInt8](repeating: 0x0a, count: 32))
        let records = try #require(DANERecords([record]))
        let policy = TLSReportPolicy(records, of: "mx.d.example", port: 25)
        let digits = String(repeating: "0a", count: 32)
        #expect(policy.lines == ["_25._tcp.mx.d.example. IN TLSA ( 3 1 1 \(digits) )"])
        var report = try Self.report()
        report = OutgoingTLSReport(
            organization: report.organization,
            contact: report.contact,
            submitter: report.submitter,
            domain: report.domain,
            day: report.day,
            policies: [.init(.none, successes: 1, failures: [])]
        )
        let text = String(decoding: try report.json(), as: UTF8.self)
        #expect(text.contains("no-policy-found"))
        #expect(!text.contains("policy-string") && !text.contains("mx-host") && !text.contains("failure-details"))
    }

    @Test(
        "every fault of a certificate and of a policy has its result type",
        arguments: [
            (TLSResult(TrustProblem.expired(Timestamp(seconds: 1))), "certificate-expired"),
            (TLSResult(TrustProblem.nameMismatch(expected: "a", seen: [])), "certificate-host-mismatch"),
            (TLSResult(TrustProblem.matchesNoRecord), "certificate-host-mismatch"),
            (TLSResult(TrustProblem.unknownIssuer), "certificate-not-trusted"),
            (TLSResult(TrustProblem.selfSigned), "certificate-not-trusted"),
            (TLSResult(TrustProblem.weakKey("rsa-1024")), "validation-failure"),
            (TLSResult(MTASTSProblem.malformed), "sts-policy-invalid"),
            (TLSResult(MTASTSProblem.status(404)), "sts-policy-fetch-error"),
            (TLSResult(MTASTSProblem.untrusted(.selfSigned)), "sts-webpki-invalid"),
        ]
    )
    func results(result: TLSResult, word: String) { #expect(result.rawValue == word) }
}
