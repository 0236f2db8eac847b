// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardKernel
import WardStorage
import WardTestKit

@testable import WardSenderDomains

/// The records of a sender domain, as the DNS answers.
@Suite struct RecordCheckTests {
    private static let domain = "news.lakeside.example"
    private static let host = "mail.lakeside.example"

    private func standings(_ zone: ChangingZone) async -> (spf: DomainRecord?, dmarc: DomainRecord?) {
        let check = RecordCheck(resolver: zone, mailHostName: Self.host, now: Timestamp(seconds: 1_795_000_000))
        let records = await check.report(Self.domain, keys: []).records
        return (records.first { $0.purpose == .spf }, records.first { $0.purpose == .dmarc })
    }

    @Test func `an SPF record is read as receivers read it, and what to publish keeps what is there`() async {
        let cases: [([String], RecordStanding, String)] = [
            ([], .missing, "v=spf1 a:mail.lakeside.example -all"),
            (["a verification text"], .missing, "v=spf1 a:mail.lakeside.example -all"),
            (["v=spf1 a:mail.lakeside.example -all"], .good, "v=spf1 a:mail.lakeside.example -all"),
            (["V=SPF1 +A:Mail.Lakeside.example ~all"], .good, "v=spf1 +A:Mail.Lakeside.example ~all"),
            (
                ["v=spf1 include:other.example -all"], .advice(.hostNotNamed),
                "v=spf1 a:mail.lakeside.example include:other.example -all"
            ),
            (["v=spf1 a:mail.lakeside.example"], .wrong(.hasNoEnd), "v=spf1 a:mail.lakeside.example"),
            (["v=spf1 a:mail.lakeside.example +all"], .wrong(.everybodyMaySend), "v=spf1 a:mail.lakeside.example +all"),
            (
                ["v=spf1 redirect=other.example"], .advice(.hostNotNamed),
                "v=spf1 a:mail.lakeside.example redirect=other.example"
            ),
            (["v=spf1 -all", "v=spf1 mx -all"], .wrong(.severalPolicies), "v=spf1 a:mail.lakeside.example -all"),
        ]
        for (texts, standing, text) in cases {
            let zone = ChangingZone()
            zone.state.withLock { $0.texts[Self.domain] = texts.isEmpty ? nil : texts }
            let spf = await standings(zone).spf
            #expect(spf?.standing == standing, "\(texts)")
            #expect(spf?.text == text, "\(texts)")
        }
    }

    @Test func `a machine without a full name cannot be named in SPF`() async {
        let check = RecordCheck(
            resolver: ChangingZone(),
            mailHostName: "localhost",
            now: Timestamp(seconds: 1_795_000_000)
        )
        let spf = await check.report(Self.domain, keys: []).records.first { $0.purpose == .spf }
        #expect(spf?.standing == .wrong(.hostNameNotFull))
    }

    @Test func `a DMARC record is found at the domain or above it`() async {
        let cases: [([String: [String]], RecordStanding)] = [
            ([:], .missing),
            (["_dmarc.news.lakeside.example": ["v=DMARC1; p=reject"]], .good),
            (["_dmarc.news.lakeside.example": ["v=DMARC1;p=quarantine; rua=mailto:d@lakeside.example"]], .good),
            (["_dmarc.news.lakeside.example": ["v=DMARC1; p=none"]], .advice(.policyOnlyWatches)),
            (["_dmarc.news.lakeside.example": ["v=DMARC1; p=maybe"]], .wrong(.policyUnreadable)),
            (["_dmarc.news.lakeside.example": ["v=DMARC1"]], .wrong(.policyUnreadable)),
            (["_dmarc.news.lakeside.example": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]], .wrong(.severalPolicies)),
            (["_dmarc.lakeside.example": ["v=DMARC1; p=reject"]], .advice(.policyInherited)),
            (["_dmarc.example": ["v=DMARC1; p=reject"]], .missing),
        ]
        for (texts, standing) in cases {
            let zone = ChangingZone()
            zone.state.withLock { $0.texts = texts }
            #expect(await standings(zone).dmarc?.standing == standing, "\(texts)")
        }
    }

    @Test func `a look-up without an answer is unknown, not missing`() async {
        let zone = ChangingZone()
        zone.state.withLock { $0.isAway = true }
        let (spf, dmarc) = await standings(zone)
        #expect(spf?.standing == .unknown("timeout"))
        #expect(dmarc?.standing == .unknown("timeout"))
    }

    @Test(arguments: TestStore.kinds)
    func `a retired key's record stays for a week and may then go`(kind: StoreKind) async throws {
        try await SenderDomainWorld.with(kind) { world in
            let keys = try await world.makePublished()
            _ = try await world.activate(keys)
            for key in keys {
                _ = try await world.senderDomains.retire(selector: key.selector, why: "Test", by: world.administrator)
            }
            func standings() async throws -> [RecordStanding] {
                try await world.senderDomains.report(by: world.administrator).records
                    .filter { if case .dkim = $0.purpose { true } else { false } }.map(\.standing)
            }
            #expect(try await standings() == [.advice(.stillNeeded), .advice(.stillNeeded)])
            world.clock.advance(by: .days(7))
            #expect(try await standings() == [.removable, .removable])
            world.zone.state.withLock { $0.texts = [:] }
            #expect(try await standings() == [])
        }
    }
}
