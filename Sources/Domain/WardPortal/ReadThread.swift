// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

/// A conversation as staff reads it.
package struct ThreadDetail: Sendable {
    package struct Message: Sendable {
        package let id: PortalMessageID
        package let direction: MessageDirection
        package let content: Sensitive<StoredContent>
        package let files: [PortalAttachment]
        /// The message in the delivery queue, whose decision says how it went; nil for what the person wrote.
        package let delivery: MessageID?
        package let author: StaffID?
        package let writtenAt: Timestamp
        /// Where it stands in the portal; nil when it went another way, or has not gone yet.
        package let standing: MessageStanding?
        package let openedAt: Timestamp?
        package let expiresAt: Timestamp?
    }

    package let summary: ThreadSummary
    /// Oldest first.
    package let messages: [Message]
    /// Whether five wrong attempts keep this person out of the portal.
    package let isLocked: Bool
}

extension Portal {
    /// Reads a conversation with everything in it, also what was taken back or has expired: an audited disclosure.
    package func thread(_ id: ThreadID, requester: Requester) async throws -> ThreadDetail {
        try requester.require(.viewMessages)
        let organization = requester.organization
        return try await store.write { [self] tx in
            guard let row = try ThreadQueries.find(id, of: organization, in: tx) else {
                throw PortalError.threadNotFound(id)
            }
            let now = surroundings.now()
            let rows = try MessageQueries.all(in: id, of: organization, in: tx)
            let contents = try rows.map { try sealing.openContent(of: $0, organization: organization, in: tx) }
            let opened = zip(rows, contents).filter {
                $1.expose(for: .evaluating) { $0.protection.encryption == .opened }
            }
            let files = try listed(rows, opened: Set(opened.map(\.0.id)), organization: organization, in: tx)
            let messages = zip(rows, contents).map { message, content in
                ThreadDetail.Message(
                    id: message.id,
                    direction: message.direction,
                    content: content,
                    files: files[message.id] ?? [],
                    delivery: message.delivery,
                    author: message.author,
                    writtenAt: message.writtenAt,
                    standing: message.life?.standing(at: now),
                    openedAt: message.openedAt,
                    expiresAt: message.expiresAt
                )
            }
            try audit.record(
                .threadRead,
                object: AuditObject(kind: "thread", id),
                subject: row.contact,
                fields: ["author", "subject", "text"],
                facts: ["messages": String(messages.count)],
                by: requester,
                in: tx
            )
            return ThreadDetail(
                summary: try summary(of: row, organization: organization, in: tx),
                messages: messages,
                isLocked: try RecognitionQueries.find(row.contact, of: organization, in: tx).isLocked
            )
        }
    }
}
