// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardCampaigns
package import WardConsent
package import WardContacts
import WardCrypto
import WardDNS
package import WardDelivery
package import WardIdentity
import WardKernel
package import WardMailAuthentication
import WardMailCrypto
package import WardMailKeys
package import WardPortal
package import WardRecipientKeys
import WardSMTP
import WardSandbox
package import WardSegments
package import WardSenderDomains
import WardStorage
package import WardSubmission
import WardTrust
import WardVault

/// Every domain module, each handed what it needs from the others. What answers the send gate is made before the send
/// path; what sends is made after it.
package struct Modules: Sendable {
    package let identity: Identity
    package let consent: Consent
    package let contacts: Contacts
    package let segments: Segments
    package let delivery: Delivery
    package let portal: Portal
    package let campaigns: Campaigns
    package let senderDomains: SenderDomains
    package let submission: Submission
    package let recipientKeys: RecipientKeys
    package let mailKeys: MailKeys
    /// Who mail from outside is from.
    package let authenticator: MailAuthenticator

    /// - Throws: `ResolverSetupError` when the validating resolver cannot be set up.
    init(store: any Store, vault: Vault, audit: Audit, hostName: String, outside: OutsideWorld) throws {
        let surroundings = outside.surroundings
        let resolver = try outside.resolver ?? UnboundResolver()
        let passwords = Argon2Passwords(PasswordHash())
        let identity = Identity(
            store: store,
            vault: vault,
            audit: audit,
            passwords: passwords,
            surroundings: surroundings,
            allowsSwitchingPerson: outside.allowsSwitchingPerson
        )
        let consent = Consent(store: store, vault: vault, audit: audit, surroundings: surroundings)
        let contacts = Contacts(
            store: store,
            vault: vault,
            audit: audit,
            surroundings: surroundings,
            consent: ImportBasisRecorder(consent: consent),
            contacted: PeopleWrittenTo()
        )
        let people = ContactsPeople(contacts: contacts) { try identity.organization($0, in: $1).timeZone }
        let segments = Segments(
            store: store,
            people: people,
            vault: vault,
            audit: audit,
            evaluator: ColumnEvaluator(people: people, surroundings: surroundings),
            engagement: CampaignEngagement(vault: vault),
            surroundings: surroundings
        )
        let senders = OrganizationsForSending(identity: identity)
        let sendable = PeopleForSending(contacts: contacts)
        let senderDomains = SenderDomains(
            store: store,
            vault: vault,
            audit: audit,
            identity: identity,
            resolver: resolver,
            policies: Self.policyFetcher(resolver, outside),
            mailHostName: hostName,
            surroundings: surroundings
        )
        let sandbox = Sandbox()
        let reader = ConfinedAttachmentReader(sandbox: sandbox)
        let recipientKeys = RecipientKeys(
            store: store,
            vault: vault,
            audit: audit,
            people: AddressesOnRecord(contacts: contacts),
            reader: ForeignMailReader(sandbox: sandbox),
            sources: KeySources(web: Self.webFetcher(resolver, outside)),
            surroundings: surroundings
        )
        let mailKeys = MailKeys(
            store: store,
            vault: vault,
            audit: audit,
            identity: identity,
            reader: ForeignMailReader(sandbox: sandbox),
            surroundings: surroundings
        )
        let delivery = Delivery(
            store: store,
            vault: vault,
            audit: audit,
            consent: consent,
            sources: DeliverySources(
                portal: PortalDeposits(
                    vault: vault,
                    audit: audit,
                    people: sendable,
                    organizations: senders,
                    surroundings: surroundings
                ),
                audience: CampaignAudience(segments: segments),
                people: sendable,
                signers: KeysForSigning(senderDomains: senderDomains),
                keys: KeysForEncrypting(recipientKeys: recipientKeys),
                senderKeys: KeysOfSenders(mailKeys: mailKeys),
                reporting: TLSReporting(
                    senders: senders,
                    resolver: resolver,
                    web: Self.webFetcher(resolver, outside)
                ),
                composers: [CampaignComposer()]
            ),
            transmitter: Self.transmitter(hostName, resolver, outside, KeptPolicies(store: store, vault: vault)),
            configuration: outside.delivery,
            surroundings: surroundings
        )
        self.identity = identity
        self.consent = consent
        self.contacts = contacts
        self.segments = segments
        self.delivery = delivery
        self.senderDomains = senderDomains
        self.recipientKeys = recipientKeys
        self.mailKeys = mailKeys
        authenticator = MailAuthenticator(resolver: resolver, surroundings: surroundings)
        portal = Portal(
            store: store,
            vault: vault,
            audit: audit,
            delivery: delivery,
            passwords: passwords,
            people: sendable,
            organizations: senders,
            reader: reader,
            opener: RepliesOpener(mailKeys: mailKeys, recipientKeys: recipientKeys),
            surroundings: surroundings
        )
        submission = Submission(
            store: store,
            vault: vault,
            audit: audit,
            identity: identity,
            people: PeopleForSubmission(contacts: contacts),
            delivery: delivery,
            reader: reader,
            certificateReader: ForeignMailReader(sandbox: sandbox),
            surroundings: surroundings
        )
        campaigns = Campaigns(
            store: store,
            vault: vault,
            audit: audit,
            segments: segments,
            people: people,
            consent: consent,
            delivery: delivery,
            organizations: senders,
            surroundings: surroundings
        )
    }

    private static func transmitter(
        _ hostName: String,
        _ resolver: any Resolver,
        _ outside: OutsideWorld,
        _ memory: KeptPolicies
    ) -> SMTPTransmitter {
        SMTPTransmitter(
            client: SMTPClient(
                heloName: hostName,
                roots: outside.roots,
                surroundings: outside.surroundings,
                timeouts: outside.timeouts
            ),
            resolver: resolver,
            policies: MTASTSPolicies(
                resolver: resolver,
                source: policyFetcher(resolver, outside),
                surroundings: outside.surroundings
            ),
            memory: memory,
            surroundings: outside.surroundings,
            ownNames: [hostName],
            // Answers that are given, as the demonstration's, are one's own; the public DNS is anybody's.
            allowsPrivateAddresses: outside.resolver != nil
        )
    }

    private static func webFetcher(_ resolver: any Resolver, _ outside: OutsideWorld) -> WebFetcher {
        WebFetcher(
            resolver: resolver,
            roots: outside.roots,
            surroundings: outside.surroundings,
            allowsPrivateAddresses: outside.resolver != nil
        )
    }

    private static func policyFetcher(_ resolver: any Resolver, _ outside: OutsideWorld) -> PolicyFetcher {
        PolicyFetcher(
            resolver: resolver,
            roots: outside.roots,
            surroundings: outside.surroundings,
            allowsPrivateAddresses: outside.resolver != nil
        )
    }
}
