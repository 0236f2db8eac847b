// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum RecognitionQueries {
    static func find(
        _ contact: ContactID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Recognition {
        let row = try tx.row(
            """
            SELECT attempts, locked_at FROM portal_recognition
            WHERE organization = \(organization) AND contact = \(contact)
            """
        )
        guard let row else { return Recognition() }
        return Recognition(attempts: try row.value(at: 0), lockedAt: try row.optional(at: 1))
    }

    static func save(
        _ recognition: Recognition,
        of contact: ContactID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO portal_recognition (organization, contact, attempts, locked_at, passphrase_sealed,
                passphrase_set_at)
            VALUES (\(organization), \(contact), \(recognition.attempts), \(recognition.lockedAt), NULL, NULL)
            ON CONFLICT (organization, contact)
            DO UPDATE SET attempts = excluded.attempts, locked_at = excluded.locked_at
            """
        )
    }

    /// Which of these people have an agreed passphrase.
    static func withPassphrase(
        _ contacts: [ContactID],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        var found: Set<ContactID> = []
        for start in stride(from: 0, to: contacts.count, by: 500) {
            let some = Array(contacts[start..<min(start + 500, contacts.count)])
            let rows = try tx.rows(
                """
                SELECT contact FROM portal_recognition
                WHERE organization = \(organization) AND contact IN \(list: some) AND passphrase_sealed IS NOT NULL
                """
            )
            for row in rows { found.insert(try row.value(at: 0)) }
        }
        return found
    }

    /// The sealed hash of the agreed passphrase; nil when none is agreed.
    static func passphrase(
        of contact: ContactID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8]? {
        try tx.first(
            """
            SELECT passphrase_sealed FROM portal_recognition
            WHERE organization = \(organization) AND contact = \(contact)
            """
        )
    }

    /// Whether a passphrase is agreed, and since when.
    static func standing(
        of contact: ContactID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> PassphraseStanding {
        let row = try tx.row(
            """
            SELECT passphrase_set_at FROM portal_recognition
            WHERE organization = \(organization) AND contact = \(contact) AND passphrase_sealed IS NOT NULL
            """
        )
        guard let since: Timestamp = try row?.optional(at: 0) else { return .notAgreed }
        return .agreed(at: since)
    }

    static func setPassphrase(
        _ sealed: [UInt8]?,
        of contact: ContactID,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO portal_recognition (organization, contact, attempts, locked_at, passphrase_sealed,
                passphrase_set_at)
            VALUES (\(organization), \(contact), 0, NULL, \(sealed), \(now))
            ON CONFLICT (organization, contact)
            DO UPDATE SET passphrase_sealed = excluded.passphrase_sealed,
                passphrase_set_at = excluded.passphrase_set_at
            """
        )
    }
}
