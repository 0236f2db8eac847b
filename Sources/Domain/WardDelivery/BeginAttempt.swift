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
    /// The message's own envelope sender.
    let returnPath: EmailAddress
    /// What is sent in place of the composed message, for methods that need the recipient's key.
    let protected: ProtectedForm?
}

/// What follows from asking the gate before an attempt.
enum AttemptStep: Sendable {
    case transmit(AttemptPlan)
    /// Nothing was begun: the protected form has to be made first.
    case protect(ProtectionPlan)
}

/// A message that may be attempted, before the gate is asked.
private struct AttemptCandidate {
    let position: Int
    let item: WorkItem
    var row: StoredDelivery
    let content: MessageContent
    let envelope: (address: EmailAddress, values: Sensitive<[UInt8]>)
    let scan: MessageScan
    let isReviewed: Bool
    var form: StoredProtectedForm?

    func subject(at now: Timestamp) -> GateSubject {
        var subject = GateSubject(
            organization: item.organization,
            message: row.id,
            recipient: row.recipient,
            address: envelope.address,
            terms: content.terms,
            digest: row.frozen.digest,
            now: now
        )
        subject.findings = scan.findings
        subject.isReviewed = isReviewed
        subject.protected = form.map { ($0.method, $0.digest) }
        return subject
    }
}

extension Delivery {
    /// Reads the messages, asks the gate again, and begins an attempt of each; nil where there is nothing to transmit (held,
    /// refused, put into the portal, final). What is the same for all of an organization's messages is read once, and the gate
    /// is asked about all of them at once. All in the caller's transaction.
    func begin(_ items: [WorkItem], in tx: any WriteTransaction) throws -> [AttemptStep?] {
        var steps = [AttemptStep?](repeating: nil, count: items.count)
        let now = surroundings.now()
        for (organization, positions) in Dictionary(grouping: items.indices, by: { items[$0].organization }) {
            let rows = try DeliveryQueries.find(
                positions.compactMap { MessageID(bytes: items[$0].reference.prefix(16)) },
                of: organization,
                in: tx
            )
            var controls = CampaignControls(organization: organization)
            var candidates: [AttemptCandidate] = []
            for position in positions {
                let row = MessageID(bytes: items[position].reference.prefix(16)).flatMap { rows[$0] }
                if let candidate = try candidate(position, items[position], row, &controls, at: now, in: tx) {
                    candidates.append(candidate)
                }
            }
            let forms = try usableForms(of: candidates.map(\.row), at: now, organization: organization, in: tx)
            for position in candidates.indices { candidates[position].form = forms[candidates[position].row.id] }
            try clearAndBegin(candidates, of: organization, at: now, into: &steps, in: tx)
            for candidate in candidates where steps[candidate.position] == nil { rendered.drop(candidate.row.id) }
        }
        return steps
    }

    /// What the gate is to be asked about, or nil when the item is dealt with.
    private func candidate(
        _ position: Int,
        _ item: WorkItem,
        _ found: StoredDelivery?,
        _ controls: inout CampaignControls,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> AttemptCandidate? {
        guard var row = found else {
            try queue.finish(item, in: tx)
            return nil
        }
        let organization = item.organization
        if row.life.standing == .attempting, try takeOver(&row, item, at: now, in: tx) { return nil }
        row.heldFor = row.life.standing == .held ? row.life.reason : nil
        if row.life.standing == .held { _ = apply(.dueAgain, to: &row, at: now) }
        if let event = try obstacle(row, &controls, at: now, in: tx) {
            try settle(event, &row, item, at: now, in: tx)
            return nil
        }
        guard !row.life.standing.isFinal, row.life.standing != .noticing else {
            try queue.finish(item, in: tx)
            return nil
        }
        do {
            let (scan, isReviewed) = try scan(of: row, organization: organization, in: tx)
            return AttemptCandidate(
                position: position,
                item: item,
                row: row,
                content: try content(row.content, of: organization, in: tx),
                envelope: try envelope(of: row, organization: organization, in: tx),
                scan: scan,
                isReviewed: isReviewed
            )
        } catch VaultError.subjectErased {
            try settle(.gateRefused(.personUnknown), &row, item, at: now, in: tx)
            return nil
        }
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
        _ controls: inout CampaignControls,
        at now: Timestamp,
        in tx: any ReadTransaction
    ) throws -> DeliveryEvent? {
        guard !row.life.standing.isFinal, row.life.standing != .noticing else { return nil }
        if let campaign = row.campaign {
            switch try controls.control(of: campaign, in: tx) {
            case .running: break
            // A message in the portal whose notice has not gone out yet is part of what was sent: its notice follows.
            case .paused where row.announces == nil: return .gateHeld(.paused, until: nil)
            case .paused: break
            case .cancelled: return .cancelled
            }
            if row.announces == nil, try controls.isStopped(Self.source(of: row), in: tx) {
                return .gateHeld(.complaints, until: nil)
            }
        }
        guard now >= row.life.expiresAt else { return nil }
        // What was held waits for a person from now on.
        return row.heldFor.flatMap(HoldReason.init(rawValue:)).map { .gateHeld($0, until: nil) } ?? .timeOver
    }

    private func clearAndBegin(
        _ candidates: [AttemptCandidate],
        of organization: OrganizationID,
        at now: Timestamp,
        into steps: inout [AttemptStep?],
        in tx: any WriteTransaction
    ) throws {
        guard !candidates.isEmpty else { return }
        let settings = try RouteQueries.settings(of: organization, in: tx)
        let routes = try RouteQueries.listings(of: organization, in: tx)
        for (messageClass, group) in Dictionary(grouping: candidates, by: \.content.terms.messageClass) {
            let order = settings.effectiveOrder(for: messageClass)
            let informed = try informed(group.map { $0.subject(at: now) }, organization: organization, in: tx)
            let subjects = try zip(group, informed).map { candidate, subject in
                var subject = subject
                if try goesToPortalNow(candidate.row, subject, methodOrder: order, in: tx) {
                    subject.terms.methods = .portalOnly
                }
                return subject
            }
            let cleared = try gate.clear(subjects, methodOrder: order, in: tx) { decisions in
                try keep(
                    decisions,
                    of: group.map { (id: $0.row.id, recipient: $0.row.recipient) },
                    organization: organization,
                    in: tx
                )
            }
            for (position, (decision, clearance)) in cleared.enumerated() {
                var candidate = group[position]
                guard let clearance else {
                    if case .cleared(let method) = decision.verdict {
                        steps[candidate.position] = try protection(of: &candidate, method, at: now, in: tx)
                    } else {
                        try settle(Self.event(of: decision.verdict), &candidate.row, candidate.item, at: now, in: tx)
                    }
                    continue
                }
                if let until = try warmUpWait(of: candidate, clearance, at: now, in: tx) {
                    try settle(.gateHeld(.warmUp, until: until), &candidate.row, candidate.item, at: now, in: tx)
                    continue
                }
                guard try useRequest(of: candidate.row, candidate.content.terms, clearance, in: tx) else {
                    // Asked again at once, when the gate knows of the other answer.
                    try settle(.gateHeld(.noMethod, until: now), &candidate.row, candidate.item, at: now, in: tx)
                    continue
                }
                steps[candidate.position] = try begin(
                    &candidate,
                    clearance,
                    routes,
                    raised: decision.inputs?.sensitivity(under: subjects[position].policy.scan),
                    at: now,
                    in: tx
                ).map(AttemptStep.transmit)
            }
        }
    }

    /// What the protected form is made from. Nil, and held for a person, while an attempt is in doubt: other bytes than
    /// those that may have arrived are another message.
    private func protection(
        of candidate: inout AttemptCandidate,
        _ method: SendMethod,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> AttemptStep? {
        let organization = candidate.item.organization
        let row = candidate.row
        guard method.needsRecipientKey, let contact = row.recipient.contact, row.life.doubts == 0,
            let key = try keySource.key(of: contact, for: method, at: now, organization: organization, in: tx)
        else {
            try settle(.gateHeld(.contentDiffers, until: nil), &candidate.row, candidate.item, at: now, in: tx)
            return nil
        }
        return .protect(
            ProtectionPlan(
                item: candidate.item,
                message: row.id,
                recipient: row.recipient,
                content: candidate.content,
                address: candidate.envelope.address,
                values: candidate.envelope.values,
                // The subject itself: it travels inside the encrypted part (RFC 9788).
                frozen: row.frozen,
                method: method,
                key: key,
                signers: try signers(
                    for: candidate.content.terms.sender.address,
                    of: candidate.content.organization,
                    in: tx
                ),
                now: now
            )
        )
    }

    /// Until when a message waits for its sender domain's warm-up; the portal knows none.
    private func warmUpWait(
        of candidate: AttemptCandidate,
        _ clearance: Clearance,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> Timestamp? {
        guard clearance.method != .portal else { return nil }
        return try warmUpWait(
            candidate.row,
            source: candidate.content.terms.sender.address.domain,
            to: candidate.envelope.address,
            at: now,
            organization: candidate.item.organization,
            in: tx
        )
    }

    /// Begins the attempt that a clearance allows; nil when the message went into the portal.
    private func begin(
        _ candidate: inout AttemptCandidate,
        _ clearance: Clearance,
        _ routes: [RouteListing],
        raised sensitivity: Sensitivity?,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> AttemptPlan? {
        let item = candidate.item
        let organization = item.organization
        _ = apply(.attemptBegan(clearance.method), to: &candidate.row, at: now)
        try AttemptQueries.begin(
            candidate.row.life.attempts,
            of: candidate.row.id,
            decision: clearance.decision,
            at: now,
            organization: organization,
            in: tx
        )
        if clearance.method == .portal {
            let raised = candidate.content.raised(to: sensitivity)
            try deposit(&candidate.row, raised, candidate.envelope, item, clearance: clearance, at: now, in: tx)
            return nil
        }
        let row = candidate.row
        try DeliveryQueries.update(row.life, of: row.id, organization: organization, at: now, in: tx)
        try queue.renew(item, lease: configuration.lease, in: tx)
        return AttemptPlan(
            item: item,
            message: row.id,
            number: row.life.attempts,
            content: candidate.content,
            address: candidate.envelope.address,
            values: candidate.envelope.values,
            frozen: try frozen(
                of: row,
                neutralSubject: candidate.scan.neutralSubject,
                organization: organization,
                in: tx
            ),
            clearance: clearance,
            route: try routes.listing(for: candidate.envelope.address.domain).map {
                try self.route($0, of: organization, in: tx)
            },
            returnPath: try returnPath(
                of: row.id,
                sender: candidate.content.terms.sender.address,
                organization: organization,
                in: tx
            ),
            protected: clearance.method.needsRecipientKey
                ? try candidate.form.map { try opened($0, of: row, organization: organization, in: tx) } : nil
        )
    }

    /// A protected message that a person waits for goes to the portal after an hour of attempts, when it may.
    private func goesToPortalNow(
        _ row: StoredDelivery,
        _ subject: GateSubject,
        methodOrder: [SendMethod],
        in tx: any ReadTransaction
    ) throws -> Bool {
        guard subject.terms.isTimeCritical, row.life.attempts > 0, subject.now >= Self.portalTime(of: row.id) else {
            return false
        }
        var portal = subject
        portal.terms.methods = .portalOnly
        let decision = try gate.decide([portal], methodOrder: methodOrder, in: tx).first
        return decision?.verdict == .cleared(.portal)
    }

    /// When a time-critical message no longer waits for the recipient's server.
    static func portalTime(of id: MessageID) -> Timestamp { id.madeAt + .hours(1) }

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
        // What is cleared without a clearance has no protected form yet, and gets one instead of an event.
        case .cleared: .gateHeld(.contentDiffers, until: nil)
        }
    }
}
