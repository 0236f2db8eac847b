// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// A row of `portal_visit`.
struct VisitRow: Sendable {
    var id: SessionID
    var contact: ContactID
    var thread: ThreadID
    var message: PortalMessageID
    var fact: RecognitionFact
    var beganAt: Timestamp
    var lastUsedAt: Timestamp
    var endedAt: Timestamp?
}

enum VisitQueries {
    static func insert(
        _ visit: VisitRow,
        hash: [UInt8],
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO portal_visit (organization, token_hash, id, contact, thread, message, fact, began_at,
                last_used_at, ended_at)
            VALUES (\(organization), \(hash), \(visit.id), \(visit.contact), \(visit.thread), \(visit.message),
                \(visit.fact.rawValue), \(visit.beganAt), \(visit.lastUsedAt), NULL)
            """
        )
    }

    static func find(hash: [UInt8], of organization: OrganizationID, in tx: any ReadTransaction) throws -> VisitRow? {
        let row = try tx.row(
            """
            SELECT id, contact, thread, message, fact, began_at, last_used_at, ended_at FROM portal_visit
            WHERE organization = \(organization) AND token_hash = \(hash)
            """
        )
        guard let row, let fact = RecognitionFact(rawValue: try row.value("fact")) else { return nil }
        return VisitRow(
            id: try row.value("id"),
            contact: try row.value("contact"),
            thread: try row.value("thread"),
            message: try row.value("message"),
            fact: fact,
            beganAt: try row.value("began_at"),
            lastUsedAt: try row.value("last_used_at"),
            endedAt: try row.optional("ended_at")
        )
    }

    static func touch(
        _ id: SessionID,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            "UPDATE portal_visit SET last_used_at = \(now) WHERE organization = \(organization) AND id = \(id)"
        )
    }

    static func end(
        _ id: SessionID,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE portal_visit SET ended_at = \(now)
            WHERE organization = \(organization) AND id = \(id) AND ended_at IS NULL
            """
        )
    }

    /// Ends every visit of a person, such as when the portal locks.
    static func endAll(
        of contact: ContactID,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE portal_visit SET ended_at = \(now)
            WHERE organization = \(organization) AND contact = \(contact) AND ended_at IS NULL
            """
        )
    }
}
