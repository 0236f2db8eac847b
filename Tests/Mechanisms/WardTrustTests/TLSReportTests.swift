// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardKernel
import WardTestKit

@testable import WardTrust

/// Reports of strangers (RFC 8460) are read within bounds (catalogue T9, the half that reads).
@Suite struct TLSReportTests {
    /// RFC 8460 appendix B, with a name that would paint a terminal.
    private static let report = """
        {"organization-name": "Company-X\\u001b[2J", "date-range": {"start-datetime": "2016-04-01T00:00:00Z",
        "end-datetime": "2016-04-01T23:59:59Z"}, "contact-info": "sts-reporting@company-x.example",
        "report-id": "5065427c-23d3", "policies": [{"policy": {"policy-type": "sts",
        "policy-string": ["version: STSv1", "mode: testing", "mx: *.mail.company-y.example", "max_age: 86400"],
        "policy-domain": "company-y.example", "mx-host": ["*.mail.company-y.example"]},
        "summary": {"total-successful-session-count": 5326, "total-failure-session-count": 303},
        "failure-details": [{"result-type": "certificate-expired", "sending-mta-ip": "2001:db8:abcd:0012::1",
        "receiving-mx-hostname": "mx1.mail.company-y.example", "failed-session-count": 100},
        {"result-type": "starttls-not-supported", "receiving-mx-hostname": "mx2.mail.company-y.example",
        "failed-session-count": 200, "additional-information": "https://reports.company-x.example/x"},
        {"result-type": "validation-failure", "failed-session-count": 3, "failure-reason-code": "X509_V_ERR"}]}]}
        """

    private func problem(_ file: [UInt8]) -> TLSReportProblem? {
        do {
            _ = try TLSReport(file)
            return nil
        } catch {
            return error
        }
    }

    private func compressed(_ text: [UInt8]) async throws -> [UInt8] {
        let folder = URL(fileURLWithPath: "/tmp/ward-report-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(text).write(to: folder.appending(path: "report"))
        let gzip = try ChildProcess(
            "/usr/bin/gzip",
            [folder.appending(path: "report").path],
            outputIn: folder.path,
            named: "gzip"
        )
        #expect(try await gzip.end() == .exited(0))
        return Array(try Data(contentsOf: folder.appending(path: "report.gz")))
    }

    @Test(arguments: ["", "{}", "[]", "null", "{\"policies\": 1}", "\u{1f}\u{8b}x", "<xml/>"])
    func `what is no report is refused`(text: String) { #expect(problem(Array(text.utf8)) == .malformed) }

    @Test func `the example of the standard is read, compressed by gzip too, and paints no terminal`() async throws {
        let plain = Array(Self.report.utf8)
        let report = try TLSReport(plain)
        #expect(report == (try TLSReport(try await compressed(plain))))
        #expect(report.organization == "Company-X\u{FFFD}[2J")
        #expect(report.policies.map(\.domain) == ["company-y.example"])
        #expect(report.policies[0].successes == 5_326 && report.policies[0].failures == 303)
        #expect(
            report.policies[0].details.map(\.result)
                == ["certificate-expired", "starttls-not-supported", "validation-failure"]
        )
        #expect(report.policies[0].details.map(\.sessions) == [100, 200, 3])
    }

    @Test func `a small file that stands for much, a cut one and a long one are refused`() async throws {
        let bomb = try await compressed([UInt8](repeating: 0x20, count: TLSReport.longestText + 1))
        #expect(bomb.count < 100_000)
        #expect(problem(bomb) == .tooLong)
        let whole = try await compressed(Array(Self.report.utf8))
        for length in stride(from: 2, to: whole.count - 8, by: 7) {
            #expect(problem(Array(whole[..<length])) == .malformed)
        }
        #expect(problem([UInt8](repeating: 0x20, count: TLSReport.longestFile + 1)) == .tooLong)
    }
}
