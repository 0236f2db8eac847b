// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// A row of `portal_thread`.
struct ThreadRow: Sendable {
    var id: ThreadID
    var contact: ContactID
    var subjectSealed: [UInt8]
    var createdAt: Timestamp
    var lastMessageAt: Timestamp
    var lastAnswerAt: Timestamp?
    var needsAnswer: Bool
    var assignedTo: StaffID?

    init(_ row: Row) throws {
        id = try row.value("id")
        contact = try row.value("contact")
        subjectSealed = try row.value("subject_sealed")
        createdAt = try row.value("created_at")
        lastMessageAt = try row.value("last_message_at")
        lastAnswerAt = try row.optional("last_answer_at")
        needsAnswer = try row.value("needs_answer")
        assignedTo = try row.optional("assigned_to")
    }
}

enum ThreadQueries {
    private static let columns: SQL = """
        id, contact, subject_sealed, created_at, last_message_at, last_answer_at, needs_answer, assigned_to
        """

    static func insert(
        _ id: ThreadID,
        of contact: ContactID,
        subjectSealed: [UInt8],
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO portal_thread (organization, id, contact, subject_sealed, created_at, last_message_at,
                last_answer_at, needs_answer, assigned_to)
            VALUES (\(organization), \(id), \(contact), \(subjectSealed), \(now), \(now), NULL, 0, NULL)
            """
        )
    }

    static func find(_ id: ThreadID, of organization: OrganizationID, in tx: any ReadTransaction) throws -> ThreadRow? {
        try tx.row(
            "SELECT \(fragment: columns) FROM portal_thread WHERE organization = \(organization) AND id = \(id)"
        ).map(ThreadRow.init)
    }

    /// Conversations in which the person wrote, newest answer first, after a position.
    static func inbox(
        needingAnswer: Bool,
        before: (at: Timestamp, id: ThreadID)?,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ThreadRow] {
        let position = before ?? (at: Timestamp(microseconds: .max), id: ThreadID(high: .max, low: .max))
        return try tx.rows(
            """
            SELECT \(fragment: columns) FROM portal_thread
            WHERE organization = \(organization) AND needs_answer = \(needingAnswer) AND last_answer_at IS NOT NULL
                AND (last_answer_at < \(position.at) OR (last_answer_at = \(position.at) AND id < \(position.id)))
            ORDER BY last_answer_at DESC, id DESC LIMIT \(limit)
            """
        ).map(ThreadRow.init)
    }

    /// Every conversation with one person, newest first.
    static func all(
        with contact: ContactID,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ThreadRow] {
        try tx.rows(
            """
            SELECT \(fragment: columns) FROM portal_thread
            WHERE organization = \(organization) AND contact = \(contact)
            ORDER BY last_message_at DESC, id DESC LIMIT \(limit)
            """
        ).map(ThreadRow.init)
    }

    static func countNeedingAnswer(of organization: OrganizationID, in tx: any ReadTransaction) throws -> Int {
        try tx.first(
            """
            SELECT COUNT(*) FROM portal_thread
            WHERE organization = \(organization) AND needs_answer = 1 AND last_answer_at IS NOT NULL
            """
        ) ?? 0
    }

    static func noteAnswer(
        _ id: ThreadID,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE portal_thread SET last_message_at = \(now), last_answer_at = \(now), needs_answer = 1
            WHERE organization = \(organization) AND id = \(id)
            """
        )
    }

    static func noteReply(
        _ id: ThreadID,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE portal_thread SET last_message_at = \(now), needs_answer = 0
            WHERE organization = \(organization) AND id = \(id)
            """
        )
    }

    static func setNeedsAnswer(
        _ needsAnswer: Bool,
        _ id: ThreadID,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Int {
        try tx.execute(
            """
            UPDATE portal_thread SET needs_answer = \(needsAnswer)
            WHERE organization = \(organization) AND id = \(id)
            """
        )
    }

    static func assign(
        _ id: ThreadID,
        to staff: StaffID?,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Int {
        try tx.execute(
            """
            UPDATE portal_thread SET assigned_to = \(staff)
            WHERE organization = \(organization) AND id = \(id)
            """
        )
    }
}
