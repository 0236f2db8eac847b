// SPDX-License-Identifier: Apache-2.0

package import WardAudit
package import WardCampaigns
package import WardConsent
package import WardContacts
package import WardDelivery
package import WardIdentity
package import WardMailKeys
package import WardPortal
package import WardRecipientKeys
package import WardSegments
package import WardSenderDomains
package import WardSubmission

/// What the pages may call: one façade per domain module. Handlers get nothing else, so that a page cannot reach a
/// store, a key or the SMTP client.
package struct Facades: Sendable {
    package let identity: Identity
    package let audit: AuditReader
    package let contacts: Contacts
    package let segments: Segments
    package let consent: Consent
    package let delivery: Delivery
    package let portal: Portal
    package let campaigns: Campaigns
    package let senderDomains: SenderDomains
    package let recipientKeys: RecipientKeys
    package let mailKeys: MailKeys
    package let submission: Submission

    package init(
        identity: Identity,
        audit: AuditReader,
        contacts: Contacts,
        segments: Segments,
        consent: Consent,
        delivery: Delivery,
        portal: Portal,
        campaigns: Campaigns,
        senderDomains: SenderDomains,
        recipientKeys: RecipientKeys,
        mailKeys: MailKeys,
        submission: Submission
    ) {
        self.identity = identity
        self.audit = audit
        self.contacts = contacts
        self.segments = segments
        self.consent = consent
        self.delivery = delivery
        self.portal = portal
        self.campaigns = campaigns
        self.senderDomains = senderDomains
        self.recipientKeys = recipientKeys
        self.mailKeys = mailKeys
        self.submission = submission
    }
}
