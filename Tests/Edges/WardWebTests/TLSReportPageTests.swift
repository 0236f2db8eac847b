// SPDX-License-Identifier: Apache-2.0

import Testing
import WardIdentity
import WardKernel
import WardStorage
import WardTestKit
import WardTrust

@testable import WardDelivery
@testable import WardWeb

/// What was counted about TLS to other domains, and the reports about it, as staff sees them.
@Suite struct TLSReportPageTests {
    private func count(_ world: WebWorld, _ domain: String, _ session: TLSSession, times: Int = 1) async throws {
        let (delivery, now) = (world.facades.delivery, world.clock.now)
        let organization = world.organization.id
        try await world.store.write { tx in
            let hashes = try delivery.destinations.hashes(of: [domain], organization: organization, in: tx)
            let place = TLSReportQueries.Place(
                organization: organization,
                day: Delivery.day(of: now),
                destination: hashes[domain] ?? []
            )
            for _ in 0..<times { try delivery.count(session, place, domain: domain, at: now, in: tx) }
        }
    }

    private static let failed = TLSSession(
        policy: .none,
        result: .certificateExpired,
        reason: "certificate-expired",
        host: "mx.partner.example"
    )

    @Test("counted days stand in the list with their numbers, and lead to the report", arguments: TestStore.kinds)
    func list(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let base = "/\(world.organization.slug)/settings/tls-reports"
            let browser = world.browser(world.administratorToken)
            #expect(try await browser.get("/\(world.organization.slug)/settings").text.contains(base))
            #expect(try await browser.get(base).text.contains("No connection was counted yet"))
            try await count(world, "partner.example", TLSSession(policy: .none), times: 1_234)
            try await count(world, "partner.example", Self.failed, times: 7)
            try await count(world, "good.example", TLSSession(policy: .none))
            let page = try await browser.get(base).text
            #expect(page.contains("partner.example") && page.contains("good.example"))
            #expect(page.contains("1,234") && page.contains(">7<"))
            let failures = try await browser.get(base + "?failed=only").text
            #expect(failures.contains(">partner.example<") && !failures.contains(">good.example<"))
            let one = try await browser.get(base + "?domain=good.example").text
            #expect(!one.contains(">partner.example<") && one.contains(">good.example<"))
            #expect(try await browser.get(base + "?domain=none.example").text.contains("Nothing here"))
            let row = try #require(
                try await world.facades.delivery.tlsReports(
                    TLSReportFilter(onlyFailures: true),
                    by: TestRequester.with(roles: [.administrator], of: world.organization.id)
                ).rows.first
            )
            #expect(page.contains("\(base)/\(row.key)/\(row.day)"))
            let report = try await browser.get("\(base)/\(row.key)/\(row.day)").text
            #expect(report.contains("certificate-expired") && report.contains("mx.partner.example"))
            #expect(report.contains("lakeside.example!partner.example!"))
            #expect(report.contains("total-failure-session-count"))
            for path in ["zz/\(row.day)", "\(row.key)/2026-13-01", "\(row.key)/2001-01-01", "ab/\(row.day)"] {
                #expect(try await browser.get("\(base)/\(path)").status == 404, "\(path)")
            }
        }
    }

    @Test("many days come in pages", arguments: TestStore.kinds)
    func pages(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let base = "/\(world.organization.slug)/settings/tls-reports"
            let browser = world.browser(world.administratorToken)
            for number in 0..<51 { try await count(world, "d\(number).example", TLSSession(policy: .none)) }
            let first = try await browser.get(base).text
            let next = try #require(
                first.split(separator: "class=\"pager\"").last?.split(separator: "\"").first {
                    $0.hasPrefix("/")
                }
            )
            let second = try await browser.get(String(next)).text
            func rows(_ text: String) -> Int { text.split(separator: "<th scope=\"row\">").count - 1 }
            #expect(rows(first) == 50 && rows(second) == 1)
            #expect(!second.contains("class=\"pager\""))
        }
    }

    @Test("reports are turned off with a reason, and the page says so", arguments: TestStore.kinds)
    func setting(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let base = "/\(world.organization.slug)/settings/tls-reports"
            let browser = world.browser(world.administratorToken)
            #expect(try await browser.get(base).text.contains("Reports are sent to domains that ask for them"))
            let refused = try await browser.post(base, [("on", ""), ("reason", " ")])
            #expect(refused.status == 422 && refused.text.contains("Give a reason"))
            #expect(try await browser.post(base, [("on", ""), ("reason", "A relay")]).status == 303)
            #expect(try await browser.get(base).text.contains("Reports are turned off"))
            #expect(try await browser.post(base, [("on", "yes"), ("reason", "Ours")]).status == 303)
            #expect(try await browser.get(base).text.contains("Reports are sent to domains that ask for them"))
            #expect(try await world.auditFacts("tls_report.setting").count == 2)
            #expect(
                try await browser.get(base, headers: [("accept-language", "es")]).text.contains("Informes sobre TLS")
            )
            let auditor = world.browser(try await world.token([.auditor], email: "auditor@lakeside.example"))
            #expect(try await auditor.get(base).status == 403)
        }
    }
}
