// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum AlertQueries {
    static func insert(
        _ alert: PortalAlert,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO portal_alert (organization, id, contact, kind, raised_at, resolved_at, resolved_by)
            VALUES (\(organization), \(alert.id), \(alert.contact), \(alert.kind.rawValue), \(alert.raisedAt), NULL, NULL)
            """
        )
    }

    static func open(limit: Int, of organization: OrganizationID, in tx: any ReadTransaction) throws -> [PortalAlert] {
        try tx.rows(
            """
            SELECT id, contact, kind, raised_at FROM portal_alert
            WHERE organization = \(organization) AND resolved_at IS NULL ORDER BY raised_at DESC LIMIT \(limit)
            """
        ).compactMap { row in
            guard let kind = PortalAlert.Kind(rawValue: try row.value("kind")) else { return nil }
            return PortalAlert(
                id: try row.value("id"),
                contact: try row.value("contact"),
                kind: kind,
                raisedAt: try row.value("raised_at")
            )
        }
    }

    static func resolveAll(
        of contact: ContactID,
        by staff: [UInt8],
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE portal_alert SET resolved_at = \(now), resolved_by = \(staff)
            WHERE organization = \(organization) AND contact = \(contact) AND resolved_at IS NULL
            """
        )
    }
}

enum PortalSettingQueries {
    static func daysKept(of organization: OrganizationID, in tx: any ReadTransaction) throws -> Int? {
        try tx.first("SELECT days_kept FROM portal_setting WHERE organization = \(organization)")
    }

    static func setDaysKept(_ days: Int, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            INSERT INTO portal_setting (organization, days_kept) VALUES (\(organization), \(days))
            ON CONFLICT (organization) DO UPDATE SET days_kept = excluded.days_kept
            """
        )
    }
}
