// SPDX-License-Identifier: Apache-2.0

import Crypto
package import WardAudit
package import WardKernel
import WardMIME
import WardMailAuthentication
import WardStorage

extension SenderDomains {
    /// The local part of the address for DMARC reports that the record to publish names.
    package static let alignmentReports = "dmarc-reports"
    /// Reports are kept for 400 days: a year can be compared with the one before.
    static let reportsKept = Duration.days(400)
    /// A file longer than this is not read.
    package static let longestAlignmentReport = AggregateReport.longestFile

    /// Takes the reports in a mail to the domain's address for them.
    ///
    /// - Parameter isProved: whether the mail was authenticated. Anybody may report; who reads it sees which.
    /// - Returns: what became of the first that could be read; `unreadable` when none could.
    package func receiveAlignmentReport(
        in mail: Sensitive<[UInt8]>,
        isProved: Bool,
        of organization: OrganizationID
    ) async throws -> ReportOutcome {
        let requester = Requester.service("mail.incoming", of: organization)
        let reports = mail.expose(for: .evaluating) { Self.reports(in: $0) }
        var first: ReportOutcome?
        for report in reports {
            let outcome = try await keep(report, isProved: isProved, by: requester)
            first = first ?? outcome
        }
        return first ?? .unreadable
    }

    /// Takes a report from a file, for domains whose reports come to another mailbox.
    package func keep(alignmentReport file: [UInt8], by requester: Requester) async throws -> ReportOutcome {
        try require(requester)
        let report: AggregateReport
        do {
            report = try AggregateReport(file)
        } catch {
            return .unreadable
        }
        return try await keep(report, isProved: true, by: requester)
    }

    /// At most ten files of a mail are looked at: a report is one.
    private static func reports(in octets: [UInt8]) -> [AggregateReport] {
        guard let mail = try? ParsedMail.parse(octets) else { return [] }
        return mail.body.leaves.filter { !$0.mediaType.hasPrefix("text/") || $0.mediaType == "text/xml" }.prefix(10)
            .compactMap { try? AggregateReport($0.content) }
    }

    private func keep(
        _ report: AggregateReport,
        isProved: Bool,
        by requester: Requester
    ) async throws -> ReportOutcome {
        let organization = requester.organization
        let now = surroundings.now()
        let id: AlignmentReportID = surroundings.makeIdentifier()
        let text = [report.reporter, report.identifier, "\(report.begins)", "\(report.ends)"].joined(separator: "\n")
        let key = Array(SHA256.hash(data: Array(text.utf8)))
        return try await store.write { [self] tx in
            guard report.domain == (try domain(of: organization, in: tx)) else { return .otherDomain }
            try AlignmentQueries.purge(before: now - Self.reportsKept, of: organization, in: tx)
            let isNew = try AlignmentQueries.insert(
                report,
                id,
                key,
                isProved: isProved,
                at: now,
                of: organization,
                in: tx
            )
            guard isNew else { return .keptBefore }
            try audit.record(
                AuditEntry(
                    .alignmentReport,
                    object: AuditObject(kind: "alignment_report", id),
                    facts: ["records": "\(report.records.count)", "proved": "\(isProved)"]
                ),
                by: requester,
                in: tx
            )
            return .kept(records: report.records.count)
        }
    }

    /// How mail fared in the last days, as far as it was reported.
    /// - Parameter days: 1 … 400.
    package func alignment(days: Int, by requester: Requester) async throws -> Alignment {
        try require(requester)
        let organization = requester.organization
        let since = surroundings.now() - .days(min(max(days, 1), 400))
        return try await store.read { [self] tx in
            let domain = try domain(of: organization, in: tx)
            return Alignment(
                domain: domain,
                days: try AlignmentQueries.days(of: domain, since: since, organization: organization, in: tx),
                sources: try AlignmentQueries.sources(of: domain, since: since, organization: organization, in: tx),
                reports: try AlignmentQueries.reports(of: domain, since: since, organization: organization, in: tx)
            )
        }
    }
}

extension AuditAction {
    /// A receiver's report about mail with the sender domain in From was kept.
    package static let alignmentReport = AuditAction(rawValue: "alignment.report")
}
