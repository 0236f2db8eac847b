// SPDX-License-Identifier: Apache-2.0

import WardCampaigns
import WardDelivery
import WardIdentity
import WardKernel
import WardPortal
import WardStorage

/// Tells the portal, campaigns and reports about TLS what WardIdentity knows about an organization and its staff.
struct OrganizationsForSending: PortalOrganizations, CampaignOrganizations, StaffMailboxes, ReportSenders {
    let identity: Identity

    func portalOrganization(_ id: OrganizationID, in tx: any ReadTransaction) throws -> PortalOrganization {
        let organization = try identity.organization(id, in: tx)
        return PortalOrganization(
            name: organization.name,
            patientOrigin: organization.patientOrigin,
            timeZone: organization.timeZone,
            sender: MailSender(name: organization.name, address: try organization.mailAddress)
        )
    }

    func campaignOrganization(_ id: OrganizationID, in tx: any ReadTransaction) throws -> CampaignOrganization {
        let organization = try identity.organization(id, in: tx)
        return CampaignOrganization(
            name: organization.name,
            postalAddress: organization.postalAddress,
            patientOrigin: organization.patientOrigin,
            timeZone: organization.timeZone,
            senderAddress: try organization.mailAddress
        )
    }

    func reportSender(of id: OrganizationID, in tx: any ReadTransaction) throws -> MailSender {
        let organization = try identity.organization(id, in: tx)
        return MailSender(name: organization.name, address: try organization.mailAddress)
    }

    func ownAddress(of requester: Requester, in tx: any ReadTransaction) throws -> EmailAddress? {
        guard requester.kind == .staff, let staff = StaffID(bytes: requester.identifier) else { return nil }
        return try identity.emailAddress(of: staff, organization: requester.organization, in: tx)
    }

    func mailbox(of staff: StaffID, organization id: OrganizationID, in tx: any ReadTransaction) throws -> StaffMailbox?
    {
        guard let address = try identity.emailAddress(of: staff, organization: id, in: tx) else { return nil }
        let organization = try identity.organization(id, in: tx)
        return StaffMailbox(
            address: address,
            sender: MailSender(name: organization.name, address: try organization.mailAddress),
            queuePage: "\(organization.staffAddress)/\(organization.slug)/queue"
        )
    }
}

extension Organization {
    /// Where links to patients begin: their pages' origin and the organization's first path segment.
    fileprivate var patientOrigin: String { "\(patientAddress)/\(slug)" }

    /// What mail comes from: one address of the sender domain.
    fileprivate var mailAddress: EmailAddress {
        get throws {
            guard let address = EmailAddress("messages@\(senderDomain)") else {
                throw IdentityError.fieldEmpty("the sender domain")
            }
            return address
        }
    }
}
