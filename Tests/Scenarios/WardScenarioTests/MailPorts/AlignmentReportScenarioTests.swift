// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardScenarioKit
import WardTestKit

extension MailPortsTests {
    @Test(.timeLimit(.minutes(5)), arguments: TestStore.kinds)
    func `a receiver's DMARC report that comes by mail is counted once, and other mail there is kept as mail`(
        kind: StoreKind
    ) async throws {
        try await with(kind) { place, _, ports in
            let begins = Int(Date().timeIntervalSince1970) - 172_800
            func record(_ source: String, _ count: Int, _ result: String) -> String {
                """
                <record><row><source_ip>\(source)</source_ip><count>\(count)</count><policy_evaluated>
                <disposition>none</disposition><dkim>\(result)</dkim><spf>fail</spf></policy_evaluated></row></record>
                """
            }
            let report = try place.write(
                """
                <feedback><report_metadata><org_name>receiver.example</org_name><report_id>1</report_id>
                <date_range><begin>\(begins)</begin><end>\(begins + 86_399)</end></date_range></report_metadata>
                <policy_published><domain>lakeside.example</domain><p>none</p></policy_published>
                \(record("192.0.2.1", 40, "pass"))\(record("198.51.100.9", 2, "fail"))</feedback>
                """,
                to: "report.xml"
            )
            let packed = try ChildProcess("/usr/bin/gzip", ["-k", report], outputIn: ports.folder, named: "gzip")
            expectSame(try await packed.end(within: .seconds(20)), .exited(0))
            let envelope = [
                "--server", "127.0.0.1:\(ports.incoming)", "--tls", "--from", "noreply@receiver.example",
                "--to", "dmarc-reports@lakeside.example", "--header", "Subject: Report Domain: lakeside.example",
            ]
            let attached = [
                "--attach-type", "application/gzip", "--attach-name", "receiver.example!lakeside.example!1!2.xml.gz",
                "--attach", "@\(report).gz",
            ]
            for attempt in 1...2 {
                let sent = try await swaks(ports, "report-\(attempt)", envelope + attached)
                #expect(sent.status == 0, "\(sent.said)")
            }
            let other = try await swaks(ports, "other", envelope + ["--body", "Is anybody there?"])
            #expect(other.status == 0, "\(other.said)")
            let shown = try await place.ward("mail", "dmarc-reports", "show")
            #expect(shown.output.contains("40 of 42 messages were recognised as from lakeside.example (1 report)."))
            #expect(shown.output.contains("198.51.100.9"), "\(shown.output)")
            let kept = try await place.wardDoes("mail", "incoming", "--json")
            #expect(kept.split(separator: "\n").count == 1, "\(kept)")
        }
    }
}
