// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage
import WardTrust

enum TransportQueries {
    struct NewReport {
        var id: TransportReportID
        var key: [UInt8]
        var domain: String
        var reporter: String
        var span: ClosedRange<Timestamp>
        var isProved: Bool
        var policies: [TLSReport.Policy]
    }

    /// A day's sessions of one reporter: what is beyond is nobody's.
    private static let most = 1_000_000_000

    /// False when the report was kept before.
    static func insert(
        _ report: NewReport,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        let successes = report.policies.reduce(0) { min($0 + min($1.successes, most), most) }
        let failures = report.policies.reduce(0) { min($0 + min($1.failures, most), most) }
        let inserted = try tx.execute(
            """
            INSERT INTO transport_report (organization, id, report_key, domain, reporter, begins_at, ends_at, received_at,
                is_proved, successes, failures)
            VALUES (\(organization), \(report.id), \(report.key), \(report.domain), \(report.reporter),
                \(report.span.lowerBound), \(report.span.upperBound), \(now), \(report.isProved ? 1 : 0), \(successes),
                \(failures))
            ON CONFLICT (organization, report_key) DO NOTHING
            """
        )
        guard inserted > 0 else { return false }
        for (position, failure) in report.policies.flatMap(\.details).enumerated() {
            try tx.execute(
                """
                INSERT INTO transport_failure (organization, report, position, result, host, sessions)
                VALUES (\(organization), \(report.id), \(position), \(failure.result), \(failure.host),
                    \(min(failure.sessions, most)))
                """
            )
        }
        return true
    }

    static func purge(before moment: Timestamp, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            DELETE FROM transport_failure WHERE organization = \(organization) AND report IN
                (SELECT id FROM transport_report WHERE organization = \(organization) AND ends_at < \(moment))
            """
        )
        try tx.execute("DELETE FROM transport_report WHERE organization = \(organization) AND ends_at < \(moment)")
    }

    static func reports(
        of domain: String,
        since: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [TransportStanding.Report] {
        try tx.rows(
            """
            SELECT reporter, begins_at, successes, failures, is_proved FROM transport_report
            WHERE organization = \(organization) AND domain = \(domain) AND ends_at >= \(since)
            ORDER BY ends_at DESC, reporter LIMIT 100
            """
        ).map { row in
            .init(
                reporter: try row.value("reporter"),
                begins: try row.value("begins_at"),
                successes: try row.value("successes"),
                failures: try row.value("failures"),
                isProved: try row.value("is_proved") == 1
            )
        }
    }

    static func failures(
        of domain: String,
        since: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [TransportStanding.Failure] {
        try tx.rows(
            """
            SELECT f.result AS result, f.host AS host, CAST(SUM(f.sessions) AS BIGINT) AS sessions
            FROM transport_report r JOIN transport_failure f ON f.organization = r.organization AND f.report = r.id
            WHERE r.organization = \(organization) AND r.domain = \(domain) AND r.ends_at >= \(since)
            GROUP BY f.result, f.host ORDER BY sessions DESC, f.result, f.host LIMIT 50
            """
        ).map { row in
            .init(
                result: try row.value("result"),
                host: try row.value("host"),
                sessions: try row.value("sessions")
            )
        }
    }
}
