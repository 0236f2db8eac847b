// SPDX-License-Identifier: Apache-2.0

import WardDNS
import WardKernel
import WardMailAuthentication
import WardStorage

enum AlignmentQueries {
    /// False when the report was kept before.
    static func insert(
        _ report: AggregateReport,
        _ id: AlignmentReportID,
        _ key: [UInt8],
        isProved: Bool,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        let inserted = try tx.execute(
            """
            INSERT INTO alignment_report (organization, id, report_key, domain, reporter, policy, begins_at, ends_at,
                received_at, is_proved)
            VALUES (\(organization), \(id), \(key), \(report.domain), \(report.reporter), \(report.policy),
                \(Timestamp(seconds: report.begins)), \(Timestamp(seconds: report.ends)), \(now), \(isProved ? 1 : 0))
            ON CONFLICT (organization, report_key) DO NOTHING
            """
        )
        guard inserted > 0 else { return false }
        for (position, record) in report.records.enumerated() {
            try tx.execute(
                """
                INSERT INTO alignment_record (organization, report, position, source, messages, disposition,
                    is_signature_aligned, is_spf_aligned)
                VALUES (\(organization), \(id), \(position), \(record.source.description), \(record.messages),
                    \(record.disposition.rawValue), \(record.isSignatureAligned ? 1 : 0),
                    \(record.isSPFAligned ? 1 : 0))
                """
            )
        }
        return true
    }

    static func purge(before moment: Timestamp, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            DELETE FROM alignment_record WHERE organization = \(organization) AND report IN
                (SELECT id FROM alignment_report WHERE organization = \(organization) AND ends_at < \(moment))
            """
        )
        try tx.execute("DELETE FROM alignment_report WHERE organization = \(organization) AND ends_at < \(moment)")
    }

    /// Of each day in which a report begins, in UTC.
    static func days(
        of domain: String,
        since: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Alignment.Day] {
        try tx.rows(
            """
            SELECT r.begins_at / 86400000000 AS day,
                CAST(SUM(CASE WHEN e.is_signature_aligned + e.is_spf_aligned > 0 THEN e.messages ELSE 0 END) AS BIGINT)
                    AS passed,
                CAST(SUM(CASE WHEN e.is_signature_aligned + e.is_spf_aligned = 0 THEN e.messages ELSE 0 END) AS BIGINT)
                    AS failed
            FROM alignment_report r JOIN alignment_record e ON e.organization = r.organization AND e.report = r.id
            WHERE r.organization = \(organization) AND r.domain = \(domain) AND r.ends_at >= \(since)
            GROUP BY r.begins_at / 86400000000 ORDER BY day
            """
        ).map { row in
            let day: Int = try row.value("day")
            return .init(
                day: CalendarDate(daysSince1970: day),
                passed: try row.value("passed"),
                failed: try row.value("failed")
            )
        }
    }

    static func sources(
        of domain: String,
        since: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Alignment.Source] {
        try tx.rows(
            """
            SELECT e.source AS source,
                CAST(SUM(CASE WHEN e.is_signature_aligned + e.is_spf_aligned > 0 THEN e.messages ELSE 0 END) AS BIGINT)
                    AS passed,
                CAST(SUM(CASE WHEN e.is_signature_aligned + e.is_spf_aligned = 0 THEN e.messages ELSE 0 END) AS BIGINT)
                    AS failed,
                CAST(SUM(CASE WHEN e.is_signature_aligned + e.is_spf_aligned = 0
                    AND e.disposition IN ('quarantine', 'reject') THEN e.messages ELSE 0 END) AS BIGINT) AS stopped
            FROM alignment_report r JOIN alignment_record e ON e.organization = r.organization AND e.report = r.id
            WHERE r.organization = \(organization) AND r.domain = \(domain) AND r.ends_at >= \(since)
            GROUP BY e.source ORDER BY failed DESC, passed DESC, e.source LIMIT 200
            """
        ).map { row in
            .init(
                address: try row.value("source"),
                passed: try row.value("passed"),
                failed: try row.value("failed"),
                stopped: try row.value("stopped")
            )
        }
    }

    static func reports(
        of domain: String,
        since: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Alignment.Report] {
        try tx.rows(
            """
            SELECT reporter, begins_at, ends_at, received_at, policy, is_proved FROM alignment_report
            WHERE organization = \(organization) AND domain = \(domain) AND ends_at >= \(since)
            ORDER BY ends_at DESC, reporter LIMIT 100
            """
        ).map { row in
            .init(
                reporter: try row.value("reporter"),
                begins: try row.value("begins_at"),
                ends: try row.value("ends_at"),
                receivedAt: try row.value("received_at"),
                policy: try row.value("policy"),
                isProved: try row.value("is_proved") == 1
            )
        }
    }
}
