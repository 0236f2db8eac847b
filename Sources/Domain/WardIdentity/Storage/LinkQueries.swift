// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

package enum LinkTag {}
typealias LinkID = Identifier<LinkTag>

/// One row of `one_time_link`.
struct LinkRow {
    let id: LinkID
    let staff: StaffID
    let expiresAt: Timestamp
    let usedAt: Timestamp?

    init(_ row: Row) throws {
        id = try row.value("id")
        staff = try row.value("staff")
        expiresAt = try row.value("expires_at")
        usedAt = try row.optional("used_at")
    }
}

enum LinkQueries {
    static func insert(
        _ id: LinkID,
        tokenHash: [UInt8],
        of staff: StaffID,
        organization: OrganizationID,
        at now: Timestamp,
        expiresAt: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO one_time_link (organization, id, token_hash, staff, kind, created_at, expires_at, used_at)
            VALUES (\(organization), \(id), \(tokenHash), \(staff), 'set_password', \(now), \(expiresAt), NULL)
            """
        )
    }

    static func row(
        tokenHash: [UInt8],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> LinkRow? {
        try tx.row(
            """
            SELECT id, staff, expires_at, used_at FROM one_time_link
            WHERE organization = \(organization) AND token_hash = \(tokenHash)
            """
        ).map(LinkRow.init)
    }

    /// How many rows changed: 0 when the link was used in between.
    static func use(
        _ id: LinkID,
        of organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> Int {
        try tx.execute(
            """
            UPDATE one_time_link SET used_at = \(now)
            WHERE organization = \(organization) AND id = \(id) AND used_at IS NULL
            """
        )
    }

    /// Ends every other unused link of the account.
    static func endAll(
        of staff: StaffID,
        organization: OrganizationID,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE one_time_link SET used_at = \(now)
            WHERE organization = \(organization) AND staff = \(staff) AND used_at IS NULL
            """
        )
    }
}
