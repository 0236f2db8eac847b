// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
import WardConsent
package import WardKernel
import WardQueue
package import WardStorage
import WardVault

extension Delivery {
    /// Asks the gate about each message and keeps it: queued, held, or as a record of what was not sent. The content must
    /// be stored, in this transaction or before. All messages are of the requester's organization and of one content.
    package func submit(
        _ messages: [PreparedMessage],
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> [SubmissionOutcome] {
        try requireSending(requester)
        guard let first = messages.first else { return [] }
        precondition(
            messages.allSatisfy { $0.organization == requester.organization && $0.content == first.content },
            "Submit messages of one content and of the requester's organization; split them by content."
        )
        let known = try DeliveryQueries.recipients(
            among: messages.map(\.draft.recipient),
            of: first.content,
            organization: requester.organization,
            in: tx
        )
        var seen = known
        let fresh = messages.filter { seen.insert($0.draft.recipient.bytes).inserted }
        let outcomes = try insert(fresh, announces: nil, of: requester.organization, in: tx)
        let byMessage = Dictionary(uniqueKeysWithValues: zip(fresh.map(\.id), outcomes))
        if !fresh.isEmpty { try recordSubmission(outcomes, of: first, by: requester, in: tx) }
        return messages.map { byMessage[$0.id] ?? .alreadySubmitted }
    }

    /// Inserts messages of one class, which no message of their content precedes, with their decisions and their work; also
    /// for the portal's notices.
    func insert(
        _ messages: [PreparedMessage],
        announces: MessageID?,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> [SubmissionOutcome] {
        guard let terms = messages.first?.terms else { return [] }
        let now = surroundings.now()
        let order = try RouteQueries.settings(of: organization, in: tx).effectiveOrder(for: terms.messageClass)
        let subjects = try informed(messages.map { $0.gateSubject(at: now) }, organization: organization, in: tx)
        let decisions = try gate.decide(subjects, methodOrder: order, in: tx)
        let envelopes = try vault.seal(
            messages.map { message in
                SealRequest(
                    Envelope.plain(message.draft),
                    at: Self.place(.deliveryEnvelope, of: message.id, message.draft.recipient, organization)
                )
            },
            of: organization,
            in: tx
        )
        let signatures = try sealedSignatures(of: messages, organization: organization, in: tx)
        let hashes = try destinations.hashes(
            of: messages.map(\.draft.address.domain),
            organization: organization,
            in: tx
        )
        let sealedDecisions = try seal(
            decisions,
            of: messages.map(\.draft.recipient),
            organization: organization,
            in: tx
        )
        let outcomes = try messages.indices.map { position in
            let message = messages[position]
            var life = DeliveryLife(
                guarantee: message.terms.guarantee,
                expiresAt: now + configuration.lifetime(of: message.terms.messageClass)
            )
            let (outcome, runAt) = Self.enter(&life, message.id, decisions[position].verdict, at: now)
            let row = StoredDelivery(
                message,
                announces: announces,
                life: life,
                destination: hashes[message.draft.address.domain] ?? [],
                envelope: envelopes[position],
                signatures: signatures[position],
                at: now
            )
            try DeliveryQueries.insert(row, of: organization, at: now, in: tx)
            try keep(sealedDecisions[position], decisions[position], of: message.id, organization: organization, in: tx)
            // A notice that is held at once has ended already.
            if let runAt, announces == nil || life.standing != .held {
                try enqueue(row, terms: message.terms, at: runAt, of: organization, in: tx)
            }
            if runAt != now { rendered.drop(message.id) }
            return outcome
        }
        try keepScans(of: messages, organization: organization, in: tx)
        return outcomes
    }

    /// The first standing of a message and when it is due.
    private static func enter(
        _ life: inout DeliveryLife,
        _ id: MessageID,
        _ verdict: GateVerdict,
        at now: Timestamp
    ) -> (SubmissionOutcome, runAt: Timestamp?) {
        let schedule = RetrySchedule()
        switch verdict {
        case .cleared(let method):
            life.method = method
            return (.queued(id, method), now)
        case .hold(let reason, let until):
            let steps = life.apply(.gateHeld(reason, until: until), at: now, schedule: schedule)
            for case .runAt(let time) in steps { return (.held(id, reason), time) }
            return (.held(id, reason), nil)
        case .refuse(let reason):
            _ = life.apply(.gateRefused(reason), at: now, schedule: schedule)
            return (.notSent(id, reason), nil)
        }
    }

    func enqueue(
        _ row: StoredDelivery,
        terms: MessageTerms?,
        at time: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        let isBulk = row.campaign != nil && row.announces == nil && (terms?.priority ?? 0) == 0
        try queue.enqueue(
            .deliveryAttempt,
            organization: organization,
            reference: row.workReference,
            runAt: time,
            priority: isBulk ? .bulk : (terms?.priority ?? 0) > 1 ? .urgent : .normal,
            in: tx
        )
    }

    func recordSubmission(
        _ outcomes: [SubmissionOutcome],
        of first: PreparedMessage,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        var facts = ["messages": "\(outcomes.count)", "class": first.terms.messageClass.rawValue]
        for outcome in outcomes {
            let name =
                switch outcome {
                case .queued(_, let method): "queued_" + method.rawValue
                case .held(_, let reason): "held_" + reason.rawValue
                case .notSent(_, let reason): "not_sent_" + reason.rawValue
                case .alreadySubmitted: "already_submitted"
                }
            facts[name] = "\((facts[name].flatMap { Int($0) } ?? 0) + 1)"
        }
        try audit.record(
            AuditEntry(
                .messageSubmit,
                object: AuditObject(kind: "message_content", first.content),
                subject: outcomes.count == 1 ? first.draft.recipient.contact : nil,
                facts: facts
            ),
            by: requester,
            in: tx
        )
    }

    static func place(
        _ kind: RecordKind,
        of id: MessageID,
        _ recipient: MessageRecipient,
        _ organization: OrganizationID
    ) -> SealedPlace {
        SealedPlace(
            organization: organization,
            owner: recipient.contact.map { .subject($0) } ?? .organization,
            kind: kind,
            row: id.bytes
        )
    }
}

extension PreparedMessage {
    func gateSubject(at now: Timestamp) -> GateSubject {
        var subject = GateSubject(
            organization: organization,
            message: id,
            recipient: draft.recipient,
            address: draft.address,
            terms: terms,
            digest: frozen.digest,
            now: now
        )
        subject.findings = findings
        return subject
    }
}

extension StoredDelivery {
    init(
        _ message: PreparedMessage,
        announces: MessageID?,
        life: DeliveryLife,
        destination: [UInt8],
        envelope: [UInt8],
        signatures: [UInt8]?,
        at now: Timestamp
    ) {
        self.init(
            id: message.id,
            content: message.content,
            recipient: message.draft.recipient,
            campaign: message.terms.campaign,
            announces: announces,
            messageClass: message.terms.messageClass,
            sensitivity: message.terms.sensitivity,
            life: life,
            frozen: message.frozen,
            destination: destination,
            envelope: envelope,
            signatures: signatures,
            changedAt: now
        )
    }

    /// The message (16 octets), and 8 of its destination's hash, so that a worker can share its attempts out among
    /// destinations before it reads any row.
    var workReference: [UInt8] { id.bytes + Self.mark(of: destination) }

    /// What a work item knows of its destination: enough to tell two apart.
    static func mark(of destination: [UInt8]) -> [UInt8] { Array(destination.prefix(8)) }
}

/// The sealed part of a message: the length of the address (2 octets), the address, the frozen values.
enum Envelope {
    static func plain(_ draft: MessageDraft) -> Sensitive<[UInt8]> {
        draft.values.map { values in
            let address = Array(draft.address.mailbox.utf8)
            return [UInt8(address.count >> 8), UInt8(address.count & 255)] + address + values
        }
    }

    /// Nil when the bytes are no envelope.
    static func read(_ plain: Sensitive<[UInt8]>) -> (address: EmailAddress, values: Sensitive<[UInt8]>)? {
        plain.expose(for: .transmitting) { bytes in
            guard bytes.count >= 2 else { return nil }
            let count = Int(bytes[0]) << 8 | Int(bytes[1])
            guard bytes.count >= 2 + count else { return nil }
            guard let address = EmailAddress(String(decoding: bytes[2..<2 + count], as: UTF8.self)) else { return nil }
            return (address, Sensitive(Array(bytes[(2 + count)...])))
        }
    }
}
