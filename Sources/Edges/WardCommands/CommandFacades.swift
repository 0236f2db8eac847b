// SPDX-License-Identifier: Apache-2.0

package import WardAudit
package import WardCampaigns
package import WardContacts
package import WardDelivery
package import WardIdentity
package import WardSegments
package import WardSenderDomains

/// The façades that commands call, built by the composition root.
package struct CommandFacades: Sendable {
    package let identity: Identity
    package let audit: AuditReader
    package let contacts: Contacts
    package let segments: Segments
    package let delivery: Delivery
    package let campaigns: Campaigns
    package let senderDomains: SenderDomains
    package let keys: any KeyAdministration

    package init(
        identity: Identity,
        audit: AuditReader,
        contacts: Contacts,
        segments: Segments,
        delivery: Delivery,
        campaigns: Campaigns,
        senderDomains: SenderDomains,
        keys: any KeyAdministration
    ) {
        self.identity = identity
        self.audit = audit
        self.contacts = contacts
        self.segments = segments
        self.delivery = delivery
        self.campaigns = campaigns
        self.senderDomains = senderDomains
        self.keys = keys
    }
}
