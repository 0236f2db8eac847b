// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardDNS

@testable import WardMailAuthentication

/// The zone of one scenario of the suite.
private struct SuiteZone: Resolver {
    struct Record: Decodable {
        var type: String
        var text: String?
        var preference: UInt16?
    }

    let records: [String: [Record]]

    private func found<Value>(
        _ name: String,
        _ type: String,
        depth: Int = 0,
        _ read: (Record) -> Value?
    ) -> DNSAnswer<Value> {
        let key = name.lowercased()
        guard let all = records[key] else { return .noSuchDomain(isSecure: false) }
        if let alias = all.first(where: { $0.type == "CNAME" })?.text, depth < 8 {
            return found(alias.hasSuffix(".") ? String(alias.dropLast()) : alias, type, depth: depth + 1, read)
        }
        let values = all.filter { $0.type == type }.compactMap(read)
        if !values.isEmpty { return .found(values, isSecure: false) }
        return all.contains { $0.type == "TIMEOUT" } ? .temporaryFailure(.timeout) : .noData(isSecure: false)
    }

    func addresses(of name: String) async -> DNSAnswer<IPAddress> {
        let four = found(name, "A") { $0.text.flatMap { IPAddress($0) } }
        let six = found(name, "AAAA") { $0.text.flatMap { IPAddress($0) } }
        switch (four, six) {
        case (.found(let a, _), .found(let b, _)): return .found(a + b, isSecure: false)
        case (.found, _): return four
        case (_, .found): return six
        default: return four
        }
    }

    func mailExchangers(of domain: String) async -> DNSAnswer<MailExchanger> {
        found(domain, "MX") { record in record.text.map { MailExchanger(preference: record.preference ?? 0, host: $0) }
        }
    }

    /// SPF's own record type of RFC 4408 stands for TXT where a name has no TXT record of its own.
    func texts(of name: String) async -> DNSAnswer<String> {
        var all = records[name.lowercased()] ?? []
        if let alias = all.first(where: { $0.type == "CNAME" })?.text { all = records[alias.lowercased()] ?? [] }
        if all.contains(where: { $0.type == "TXT" && $0.text == "NONE" }) {
            return all.contains { $0.type == "TIMEOUT" } ? .temporaryFailure(.timeout) : .noData(isSecure: false)
        }
        let hasText = all.contains { $0.type == "TXT" }
        return found(name, hasText ? "TXT" : "SPF") { $0.text }
    }

    func names(of address: IPAddress) async -> DNSAnswer<String> {
        found(address.reverseName, "PTR") { $0.text?.lowercased() }
    }
}

@Suite struct SPFTests {
    private struct Scenario: Decodable {
        struct Test: Decodable {
            var name: String
            var helo: String
            var host: String
            var mailfrom: String
            var results: [String]
        }
        var zone: [String: [SuiteZone.Record]]
        var tests: [Test]
    }

    /// The suite of the SPF community, made from its YAML as JSON; its licence stands beside it.
    private static let suite = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Support/SPFSuite/rfc7208-tests.json")

    @Test func `the open test suite of RFC 7208 holds`() async throws {
        let scenarios = try JSONDecoder().decode([Scenario].self, from: try Data(contentsOf: Self.suite))
        var count = 0
        for scenario in scenarios {
            let spf = SPF(resolver: SuiteZone(records: scenario.zone))
            for test in scenario.tests {
                let address = try #require(IPAddress(test.host))
                let parts = test.mailfrom.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
                let result = await spf.check(
                    address,
                    domain: test.mailfrom.isEmpty ? test.helo : String(parts.last ?? ""),
                    localPart: parts.count == 2 ? String(parts[0]) : "",
                    helloName: test.helo
                )
                #expect(test.results.contains(result.rawValue), "\(test.name): \(result), should be \(test.results)")
                count += 1
            }
        }
        #expect(count == 203)
    }

    /// Counts what it is asked, and answers every name with the same record.
    private actor CountingZone: Resolver {
        let text: String
        private(set) var asked = 0
        init(_ text: String) { self.text = text }

        func addresses(of name: String) async -> DNSAnswer<IPAddress> {
            asked += 1
            return .noData(isSecure: false)
        }
        func mailExchangers(of domain: String) async -> DNSAnswer<MailExchanger> {
            asked += 1
            return .found((0..<10).map { MailExchanger(preference: $0, host: "mx\($0).\(domain)") }, isSecure: false)
        }
        func texts(of name: String) async -> DNSAnswer<String> {
            asked += 1
            return .found([text], isSecure: false)
        }
    }

    @Test(arguments: [
        "v=spf1 include:%{d}.a.example include:b.example -all", "v=spf1 redirect=%{d}.x.example",
        "v=spf1 mx mx:a.example mx:b.example mx:c.example mx:d.example mx:e.example mx:f.example mx:g.example mx:h.example"
            + " mx:i.example mx:j.example -all",
        "v=spf1 exists:%{i}.a.example exists:b.example exists:c.example exists:d.example -all",
    ])
    func `no record makes more than a bounded number of look-ups`(text: String) async throws {
        let zone = CountingZone(text)
        let result = await SPF(resolver: zone).check(
            try #require(IPAddress("192.0.2.1")),
            domain: "a.example",
            localPart: "x",
            helloName: "h.example"
        )
        #expect(result == .permerror)
        // Ten terms, each with ten names at most.
        #expect(await zone.asked <= 121)
    }
}
