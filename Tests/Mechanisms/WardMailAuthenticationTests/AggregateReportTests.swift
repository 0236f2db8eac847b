// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardDNS

@testable import WardMailAuthentication

@Suite struct AggregateReportTests {
    /// In the form of RFC 7489, as most receivers send it.
    static let old = """
        <?xml version="1.0" encoding="UTF-8" ?>
        <feedback>
          <report_metadata><org_name>receiver.example</org_name><email>noreply@receiver.example</email>
            <report_id>143</report_id><date_range><begin>1795478400</begin><end>1795564799</end></date_range>
          </report_metadata>
          <policy_published><domain>Lakeside.example</domain><adkim>r</adkim><aspf>r</aspf><p>none</p><sp>none</sp>
            <pct>100</pct></policy_published>
          <record><row><source_ip>192.0.2.1</source_ip><count>120</count><policy_evaluated>
            <disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
            <identifiers><header_from>lakeside.example</header_from></identifiers>
            <auth_results><dkim><domain>lakeside.example</domain><result>pass</result></dkim>
            <spf><domain>x.example</domain><result>fail</result></spf></auth_results></record>
          <record><row><source_ip>2001:db8::7</source_ip><count>3</count><policy_evaluated>
            <disposition>quarantine</disposition><dkim>fail</dkim><spf>fail</spf>
            <reason><type>other</type><comment>a &amp; b &#x2603;</comment></reason></policy_evaluated></row></record>
        </feedback>
        """
    /// With the name space, the prefix and the fields of RFC 9990.
    static let new = """
        <?xml version="1.0"?><!-- from a test --><d:feedback xmlns:d="urn:ietf:params:xml:ns:dmarc-2.0">
        <d:version>1.0</d:version><d:report_metadata><d:org_name>R &lt;x&gt;</d:org_name>
        <d:report_id>9</d:report_id><d:date_range><d:begin>1795478400</d:begin><d:end>1795564799</d:end></d:date_range>
        </d:report_metadata><d:policy_published><d:domain>lakeside.example</d:domain><d:p>reject</d:p><d:np>reject</d:np>
        <d:testing>n</d:testing><d:discovery_method>treewalk</d:discovery_method></d:policy_published><d:record><d:row>
        <d:source_ip>198.51.100.4</d:source_ip><d:count>1</d:count><d:policy_evaluated><d:disposition>pass</d:disposition>
        <d:dkim>pass</d:dkim><d:spf>pass</d:spf></d:policy_evaluated></d:row></d:record><d:extension/></d:feedback>
        """

    @Test func `a report of the old form and one of the new are read`() throws {
        let old = try AggregateReport(Array(Self.old.utf8))
        #expect(old.reporter == "receiver.example" && old.identifier == "143" && old.domain == "lakeside.example")
        #expect(old.policy == "none" && old.begins == 1_795_478_400 && old.ends == 1_795_564_799)
        #expect(old.records.map(\.messages) == [120, 3] && old.records.map(\.passes) == [true, false])
        #expect(old.records[1].source == IPAddress("2001:db8::7") && old.records[1].disposition == .quarantine)
        let new = try AggregateReport(Array(Self.new.utf8))
        #expect(new.reporter == "R <x>" && new.policy == "reject" && new.records.first?.disposition == .pass)
        #expect(new.records.first?.isSPFAligned == true)
    }

    @Test func `what is no report is refused, and a document type always`() {
        let wrong = [
            "", "plain text", "<feedback>", "<feedback></other>", "<other></other>", "<feedback/>", "{}",
            Self.old.replacingOccurrences(of: "<feedback>", with: "<!DOCTYPE feedback><feedback>"),
            Self.old.replacingOccurrences(
                of: "<feedback>",
                with: "<!DOCTYPE f [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><feedback>"
            ),
            Self.old.replacingOccurrences(of: "&amp;", with: "&own;"),
            Self.old.replacingOccurrences(of: "192.0.2.1", with: "somewhere"),
            Self.old.replacingOccurrences(of: ">120<", with: ">-1<"),
            Self.old.replacingOccurrences(of: ">120<", with: ">99999999999999999999<"),
            Self.old.replacingOccurrences(of: "<begin>1795478400", with: "<begin>9795478400"),
            Self.old.replacingOccurrences(of: "<end>1795564799", with: "<end>1795478399"),
            Self.old.replacingOccurrences(of: "Lakeside.example", with: " "),
            Self.old + "<feedback></feedback>", String(Self.old.dropLast(4)),
        ]
        for text in wrong {
            #expect(throws: AggregateReportProblem.malformed, "\(text.prefix(60))") {
                _ = try AggregateReport(Array(text.utf8))
            }
        }
    }

    @Test func `what is too deep, too long or too much is refused before it costs anything`() {
        let deep = "<feedback>" + String(repeating: "<a>", count: 40)
        let long = Self.old.replacingOccurrences(of: "receiver.example", with: String(repeating: "x", count: 2_000))
        let record = "<record><row><source_ip>192.0.2.1</source_ip><count>1</count></row></record>"
        let many = Self.old.replacingOccurrences(
            of: "</feedback>",
            with: String(repeating: record, count: 20_001) + "</feedback>"
        )
        for text in [deep, long, many] {
            #expect(throws: AggregateReportProblem.tooLong) { _ = try AggregateReport(Array(text.utf8)) }
        }
        let large = [UInt8](repeating: 0x20, count: AggregateReport.longestFile + 1)
        #expect(throws: AggregateReportProblem.tooLong) { _ = try AggregateReport(large) }
    }

    @Test func `any octets are read or refused, whatever they are`() {
        var random = SystemRandomNumberGenerator()
        let seed = UInt64.random(in: 0...UInt64.max, using: &random)
        var state = seed
        func next() -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33)
        }
        for _ in 0..<2_000 {
            var bytes = Array((next() % 2 == 0 ? Self.old : Self.new).utf8)
            for _ in 0..<(1 + next() % 8) {
                let position = next() % bytes.count
                switch next() % 3 {
                case 0: bytes[position] = UInt8(next() % 256)
                case 1: bytes.remove(at: position)
                default: bytes.insert(contentsOf: bytes.prefix(next() % 40), at: position)
                }
            }
            do {
                let report = try AggregateReport(bytes)
                #expect(report.records.allSatisfy { $0.messages >= 0 }, "seed \(seed)")
            } catch {
                #expect(error == .malformed || error == .tooLong, "seed \(seed)")
            }
        }
    }

    @Test func `a report under gzip or alone in an archive is read, and what stands for too much is not`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Self.old.write(to: folder.appending(path: "r.xml"), atomically: true, encoding: .utf8)
        let script = """
            import gzip, zipfile, sys
            text = open('r.xml', 'rb').read()
            open('r.xml.gz', 'wb').write(gzip.compress(text))
            with zipfile.ZipFile('r.zip', 'w', zipfile.ZIP_DEFLATED) as z: z.write('r.xml')
            with zipfile.ZipFile('two.zip', 'w') as z: z.write('r.xml'); z.writestr('b', 'x')
            open('bomb.gz', 'wb').write(gzip.compress(b' ' * 50_000_000))
            """
        let python = Process()
        python.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        python.arguments = ["-c", script]
        python.currentDirectoryURL = folder
        try python.run()
        python.waitUntilExit()
        try #require(python.terminationStatus == 0)
        func file(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }
        for name in ["r.xml.gz", "r.zip"] {
            let report = try AggregateReport(try file(name))
            #expect(report.records.count == 2, "\(name)")
        }
        let (two, bomb) = (try file("two.zip"), try file("bomb.gz"))
        #expect(throws: AggregateReportProblem.malformed) { _ = try AggregateReport(two) }
        #expect(throws: AggregateReportProblem.tooLong) { _ = try AggregateReport(bomb) }
    }
}
