// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
package import WardAudit
package import WardKernel
import WardMIME
import WardStorage
import WardTrust

extension SenderDomains {
    /// The local part of the address for TLS reports that the record to publish names.
    package static let transportReports = "tls-reports"

    /// Takes the TLS report (RFC 8460) in a mail to the domain's address for them.
    ///
    /// - Parameter isProved: whether the mail was authenticated. Anybody may report; who reads it sees which.
    package func receiveTransportReport(
        in mail: Sensitive<[UInt8]>,
        isProved: Bool,
        of organization: OrganizationID
    ) async throws -> ReportOutcome {
        let found = mail.expose(for: .evaluating) { octets -> TLSReport? in
            guard let mail = try? ParsedMail.parse(octets) else { return nil }
            let files = mail.body.leaves.filter { !$0.mediaType.hasPrefix("text/") }.prefix(10)
            return files.lazy.compactMap { try? TLSReport($0.content) }.first
        }
        guard let report = found, let begins = Self.moment(report.begins), let ends = Self.moment(report.ends) else {
            return .unreadable
        }
        return try await keep(report, begins...max(begins, ends), isProved, .service("mail.incoming", of: organization))
    }

    private func keep(
        _ report: TLSReport,
        _ span: ClosedRange<Timestamp>,
        _ isProved: Bool,
        _ requester: Requester
    ) async throws -> ReportOutcome {
        let organization = requester.organization
        let now = surroundings.now()
        let id: TransportReportID = surroundings.makeIdentifier()
        let text = [report.organization, report.identifier, report.begins, report.ends].joined(separator: "\n")
        let key = Array(SHA256.hash(data: Array(text.utf8)))
        return try await store.write { [self] tx in
            let domain = try domain(of: organization, in: tx)
            let own = report.policies.filter { $0.domain.lowercased() == domain }
            guard !own.isEmpty else { return .otherDomain }
            try TransportQueries.purge(before: now - Self.reportsKept, of: organization, in: tx)
            let row = TransportQueries.NewReport(
                id: id,
                key: key,
                domain: domain,
                reporter: report.organization,
                span: span,
                isProved: isProved,
                policies: own
            )
            guard try TransportQueries.insert(row, at: now, of: organization, in: tx) else { return .keptBefore }
            try audit.record(
                AuditEntry(
                    .transportReport,
                    object: AuditObject(kind: "transport_report", id),
                    facts: ["policies": "\(own.count)", "proved": "\(isProved)"]
                ),
                by: requester,
                in: tx
            )
            return .kept(records: own.count)
        }
    }

    /// Between 2000 and 2100, as in reports about alignment.
    private static func moment(_ text: String) -> Timestamp? {
        guard let date = try? Date(text, strategy: .iso8601) else { return nil }
        let seconds = date.timeIntervalSince1970
        return (946_684_800...4_102_444_800).contains(seconds) ? Timestamp(seconds: Int64(seconds)) : nil
    }

    /// What was reported in the last days.
    /// - Parameter days: 1 … 400.
    package func transport(days: Int, by requester: Requester) async throws -> TransportStanding {
        try require(requester)
        let organization = requester.organization
        let since = surroundings.now() - .days(min(max(days, 1), 400))
        return try await store.read { [self] tx in
            let domain = try domain(of: organization, in: tx)
            return TransportStanding(
                domain: domain,
                reports: try TransportQueries.reports(of: domain, since: since, organization: organization, in: tx),
                failures: try TransportQueries.failures(of: domain, since: since, organization: organization, in: tx)
            )
        }
    }
}

extension AuditAction {
    /// Another server's report about TLS to the sender domain was kept.
    package static let transportReport = AuditAction(rawValue: "transport.report")
}
