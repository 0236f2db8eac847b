// SPDX-License-Identifier: Apache-2.0

package import WardAudit
package import WardCampaigns
package import WardConsent
package import WardContacts
package import WardDelivery
package import WardIdentity
package import WardMailKeys
package import WardRecipientKeys
package import WardSegments
package import WardSenderDomains
package import WardSubmission

/// The façades that commands call, built by the composition root.
package struct CommandFacades: Sendable {
    package let identity: Identity
    package let audit: AuditReader
    package let contacts: Contacts
    package let segments: Segments
    package let consent: Consent
    package let delivery: Delivery
    package let campaigns: Campaigns
    package let senderDomains: SenderDomains
    package let submission: Submission
    package let recipientKeys: RecipientKeys
    package let mailKeys: MailKeys
    package let keys: any KeyAdministration

    package init(
        identity: Identity,
        audit: AuditReader,
        contacts: Contacts,
        segments: Segments,
        consent: Consent,
        delivery: Delivery,
        campaigns: Campaigns,
        senderDomains: SenderDomains,
        submission: Submission,
        recipientKeys: RecipientKeys,
        mailKeys: MailKeys,
        keys: any KeyAdministration
    ) {
        self.identity = identity
        self.audit = audit
        self.contacts = contacts
        self.segments = segments
        self.consent = consent
        self.delivery = delivery
        self.campaigns = campaigns
        self.senderDomains = senderDomains
        self.submission = submission
        self.recipientKeys = recipientKeys
        self.mailKeys = mailKeys
        self.keys = keys
    }
}
