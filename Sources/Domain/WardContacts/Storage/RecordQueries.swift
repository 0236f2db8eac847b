// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// Statements on `contact_record`.
enum RecordQueries {
    struct Batch: Sendable {
        var contact: ContactID
        var kind: DatedRecordKind
        var number: Int64
        var importID: ImportID?
        var sealed: [UInt8]

        /// What tells the batch from others, for its seal.
        var row: [UInt8] { Self.row(contact, kind, number) }

        static func row(_ contact: ContactID, _ kind: DatedRecordKind, _ number: Int64) -> [UInt8] {
            contact.bytes + [UInt8(truncatingIfNeeded: kind.number)]
                + withUnsafeBytes(of: number.bigEndian) { Array($0) }
        }
    }

    static func batches(
        of contacts: [ContactID],
        kind: DatedRecordKind?,
        in organization: OrganizationID,
        tx: any ReadTransaction
    ) throws -> [Batch] {
        try contacts.paged(ContactQueries.perStatement).flatMap { page in
            let ofKind: SQL = kind.map { "AND kind = \($0.number)" } ?? ""
            return try tx.rows(
                """
                SELECT contact, kind, batch, import, sealed FROM contact_record
                WHERE organization = \(organization) AND contact IN \(list: Array(page)) \(fragment: ofKind)
                ORDER BY contact, kind, batch
                """
            ).map(batch)
        }
    }

    private static func batch(_ row: Row) throws -> Batch {
        guard let kind = DatedRecordKind(number: try row.value(at: 1)) else { throw RecordDamage() }
        return Batch(
            contact: try row.value(at: 0),
            kind: kind,
            number: try row.value(at: 2),
            importID: try row.optional(at: 3),
            sealed: try row.value(at: 4)
        )
    }

    static func put(_ batches: [Batch], of organization: OrganizationID, in tx: any WriteTransaction) throws {
        for page in batches.paged(ContactQueries.perStatement) {
            let values = page.map { batch -> SQL in
                """
                (\(organization), \(batch.contact), \(batch.kind.number), \(batch.number), \(batch.importID),
                \(batch.sealed))
                """
            }
            try tx.execute(
                """
                INSERT INTO contact_record (organization, contact, kind, batch, import, sealed)
                VALUES \(fragment: SQL.joined(values, separator: ", "))
                ON CONFLICT (organization, contact, kind, batch) DO UPDATE SET sealed = excluded.sealed
                """
            )
        }
    }

    /// The people with batches of an import.
    static func contacts(
        ofImport importID: ImportID,
        limit: Int,
        in organization: OrganizationID,
        tx: any ReadTransaction
    ) throws -> [ContactID] {
        try tx.rows(
            """
            SELECT DISTINCT contact FROM contact_record
            WHERE organization = \(organization) AND import = \(importID) ORDER BY contact LIMIT \(limit)
            """
        ).map { try $0.value(at: 0) }
    }

    static func delete(
        ofImport importID: ImportID,
        contacts: [ContactID],
        in organization: OrganizationID,
        tx: any WriteTransaction
    ) throws {
        for page in contacts.paged(ContactQueries.perStatement) {
            try tx.execute(
                """
                DELETE FROM contact_record
                WHERE organization = \(organization) AND import = \(importID) AND contact IN \(list: Array(page))
                """
            )
        }
    }
}
