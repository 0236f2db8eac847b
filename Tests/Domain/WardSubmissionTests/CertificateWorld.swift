// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardAudit
import WardConsent
import WardDelivery
import WardIdentity
import WardKernel
import WardMailCrypto
import WardSandbox
import WardStorage
import WardTestKit
import WardVault

@testable import WardSubmission

/// Two organizations whose programs sign in; nothing is sent.
struct CertificateWorld {
    let store: any Store
    let clock: TestSurroundings
    let ground: TestVault
    let submission: Submission
    let administrator: Requester
    /// The administrator of another organization.
    let stranger: Requester
    let authority: TestCertificateAuthority

    struct NoPasswords: PasswordHashing {
        func hash(_ password: Sensitive<String>, pepper: Sensitive<[UInt8]>) async throws -> String { "none" }
        func matches(
            _ password: Sensitive<String>,
            hash: String,
            pepper: Sensitive<[UInt8]>
        ) async throws -> Bool { false }
    }

    static func with(_ kind: StoreKind, _ body: (CertificateWorld) async throws -> Void) async throws {
        let migrations = TestVault.migrations + WardIdentityMigrations.all + WardSubmissionMigrations.all
        try await TestStore.with(kind, migrations: migrations) { try await body(try await CertificateWorld($0)) }
    }

    private init(_ store: any Store) async throws {
        self.store = store
        clock = TestSurroundings()
        ground = try await TestVault.make(in: store, surroundings: clock.surroundings)
        let identity = Identity(
            store: store,
            vault: ground.vault,
            audit: ground.audit,
            passwords: NoPasswords(),
            surroundings: clock.surroundings
        )
        administrator = try await Self.establish("Lakeside", identity)
        stranger = try await Self.establish("Elsewhere", identity)
        let child = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        submission = Submission(
            store: store,
            vault: ground.vault,
            audit: ground.audit,
            identity: identity,
            people: Nobody(),
            delivery: Delivery(
                store: store,
                vault: ground.vault,
                audit: ground.audit,
                consent: Consent(
                    store: store,
                    vault: ground.vault,
                    audit: ground.audit,
                    surroundings: clock.surroundings
                ),
                sources: DeliverySources(portal: Nobody(), audience: Nobody(), people: Nobody(), signers: Nobody()),
                transmitter: Nobody(),
                surroundings: clock.surroundings
            ),
            certificateReader: ForeignMailReader(
                sandbox: Sandbox(program: child.appending(path: "WardParseChild").path)
            ),
            surroundings: clock.surroundings
        )
        authority = try TestCertificateAuthority(now: Self.date(clock.now))
    }

    private static func establish(_ name: String, _ identity: Identity) async throws -> Requester {
        let domain = "\(name.lowercased()).example"
        let made = try await identity.establishOrganization(
            OrganizationDetails(
                name: name,
                postalAddress: "1 Shore Road",
                timeZone: "America/Chicago",
                senderDomain: domain,
                staffAddress: "http://127.0.0.1:8080",
                patientAddress: "http://127.0.0.1:8081"
            ),
            administrator: NewStaffAccount(
                name: "Dana Reyes",
                email: try #require(EmailAddress("dana@\(domain)")),
                roles: [.administrator]
            )
        )
        return TestRequester.with(roles: [.administrator], of: made.organization.id)
    }

    static func date(_ time: Timestamp) -> Date { Date(timeIntervalSince1970: Double(time.microseconds) / 1_000_000) }

    /// A certificate for so many days from now.
    func issue(days: Int = 90, from: Int = 0) throws -> TestCertificateAuthority.Signed {
        var wish = TestCertificateAuthority.Wish(names: ["ehr.lakeside.example"], now: Self.date(clock.now))
        wish.notBefore = Self.date(clock.now + .days(from) + .seconds(-60))
        wish.notAfter = Self.date(clock.now + .days(from + days))
        return try authority.sign(wish)
    }

    func make(_ name: String, by requester: Requester? = nil) async throws -> SubmissionCredentials {
        try await submission.makeAccount(SubmissionAccountDraft(name: name), by: requester ?? administrator)
    }

    /// What `ward doctor` counts.
    func ending() async throws -> Int {
        let now = clock.now
        return try await store.read { try Submission.endingCertificatesAcrossOrganizations(at: now, in: $0) }
    }

    func account(_ name: String) async throws -> SubmissionAccountID {
        try #require(try await submission.accounts(by: administrator).first { $0.name == name }).id
    }

    /// Pins a certificate and says what the account signs in with.
    @discardableResult
    func pin(
        _ signed: TestCertificateAuthority.Signed,
        to name: String,
        _ rule: SignInRule,
        by requester: Requester? = nil
    ) async throws -> PinnedCertificate {
        let requester = requester ?? administrator
        let pinned = try await submission.addCertificate(Array(signed.pem.utf8), to: name, by: requester)
        try await submission.setSignInRule(rule, of: name, by: requester)
        return pinned
    }

    func client(
        _ signed: TestCertificateAuthority.Signed? = nil,
        binding: [UInt8]? = nil,
        at address: String = "192.0.2.1"
    ) throws -> SigningClient {
        SigningClient(
            networkAddress: address,
            binding: binding.map { .serverEndPoint($0) },
            certificate: try signed.map { PresentedCertificate(publicKey: try $0.publicKey) }
        )
    }

    /// How a sign-in ended, in a word.
    func external(_ name: String, _ client: SigningClient) async throws -> String {
        clock.advance(by: .seconds(1))
        return Self.word(
            try await submission.authenticate("EXTERNAL", Sensitive(Array(name.utf8)), exchange: nil, from: client)
        )
    }

    func plain(_ credentials: SubmissionCredentials, _ client: SigningClient) async throws -> String {
        clock.advance(by: .seconds(1))
        let text = credentials.password.expose(for: .evaluating) { "\u{0}\(credentials.login)\u{0}\($0)" }
        return Self.word(
            try await submission.authenticate("PLAIN", Sensitive(Array(text.utf8)), exchange: nil, from: client)
        )
    }

    static func word(_ outcome: SASLOutcome) -> String {
        switch outcome {
        case .challenge: "challenge"
        case .authenticated(let account): account.name
        case .rejected: "rejected"
        case .malformed: "malformed"
        case .throttled: "throttled"
        case .unavailable: "unavailable"
        }
    }

    /// What the log says of an action, the newest first: how it ended, and the facts.
    func entries(_ action: AuditAction) async throws -> [(outcome: AuditOutcome, facts: String)] {
        let auditor = TestRequester.with(roles: [.auditor], of: administrator.organization)
        return try await AuditReader(ground.audit, in: store)
            .list(AuditFilter(actions: [action]), by: auditor).lines.map {
                ($0.record.outcome, $0.record.content.facts)
            }
    }
}

/// Nobody is written to where programs only sign in.
struct Nobody: SubmissionPeople, PortalDropbox, AudienceSource, PersonSource, SignerSource, Transmitter {
    struct Unexpected: Error {}

    func holders(
        of address: EmailAddress,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID] { [] }

    func recognisable(
        _ contacts: [ContactID],
        for sensitivity: Sensitivity,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> { [] }

    func deposit(_ deposit: PortalDeposit, in tx: any WriteTransaction) throws -> PortalDepositOutcome {
        throw Unexpected()
    }

    func withdraw(_ delivery: MessageID, of organization: OrganizationID, in tx: any WriteTransaction) throws {}

    func members(
        among contacts: [ContactID],
        of campaign: CampaignID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> { [] }

    func prepare(_ organization: OrganizationID) async throws {}

    func standing(
        of contacts: [ContactID],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: PersonStanding] { [:] }

    func signers(
        for domain: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [DKIMSigner] { [] }

    func transmit(
        _ transmission: Transmission,
        clearance: Clearance,
        beforeFinalDot: @Sendable () async throws -> Void
    ) async -> TransmissionOutcome { .failedForNow("unreachable", AttemptEvidence(method: clearance.method)) }

    func look(at domain: String, route: Route?, of organization: OrganizationID) async -> DestinationLook {
        DestinationLook(.unknown("unreachable"))
    }
}
