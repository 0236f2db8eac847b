// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import WardAudit
import WardConsent
import WardKernel
import WardQueue
import WardStorage
import WardVault

/// How one attempt ended, before that is kept.
struct AttemptEnd: Sendable {
    enum Outcome: Sendable {
        case transmitted(TransmissionOutcome)
        case doesNotCompose(HoldReason)
    }

    let plan: AttemptPlan
    let outcome: Outcome
}

/// The attempt is no longer the one that the row knows: cancelled, paused, or taken over. Nothing may be sent.
struct AttemptSuperseded: Error {}

extension Delivery {
    /// Commits that the messages may have been sent, right before their final dots (reliability.md B2, rule 1). Throws when a
    /// campaign was paused or cancelled since, or another worker has a message: then no dot is written, and each is asked
    /// about alone.
    func markMayHaveBeenSent(_ plans: [AttemptPlan], in tx: any WriteTransaction) throws {
        let now = surroundings.now()
        for (organization, group) in Dictionary(grouping: plans, by: \.item.organization) {
            let rows = try DeliveryQueries.find(group.map(\.message), of: organization, in: tx)
            var controls = CampaignControls(organization: organization)
            for plan in group { try mark(plan, rows[plan.message], &controls, at: now, in: tx) }
        }
    }

    private func mark(
        _ plan: AttemptPlan,
        _ found: StoredDelivery?,
        _ controls: inout CampaignControls,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        guard var row = found, row.life.standing == .attempting, row.life.attempts == plan.number
        else { throw AttemptSuperseded() }
        if let campaign = row.campaign {
            let control = try controls.control(of: campaign, in: tx)
            guard control == .running || control == .paused && row.announces != nil else { throw AttemptSuperseded() }
        }
        guard now < plan.clearance.expiresAt else { throw AttemptSuperseded() }
        // Whoever takes an attempt over begins another one, which the row's number shows: no lease is asked for here.
        _ = apply(.finalDotAhead, to: &row, at: now)
        try DeliveryQueries.update(row.life, of: row.id, organization: plan.item.organization, at: now, in: tx)
    }

    /// Commits how attempts ended, each with its evidence, its audit entry and what follows.
    func finish(_ ends: [AttemptEnd], in tx: any WriteTransaction) throws {
        for (organization, group) in Dictionary(grouping: ends, by: \.plan.item.organization) {
            let rows = try DeliveryQueries.find(group.map(\.plan.message), of: organization, in: tx)
            for end in group {
                switch end.outcome {
                case .transmitted(let outcome): try finish(end.plan, outcome, rows[end.plan.message], in: tx)
                case .doesNotCompose(let reason): try giveUp(end.plan, reason, rows[end.plan.message], in: tx)
                }
            }
        }
    }

    private func finish(
        _ plan: AttemptPlan,
        _ outcome: TransmissionOutcome,
        _ found: StoredDelivery?,
        in tx: any WriteTransaction
    ) throws {
        let organization = plan.item.organization
        let now = surroundings.now()
        guard var row = found, row.life.attempts == plan.number
        else { return try queue.finish(plan.item, in: tx) }
        if case .accepted(let evidence) = outcome, row.life.standing == .inDoubt {
            try count(evidence.sessions, of: plan, row.destination, at: now, in: tx)
            return try finishLate(&row, evidence, at: now, organization: organization, in: tx)
        }
        guard row.life.standing == .attempting else { return try queue.finish(plan.item, in: tx) }
        let (event, word, evidence) = Self.reading(of: outcome)
        try count(evidence?.sessions ?? [], of: plan, row.destination, at: now, in: tx)
        try AttemptQueries.end(
            plan.number,
            of: row.id,
            outcome: word,
            evidence: try evidence.map { try seal($0, of: row, organization: organization, in: tx) },
            at: now,
            organization: organization,
            in: tx
        )
        if let (destination, finding) = try ruledOut(outcome, row, plan, in: tx) {
            try DestinationQueries.put(
                destination,
                isProtectable: false,
                finding: finding,
                at: now,
                organization: organization,
                in: tx
            )
        }
        if let posture = Self.finding(outcome) {
            let domain = plan.address.domain
            try keep(posture, of: row.destination, domain: domain, organization: organization, in: tx)
        }
        if event == .accepted { try recordDelivery(of: row, evidence, organization: organization, in: tx) }
        let latest = plan.content.terms.isTimeCritical ? Self.portalTime(of: row.id) : nil
        try settle(event, &row, plan.item, address: plan.address, latest: latest, at: now, in: tx)
    }

    private func giveUp(
        _ plan: AttemptPlan,
        _ reason: HoldReason,
        _ found: StoredDelivery?,
        in tx: any WriteTransaction
    ) throws {
        guard var row = found else { return }
        let organization = plan.item.organization
        let now = surroundings.now()
        try AttemptQueries.end(
            plan.number,
            of: row.id,
            outcome: reason.rawValue,
            evidence: nil,
            at: now,
            organization: organization,
            in: tx
        )
        try settle(.gateHeld(reason, until: nil), &row, plan.item, at: now, in: tx)
    }

    /// The server took the message, and its reply is kept only after somebody else found the attempt abandoned and before
    /// the message went out again: the doubt is over, and nothing more is to be sent.
    private func finishLate(
        _ row: inout StoredDelivery,
        _ evidence: AttemptEvidence,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try AttemptQueries.end(
            row.life.attempts,
            of: row.id,
            outcome: "accepted",
            evidence: try seal(evidence, of: row, organization: organization, in: tx),
            at: now,
            organization: organization,
            in: tx
        )
        _ = apply(.accepted, to: &row, at: now)
        try DeliveryQueries.update(row.life, of: row.id, organization: organization, at: now, in: tx)
        try queue.cancel(.deliveryAttempt, organization: organization, reference: row.workReference, in: tx)
        try recordDelivery(of: row, evidence, organization: organization, in: tx)
        try tellAnnounced(by: row, organization: organization, in: tx)
    }

    /// What the attempt showed to be impossible for now: verified TLS to the destination, or only that it passes mail on over
    /// TLS alone.
    private func ruledOut(
        _ outcome: TransmissionOutcome,
        _ row: StoredDelivery,
        _ plan: AttemptPlan,
        in tx: any ReadTransaction
    ) throws -> (destination: [UInt8], finding: String)? {
        switch outcome {
        case .notProtectable(let finding, _): return (row.destination, finding)
        case .notPassedOn(let finding, _):
            let onward = Destinations.onward(plan.address.domain)
            let hashes = try destinations.hashes(of: [onward], organization: plan.item.organization, in: tx)
            return hashes[onward].map { ($0, finding) }
        case .accepted, .failedForNow, .refusedForGood, .inDoubt, .withheld: return nil
        }
    }

    /// What an attempt says about its destination: that verified TLS held, or that it was impossible.
    private static func finding(_ outcome: TransmissionOutcome) -> DestinationPosture? {
        switch outcome {
        case .notProtectable(_, let evidence): evidence.posture
        case .accepted(let evidence), .notPassedOn(_, let evidence):
            evidence.posture?.proof == nil ? nil : evidence.posture
        case .failedForNow, .refusedForGood, .inDoubt, .withheld: nil
        }
    }

    private static func reading(
        of outcome: TransmissionOutcome
    ) -> (DeliveryEvent, word: String, AttemptEvidence?) {
        switch outcome {
        case .accepted(let evidence): (.accepted, "accepted", evidence)
        case .failedForNow(let word, let evidence): (.failedForNow, word, evidence)
        case .refusedForGood(let refusal, let evidence):
            (.refusedForGood(refusal, isProved: evidence.isNameProved == true), refusal.rawValue, evidence)
        case .notProtectable(let word, let evidence), .notPassedOn(let word, let evidence):
            (.notProtectable, word, evidence)
        case .inDoubt(let word, let evidence): (.replyLost, word, evidence)
        case .withheld: (.withheld, "withheld", nil)
        }
    }

    /// Applies an event with chance from the surroundings.
    func apply(_ event: DeliveryEvent, to row: inout StoredDelivery, at now: Timestamp) -> [DeliveryStep] {
        let random = surroundings.randomBytes(2)
        let chance = Double(UInt16(random[0]) << 8 | UInt16(random[1])) / 65_536
        return row.life.apply(event, at: now, schedule: configuration.schedule, chance: chance)
    }

    /// Applies an event to a claimed message and does what follows: stores the standing, ends or renews the work, writes
    /// the audit entry, tells the announced message. A retry comes at `latest` at last.
    func settle(
        _ event: DeliveryEvent,
        _ row: inout StoredDelivery,
        _ item: WorkItem,
        address: EmailAddress? = nil,
        latest: Timestamp? = nil,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        let organization = item.organization
        let steps = apply(event, to: &row, at: now)
        try DeliveryQueries.update(row.life, of: row.id, organization: organization, at: now, in: tx)
        var runAt: Timestamp?
        for step in steps {
            switch step {
            case .runAt(let time): runAt = time
            case .rest: break
            case .suppressAddress:
                guard let address else { continue }
                try consent.suppress(address, reason: .hardBounce, by: Self.service(organization), in: tx)
            }
        }
        // A notice that is held has ended for the message that it announces, and must not go out after that.
        if row.life.standing == .held, row.announces != nil { runAt = nil }
        if let latest, let time = runAt, now < latest, row.life.standing == .queued { runAt = min(time, latest) }
        try tellSender(of: row, nextAttemptAt: runAt, at: now, organization: organization, in: tx)
        if let runAt { try queue.retry(item, at: runAt, in: tx) } else { try queue.finish(item, in: tx) }
        // Asked again and held for the same reason: nothing that is not on record.
        let isNews = row.life.standing != .held || row.heldFor == nil || row.heldFor != row.life.reason
        if isNews { try recordEnd(of: row, organization: organization, in: tx) }
        try tellAnnounced(by: row, organization: organization, in: tx)
    }

    /// Tells the message in the portal what became of its notice.
    private func tellAnnounced(
        by row: StoredDelivery,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        guard let announced = row.announces else { return }
        let life = row.life
        if life.standing == .delivered {
            try noticeEnded(of: announced, .noticeDelivered, organization, in: tx)
        } else if life.standing.isFinal || life.standing == .held {
            let standing = life.standing == .held ? .notSent : life.standing
            try noticeEnded(of: announced, .noticeFailed(standing, reason: life.reason), organization, in: tx)
        }
    }

    static func service(_ organization: OrganizationID) -> Requester { .service("delivery", of: organization) }

    private func recordDelivery(
        of row: StoredDelivery,
        _ evidence: AttemptEvidence?,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        var entry = AuditEntry(
            .messageDeliver,
            object: AuditObject(kind: "message", row.id),
            subject: row.recipient.contact,
            facts: ["class": row.messageClass.rawValue, "attempts": "\(row.life.attempts)"]
        )
        entry.disclosure = AuditDisclosure(
            recipient: AuditObject(kind: row.recipient.kind, identifier: row.recipient.bytes),
            channel: "email",
            protection: evidence.flatMap { $0.method.needsRecipientKey ? $0.method.rawValue : $0.tlsVersion } ?? "none"
        )
        try audit.record(entry, by: Self.service(organization), in: tx)
    }

    /// The audit entry for every standing in which a message rests, but delivered (which has its own).
    func recordEnd(
        of row: StoredDelivery,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        let action: AuditAction
        switch row.life.standing {
        case .noticing: action = .messageDeposit
        case .inDoubt: action = .messageDoubt
        case .refused, .expired, .notSent, .held, .cancelled, .unknown: action = .messageEnd
        case .queued, .attempting, .delivered, .waitingInPortal, .openedInPortal: return
        }
        var facts = ["standing": row.life.standing.rawValue, "class": row.messageClass.rawValue]
        facts["reason"] = row.life.reason
        var entry = AuditEntry(
            action,
            object: AuditObject(kind: "message", row.id),
            subject: row.recipient.contact,
            facts: facts
        )
        if action == .messageDeposit { entry.disclosure = AuditDisclosure(channel: "portal", protection: "portal") }
        try audit.record(entry, by: Self.service(organization), in: tx)
        try reopenRequest(of: row, organization: organization, in: tx)
    }

    private func seal(
        _ evidence: AttemptEvidence,
        of row: StoredDelivery,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        let plain = Sensitive(try encodedEvidence.octets(of: evidence))
        return try vault.seal(plain, at: Self.evidencePlace(row, row.life.attempts, organization), in: tx)
    }

    static func evidencePlace(_ row: StoredDelivery, _ number: Int, _ organization: OrganizationID) -> SealedPlace {
        var place = place(.attemptEvidence, of: row.id, row.recipient, organization)
        place.row += [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
        return place
    }
}

/// Evidence as JSON. A destination's server proves the same for one message after another, and encoding it costs more than
/// sealing it: what was encoded lately is kept. Nothing in it is about a person.
final class EncodedEvidence: Sendable {
    static let capacity = 256
    private let known = Mutex<[AttemptEvidence: [UInt8]]>([:])

    func octets(of evidence: AttemptEvidence) throws -> [UInt8] {
        var evidence = evidence
        evidence.sessions = []
        if let found = known.withLock({ [evidence] in $0[evidence] }) { return found }
        let octets = Array(try JSONEncoder().encode(evidence))
        known.withLock { [evidence] known in
            if known.count >= Self.capacity { known = [:] }
            known[evidence] = octets
        }
        return octets
    }
}
