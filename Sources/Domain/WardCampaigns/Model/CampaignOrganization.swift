// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage

/// What campaigns need to know about an organization.
package struct CampaignOrganization: Hashable, Sendable {
    package var name: String
    /// Offered for the footer of commercial mail.
    package var postalAddress: String
    /// The origin of the patients' pages, without a slash at its end: where the unsubscribe link leads.
    package var patientOrigin: String
    /// A name of the IANA time zone database: the zone of schedules.
    package var timeZone: String
    /// Whose address campaigns come from.
    package var senderAddress: EmailAddress

    package init(
        name: String,
        postalAddress: String,
        patientOrigin: String,
        timeZone: String,
        senderAddress: EmailAddress
    ) {
        self.name = name
        self.postalAddress = postalAddress
        self.patientOrigin = patientOrigin
        self.timeZone = timeZone
        self.senderAddress = senderAddress
    }
}

/// Answers what is set for an organization and its staff; WardServer wires it.
package protocol CampaignOrganizations: Sendable {
    func campaignOrganization(
        _ organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> CampaignOrganization

    /// The address of a member of staff, for a test to themselves; nil when the requester has none.
    func ownAddress(of requester: Requester, in tx: any ReadTransaction) throws -> EmailAddress?
}
