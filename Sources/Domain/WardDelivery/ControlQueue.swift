// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardQueue
import WardStorage

/// Orders of staff about single messages. Each asks for a reason, is audited with it, and says when it cannot be done.
extension Delivery {
    /// Takes a message out of the queue until it is released. An attempt that has not reached its final dot stops before it.
    package func hold(_ id: MessageID, why: String, by requester: Requester) async throws -> QueueOutcome {
        try await control(id, "hold", why: why, by: requester) { row, now, tx in
            guard row.announces == nil, row.life.standing != .held else { return false }
            let before = row.life
            _ = self.apply(.gateHeld(.byStaff, until: nil), to: &row, at: now)
            guard row.life.standing == .held, before.standing != .held else { return false }
            try self.stopWork(of: row, requester.organization, in: tx)
            return true
        }
    }

    /// Lets a held message go on, with all the time of a new one: the gate is asked again.
    package func releaseHeld(_ id: MessageID, why: String, by requester: Requester) async throws -> QueueOutcome {
        guard let why = Self.reason(why) else { return .reasonMissing }
        do {
            try await release(id, why: why, by: requester)
            return .done
        } catch DeliveryError.notHeld {
            let standing = try await store.read { tx in
                try DeliveryQueries.find(id, of: requester.organization, in: tx)?.life.standing
            }
            return .notPossible(standing ?? .held)
        }
    }

    /// Lets the next attempt of a waiting message begin now.
    package func retryNow(_ id: MessageID, why: String, by requester: Requester) async throws -> QueueOutcome {
        try await control(id, "retry", why: why, by: requester) { row, now, tx in
            let steps = self.apply(.hurried, to: &row, at: now)
            guard case .runAt(let time)? = steps.first else { return false }
            try NoticeQueries.withdraw(about: row.id, after: now, of: requester.organization, in: tx)
            return try self.queue.reschedule(
                .deliveryAttempt,
                organization: requester.organization,
                reference: row.workReference,
                at: time,
                in: tx
            ) > 0
        }
    }

    /// Ends a message that has not left; with a message in the portal whose notice has not left, both.
    package func cancel(_ id: MessageID, why: String, by requester: Requester) async throws -> QueueOutcome {
        try await control(id, "cancel", why: why, by: requester) { row, now, tx in
            let organization = requester.organization
            if row.life.standing == .noticing { return try self.cancelNotice(of: &row, at: now, organization, in: tx) }
            _ = self.apply(.cancelled, to: &row, at: now)
            guard row.life.standing == .cancelled else { return false }
            try self.stopWork(of: row, organization, in: tx)
            try DeliveryQueries.update(row.life, of: row.id, organization: organization, at: now, in: tx)
            try NoticeQueries.withdraw(about: row.id, after: now, of: organization, in: tx)
            try self.recordEnd(of: row, organization: organization, in: tx)
            if let announced = row.announces {
                try self.noticeEnded(of: announced, .noticeFailed(.cancelled, reason: nil), organization, in: tx)
            }
            return true
        }
    }

    /// Takes a message back from the portal, before the person opened it.
    package func retract(_ id: MessageID, why: String, by requester: Requester) async throws -> QueueOutcome {
        try await control(id, "retract", why: why, by: requester) { row, now, tx in
            let organization = requester.organization
            if row.life.standing == .noticing { return try self.cancelNotice(of: &row, at: now, organization, in: tx) }
            _ = self.apply(.retracted, to: &row, at: now)
            guard row.life.reason == DeliveryLife.retracted else { return false }
            try self.portal.withdraw(row.id, of: organization, in: tx)
            try self.recordEnd(of: row, organization: organization, in: tx)
            return true
        }
    }

    /// The message in the portal ends with its notice. A notice whose final dot has left decides by its reply.
    private func cancelNotice(
        of row: inout StoredDelivery,
        at now: Timestamp,
        _ organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        guard var notice = try DeliveryQueries.notice(announcing: row.id, of: organization, in: tx) else {
            return false
        }
        _ = apply(.cancelled, to: &notice, at: now)
        guard notice.life.standing == .cancelled else { return false }
        try stopWork(of: notice, organization, in: tx)
        try DeliveryQueries.update(notice.life, of: notice.id, organization: organization, at: now, in: tx)
        try recordEnd(of: notice, organization: organization, in: tx)
        try noticeEnded(of: row.id, .noticeFailed(.cancelled, reason: nil), organization, in: tx)
        row = try DeliveryQueries.find(row.id, of: organization, in: tx) ?? row
        return true
    }

    private func stopWork(
        of row: StoredDelivery,
        _ organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try queue.cancel(.deliveryAttempt, organization: organization, reference: row.workReference, in: tx)
    }

    private func control(
        _ id: MessageID,
        _ order: StaticString,
        why: String,
        by requester: Requester,
        _ body: @escaping @Sendable (inout StoredDelivery, Timestamp, any WriteTransaction) throws -> Bool
    ) async throws -> QueueOutcome {
        try requireSending(requester)
        guard let why = Self.reason(why) else { return .reasonMissing }
        return try await store.write { tx in
            let organization = requester.organization
            guard var row = try DeliveryQueries.find(id, of: organization, in: tx) else {
                throw DeliveryError.messageNotFound(id)
            }
            let now = self.surroundings.now()
            let before = row.life.standing
            guard try body(&row, now, tx) else { return .notPossible(before) }
            try DeliveryQueries.update(row.life, of: id, organization: organization, at: now, in: tx)
            try self.audit.record(
                AuditEntry(
                    .messageControl,
                    object: AuditObject(kind: "message", id),
                    subject: row.recipient.contact,
                    reason: why,
                    facts: ["order": "\(order)", "standing": row.life.standing.rawValue]
                ),
                by: requester,
                in: tx
            )
            return .done
        }
    }
}
