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
    /// Notices that are read at once.
    private static let noticesAtOnce = 50

    /// How many notices of one round may fail before the rest waits for the next: what stops so many stops all of them.
    private static let mostFailures = 200

    /// Mails to their authors what is to be said about messages to one person: late after four hours, late after a day, failed
    /// (RFC 5321 section 4.5.4.1). Each goes once, in the transaction that notes it, and says nothing of the message but its
    /// identifier. A notice whose author is nobody (a program's account, the platform) stays on the page alone. One that
    /// fails holds up no other; the next round tries it again.
    ///
    /// - Parameter failed: hears of each notice that could not be queued.
    /// - Returns: how many were queued.
    package func mailNotices(
        of organization: OrganizationID,
        to mailboxes: any StaffMailboxes,
        failed: @Sendable (any Error) -> Void
    ) async throws -> Int {
        var count = 0
        var left: Set<SenderNotice> = []
        while left.count < Self.mostFailures {
            let limit = Self.noticesAtOnce + left.count
            let due = try await store.read { tx in
                try NoticeQueries.unmailed(at: self.surroundings.now(), limit: limit, of: organization, in: tx)
            }.filter { !left.contains($0) }
            guard !due.isEmpty else { break }
            for notice in due {
                do {
                    if try await mail(notice, of: organization, to: mailboxes) { count += 1 }
                } catch let error as CancellationError {
                    throw error
                } catch {
                    left.insert(notice)
                    failed(error)
                }
            }
        }
        return count
    }

    /// - Returns: false where there is nobody to mail it to.
    private func mail(
        _ notice: SenderNotice,
        of organization: OrganizationID,
        to mailboxes: any StaffMailboxes
    ) async throws -> Bool {
        try await store.write { tx in
            guard
                try NoticeQueries.markMailed(notice, at: self.surroundings.now(), of: organization, in: tx),
                let row = try DeliveryQueries.find(notice.message, of: organization, in: tx),
                let author = try self.content(row.content, of: organization, in: tx).terms.author,
                let mailbox = try mailboxes.mailbox(of: author, organization: organization, in: tx)
            else { return false }
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
            return true
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
