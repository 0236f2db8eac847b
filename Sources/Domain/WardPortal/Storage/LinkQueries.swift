// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum LinkQueries {
    static func insert(
        hash: [UInt8],
        message: PortalMessageID,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO portal_link (organization, token_hash, message, created_at, revoked_at)
            VALUES (\(organization), \(hash), \(message), \(now), NULL)
            """
        )
    }

    /// The message that a link leads to; nil for a link that does not exist or was taken back.
    static func message(
        hash: [UInt8],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> PortalMessageID? {
        try tx.first(
            """
            SELECT message FROM portal_link
            WHERE organization = \(organization) AND token_hash = \(hash) AND revoked_at IS NULL
            """
        )
    }

    static func revokeAll(
        of message: PortalMessageID,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE portal_link SET revoked_at = \(now)
            WHERE organization = \(organization) AND message = \(message) AND revoked_at IS NULL
            """
        )
    }
}
