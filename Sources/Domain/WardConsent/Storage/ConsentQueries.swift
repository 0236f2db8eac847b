// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum ConsentQueries {
    struct Stored {
        var id: ConsentRecordID
        var statement: ConsentStatement
        var sealedNote: [UInt8]?
        var recordedAt: Timestamp
        var recordedBy: RecordedBy
    }

    static func insert(_ record: Stored, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        let statement = record.statement
        try tx.execute(
            """
            INSERT INTO consent_record (organization, id, contact, purpose, channel, choice, source, wording_version,
                chosen_at, note, recorded_at, recorded_by_kind, recorded_by)
            VALUES (\(organization), \(record.id), \(statement.contact), \(statement.purpose), \(statement.channel),
                \(statement.choice), \(statement.source), \(statement.wordingVersion), \(statement.chosenAt),
                \(record.sealedNote), \(record.recordedAt), \(record.recordedBy.kind.rawValue),
                \(record.recordedBy.identifier))
            """
        )
    }

    /// Makes the record the one that holds, unless a choice made later is already known. A standing of the future comes
    /// from a clock that was wrong: a withdrawal wins over it.
    @discardableResult
    static func advance(_ record: Stored, of organization: OrganizationID, in tx: any WriteTransaction) throws -> Bool {
        let statement = record.statement
        return try tx.execute(
            """
            INSERT INTO consent_standing (organization, contact, purpose, channel, choice, record, chosen_at)
            VALUES (\(organization), \(statement.contact), \(statement.purpose), \(statement.channel),
                \(statement.choice), \(record.id), \(statement.chosenAt))
            ON CONFLICT (organization, contact, purpose, channel) DO UPDATE
                SET choice = excluded.choice, record = excluded.record, chosen_at = excluded.chosen_at
                WHERE consent_standing.chosen_at <= excluded.chosen_at
                    OR (excluded.choice = \(ConsentChoice.withdrawn)
                        AND consent_standing.chosen_at > \(record.recordedAt))
            """
        ) > 0
    }

    static func standing(
        of contacts: [ContactID],
        purpose: Purpose,
        channel: Channel,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: ConsentStanding] {
        var found: [ContactID: ConsentStanding] = [:]
        let rows = try tx.rows(
            """
            SELECT contact, choice, record, chosen_at FROM consent_standing
            WHERE organization = \(organization) AND purpose = \(purpose) AND channel = \(channel)
                AND contact IN \(list: contacts)
            """
        )
        for row in rows {
            let choice = try row.value("choice", as: ConsentChoice.self)
            let record = try row.value("record", as: ConsentRecordID.self)
            let time = try row.value("chosen_at", as: Timestamp.self)
            found[try row.value("contact")] =
                choice == .granted ? .granted(record, at: time) : .withdrawn(record, at: time)
        }
        return found
    }

    static func history(
        of contact: ContactID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Row] {
        try tx.rows(
            """
            SELECT id, contact, purpose, channel, choice, source, wording_version, chosen_at, note, recorded_at,
                recorded_by_kind, recorded_by
            FROM consent_record WHERE organization = \(organization) AND contact = \(contact) ORDER BY id DESC
            LIMIT 500
            """
        )
    }

    static func totals(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [Row] {
        try tx.rows(
            """
            SELECT purpose, channel, choice, count(*) AS people FROM consent_standing
            WHERE organization = \(organization) GROUP BY purpose, channel, choice
            """
        )
    }

    static func people(
        purpose: Purpose,
        channel: Channel,
        choice: ConsentChoice,
        after: ContactID?,
        limit: Int,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Row] {
        try tx.rows(
            """
            SELECT contact, record, chosen_at FROM consent_standing
            WHERE organization = \(organization) AND purpose = \(purpose) AND channel = \(channel)
                AND choice = \(choice) AND contact > \(after ?? ContactID(high: 0, low: 0))
            ORDER BY contact LIMIT \(limit)
            """
        )
    }
}

extension ConsentChoice: SQLConvertible {}
extension ConsentSource: SQLConvertible {}
extension Purpose: SQLConvertible {}
extension Channel: SQLConvertible {}
extension SuppressionReason: SQLConvertible {}
