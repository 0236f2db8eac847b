// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardStorage

extension Delivery {
    /// Keeps what the sender is told about a message of their own: late after four hours, late after a day, failed; each
    /// once, as rows that pages show and `mailNotices` mails. Nobody is told about campaigns, whose reports count, nor about
    /// notices, nor about mail to staff: mail about mail about mail would have no end.
    ///
    /// A notice of lateness is known when the next attempt comes after its time, and is kept with that time.
    func tellSender(
        of row: StoredDelivery,
        nextAttemptAt: Timestamp?,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        guard row.campaign == nil, row.announces == nil, row.recipient.contact != nil else { return }
        switch row.life.standing {
        case .queued, .inDoubt:
            guard let nextAttemptAt else { return }
            for kind in SenderNoticeKind.allCases {
                guard let delay = kind.delay else { continue }
                let time = row.id.madeAt + delay
                if nextAttemptAt >= time {
                    try NoticeQueries.raise(kind, about: row.id, at: max(now, time), of: organization, in: tx)
                }
            }
        case .refused, .expired, .unknown:
            try NoticeQueries.withdraw(about: row.id, after: now, of: organization, in: tx)
            try NoticeQueries.raise(.failed, about: row.id, at: now, of: organization, in: tx)
        case .delivered, .noticing, .cancelled, .notSent:
            try NoticeQueries.withdraw(about: row.id, after: now, of: organization, in: tx)
        case .attempting, .waitingInPortal, .openedInPortal, .held: break
        }
    }

    /// What senders are told and nobody has seen, newest first.
    package func senderNotices(limit: Int = 50, by requester: Requester) async throws -> [SenderNotice] {
        try requireQueue(requester)
        return try await store.read { tx in
            try NoticeQueries.unseen(
                at: self.surroundings.now(),
                limit: min(max(limit, 1), 500),
                of: requester.organization,
                in: tx
            )
        }
    }

    /// Everything that is told now has been seen.
    package func seeNotices(by requester: Requester) async throws {
        try requireQueue(requester)
        try await store.write { tx in
            try NoticeQueries.markSeen(at: self.surroundings.now(), of: requester.organization, in: tx)
        }
    }
}
