// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage

/// Takes the messages that go to the portal. Implemented by WardPortal, wired by the server.
package protocol PortalDropbox: Sendable {
    /// Which of these people could be recognised in the portal for a message of this sensitivity: the gate asks before
    /// it lets the portal count as a method.
    func recognisable(
        _ contacts: [ContactID],
        for sensitivity: Sensitivity,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID>

    /// Seals the content into the portal and answers with the notice to mail. Called in the transaction that moves the
    /// message on; for the same delivery a second time only if the first was rolled back.
    func deposit(_ deposit: PortalDeposit, in tx: any WriteTransaction) throws -> PortalDepositOutcome

    /// The notice will never reach its reader (refused, expired, cancelled): nobody can open the message.
    func withdraw(_ delivery: MessageID, of organization: OrganizationID, in tx: any WriteTransaction) throws
}

/// A message for the portal.
package struct PortalDeposit: Sendable {
    package let organization: OrganizationID
    package let delivery: MessageID
    package let contact: ContactID
    package let terms: MessageTerms
    package let content: Sensitive<ComposedContent>

    package init(
        organization: OrganizationID,
        delivery: MessageID,
        contact: ContactID,
        terms: MessageTerms,
        content: Sensitive<ComposedContent>
    ) {
        self.organization = organization
        self.delivery = delivery
        self.contact = contact
        self.terms = terms
        self.content = content
    }
}

/// What the portal answers.
package enum PortalDepositOutcome: Sendable {
    /// It waits there; this notice goes to the person's address.
    case deposited(PortalNotice)
    /// The person cannot be recognised (any more).
    case notRecognisable
}

/// The mail that says that a message waits: no content, no subject of it, no name of a list, campaign or condition.
package struct PortalNotice: Sendable {
    package var subject: String
    package var text: String
    package var html: String?
    /// Where an answer to the notice goes; nil: to the sender.
    package var replyTo: EmailAddress?

    package init(subject: String, text: String, html: String? = nil) {
        self.subject = subject
        self.text = text
        self.html = html
    }
}
