// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum AttachmentQueries {
    static func insert(
        _ position: Int,
        of message: PortalMessageID,
        facts: [UInt8],
        content: [UInt8],
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO portal_attachment (organization, message, position, facts_sealed, content_sealed)
            VALUES (\(organization), \(message), \(position), \(facts), \(content))
            """
        )
    }

    /// In the order of their positions.
    static func facts(
        of messages: [PortalMessageID],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [(message: PortalMessageID, position: Int, sealed: [UInt8])] {
        guard !messages.isEmpty else { return [] }
        return try tx.rows(
            """
            SELECT message, position, facts_sealed FROM portal_attachment
            WHERE organization = \(organization) AND message IN \(list: messages)
            ORDER BY message, position
            """
        ).map { (try $0.value("message"), try $0.value("position"), try $0.value("facts_sealed")) }
    }

    static func content(
        _ position: Int,
        of message: PortalMessageID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8]? {
        try tx.first(
            """
            SELECT content_sealed FROM portal_attachment
            WHERE organization = \(organization) AND message = \(message) AND position = \(position)
            """
        )
    }
}
