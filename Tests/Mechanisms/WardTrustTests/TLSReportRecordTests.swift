// SPDX-License-Identifier: Apache-2.0

import Testing
import WardKernel

@testable import WardTrust

/// Where reports about TLS go, read from what strangers publish (RFC 8460 section 3).
@Suite struct TLSReportRecordTests {
    private static func names(_ record: TLSReportRecord?) -> [String]? {
        record?.endpoints.map { endpoint in
            switch endpoint {
            case .mail(let address): "mail \(address.mailbox)"
            case .web(let request): "web \(request.host)\(request.port.map { ":\($0)" } ?? "") \(request.path)"
            }
        }
    }

    @Test("the addresses of a record come in the order in which they are published")
    func order() {
        let text =
            "v=TLSRPTv1; rua=https://reports.d.example/v1/tlsrpt , mailto:Reports@d.example,https://a.example:8443/x?y"
        #expect(
            Self.names(TLSReportRecord(text)) == [
                "web reports.d.example /v1/tlsrpt", "mail Reports@d.example", "web a.example:8443 /x?y",
            ]
        )
        #expect(Self.names(TLSReportRecord("v=TLSRPTv1;rua=mailto:r@d.example")) == ["mail r@d.example"])
        #expect(Self.names(TLSReportRecord("v=TLSRPTv1 ;\trua=mailto:r@d.example ; x-new=1;")) == ["mail r@d.example"])
    }

    @Test(
        "a text that breaks the grammar is no record",
        arguments: [
            "", "v=TLSRPTv1", "v=TLSRPTv1;", "v=TLSRPTv2; rua=mailto:r@d.example", "rua=mailto:r@d.example; v=TLSRPTv1",
            "V=TLSRPTv1; rua=mailto:r@d.example", "v=TLSRPTv1; rua=", "v=TLSRPTv1; rua",
            "v=TLSRPTv1; RUA=mailto:r@d.example", "v=TLSRPTv1; rua=mailto:r@d.example; rua=mailto:s@d.example",
            "v=TLSRPTv1; rua=mailto:r@d.example;; x=1", "v=TLSRPTv1; -x=1; rua=mailto:r@d.example",
            "v=TLSRPTv1; x=a b; rua=mailto:r@d.example", "v=TLSRPTv1; rua=mailto:r@d.example\u{0}",
            "v=TLSRPTv1; rua=mailto:ä@d.example", "v = TLSRPTv1; rua=mailto:r@d.example",
        ]
    )
    func malformed(text: String) { #expect(TLSReportRecord(text) == nil) }

    @Test("an address that cannot be used is left out, and the others stand")
    func unusable() {
        let unusable = [
            "http://d.example/", "ftp://d.example/", "mailto:", "mailto:two@a.example@d.example", "mailto:r@localhost",
            "mailto:r@d.example?bcc=x@y.example", "mailto:%72@d.example", "https://", "https://user@d.example/",
            "https://[::1]/", "https://d.example:0/", "reports@d.example", "javascript:alert(1)",
        ]
        for address in unusable {
            let record = TLSReportRecord("v=TLSRPTv1; rua=\(address),mailto:r@d.example")
            #expect(Self.names(record) == ["mail r@d.example"], "\(address)")
        }
        #expect(Self.names(TLSReportRecord("v=TLSRPTv1; rua=ftp://d.example/")) == [])
    }

    @Test("of several records none counts, and other texts of the name do not disturb")
    func several() {
        let one = "v=TLSRPTv1; rua=mailto:r@d.example"
        #expect(TLSReportRecord.find(in: []) == nil)
        #expect(TLSReportRecord.find(in: ["v=spf1 -all", "v=TLSRPTv10; rua=mailto:x@d.example", one]) != nil)
        #expect(TLSReportRecord.find(in: [one, one]) == nil)
    }

    @Test("whatever is made of the letters of records, what is read can be used and is bounded")
    func property() {
        var generator = SplitMix(state: 7)
        let pieces = [
            "v=TLSRPTv1", ";", " ", "rua=", "mailto:", "https://", "r@d.example", "d.example/p", ",", "=", "\t", "x",
            "-",
            "?", "%41", "@", "\r\n", "ä", ":443",
        ]
        var read = 0
        for round in 0..<20_000 {
            var text = round % 2 == 0 ? "v=TLSRPTv1; rua=" : ""
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                text += pieces.randomElement(using: &generator) ?? ""
            }
            guard let record = TLSReportRecord(text) else { continue }
            read += 1
            #expect(record.endpoints.count <= TLSReportRecord.mostEndpoints)
            for case .web(let request) in record.endpoints {
                #expect(request.isSecure && !request.host.isEmpty && request.path.hasPrefix("/"))
                #expect(!(request.host + request.path).contains { $0.isWhitespace || $0.isNewline }, "\(text)")
            }
        }
        #expect(read > 500)
        let many = (0..<50).map { "mailto:r\($0)@d.example" }.joined(separator: ",")
        #expect(TLSReportRecord("v=TLSRPTv1; rua=" + many)?.endpoints.count == TLSReportRecord.mostEndpoints)
        #expect(TLSReportRecord("v=TLSRPTv1; rua=mailto:r@d.example; x=" + String(repeating: "y", count: 5_000)) == nil)
    }

    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
            return value ^ (value >> 31)
        }
    }
}
