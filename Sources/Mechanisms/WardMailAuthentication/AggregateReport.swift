// SPDX-License-Identifier: Apache-2.0
//
// A DMARC aggregate report (RFC 9990; the form of RFC 7489 appendix C, which most still send, differs in what is left out here):
// what one receiver saw of mail with a domain in From, by source address. Strangers send them.

import WardCompression
package import WardDNS

package struct AggregateReport: Sendable, Hashable {
    /// A file longer than this is not read, compressed or not; RFC 9990 receivers send far less.
    package static let longestFile = 4_194_304
    static let longestText = 16_777_216
    static let mostRecords = 20_000

    /// What the receiver did with a message (RFC 9990 section 3.1.1.6).
    package enum Disposition: String, Sendable, Hashable, Codable {
        case none, pass, quarantine, reject
        /// Another word.
        case other
    }

    package struct Record: Sendable, Hashable {
        package let source: IPAddress
        package let messages: Int
        package let disposition: Disposition
        /// Whether a signature, or SPF, held and was of the domain of From.
        package let isSignatureAligned: Bool
        package let isSPFAligned: Bool

        package var passes: Bool { isSignatureAligned || isSPFAligned }
    }

    /// Who reports, at most 255 characters, none of them a control character.
    package let reporter: String
    package let identifier: String
    /// Seconds since 1970.
    package let begins: Int64
    package let ends: Int64
    /// The domain whose policy was looked up, lower case.
    package let domain: String
    /// The policy as it was published, such as `reject`.
    package let policy: String
    package let records: [Record]

    /// Reads a report as XML, compressed with gzip, or alone in a ZIP archive.
    package init(_ file: [UInt8]) throws(AggregateReportProblem) {
        guard file.count <= Self.longestFile else { throw .tooLong }
        var reading = Reading()
        var markup = ReportMarkup(try Self.expanded(file))
        try markup.read { path, text throws(AggregateReportProblem) in try reading.take(path, text) }
        guard let begins = reading.begins, let ends = reading.ends, begins <= ends, !reading.domain.isEmpty,
            !reading.identifier.isEmpty
        else { throw .malformed }
        reporter = reading.reporter
        identifier = reading.identifier
        self.begins = begins
        self.ends = ends
        domain = reading.domain
        policy = reading.policy
        records = reading.records
    }

    private static func expanded(_ file: [UInt8]) throws(AggregateReportProblem) -> [UInt8] {
        do throws(Inflate.Problem) {
            if Inflate.isGzip(file) { return try Inflate.expand(file, .gzip, limit: longestText) }
            guard file.starts(with: [0x50, 0x4b, 0x03, 0x04]) else { return file }
            let archive = try ZipArchive(file)
            let files = archive.entries.filter { !$0.name.hasSuffix("/") }
            guard files.count == 1, let only = files.first else { throw .malformed }
            return try archive.content(of: only, limit: longestText)
        } catch {
            throw error == .tooLong ? .tooLong : .malformed
        }
    }
}

/// What has been read so far.
private struct Reading {
    var reporter = ""
    var identifier = ""
    var begins: Int64?
    var ends: Int64?
    var domain = ""
    var policy = ""
    var records: [AggregateReport.Record] = []

    private var source: IPAddress?
    private var messages: Int?
    private var disposition = AggregateReport.Disposition.other
    private var isSignatureAligned = false
    private var isSPFAligned = false

    mutating func take(_ path: [String], _ text: String) throws(AggregateReportProblem) {
        guard path.first == "feedback" else { throw .malformed }
        switch path.dropFirst().joined(separator: "/") {
        case "report_metadata/org_name": reporter = Self.plain(text)
        case "report_metadata/report_id": identifier = Self.plain(text)
        case "report_metadata/date_range/begin": begins = Self.moment(text)
        case "report_metadata/date_range/end": ends = Self.moment(text)
        case "policy_published/domain": domain = Self.plain(text).lowercased()
        case "policy_published/p": policy = Self.plain(text).lowercased()
        case "record/row/source_ip": source = IPAddress(text)
        case "record/row/count": messages = Int(text)
        case "record/row/policy_evaluated/disposition":
            disposition = AggregateReport.Disposition(rawValue: text.lowercased()) ?? .other
        case "record/row/policy_evaluated/dkim": isSignatureAligned = text.lowercased() == "pass"
        case "record/row/policy_evaluated/spf": isSPFAligned = text.lowercased() == "pass"
        case "record": try takeRecord()
        default: break
        }
    }

    private mutating func takeRecord() throws(AggregateReportProblem) {
        // A billion messages from one address in a day: no such number is anybody's mail.
        guard let source, let messages, (0...1_000_000_000).contains(messages) else { throw .malformed }
        guard records.count < AggregateReport.mostRecords else { throw .tooLong }
        records.append(
            .init(
                source: source,
                messages: messages,
                disposition: disposition,
                isSignatureAligned: isSignatureAligned,
                isSPFAligned: isSPFAligned
            )
        )
        self.source = nil
        self.messages = nil
        disposition = .other
        isSignatureAligned = false
        isSPFAligned = false
    }

    /// Between 2000 and 2100: what is beyond would be nobody's day.
    private static func moment(_ text: String) -> Int64? {
        Int64(text).flatMap { (946_684_800...4_102_444_800).contains($0) ? $0 : nil }
    }

    private static func plain(_ text: String) -> String {
        String(
            String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }.prefix(255))
        )
    }
}
