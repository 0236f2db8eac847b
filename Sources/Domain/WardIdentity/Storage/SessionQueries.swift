// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// One row of `session`.
struct SessionRow {
    let id: SessionID
    let staff: StaffID
    let createdAt: Timestamp
    let lastSeenAt: Timestamp
    let expiresAt: Timestamp
    let networkAddress: String
    let endedAt: Timestamp?

    init(_ row: Row) throws {
        id = try row.value("id")
        staff = try row.value("staff")
        createdAt = try row.value("created_at")
        lastSeenAt = try row.value("last_seen_at")
        expiresAt = try row.value("expires_at")
        networkAddress = try row.value("network_address")
        endedAt = try row.optional("ended_at")
    }

    var summary: SessionSummary {
        SessionSummary(
            id: id,
            staff: staff,
            createdAt: createdAt,
            lastSeenAt: lastSeenAt,
            expiresAt: expiresAt,
            networkAddress: networkAddress
        )
    }
}

enum SessionQueries {
    private static let columns: SQL = "id, staff, created_at, last_seen_at, expires_at, network_address, ended_at"

    static func insert(
        _ session: SessionRow.New,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO session (organization, id, token_hash, staff, created_at, last_seen_at, expires_at,
                network_address, ended_at, end_reason)
            VALUES (\(organization), \(session.id), \(session.tokenHash), \(session.staff), \(session.createdAt),
                \(session.createdAt), \(session.expiresAt), \(session.networkAddress), NULL, NULL)
            """
        )
    }

    static func row(
        tokenHash: [UInt8],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> SessionRow? {
        try tx.row(
            """
            SELECT \(fragment: columns) FROM session
            WHERE organization = \(organization) AND token_hash = \(tokenHash)
            """
        ).map(SessionRow.init)
    }

    static func row(
        _ id: SessionID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> SessionRow? {
        try tx.row(
            "SELECT \(fragment: columns) FROM session WHERE organization = \(organization) AND id = \(id)"
        ).map(SessionRow.init)
    }

    static func open(
        of staff: StaffID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [SessionRow] {
        try tx.rows(
            """
            SELECT \(fragment: columns) FROM session
            WHERE organization = \(organization) AND staff = \(staff) AND ended_at IS NULL ORDER BY created_at DESC
            """
        ).map(SessionRow.init)
    }

    static func touch(
        _ id: SessionID,
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE session SET last_seen_at = \(now)
            WHERE organization = \(organization) AND id = \(id) AND ended_at IS NULL AND last_seen_at < \(now)
            """
        )
    }

    /// How many rows changed: 0 when the session had ended already.
    static func end(
        _ id: SessionID,
        of organization: OrganizationID,
        reason: SessionEnd,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> Int {
        try tx.execute(
            """
            UPDATE session SET ended_at = \(now), end_reason = \(reason)
            WHERE organization = \(organization) AND id = \(id) AND ended_at IS NULL
            """
        )
    }

    static func lastSeen(
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [StaffID: Timestamp] {
        let rows = try tx.rows(
            """
            SELECT staff, MAX(last_seen_at) AS seen FROM session WHERE organization = \(organization) GROUP BY staff
            """
        )
        return Dictionary(
            try rows.map { (try $0.value("staff", as: StaffID.self), try $0.value("seen", as: Timestamp.self)) },
            uniquingKeysWith: max
        )
    }

    /// Whether the account has signed in from this network address since a moment.
    static func knows(
        _ networkAddress: String,
        of staff: StaffID,
        organization: OrganizationID,
        since: Timestamp,
        in tx: any ReadTransaction
    ) throws -> Bool {
        try tx.row(
            """
            SELECT 1 AS found FROM session WHERE organization = \(organization) AND staff = \(staff)
                AND network_address = \(networkAddress) AND created_at >= \(since) LIMIT 1
            """
        ) != nil
    }

    /// How many sessions ended for each reason in a period.
    static func endings(
        of organization: OrganizationID,
        from: Timestamp,
        to: Timestamp,
        in tx: any ReadTransaction
    ) throws -> [SessionEnd: Int] {
        let rows = try tx.rows(
            """
            SELECT end_reason, COUNT(*) AS ended FROM session WHERE organization = \(organization)
                AND ended_at >= \(from) AND ended_at < \(to) GROUP BY end_reason
            """
        )
        return Dictionary(
            try rows.map { (try $0.value("end_reason", as: SessionEnd.self), try $0.value("ended", as: Int.self)) },
            uniquingKeysWith: +
        )
    }
}

extension SessionRow {
    /// What a new session is stored with.
    struct New {
        let id: SessionID
        let tokenHash: [UInt8]
        let staff: StaffID
        let createdAt: Timestamp
        let expiresAt: Timestamp
        let networkAddress: String
    }
}
