// SPDX-License-Identifier: Apache-2.0

import WardConsent
package import WardKernel
import WardQueue
package import WardStorage

extension Delivery {
    /// Puts the message into the portal and its notice into the queue, in one transaction: neither exists alone.
    func deposit(
        _ row: inout StoredDelivery,
        _ content: MessageContent,
        _ envelope: (address: EmailAddress, values: Sensitive<[UInt8]>),
        _ item: WorkItem,
        clearance: Clearance,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        guard let contact = row.recipient.contact, clearance.message == row.id else {
            return try settle(.gateHeld(.noMethod, until: nil), &row, item, at: now, in: tx)
        }
        let outcome = try portal.deposit(
            PortalDeposit(
                organization: item.organization,
                delivery: row.id,
                contact: contact,
                terms: content.terms,
                content: try composed(content, values: envelope.values)
            ),
            in: tx
        )
        guard case .deposited(let notice) = outcome else {
            return try settle(.gateHeld(.noRecognition, until: nil), &row, item, at: now, in: tx)
        }
        try AttemptQueries.end(
            row.life.attempts,
            of: row.id,
            outcome: "deposited",
            evidence: nil,
            at: now,
            organization: item.organization,
            in: tx
        )
        try settle(.deposited, &row, item, at: now, in: tx)
        try submit(notice, announcing: row.id, content.terms, to: contact, at: envelope.address, item: item, in: tx)
    }

    /// The notice is a message of its own, with a class of its own, through the same gate. It has no content, so that it
    /// may also go to a server without TLS (hipaa/rules.md 6.1, AT-6.1): otherwise nobody there would ever learn that a
    /// message waits. The link in it opens nothing without the second step. Consent, authorization and audience are asked
    /// for the class of the message that it announces: a revocation in between still wins.
    private func submit(
        _ notice: PortalNotice,
        announcing id: MessageID,
        _ announced: MessageTerms,
        to contact: ContactID,
        at address: EmailAddress,
        item: WorkItem,
        in tx: any WriteTransaction
    ) throws {
        var terms = MessageTerms(
            messageClass: .portalNotice,
            sensitivity: .routine,
            sender: announced.sender,
            campaign: announced.campaign,
            isPaidByThirdParty: announced.isPaidByThirdParty,
            guarantee: announced.guarantee
        )
        terms.announces = announced.askedClass
        terms.sender.replyTo = notice.replyTo ?? announced.sender.replyTo
        let text = ComposedContent(subject: notice.subject, text: notice.text, html: notice.html)
        let made = try made(
            Sensitive(text),
            terms: terms,
            for: MessageDraft(recipient: .contact(contact), address: address),
            by: .service("delivery", of: item.organization),
            in: tx
        )
        try store([(made.content, made.stored)], of: item.organization, in: tx)
        let outcomes = try insert([made.message], announces: id, of: item.organization, in: tx)
        switch outcomes.first {
        case .notSent(_, let reason):
            try noticeEnded(of: id, .noticeFailed(.notSent, reason: reason.rawValue), item.organization, in: tx)
        case .held(_, let reason):
            try noticeEnded(of: id, .noticeFailed(.notSent, reason: reason.rawValue), item.organization, in: tx)
        case .queued, .alreadySubmitted, nil: break
        }
    }

    /// What became of a notice, told to the message that it announces.
    func noticeEnded(
        of id: MessageID,
        _ event: DeliveryEvent,
        _ organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        guard var row = try DeliveryQueries.find(id, of: organization, in: tx), row.life.standing == .noticing else {
            return
        }
        let now = surroundings.now()
        _ = apply(event, to: &row, at: now)
        try DeliveryQueries.update(row.life, of: id, organization: organization, at: now, in: tx)
        if row.life.standing != .waitingInPortal {
            // A notice that may have arrived must not lead to nothing.
            if row.life.standing != .unknown { try portal.withdraw(id, of: organization, in: tx) }
            try recordEnd(of: row, organization: organization, in: tx)
        }
    }

    /// The person opened the message in the portal; called by WardPortal in the transaction of the opening. Opening again
    /// changes nothing.
    package func portalOpened(
        _ id: MessageID,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        guard var row = try DeliveryQueries.find(id, of: organization, in: tx) else { return }
        let before = row.life
        let now = surroundings.now()
        _ = apply(.opened, to: &row, at: now)
        guard row.life != before else { return }
        try DeliveryQueries.update(row.life, of: id, organization: organization, at: now, in: tx)
    }
}
