// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardConsent
import WardKernel
import WardMailCrypto
import WardQueue
import WardStorage
import WardTestKit
import WardVault

@testable import WardDelivery

/// A portal that keeps what it gets in memory. A closure of a transaction may run twice: deposits are kept by delivery.
final class RecordingPortal: PortalDropbox {
    struct State {
        var recognisable: Set<ContactID> = []
        var deposits: [MessageID: PortalDeposit] = [:]
        var withdrawn: Set<MessageID> = []
        var isFailing = false
    }
    struct Failure: Error {}
    let state = Mutex(State())

    func recognisable(
        _ contacts: [ContactID],
        for sensitivity: Sensitivity,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        state.withLock { $0.recognisable.intersection(contacts) }
    }

    func deposit(_ deposit: PortalDeposit, in tx: any WriteTransaction) throws -> PortalDepositOutcome {
        try state.withLock { state in
            if state.isFailing { throw Failure() }
            guard state.recognisable.contains(deposit.contact) else { return .notRecognisable }
            state.deposits[deposit.delivery] = deposit
            return .deposited(PortalNotice(subject: "A message waits for you", text: "https://portal.example/m/1"))
        }
    }

    func withdraw(_ delivery: MessageID, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        state.withLock { _ = $0.withdrawn.insert(delivery) }
    }

    var deposited: Set<MessageID> { state.withLock { Set($0.deposits.keys) } }
}

/// Audience and people as a test says.
final class ScriptedPeople: AudienceSource, PersonSource {
    struct State {
        var left: Set<ContactID> = []
        var dead: Set<ContactID> = []
        var known: Set<ContactID> = []
        var undone: Set<ContactID> = []
        var isFailing = false
    }
    struct Failure: Error {}
    let state = Mutex(State())

    func members(
        among contacts: [ContactID],
        of campaign: CampaignID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        try state.withLock { state in
            if state.isFailing { throw Failure() }
            return Set(contacts).subtracting(state.left)
        }
    }

    func prepare(_ organization: OrganizationID) async throws {}

    func standing(
        of contacts: [ContactID],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: PersonStanding] {
        state.withLock { state in
            var found: [ContactID: PersonStanding] = [:]
            for contact in contacts where state.known.contains(contact) {
                found[contact] = PersonStanding(
                    isDeceased: state.dead.contains(contact),
                    isInactive: false,
                    isBeingUndone: state.undone.contains(contact)
                )
            }
            return found
        }
    }
}

/// The active keys as a test says.
final class ScriptedSigners: SignerSource {
    let state = Mutex<[DKIMSigner]>([])
    let asked = Mutex(0)

    func signers(
        for domain: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [DKIMSigner] {
        asked.withLock { $0 += 1 }
        return state.withLock { $0.filter { $0.domain == domain } }
    }
}

/// The organization's own keys as a test says.
final class ScriptedSenderKeys: SenderKeySource {
    let state = Mutex(SenderKeys())

    func keys(
        of sender: EmailAddress,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> SenderKeys { state.withLock { $0 } }
}

/// The keys of people as a test says.
final class ScriptedKeys: RecipientKeySource {
    let state = Mutex<[ContactID: [SendMethod: ProtectingKey]]>([:])
    /// Methods whose key has expired or was revoked.
    let lost = Mutex<[ContactID: Set<SendMethod>]>([:])
    /// People with a key that could never protect anything.
    let unusable = Mutex<Set<ContactID>>([])

    func held(
        by contacts: [ContactID],
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: HeldKeys] {
        let (broken, lost) = (unusable.withLock { $0 }, lost.withLock { $0 })
        return state.withLock { state in
            contacts.reduce(into: [:]) { found, contact in
                let usable = Set((state[contact] ?? [:]).keys)
                found[contact] = HeldKeys(
                    usable: usable,
                    lost: lost[contact] ?? [],
                    hasUnusable: broken.contains(contact)
                )
            }
        }
    }

    func key(
        of contact: ContactID,
        for method: SendMethod,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> ProtectingKey? {
        state.withLock { $0[contact]?[method] }
    }
}

/// A server that answers as a test says and keeps what it took.
final class ScriptedTransmitter: Transmitter {
    enum Answer: Sendable {
        case accept
        case failForNow
        case refuse(ServerRefusal)
        case hasNoTLS
        /// No handshake succeeds, whatever the policy.
        case breaksOff
        case loseReply
        case runBeforeDot(@Sendable () async throws -> Void)
        /// Accepts, and this happens before Ward keeps the reply.
        case acceptAnd(@Sendable () async throws -> Void)
    }
    struct State {
        var answers: [Answer] = []
        var standard = Answer.accept
        var taken: [Transmission] = []
        var attempts = 0
        /// What is found about every destination, with each acceptance and each look.
        var posture: DestinationPosture?
        /// What every attempt's sessions were like.
        var sessions: [TLSSession] = []
        /// Domains whose servers never answer.
        var silent: Set<String> = []
    }
    let state = Mutex(State())

    func transmit(
        _ transmission: Transmission,
        clearance: Clearance,
        beforeFinalDot: @Sendable () async throws -> Void
    ) async -> TransmissionOutcome {
        var evidence = AttemptEvidence(method: clearance.method)
        evidence.isNameProved = !transmission.isOpportunistic
        if !transmission.ignoresPolicies { evidence.sessions = state.withLock(\.sessions) }
        evidence.posture = transmission.isOpportunistic ? nil : state.withLock(\.posture)
        if state.withLock({ $0.silent.contains(transmission.recipient.domain) }) {
            let (silence, continuation) = AsyncStream.makeStream(of: Void.self)
            for await _ in silence {}
            continuation.finish()
            return .withheld
        }
        let answer = state.withLock { state in
            state.attempts += 1
            return state.answers.isEmpty ? state.standard : state.answers.removeFirst()
        }
        switch answer {
        case .failForNow: return .failedForNow("greylisted", evidence)
        case .refuse(let refusal): return .refusedForGood(refusal, evidence)
        case .hasNoTLS where !transmission.isOpportunistic:
            evidence.posture = evidence.posture?.failing("starttls_missing")
            return .notProtectable("starttls_missing", evidence)
        case .breaksOff: return .notProtectable("tls_handshake_failed", evidence)
        case .accept, .hasNoTLS, .loseReply, .acceptAnd: break
        case .runBeforeDot(let hook):
            do { try await hook() } catch { return .withheld }
        }
        do { try await beforeFinalDot() } catch { return .withheld }
        state.withLock { $0.taken.append(transmission) }
        if case .acceptAnd(let hook) = answer {
            do { try await hook() } catch { Issue.record(error) }
        }
        if case .loseReply = answer { return .inDoubt("in_doubt_timeout", evidence) }
        return .accepted(evidence)
    }

    func look(at domain: String, route: Route?, of organization: OrganizationID) async -> DestinationLook {
        let (standard, posture) = state.withLock { ($0.standard, $0.posture) }
        if case .hasNoTLS = standard {
            return DestinationLook(.notProtectable("starttls_missing"), posture?.failing("starttls_missing"))
        }
        return DestinationLook(.protectable, posture)
    }

    var taken: [Transmission] { state.withLock(\.taken) }
    var attempts: Int { state.withLock(\.attempts) }
}

/// Delivery on a store of its own, with scripted neighbours.
struct DeliveryWorld {
    let store: InterruptibleStore
    let ground: TestVault
    let clock: TestSurroundings
    let consent: Consent
    let portal = RecordingPortal()
    let people = ScriptedPeople()
    let signers = ScriptedSigners()
    let keys = ScriptedKeys()
    let senderKeys = ScriptedSenderKeys()
    let transmitter = ScriptedTransmitter()
    let delivery: Delivery
    let worker: DeliveryWorker
    let marketer: Requester
    let officer: Requester
    let campaign: CampaignID

    static var migrations: [Migration] {
        TestVault.migrations + WardQueueMigrations.all + WardConsentMigrations.all + WardDeliveryMigrations.all
    }

    /// - Parameter surroundings: the machine's where real servers take part; nil: the clock that stands.
    static func with(
        _ kind: StoreKind,
        surroundings: Surroundings? = nil,
        configuration: DeliveryConfiguration = DeliveryConfiguration(),
        reporting: TLSReporting? = nil,
        _ body: (DeliveryWorld) async throws -> Void
    ) async throws {
        try await TestStore.with(kind, migrations: migrations) { store in
            let clock = TestSurroundings()
            try await body(
                try await DeliveryWorld(
                    store: store,
                    clock,
                    surroundings ?? clock.surroundings,
                    configuration,
                    reporting
                )
            )
        }
    }

    private init(
        store: any Store,
        _ clock: TestSurroundings,
        _ surroundings: Surroundings,
        _ configuration: DeliveryConfiguration,
        _ reporting: TLSReporting?
    ) async throws {
        let store = InterruptibleStore(store)
        self.store = store
        self.clock = clock
        ground = try await TestVault.make(in: store, surroundings: surroundings)
        consent = Consent(store: store, vault: ground.vault, audit: ground.audit, surroundings: surroundings)
        delivery = Delivery(
            store: store,
            vault: ground.vault,
            audit: ground.audit,
            consent: consent,
            sources: DeliverySources(
                portal: portal,
                audience: people,
                people: people,
                signers: signers,
                keys: keys,
                senderKeys: senderKeys,
                reporting: reporting
            ),
            transmitter: transmitter,
            configuration: configuration,
            surroundings: surroundings
        )
        worker = DeliveryWorker(delivery)
        marketer = TestRequester.with(roles: [.marketer], of: ground.organization)
        officer = TestRequester.with(roles: [.compliance], of: ground.organization)
        campaign = clock.surroundings.makeIdentifier()
    }

    func makePerson() async throws -> ContactID {
        let person: ContactID = clock.surroundings.makeIdentifier()
        try await store.write { [ground] in try ground.vault.createSubject(person, of: ground.organization, in: $0) }
        people.state.withLock { _ = $0.known.insert(person) }
        portal.state.withLock { _ = $0.recognisable.insert(person) }
        return person
    }

    func terms(
        _ messageClass: MessageClass = .treatment,
        _ sensitivity: Sensitivity = .sensitive,
        change: (inout MessageTerms) -> Void = { _ in }
    ) throws -> MessageTerms {
        let address = try #require(EmailAddress("care@lakeside.example"))
        var terms = MessageTerms(
            messageClass: messageClass,
            sensitivity: sensitivity,
            sender: MailSender(name: "Lakeside Health", address: address),
            campaign: campaign
        )
        change(&terms)
        return terms
    }

    static func address(_ local: String = "person") throws -> EmailAddress {
        try #require(EmailAddress("\(local)@tls.example"))
    }

    func send(
        to person: ContactID,
        _ terms: MessageTerms,
        address: EmailAddress? = nil
    ) async throws -> SubmissionOutcome {
        let content = ComposedContent(subject: "From your clinic", text: "The result is fine.", html: nil)
        return try await delivery.send(
            Sensitive(content),
            terms: terms,
            to: .contact(person),
            at: try address ?? Self.address(),
            by: marketer
        )
    }

    func queued(to person: ContactID, _ terms: MessageTerms) async throws -> MessageID {
        guard case .queued(let id, _) = try await send(to: person, terms) else {
            throw Unexpected()
        }
        return id
    }

    struct Unexpected: Error {}

    var administrator: Requester { TestRequester.with(roles: [.administrator], of: ground.organization) }

    /// Drafts a change of the protection policy, runs it, and puts it into force.
    func activate(
        by requester: Requester,
        _ change: @escaping @Sendable (inout ProtectionPolicy) -> Void
    ) async throws {
        let drafted = try await delivery.draft(by: requester) { policy in
            change(&policy)
            return nil
        }
        #expect(drafted == .done)
        #expect(try await delivery.tryDraft(days: 30, by: requester) == .done)
        #expect(try await delivery.activateDraft(why: "our rule", by: requester) == .done)
    }

    func standing(of id: MessageID) async throws -> DeliveryStanding? {
        try await delivery.summary(of: id, by: marketer)?.standing
    }

    func reason(of id: MessageID) async throws -> String? {
        try await delivery.summary(of: id, by: marketer)?.reason
    }

    /// Works until nothing is due; returns how many items were worked on.
    @discardableResult
    func drain(limit: Int = 50) async throws -> Int {
        var worked = 0
        for _ in 0..<limit {
            let count = try await worker.runOnce()
            if count == 0 { return worked }
            worked += count
        }
        return worked
    }
}
