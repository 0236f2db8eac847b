// SPDX-License-Identifier: Apache-2.0

import Testing
import WardIdentity
import WardKernel
import WardSenderDomains
import WardTestKit

@testable import WardWeb

@Suite struct AlignmentPageTests {
    @Test(arguments: TestStore.kinds)
    func `receivers' reports are charted and their sources listed, for those who manage settings`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let browser = world.browser(world.administratorToken)
            let base = "/\(world.organization.slug)/settings/sending"
            #expect(try await browser.get(base).text.contains("href=\"\(base)/reports\""))
            let empty = try await browser.get("\(base)/reports").text
            #expect(
                empty.contains("No report yet") && empty.contains("dmarc-reports@\(world.organization.senderDomain)")
            )
            let begins = world.clock.now.microseconds / 1_000_000 - 86_400
            func record(_ source: String, _ count: Int, _ result: String) -> String {
                """
                <record><row><source_ip>\(source)</source_ip><count>\(count)</count><policy_evaluated>
                <disposition>reject</disposition><dkim>\(result)</dkim><spf>fail</spf></policy_evaluated></row></record>
                """
            }
            let report = """
                <feedback><report_metadata><org_name>&lt;b&gt;receiver</org_name><report_id>1</report_id>
                <date_range><begin>\(begins)</begin><end>\(begins + 1)</end></date_range></report_metadata>
                <policy_published><domain>\(world.organization.senderDomain)</domain><p>reject</p></policy_published>
                \(record("192.0.2.1", 1_250, "pass"))\(record("198.51.100.9", 30, "fail"))</feedback>
                """
            let requester = try await world.requester(world.administratorToken)
            let outcome = try await world.facades.senderDomains.keep(alignmentReport: Array(report.utf8), by: requester)
            #expect(outcome == .kept(records: 2))
            let tls = """
                {"organization-name": "Partner", "report-id": "1", "date-range": {
                "start-datetime": "\(world.clock.now - .days(1))", "end-datetime": "\(world.clock.now)"},
                "policies": [{"policy": {"policy-type": "sts", "policy-domain": "\(world.organization.senderDomain)"},
                "summary": {"total-successful-session-count": 90, "total-failure-session-count": 10},
                "failure-details": [{"result-type": "certificate-expired", "receiving-mx-hostname": "mx.lakeside.example",
                "failed-session-count": 10}]}]}
                """
            let letter = [
                "From: noreply@partner.example", "MIME-Version: 1.0", "Content-Type: application/tlsrpt+json", "", tls,
            ].joined(separator: "\r\n")
            let brought = try await world.facades.senderDomains.receiveTransportReport(
                in: Sensitive(Array(letter.replacing("\r\n", with: "\n").replacing("\n", with: "\r\n").utf8)),
                isProved: false,
                of: world.organization.id
            )
            #expect(brought == .kept(records: 1))
            let page = try await browser.get("\(base)/reports?days=7")
            for text in [
                "1,250 of 1,280 messages were recognised as yours", "<figure class=\"chart\">",
                "<code>198.51.100.9</code>",
                "never recognised", "90 of 100 connections to your servers were protected", "certificate-expired",
                "&lt;b&gt;receiver", "Look at the addresses below",
            ] { #expect(page.text.contains(text), "\(text)") }
            #expect(!page.text.contains("<b>receiver"))
            let colleague = world.browser(try await world.token([.clinician], email: "reports@lakeside.example"))
            #expect(try await colleague.get("\(base)/reports").status == 403)
        }
    }
}
