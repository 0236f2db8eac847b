// SPDX-License-Identifier: Apache-2.0

package import WardAudit
package import WardDelivery
package import WardKernel
package import WardStorage
package import WardVault

/// Takes what the send path leaves in the portal: seals the content under the person's key, makes a link, and answers with
/// a notice in which nothing of the content is.
package final class PortalDeposits: PortalDropbox {
    /// For how many days a message is kept for its reader, unless the organization sets another number.
    package static let daysKept = 60

    private let sealing: PortalSealing
    private let replies: ReplyAddresses
    private let audit: Audit
    private let people: any PortalPeople
    private let organizations: any PortalOrganizations
    private let surroundings: Surroundings

    package init(
        vault: Vault,
        audit: Audit,
        people: any PortalPeople,
        organizations: any PortalOrganizations,
        surroundings: Surroundings
    ) {
        sealing = PortalSealing(vault: vault)
        replies = ReplyAddresses(vault: vault)
        self.audit = audit
        self.people = people
        self.organizations = organizations
        self.surroundings = surroundings
    }

    package func recognisable(
        _ contacts: [ContactID],
        for sensitivity: Sensitivity,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        let known = try people.portalPeople(contacts, of: organization, in: tx)
        switch sensitivity {
        case .routine, .sensitive:
            return Set(known.filter { $0.value.expose(for: .evaluating) { $0.birthDate != nil } }.keys)
        case .restricted:
            return try RecognitionQueries.withPassphrase(Array(known.keys), of: organization, in: tx)
        }
    }

    package func deposit(_ deposit: PortalDeposit, in tx: any WriteTransaction) throws -> PortalDepositOutcome {
        let organization = deposit.organization
        let able = try recognisable([deposit.contact], for: deposit.terms.sensitivity, of: organization, in: tx)
        guard able.contains(deposit.contact),
            let person = try people.portalPerson(deposit.contact, of: organization, in: tx)
        else { return .notRecognisable }
        let now = surroundings.now()
        let days = try PortalSettingQueries.daysKept(of: organization, in: tx) ?? Self.daysKept
        let expiresAt = now + .days(days)
        let message = try message(for: deposit, at: now, in: tx)
        if try sealing.attachments(of: [message], organization: organization, in: tx).isEmpty {
            try sealing.keep(deposit.content.map { $0.files ?? [] }, of: message, organization: organization, in: tx)
        }
        try MessageQueries.setExpiry(expiresAt, of: message.id, organization: organization, in: tx)
        let link = PortalToken(for: organization, surroundings: surroundings)
        let hash = link.hash(as: .link)
        try LinkQueries.insert(hash: hash, message: message.id, at: now, of: organization, in: tx)
        try audit.record(
            .portalDeposit,
            message,
            .success,
            ["sensitivity": deposit.terms.sensitivity.rawValue, "days": String(days)],
            by: .service("portal", of: organization),
            in: tx
        )
        let profile = try organizations.portalOrganization(organization, in: tx)
        var notice = NoticeWording.make(
            organization: profile,
            language: person.expose(for: .evaluating, \.language),
            link: profile.address(of: link),
            expiresAt: expiresAt
        )
        // Who answers the notice instead of following the link is heard all the same.
        notice.replyTo = try replies.address(
            of: message.thread,
            domain: deposit.terms.sender.address.domain,
            organization: organization,
            in: tx
        )
        return .deposited(notice)
    }

    package func withdraw(
        _ delivery: MessageID,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        guard let message = try MessageQueries.find(delivery: delivery, of: organization, in: tx) else { return }
        let now = surroundings.now()
        try MessageQueries.markRetracted(message.id, at: now, of: organization, in: tx)
        try LinkQueries.revokeAll(of: message.id, at: now, organization: organization, in: tx)
        let service = Requester.service("portal", of: organization)
        try audit.record(.portalRetract, message, .success, ["cause": "notice_undeliverable"], by: service, in: tx)
    }

    /// The message's row: made when staff answered in a conversation, else made here with a conversation of its own.
    private func message(
        for deposit: PortalDeposit,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> MessageRow {
        let organization = deposit.organization
        if let answer = try MessageQueries.find(delivery: deposit.delivery, of: organization, in: tx) { return answer }
        let author = deposit.terms.sender.name
        let content = deposit.content.map { StoredContent(author: author, subject: $0.subject, text: $0.text) }
        let thread = try thread(for: deposit, at: now, in: tx)
        let id = surroundings.makeIdentifier(PortalMessageTag.self)
        let message = MessageRow(
            id: id,
            thread: thread,
            contact: deposit.contact,
            direction: .toPerson,
            delivery: deposit.delivery,
            sensitivity: deposit.terms.sensitivity,
            contentSealed: try sealing.seal(
                content,
                message: id,
                of: deposit.contact,
                organization: organization,
                in: tx
            ),
            author: nil,
            writtenAt: now,
            expiresAt: nil
        )
        try MessageQueries.insert(message, of: organization, in: tx)
        return message
    }

    private func thread(
        for deposit: PortalDeposit,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> ThreadID {
        let organization = deposit.organization
        if let known = deposit.terms.portalReference.flatMap(ThreadID.init(bytes:)),
            let thread = try ThreadQueries.find(known, of: organization, in: tx), thread.contact == deposit.contact
        {
            return known
        }
        let id = surroundings.makeIdentifier(ThreadTag.self)
        let sealed = try sealing.sealSubject(
            deposit.content.map(\.subject),
            thread: id,
            of: deposit.contact,
            organization: organization,
            in: tx
        )
        let contact = deposit.contact
        try ThreadQueries.insert(id, of: contact, subjectSealed: sealed, at: now, organization: organization, in: tx)
        return id
    }
}
