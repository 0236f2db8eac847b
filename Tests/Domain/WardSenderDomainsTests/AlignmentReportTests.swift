// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardAudit
import WardKernel
import WardStorage
import WardTestKit

@testable import WardSenderDomains

@Suite struct AlignmentReportTests {
    /// A report about one day, counted from 1 January 2026, with a passing and a failing source.
    private func report(
        day: Int,
        identifier: String = "1",
        domain: String = "lakeside.example",
        passed: Int = 10,
        failed: Int = 2
    ) -> String {
        let begins = 1_767_225_600 + day * 86_400
        func record(_ source: String, _ count: Int, _ result: String, _ disposition: String) -> String {
            """
            <record><row><source_ip>\(source)</source_ip><count>\(count)</count><policy_evaluated>
            <disposition>\(disposition)</disposition><dkim>\(result)</dkim><spf>fail</spf></policy_evaluated></row></record>
            """
        }
        return """
            <feedback><report_metadata><org_name>receiver.example</org_name><report_id>\(identifier)</report_id>
            <date_range><begin>\(begins)</begin><end>\(begins + 86_399)</end></date_range></report_metadata>
            <policy_published><domain>\(domain)</domain><p>quarantine</p></policy_published>
            \(record("192.0.2.1", passed, "pass", "none"))\(record("198.51.100.9", failed, "fail", "quarantine"))</feedback>
            """
    }

    private func mail(_ report: String) -> Sensitive<[UInt8]> {
        let body = Data(report.utf8).base64EncodedString(options: [.lineLength76Characters])
        let text = """
            From: noreply@receiver.example
            To: dmarc-reports@lakeside.example
            Subject: Report Domain: lakeside.example
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary=b

            --b
            Content-Type: text/plain

            This is a report.
            --b
            Content-Type: application/xml; name="r.xml"
            Content-Transfer-Encoding: base64

            \(body)
            --b--
            """
        return Sensitive(Array(text.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n").utf8))
    }

    @Test(arguments: TestStore.kinds)
    func `a report is kept once, of the own domain alone, and one that cannot be read is told`(
        kind: StoreKind
    ) async throws {
        try await SenderDomainWorld.with(kind) { (world: SenderDomainWorld) async throws in
            let domains = world.senderDomains
            func receive(_ text: String) async throws -> ReportOutcome {
                try await domains.receiveAlignmentReport(in: mail(text), isProved: false, of: world.organization)
            }
            #expect(try await receive("no report") == .unreadable)
            #expect(try await receive(report(day: 1, domain: "other.example")) == .otherDomain)
            #expect(try await receive(report(day: 1)) == .kept(records: 2))
            #expect(try await receive(report(day: 1)) == .keptBefore)
            let file = Array(report(day: 1).utf8)
            #expect(try await domains.keep(alignmentReport: file, by: world.administrator) == .keptBefore)
            #expect(try await domains.keep(alignmentReport: [1, 2], by: world.administrator) == .unreadable)
            let stranger = TestRequester.with(roles: [.clinician], of: world.organization)
            await #expect(throws: AccessDenied.self) {
                _ = try await domains.keep(alignmentReport: file, by: stranger)
            }
            await #expect(throws: AccessDenied.self) { _ = try await domains.alignment(days: 30, by: stranger) }
            #expect(try await world.audited(AuditAction(rawValue: "alignment.report")).count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `days and sources are summed over reports, those that failed most first, and old reports go`(
        kind: StoreKind
    ) async throws {
        try await SenderDomainWorld.with(kind) { (world: SenderDomainWorld) async throws in
            let domains = world.senderDomains
            let today = Int(world.clock.now.microseconds / 86_400_000_000) - 20_454
            func keep(_ day: Int, _ identifier: String, passed: Int, failed: Int) async throws {
                let text = report(day: day, identifier: identifier, passed: passed, failed: failed)
                let outcome = try await domains.keep(alignmentReport: Array(text.utf8), by: world.administrator)
                #expect(outcome == .kept(records: 2))
            }
            try await keep(today - 3, "a", passed: 10, failed: 2)
            try await keep(today - 3, "b", passed: 5, failed: 0)
            try await keep(today - 2, "c", passed: 7, failed: 1)
            let found = try await domains.alignment(days: 30, by: world.administrator)
            #expect(found.days.map(\.passed) == [15, 7] && found.days.map(\.failed) == [2, 1])
            #expect(found.sources.map(\.address) == ["198.51.100.9", "192.0.2.1"])
            #expect(found.sources.first?.stopped == 3 && found.sources.last?.passed == 22)
            #expect(found.reports.count == 3 && found.failed == 3)
            #expect(try await domains.alignment(days: 1, by: world.administrator).reports.isEmpty)
            world.clock.advance(by: .days(420))
            try await keep(today + 419, "d", passed: 1, failed: 0)
            let rows = try await world.store.read { try $0.first("SELECT COUNT(*) FROM alignment_record") ?? 0 }
            #expect(rows == 2)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a TLS report by mail is kept once, of the own domain alone, and its failures are summed`(
        kind: StoreKind
    ) async throws {
        try await SenderDomainWorld.with(kind) { (world: SenderDomainWorld) async throws in
            func receive(_ identifier: String, domain: String, from begins: String? = nil) async throws -> ReportOutcome
            {
                let begins = begins ?? "\(world.clock.now - .days(1))"
                let report = """
                    {"organization-name": "Partner", "report-id": "\(identifier)", "date-range": {"start-datetime":
                    "\(begins)", "end-datetime": "\(world.clock.now)"}, "policies": [{"policy": {"policy-type": "sts",
                    "policy-domain": "\(domain)"}, "summary": {"total-successful-session-count": 9,
                    "total-failure-session-count": 4}, "failure-details": [{"result-type": "certificate-expired",
                    "receiving-mx-hostname": "mx.lakeside.example", "failed-session-count": 4}]}]}
                    """
                let letter = "From: a@b.example\nContent-Type: application/tlsrpt+json\n\n\(report)\n"
                return try await world.senderDomains.receiveTransportReport(
                    in: Sensitive(Array(letter.replacing("\n", with: "\r\n").utf8)),
                    isProved: true,
                    of: world.organization
                )
            }
            #expect(try await receive("1", domain: "other.example") == .otherDomain)
            #expect(try await receive("1", domain: "lakeside.example", from: "yesterday") == .unreadable)
            #expect(try await receive("1", domain: "Lakeside.example") == .kept(records: 1))
            #expect(try await receive("1", domain: "lakeside.example") == .keptBefore)
            #expect(try await receive("2", domain: "lakeside.example") == .kept(records: 1))
            let standing = try await world.senderDomains.transport(days: 7, by: world.administrator)
            #expect(standing.reports.map(\.failures) == [4, 4] && standing.failures.map(\.sessions) == [8])
            #expect(standing.failures.first?.host == "mx.lakeside.example" && standing.reports.first?.isProved == true)
        }
    }
}
