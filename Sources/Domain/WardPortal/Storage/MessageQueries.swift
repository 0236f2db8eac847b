// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardKernel
import WardStorage

/// Who wrote a message of a conversation.
package enum MessageDirection: String, Hashable, Sendable {
    case toPerson = "to_person"
    case fromPerson = "from_person"
}

extension MessageDirection: SQLConvertible {}

/// A row of `portal_message`.
struct MessageRow: Sendable {
    var id: PortalMessageID
    var thread: ThreadID
    var contact: ContactID
    var direction: MessageDirection
    var delivery: MessageID?
    var sensitivity: Sensitivity
    var contentSealed: [UInt8]
    var author: StaffID?
    var writtenAt: Timestamp
    var expiresAt: Timestamp?
    var openedAt: Timestamp?
    var retractedAt: Timestamp?

    init(_ row: Row) throws {
        id = try row.value("id")
        thread = try row.value("thread")
        contact = try row.value("contact")
        direction = try row.value("direction")
        delivery = try row.optional("delivery")
        guard let stored = Sensitivity(rawValue: try row.value("sensitivity")) else {
            throw StoreError(code: .decoding, detail: "portal_message.sensitivity")
        }
        sensitivity = stored
        contentSealed = try row.value("content_sealed")
        author = try row.optional("author")
        writtenAt = try row.value("written_at")
        expiresAt = try row.optional("expires_at")
        openedAt = try row.optional("opened_at")
        retractedAt = try row.optional("retracted_at")
    }

    init(
        id: PortalMessageID,
        thread: ThreadID,
        contact: ContactID,
        direction: MessageDirection,
        delivery: MessageID?,
        sensitivity: Sensitivity,
        contentSealed: [UInt8],
        author: StaffID?,
        writtenAt: Timestamp,
        expiresAt: Timestamp?
    ) {
        self.id = id
        self.thread = thread
        self.contact = contact
        self.direction = direction
        self.delivery = delivery
        self.sensitivity = sensitivity
        self.contentSealed = contentSealed
        self.author = author
        self.writtenAt = writtenAt
        self.expiresAt = expiresAt
    }

    /// What its reader must show (DESIGN section 8, hipaa/rules.md section 2).
    var requiredFact: RecognitionFact { sensitivity == .restricted ? .passphrase : .birthDate }

    /// Nil while the message is not (or will never be) in the portal.
    var life: MessageLife? {
        expiresAt.map { MessageLife(expiresAt: $0, openedAt: openedAt, retractedAt: retractedAt) }
    }
}

enum MessageQueries {
    private static let columns: SQL = """
        id, thread, contact, direction, delivery, sensitivity, content_sealed, author, written_at, expires_at, opened_at,
        retracted_at
        """

    static func insert(_ message: MessageRow, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            INSERT INTO portal_message (organization, id, thread, contact, direction, delivery, sensitivity,
                content_sealed, author, written_at, expires_at, opened_at, retracted_at)
            VALUES (\(organization), \(message.id), \(message.thread), \(message.contact), \(message.direction),
                \(message.delivery), \(message.sensitivity.rawValue), \(message.contentSealed), \(message.author),
                \(message.writtenAt), \(message.expiresAt), NULL, NULL)
            """
        )
    }

    static func find(
        _ id: PortalMessageID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> MessageRow? {
        try tx.row(
            "SELECT \(fragment: columns) FROM portal_message WHERE organization = \(organization) AND id = \(id)"
        ).map(MessageRow.init)
    }

    static func find(
        delivery: MessageID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> MessageRow? {
        try tx.row(
            """
            SELECT \(fragment: columns) FROM portal_message
            WHERE organization = \(organization) AND delivery = \(delivery)
            """
        ).map(MessageRow.init)
    }

    static func insertMail(
        _ sealed: [UInt8],
        of message: PortalMessageID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO portal_mail (organization, message, mail_sealed)
            VALUES (\(organization), \(message), \(sealed))
            """
        )
    }

    static func mail(
        of message: PortalMessageID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8]? {
        try tx.first(
            "SELECT mail_sealed FROM portal_mail WHERE organization = \(organization) AND message = \(message)"
        )
    }

    /// The messages of a conversation, oldest first.
    static func all(
        in thread: ThreadID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws
        -> [MessageRow]
    {
        try tx.rows(
            """
            SELECT \(fragment: columns) FROM portal_message
            WHERE organization = \(organization) AND thread = \(thread)
            ORDER BY written_at, id LIMIT 1000
            """
        ).map(MessageRow.init)
    }

    static func setExpiry(
        _ expiresAt: Timestamp,
        of id: PortalMessageID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE portal_message SET expires_at = \(expiresAt)
            WHERE organization = \(organization) AND id = \(id) AND expires_at IS NULL
            """
        )
    }

    /// Whether this was the first reading.
    static func markOpened(
        _ id: PortalMessageID,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE portal_message SET opened_at = \(now)
            WHERE organization = \(organization) AND id = \(id) AND opened_at IS NULL
            """
        ) == 1
    }

    static func markRetracted(
        _ id: PortalMessageID,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE portal_message SET retracted_at = \(now)
            WHERE organization = \(organization) AND id = \(id) AND retracted_at IS NULL
            """
        )
    }

    static func countAnswers(
        in thread: ThreadID,
        since start: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Int {
        try tx.first(
            """
            SELECT COUNT(*) FROM portal_message
            WHERE organization = \(organization) AND thread = \(thread)
                AND direction = \(MessageDirection.fromPerson) AND written_at >= \(start)
            """
        ) ?? 0
    }
}
