// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
package import WardKernel
import WardStorage
import WardTrust
import WardVault

extension Delivery {
    /// Whether reports about TLS are sent.
    package func sendsTLSReports(by requester: Requester) async throws -> Bool {
        try requester.require(.manageSettings)
        return try await store.read { tx in try TLSReportQueries.isOn(for: requester.organization, in: tx) }
    }

    /// Turns them on or off. What is due while they are off is not sent later.
    package func sendTLSReports(_ isOn: Bool, why: String, by requester: Requester) async throws -> RateOutcome {
        try requester.require(.manageSettings)
        guard let why = Self.reason(why) else { return .refused("a reason is given") }
        let organization = requester.organization
        return try await store.write { tx in
            try TLSReportQueries.put(isOn: isOn, at: self.surroundings.now(), of: organization, in: tx)
            try self.audit.record(
                AuditEntry(
                    .tlsReportSetting,
                    object: AuditObject(kind: "tls_reports", identifier: organization.bytes),
                    reason: why,
                    facts: ["on": "\(isOn)"]
                ),
                by: requester,
                in: tx
            )
            return .done
        }
    }

    /// Days and domains with their counts; `after` is the last of the page before.
    package func tlsReports(
        _ filter: TLSReportFilter = TLSReportFilter(),
        after: TLSReportPosition? = nil,
        limit: Int = 50,
        by requester: Requester
    ) async throws -> TLSReportPage {
        try requester.require(.manageSettings)
        let limit = min(max(limit, 1), 500)
        let organization = requester.organization
        return try await store.read { tx in
            let destination = try filter.domain.flatMap { domain in
                let domain = domain.lowercased()
                return try self.destinations.hashes(of: [domain], organization: organization, in: tx)[domain]
            }
            let found = try TLSReportQueries.list(
                filter,
                destination: destination,
                after: after,
                limit: limit + 1,
                of: organization,
                in: tx
            )
            let rows = try found.prefix(limit).map { try self.row($0, in: tx) }
            return TLSReportPage(
                rows: rows,
                next: found.count > limit ? rows.last.map { TLSReportPosition($0) } : nil
            )
        }
    }

    /// The report about a domain and a day in UTC (nil: the newest) as it was sent, or as it would be sent now. Nil when
    /// nothing was counted.
    package func tlsReport(
        about domain: String,
        on day: CalendarDate? = nil,
        by requester: Requester
    ) async throws -> TLSReportView? {
        try requester.require(.manageSettings)
        let organization = requester.organization
        let domain = domain.lowercased()
        return try await store.read { tx in
            let hashes = try self.destinations.hashes(of: [domain], organization: organization, in: tx)
            guard let hash = hashes[domain] else { return nil }
            return try self.view(hash, day, organization, in: tx)
        }
    }

    /// The same by the destination's key.
    package func tlsReport(
        about destination: DestinationKey,
        on day: CalendarDate,
        by requester: Requester
    ) async throws -> TLSReportView? {
        try requester.require(.manageSettings)
        return try await store.read { tx in try self.view(destination.hash, day, requester.organization, in: tx) }
    }

    private func view(
        _ destination: [UInt8],
        _ day: CalendarDate?,
        _ organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> TLSReportView? {
        let place = day.map {
            TLSReportQueries.Place(organization: organization, day: $0.daysSince1970, destination: destination)
        }
        let found =
            try place.map { try TLSReportQueries.find($0, in: tx) }
            ?? TLSReportQueries.newest(destination, of: organization, in: tx)
        guard let stored = found, let reporting else { return nil }
        let (json, fileName) = try file(of: stored, reporting, in: tx)
        return TLSReportView(
            row: try row(stored, in: tx),
            json: json,
            fileName: fileName,
            results: try sessions(stored.place, in: tx).map { session, count in
                TLSReportView.Result(
                    policy: session.policy.kind.rawValue,
                    result: session.result?.rawValue,
                    host: session.host,
                    reason: session.reason,
                    sessions: count
                )
            }
        )
    }

    /// What was sent is shown as it was, whatever the organization is called since.
    private func file(
        of stored: TLSReportQueries.Stored,
        _ reporting: TLSReporting,
        in tx: any ReadTransaction
    ) throws -> (json: String, fileName: String) {
        if let sent = try sent(stored, in: tx) {
            return (try OutgoingTLSReport.text(ofCompressed: Array(sent.file)), sent.fileName)
        }
        let sender = try reporting.senders.reportSender(of: stored.place.organization, in: tx)
        let report = try report(stored, from: sender, in: tx)
        return (String(decoding: try report.json(), as: UTF8.self), report.fileName)
    }

    private func row(_ stored: TLSReportQueries.Stored, in tx: any ReadTransaction) throws -> TLSReportRow {
        let counts = try TLSReportQueries.counts(stored.place, in: tx)
        return TLSReportRow(
            key: DestinationKey(hash: stored.place.destination),
            day: CalendarDate(daysSince1970: stored.place.day),
            domain: try domain(of: stored, in: tx),
            successes: counts.successes,
            failures: counts.failures,
            standing: stored.standing,
            nextAt: stored.standing == .waiting ? stored.nextAt : nil,
            place: try sent(stored, in: tx)?.place,
            message: stored.message,
            changedAt: stored.changedAt
        )
    }

    private func sent(_ stored: TLSReportQueries.Stored, in tx: any ReadTransaction) throws -> SentTLSReport? {
        try stored.sealedPlace.map { sealed in
            try vault.open(sealed, at: Self.sealed(.tlsReport, stored.place), in: tx).expose(for: .disclosing) {
                try JSONDecoder().decode(SentTLSReport.self, from: Data($0))
            }
        }
    }
}
