// SPDX-License-Identifier: Apache-2.0

import WardConsent
package import WardKernel
package import WardQueue
import WardStorage

extension Delivery {
    /// Looking at the queue takes either permission that leads to messages.
    func requireQueue(_ requester: Requester) throws {
        if requester.kind == .service || requester.may(.viewMessages) { return }
        try requester.require(.viewCampaigns)
    }

    /// A page of the queue; `after` is the last message of the page before.
    package func queue(
        _ filter: QueueFilter,
        after: MessageID? = nil,
        limit: Int = 50,
        by requester: Requester
    ) async throws -> QueuePage {
        try requireQueue(requester)
        let limit = min(max(limit, 1), 500)
        let organization = requester.organization
        let domain = filter.domain?.lowercased()
        let made = filter.olderThan.map { surroundings.now() - $0 }
        return try await store.read { tx in
            let destination = try domain.flatMap {
                try self.destinations.hashes(of: [$0], organization: organization, in: tx)[$0]
            }
            var found: [(MessageID, Timestamp?)]
            if filter.part == .waiting {
                found = try QueueQueries.waiting(
                    filter,
                    destination: destination,
                    after: after,
                    before: made,
                    limit: limit + 1,
                    organization: organization,
                    in: tx
                )
            } else {
                found = try QueueQueries.exceptionalIdentifiers(
                    filter,
                    destination: destination,
                    after: after,
                    before: made,
                    limit: limit + 1,
                    organization: organization,
                    in: tx
                ).map { ($0, nil) }
            }
            let hasMore = found.count > limit
            found = Array(found.prefix(limit))
            let rows = try found.compactMap { id, due in try self.queueRow(id, due, organization, in: tx) }
            return QueuePage(rows: rows, next: hasMore ? found.last?.0 : nil)
        }
    }

    private func queueRow(
        _ id: MessageID,
        _ due: Timestamp?,
        _ organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> QueueRow? {
        guard let row = try DeliveryQueries.find(id, of: organization, in: tx) else { return nil }
        return QueueRow(
            summary: DeliverySummary(row),
            campaign: row.campaign,
            isNotice: row.announces != nil,
            messageClass: row.messageClass.rawValue,
            attempts: row.life.attempts,
            doubts: row.life.doubts,
            madeAt: id.madeAt,
            expiresAt: row.life.expiresAt,
            nextAttemptAt: try due ?? QueueQueries.dueAt(row.workReference, organization: organization, in: tx)
        )
    }

    /// How much work waits, is leased and is parked.
    package func queueCounts(by requester: Requester) async throws -> WorkCounts {
        try requireQueue(requester)
        return try await store.read { tx in
            try self.queue.counts(of: .deliveryAttempt, organization: requester.organization, in: tx)
        }
    }

    /// Work of every kind that was given up until a person looks, oldest first.
    package func parkedWork(limit: Int = 50, by requester: Requester) async throws -> [ParkedWork] {
        try requireQueue(requester)
        return try await store.read { tx in
            try self.queue.parked(organization: requester.organization, limit: min(max(limit, 1), 500), in: tx).map {
                ParkedWork(kind: $0.kind.name, reason: $0.reason, madeAt: $0.madeAt)
            }
        }
    }
}
