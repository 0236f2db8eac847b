// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum UnsubscribeTokenQueries {
    struct Stored {
        var contact: ContactID
        var purpose: Purpose
        var channel: Channel
        var expiresAt: Timestamp
    }

    static func insert(
        _ token: UnsubscribeToken,
        _ stored: Stored,
        campaign: CampaignID?,
        madeAt: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO unsubscribe_token (organization, token_hash, contact, purpose, channel, campaign, made_at,
                expires_at, used_at)
            VALUES (\(token.organization), \(token.hash), \(stored.contact), \(stored.purpose), \(stored.channel),
                \(campaign), \(madeAt), \(stored.expiresAt), NULL)
            """
        )
    }

    static func find(_ token: UnsubscribeToken, in tx: any ReadTransaction) throws -> Stored? {
        guard
            let row = try tx.row(
                """
                SELECT contact, purpose, channel, expires_at FROM unsubscribe_token
                WHERE organization = \(token.organization) AND token_hash = \(token.hash)
                """
            )
        else { return nil }
        return Stored(
            contact: try row.value("contact"),
            purpose: try row.value("purpose"),
            channel: try row.value("channel"),
            expiresAt: try row.value("expires_at")
        )
    }

    static func markUsed(_ token: UnsubscribeToken, at time: Timestamp, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            UPDATE unsubscribe_token SET used_at = \(time)
            WHERE organization = \(token.organization) AND token_hash = \(token.hash) AND used_at IS NULL
            """
        )
    }
}
