// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
import WardConsent
import WardKernel
import WardMIME
import WardQueue
import WardStorage
import WardVault

/// Everything for one transmission, read and cleared in one transaction.
struct AttemptPlan: Sendable {
    let item: WorkItem
    let message: MessageID
    let number: Int
    let content: MessageContent
    let address: EmailAddress
    let values: Sensitive<[UInt8]>
    let frozen: FrozenMessage
    let clearance: Clearance
    let route: Route?
}

extension Delivery {
    /// Reads the message, asks the gate again, and begins an attempt; nil when there is nothing to transmit (held, refused,
    /// put into the portal, final). All in the caller's transaction.
    func begin(_ item: WorkItem, in tx: any WriteTransaction) throws -> AttemptPlan? {
        let organization = item.organization
        guard let id = MessageID(bytes: item.reference.prefix(16)),
            var row = try DeliveryQueries.find(id, of: organization, in: tx)
        else {
            try queue.finish(item, in: tx)
            return nil
        }
        let now = surroundings.now()
        if row.life.standing == .attempting, try takeOver(&row, item, at: now, in: tx) { return nil }
        row.heldFor = row.life.standing == .held ? row.life.reason : nil
        if row.life.standing == .held { _ = apply(.dueAgain, to: &row, at: now) }
        if let event = try obstacle(row, at: now, organization: organization, in: tx) {
            try settle(event, &row, item, at: now, in: tx)
            return nil
        }
        guard !row.life.standing.isFinal, row.life.standing != .noticing else {
            try queue.finish(item, in: tx)
            return nil
        }
        return try clearAndBegin(&row, item, at: now, in: tx)
    }

    /// A worker died during an attempt. In doubt when the final dot may have left: then the message waits (true); else it
    /// goes on at once (false).
    private func takeOver(
        _ row: inout StoredDelivery,
        _ item: WorkItem,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> Bool {
        let number = row.life.attempts
        let mayHaveBeenSent = row.life.mayHaveBeenSent
        try AttemptQueries.end(
            number,
            of: row.id,
            outcome: mayHaveBeenSent ? "in_doubt_after_crash" : "abandoned",
            evidence: nil,
            at: now,
            organization: item.organization,
            in: tx
        )
        guard mayHaveBeenSent else {
            _ = apply(.foundAbandoned, to: &row, at: now)
            return false
        }
        try settle(.foundAbandoned, &row, item, at: now, in: tx)
        return true
    }

    /// What stands in the way before the gate is asked.
    private func obstacle(
        _ row: StoredDelivery,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> DeliveryEvent? {
        guard !row.life.standing.isFinal, row.life.standing != .noticing else { return nil }
        if let campaign = row.campaign {
            switch try CampaignControlQueries.control(of: campaign, organization: organization, in: tx) {
            case .running: break
            // A message in the portal whose notice has not gone out yet is part of what was sent: its notice follows.
            case .paused where row.announces == nil: return .gateHeld(.paused, until: nil)
            case .paused: break
            case .cancelled: return .cancelled
            }
        }
        guard now >= row.life.expiresAt else { return nil }
        // What was held waits for a person from now on.
        return row.heldFor.flatMap(HoldReason.init(rawValue:)).map { .gateHeld($0, until: nil) } ?? .timeOver
    }

    private func clearAndBegin(
        _ row: inout StoredDelivery,
        _ item: WorkItem,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> AttemptPlan? {
        let organization = item.organization
        let content: MessageContent
        let envelope: (address: EmailAddress, values: Sensitive<[UInt8]>)
        do {
            content = try self.content(row.content, of: organization, in: tx)
            envelope = try self.envelope(of: row, organization: organization, in: tx)
        } catch VaultError.subjectErased {
            try settle(.gateRefused(.personUnknown), &row, item, at: now, in: tx)
            return nil
        }
        let subject = GateSubject(
            organization: organization,
            message: row.id,
            recipient: row.recipient,
            address: envelope.address,
            terms: content.terms,
            digest: row.frozen.digest,
            now: now
        )
        let order = try RouteQueries.settings(of: organization, in: tx).effectiveOrder(
            for: content.terms.messageClass
        )
        let (id, recipient) = (row.id, row.recipient)
        let (decision, clearance) = try gate.clear(subject, methodOrder: order, in: tx) { decision in
            try keep(decision, of: id, recipient: recipient, organization: organization, in: tx)
        }
        guard let clearance else {
            try settle(Self.event(of: decision.verdict), &row, item, at: now, in: tx)
            return nil
        }
        _ = apply(.attemptBegan(clearance.method), to: &row, at: now)
        try AttemptQueries.begin(
            row.life.attempts,
            of: row.id,
            decision: clearance.decision,
            at: now,
            organization: organization,
            in: tx
        )
        if clearance.method == .portal {
            try deposit(&row, content, envelope, item, clearance: clearance, at: now, in: tx)
            return nil
        }
        try DeliveryQueries.update(row.life, of: row.id, organization: organization, at: now, in: tx)
        try queue.renew(item, lease: configuration.lease, in: tx)
        return AttemptPlan(
            item: item,
            message: row.id,
            number: row.life.attempts,
            content: content,
            address: envelope.address,
            values: envelope.values,
            frozen: try frozen(of: row, organization: organization, in: tx),
            clearance: clearance,
            route: try route(for: envelope.address.domain, of: organization, in: tx)
        )
    }

    func envelope(
        of row: StoredDelivery,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> (address: EmailAddress, values: Sensitive<[UInt8]>) {
        let place = Self.place(.deliveryEnvelope, of: row.id, row.recipient, organization)
        guard let envelope = Envelope.read(try vault.open(row.envelope, at: place, in: tx)) else {
            throw DeliveryError.damaged(row.id)
        }
        return envelope
    }

    private static func event(of verdict: GateVerdict) -> DeliveryEvent {
        switch verdict {
        case .hold(let reason, let until): .gateHeld(reason, until: until)
        case .refuse(let reason): .gateRefused(reason)
        // A clearance needs a message and a digest, and both were given.
        case .cleared: .gateHeld(.contentDiffers, until: nil)
        }
    }
}
