// SPDX-License-Identifier: Apache-2.0

import WardConsent
package import WardKernel
package import WardStorage

/// How mail reaches a member of staff.
package struct StaffMailbox: Sendable {
    package let address: EmailAddress
    package let sender: MailSender
    /// The address of the mail queue's page.
    package let queuePage: String

    package init(address: EmailAddress, sender: MailSender, queuePage: String) {
        self.address = address
        self.sender = sender
        self.queuePage = queuePage
    }
}

/// Knows where members of staff get their mail.
package protocol StaffMailboxes: Sendable {
    /// Nil for whoever is no longer there.
    func mailbox(
        of staff: StaffID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> StaffMailbox?
}

extension Delivery {
    /// Notices of one round; the next takes the rest.
    private static let noticesAtOnce = 50

    /// Mails to their authors what is to be said about messages to one person: late after four hours, late after a day, failed
    /// (RFC 5321 section 4.5.4.1). Each goes once, in the transaction that notes it, and says nothing of the message but its
    /// identifier. A notice whose author is nobody (a program's account, the platform) stays on the page alone.
    ///
    /// - Returns: how many were queued.
    func mailNotices(of organization: OrganizationID, to mailboxes: any StaffMailboxes) async throws -> Int {
        try await store.write { tx in
            let now = self.surroundings.now()
            let due = try NoticeQueries.unmailed(at: now, limit: Self.noticesAtOnce, of: organization, in: tx)
            var count = 0
            for notice in due {
                try NoticeQueries.markMailed(notice, at: now, of: organization, in: tx)
                guard let row = try DeliveryQueries.find(notice.message, of: organization, in: tx),
                    let author = try self.content(row.content, of: organization, in: tx).terms.author,
                    let mailbox = try mailboxes.mailbox(of: author, organization: organization, in: tx)
                else { continue }
                var terms = MessageTerms(messageClass: .staff, sensitivity: .routine, sender: mailbox.sender)
                terms.priority = 1
                _ = try self.send(
                    Sensitive(Self.words(about: notice, mailbox)),
                    terms: terms,
                    to: .staff(author),
                    at: mailbox.address,
                    by: Self.service(organization),
                    in: tx
                )
                count += 1
            }
            return count
        }
    }

    private static func words(about notice: SenderNotice, _ mailbox: StaffMailbox) -> ComposedContent {
        ComposedContent(
            subject: notice.kind == .failed ? "A message was not delivered" : "A message is not delivered yet",
            text: """
                This is about a message that you wrote to one person.

                \(notice.kind.sentence)

                Message \(notice.message)
                \(mailbox.queuePage)

                """
        )
    }
}

/// Mails notices to senders, every minute and for every organization.
package final class NoticeMailer: Sendable {
    private let delivery: Delivery
    private let mailboxes: any StaffMailboxes
    private let organizations: @Sendable () async throws -> [OrganizationID]
    private let failed: @Sendable (any Error) -> Void

    /// - Parameter failed: hears of a round that could not be finished; the next one does what it left.
    package init(
        _ delivery: Delivery,
        mailboxes: any StaffMailboxes,
        organizations: @escaping @Sendable () async throws -> [OrganizationID],
        failed: @escaping @Sendable (any Error) -> Void
    ) {
        self.delivery = delivery
        self.mailboxes = mailboxes
        self.organizations = organizations
        self.failed = failed
    }

    /// Works until the task is cancelled.
    package func run() async throws {
        do {
            while !Task.isCancelled {
                await round()
                try await delivery.surroundings.wait(.minutes(1))
            }
        } catch is CancellationError {
            // The end that was asked for.
        }
    }

    func round() async {
        do {
            for organization in try await organizations() {
                _ = try await delivery.mailNotices(of: organization, to: mailboxes)
            }
        } catch {
            failed(error)
        }
    }
}
