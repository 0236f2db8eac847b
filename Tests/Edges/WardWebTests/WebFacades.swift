// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import WardAudit
import WardCampaigns
import WardConsent
import WardContacts
import WardDNS
import WardDelivery
import WardIdentity
import WardKernel
import WardMailCrypto
import WardMailKeys
import WardPortal
import WardRecipientKeys
import WardSandbox
import WardSegments
import WardSenderDomains
import WardStorage
import WardSubmission
import WardTestKit
import WardTrust
import WardVault

@testable import WardWeb

/// Nothing leaves in the pages' tests: every look-up and attempt says that the server cannot be reached.
struct UnreachableWorld: Transmitter {
    let zone: PageZone

    func transmit(
        _ transmission: Transmission,
        clearance: Clearance,
        beforeFinalDot: @Sendable () async throws -> Void
    ) async -> TransmissionOutcome {
        .failedForNow("unreachable", AttemptEvidence(method: clearance.method))
    }

    func look(
        at domain: String,
        route: WardDelivery.Route?,
        of organization: OrganizationID
    ) async -> DestinationLook {
        zone.look.withLock { $0 }
    }
}

/// No message was written to anybody.
private struct NobodyWrittenTo: ContactedPeople {
    func contacted(
        among people: [ContactID],
        since moment: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> { [] }
}

/// What the pages are told about people and organizations.
struct PagePeople: PersonSource, PortalPeople, PortalOrganizations, CampaignOrganizations, ReportSenders {
    let contacts: Contacts
    let identity: Identity

    func standing(
        of people: [ContactID],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: PersonStanding] {
        try contacts.profiles(of: people, organization: organization, in: tx).mapValues { profile in
            profile.expose(for: .evaluating) { PersonStanding(isDeceased: $0.isDeceased, isInactive: false) }
        }
    }

    func portalPeople(
        _ people: [ContactID],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: Sensitive<PortalPerson>] {
        try contacts.profiles(of: people, organization: organization, in: tx).mapValues { profile in
            profile.map { person in
                var birthDate: CalendarDate?
                if case .date(let date) = person.attributes[.birthDate] { birthDate = date }
                var address: EmailAddress?
                if case .text(let text) = person.attributes[.email] { address = EmailAddress(text) }
                return PortalPerson(birthDate: birthDate, language: .english, address: address)
            }
        }
    }

    func portalOrganization(_ id: OrganizationID, in tx: any ReadTransaction) throws -> PortalOrganization {
        let organization = try identity.organization(id, in: tx)
        return PortalOrganization(
            name: organization.name,
            patientOrigin: "\(organization.patientAddress)/\(organization.slug)",
            timeZone: organization.timeZone,
            sender: MailSender(name: organization.name, address: try Self.address())
        )
    }

    func campaignOrganization(_ id: OrganizationID, in tx: any ReadTransaction) throws -> CampaignOrganization {
        let organization = try identity.organization(id, in: tx)
        return CampaignOrganization(
            name: organization.name,
            postalAddress: organization.postalAddress,
            patientOrigin: "\(organization.patientAddress)/\(organization.slug)",
            timeZone: organization.timeZone,
            senderAddress: try Self.address()
        )
    }

    func reportSender(of id: OrganizationID, in tx: any ReadTransaction) throws -> MailSender {
        MailSender(name: try identity.organization(id, in: tx).name, address: try Self.address())
    }

    func ownAddress(of requester: Requester, in tx: any ReadTransaction) throws -> EmailAddress? { try Self.address() }

    private static func address() throws -> EmailAddress {
        guard let address = EmailAddress("messages@lakeside.example") else {
            throw IdentityError.fieldEmpty("an address")
        }
        return address
    }
}

/// Hands the active keys to the send path, as the composition root does.
struct PageSigners: SignerSource {
    let senderDomains: SenderDomains

    func signers(
        for domain: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [DKIMSigner] {
        try senderDomains.signers(for: domain, of: organization, in: tx)
    }
}

extension Facades {
    /// Every module over one store, sending nowhere.
    static func over(
        _ store: any Store,
        ground: TestVault,
        identity: Identity,
        zone: PageZone,
        surroundings: Surroundings,
        immediatePreflight: Int
    ) -> Facades {
        let (vault, audit) = (ground.vault, ground.audit)
        let consent = Consent(store: store, vault: vault, audit: audit, surroundings: surroundings)
        let contacts = Contacts(
            store: store,
            vault: vault,
            audit: audit,
            surroundings: surroundings,
            contacted: NobodyWrittenTo()
        )
        let source = ContactsPeople(contacts: contacts) { try identity.organization($0, in: $1).timeZone }
        let segments = Segments(
            store: store,
            people: source,
            vault: vault,
            audit: audit,
            evaluator: ColumnEvaluator(people: source, surroundings: surroundings),
            surroundings: surroundings
        )
        let people = PagePeople(contacts: contacts, identity: identity)
        let deposits = PortalDeposits(
            vault: vault,
            audit: audit,
            people: people,
            organizations: people,
            surroundings: surroundings
        )
        let senderDomains = SenderDomains(
            store: store,
            vault: vault,
            audit: audit,
            identity: identity,
            resolver: zone,
            mailHostName: "mail.lakeside.example",
            surroundings: surroundings
        )
        let delivery = Delivery(
            store: store,
            vault: vault,
            audit: audit,
            consent: consent,
            sources: DeliverySources(
                portal: deposits,
                audience: CampaignAudience(segments: segments),
                people: people,
                signers: PageSigners(senderDomains: senderDomains),
                reporting: TLSReporting(
                    senders: people,
                    resolver: zone,
                    web: WebFetcher(resolver: zone, surroundings: surroundings)
                ),
                composers: [CampaignComposer()]
            ),
            transmitter: UnreachableWorld(zone: zone),
            surroundings: surroundings
        )
        let portal = Portal(
            store: store,
            vault: vault,
            audit: audit,
            delivery: delivery,
            passwords: PlainPasswords(),
            people: people,
            organizations: people,
            surroundings: surroundings
        )
        let campaigns = Campaigns(
            store: store,
            vault: vault,
            audit: audit,
            segments: segments,
            people: source,
            consent: consent,
            delivery: delivery,
            organizations: people,
            surroundings: surroundings,
            immediatePreflight: immediatePreflight
        )
        return Facades(
            identity: identity,
            audit: AuditReader(audit, in: store),
            contacts: contacts,
            segments: segments,
            consent: consent,
            delivery: delivery,
            portal: portal,
            campaigns: campaigns,
            senderDomains: senderDomains,
            recipientKeys: RecipientKeys(
                store: store,
                vault: vault,
                audit: audit,
                people: PageAddresses(),
                reader: ForeignMailReader(sandbox: Sandbox(program: Self.child)),
                surroundings: surroundings
            ),
            mailKeys: MailKeys(
                store: store,
                vault: vault,
                audit: audit,
                identity: identity,
                reader: ForeignMailReader(sandbox: Sandbox(program: Self.child)),
                surroundings: surroundings
            ),
            submission: Submission(
                store: store,
                vault: vault,
                audit: audit,
                identity: identity,
                people: NobodyOnRecord(),
                delivery: delivery,
                certificateReader: ForeignMailReader(sandbox: Sandbox(program: Self.child)),
                surroundings: surroundings
            )
        )
    }

    /// The confined child, built beside the tests.
    private static var child: String {
        URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
            .appending(path: "WardParseChild").path
    }
}

/// No program writes to anybody here.
private struct NobodyOnRecord: SubmissionPeople {
    func holders(
        of address: EmailAddress,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID] { [] }
}

/// Everybody has the address that the tests' keys name.
private struct PageAddresses: PersonAddressSource {
    func addresses(
        of contact: ContactID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<String>? { ["person@tls.example"] }
}
