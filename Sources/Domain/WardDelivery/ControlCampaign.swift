// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardQueue
package import WardStorage

extension Delivery {
    private static var chunk: Int { 500 }

    /// Stops a campaign's messages: no attempt begins after the return, and one that has begun stops before its final dot.
    package func pause(_ campaign: CampaignID, by requester: Requester) async throws {
        try await store.write { tx in try self.pause(campaign, by: requester, in: tx) }
    }

    /// The same in the caller's transaction: from its commit on.
    package func pause(_ campaign: CampaignID, by requester: Requester, in tx: any WriteTransaction) throws {
        try set(.paused, campaign, by: requester, in: tx)
    }

    /// Lets a paused campaign's messages go on.
    package func resume(_ campaign: CampaignID, by requester: Requester) async throws {
        try await store.write { tx in try self.resume(campaign, by: requester, in: tx) }
        try await releasePaused(of: campaign, by: requester)
    }

    /// Attempts may begin again from the caller's commit on; `releasePaused` then brings back those that were held.
    package func resume(_ campaign: CampaignID, by requester: Requester, in tx: any WriteTransaction) throws {
        try set(.running, campaign, by: requester, in: tx)
    }

    /// Brings the messages back that were held because their campaign was paused. Doing it again changes nothing.
    package func releasePaused(of campaign: CampaignID, by requester: Requester) async throws {
        try requireControl(requester)
        try await forEachChunk(of: campaign, standings: [.held], reason: .paused, requester) { row, now, tx in
            var row = row
            for case .runAt(let time) in self.apply(.released, to: &row, at: now) {
                try self.enqueue(row, terms: nil, at: time, of: requester.organization, in: tx)
            }
            try DeliveryQueries.update(row.life, of: row.id, organization: requester.organization, at: now, in: tx)
        }
    }

    /// Ends a campaign's sending for good: what has not left is cancelled, in the portal too when its notice has not left.
    package func cancel(_ campaign: CampaignID, by requester: Requester) async throws {
        try await store.write { tx in try self.cancel(campaign, by: requester, in: tx) }
        try await cancelMessages(of: campaign, by: requester)
    }

    /// No attempt begins from the caller's commit on; `cancelMessages` then ends what has not left.
    package func cancel(_ campaign: CampaignID, by requester: Requester, in tx: any WriteTransaction) throws {
        try set(.cancelled, campaign, by: requester, in: tx)
    }

    /// Cancels each message of a cancelled campaign that has not left. Doing it again changes nothing.
    package func cancelMessages(of campaign: CampaignID, by requester: Requester) async throws {
        try requireControl(requester)
        let standings: [DeliveryStanding] = [.queued, .held, .inDoubt]
        try await forEachChunk(of: campaign, standings: standings, reason: nil, requester) { row, now, tx in
            var row = row
            let organization = requester.organization
            _ = self.apply(.cancelled, to: &row, at: now)
            try DeliveryQueries.update(row.life, of: row.id, organization: organization, at: now, in: tx)
            try self.queue.cancel(.deliveryAttempt, organization: organization, reference: row.workReference, in: tx)
            try self.recordEnd(of: row, organization: organization, in: tx)
            if let announced = row.announces {
                try self.noticeEnded(of: announced, .noticeFailed(.cancelled, reason: nil), organization, in: tx)
            }
        }
    }

    private func requireControl(_ requester: Requester) throws {
        if requester.kind != .service { try requester.require(.sendCampaigns) }
    }

    private func set(
        _ control: CampaignControl,
        _ campaign: CampaignID,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try requireControl(requester)
        try CampaignControlQueries.put(
            control,
            of: campaign,
            organization: requester.organization,
            at: surroundings.now(),
            in: tx
        )
        try audit.record(
            AuditEntry(
                .deliveryControl,
                object: AuditObject(kind: "campaign", campaign),
                facts: ["control": control.rawValue]
            ),
            by: requester,
            in: tx
        )
    }

    /// Each chunk leaves the standings that are looked for, so that the next begins where this one ended.
    private func forEachChunk(
        of campaign: CampaignID,
        standings: [DeliveryStanding],
        reason: HoldReason?,
        _ requester: Requester,
        _ body: @escaping @Sendable (StoredDelivery, Timestamp, any WriteTransaction) throws -> Void
    ) async throws {
        var count = Self.chunk
        while count == Self.chunk {
            count = try await store.writeAlone { tx in
                let rows = try DeliveryQueries.ofCampaign(
                    campaign,
                    standings: standings,
                    reason: reason?.rawValue,
                    limit: Self.chunk,
                    organization: requester.organization,
                    in: tx
                )
                let now = self.surroundings.now()
                for row in rows { try body(row, now, tx) }
                return rows.count
            }
        }
    }

    /// Lets one held message go on: the gate is asked again, and the message has as much time as a new one.
    ///
    /// - Parameter why: for the audit log, where a person gave a reason.
    package func release(_ id: MessageID, why: Sensitive<String>? = nil, by requester: Requester) async throws {
        try requireSending(requester)
        try await store.write { tx in
            guard var row = try DeliveryQueries.find(id, of: requester.organization, in: tx) else {
                throw DeliveryError.messageNotFound(id)
            }
            guard row.life.standing == .held else { throw DeliveryError.notHeld(id) }
            let now = self.surroundings.now()
            // Whoever lets it go on has looked at what the scan found.
            if row.life.reason == HoldReason.contentReview.rawValue {
                try ScanQueries.review(id, at: now, of: requester.organization, in: tx)
            }
            for case .runAt(let time) in self.apply(.released, to: &row, at: now) {
                try self.queue.cancel(
                    .deliveryAttempt,
                    organization: requester.organization,
                    reference: row.workReference,
                    in: tx
                )
                try self.enqueue(row, terms: nil, at: time, of: requester.organization, in: tx)
            }
            try DeliveryQueries.update(row.life, of: id, organization: requester.organization, at: now, in: tx)
            try self.audit.record(
                AuditEntry(
                    .messageRelease,
                    object: AuditObject(kind: "message", id),
                    subject: row.recipient.contact,
                    reason: why
                ),
                by: requester,
                in: tx
            )
        }
    }
}
