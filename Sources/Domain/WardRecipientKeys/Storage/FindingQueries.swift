// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardMailCrypto
import WardStorage

/// Decisions about keys, words about certificates, and the organization's rules.
extension KeyQueries {
    static func set(
        _ acceptance: KeyAcceptance,
        of id: RecipientKeyID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE recipient_key SET acceptance = \(acceptance.rawValue)
            WHERE organization = \(organization) AND id = \(id)
            """
        )
    }

    static func set(
        _ found: (state: RevocationState, isNewWord: Bool),
        at now: Timestamp,
        of id: RecipientKeyID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE recipient_key SET revocation = \(found.state.rawValue), tried_at = \(now)
            WHERE organization = \(organization) AND id = \(id)
            """
        )
        guard found.isNewWord else { return }
        try tx.execute(
            """
            UPDATE recipient_key SET checked_at = \(now) WHERE organization = \(organization) AND id = \(id)
            """
        )
    }

    /// In use or proposed, not known to be revoked; those that waited longest first.
    static func uncheckedCertificates(
        triedBefore before: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [(RecipientKeyID, ContactID)] {
        try tx.rows(
            """
            SELECT id, contact FROM recipient_key
            WHERE organization = \(organization) AND kind = \(RecipientKeyKind.smime.rawValue)
                AND (tried_at IS NULL OR tried_at < \(before))
                AND acceptance <> \(KeyAcceptance.declined.rawValue)
                AND (revocation IS NULL OR revocation <> \(RevocationState.revoked.rawValue))
            ORDER BY COALESCE(tried_at, 0), id LIMIT 100
            """
        ).map { row in (try row.value("id"), try row.value("contact")) }
    }

    static func rules(of organization: OrganizationID, in tx: any ReadTransaction) throws -> RecipientKeyRules {
        let row = try tx.row(
            "SELECT looks_up, demands_check FROM recipient_key_rules WHERE organization = \(organization)"
        )
        guard let row else { return RecipientKeyRules() }
        return RecipientKeyRules(looksUp: try row.value("looks_up"), demandsCheck: try row.value("demands_check"))
    }

    static func set(
        _ rules: RecipientKeyRules,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO recipient_key_rules (organization, looks_up, demands_check)
            VALUES (\(organization), \(rules.looksUp), \(rules.demandsCheck))
            ON CONFLICT (organization) DO UPDATE
            SET looks_up = excluded.looks_up, demands_check = excluded.demands_check
            """
        )
    }
}
