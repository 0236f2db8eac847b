// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardAudit
import WardConsent
import WardIdentity
import WardKernel
import WardStorage
import WardTestKit
import WardVault

@testable import WardDelivery
@testable import WardPortal

/// An organization with made-up people, a portal, and a delivery that only remembers what it was given.
final class PortalWorld: Sendable {
    static let migrations = TestVault.migrations + WardPortalMigrations.all

    let store: any Store
    let ground: TestVault
    let clock: TestSurroundings
    let people = MadeUpPeople()
    let delivery = RememberingDelivery()
    let deposits: PortalDeposits
    let portal: Portal
    let opener = ScriptedOpener()
    let ana: ContactID
    let ben: ContactID
    let clinician: Requester
    var organization: OrganizationID { ground.organization }

    private init(store: any Store, ground: TestVault, clock: TestSurroundings) {
        self.store = store
        self.ground = ground
        self.clock = clock
        let surroundings = clock.surroundings
        deposits = PortalDeposits(
            vault: ground.vault,
            audit: ground.audit,
            people: people,
            organizations: Lakeside(),
            surroundings: surroundings
        )
        portal = Portal(
            store: store,
            vault: ground.vault,
            audit: ground.audit,
            delivery: delivery,
            passwords: PlainPasswords(),
            people: people,
            organizations: Lakeside(),
            opener: opener,
            surroundings: surroundings
        )
        ana = surroundings.makeIdentifier()
        ben = surroundings.makeIdentifier()
        clinician = TestRequester.with(roles: [.clinician], of: ground.organization, purpose: .treatment)
    }

    static func with(_ kind: StoreKind, _ body: (PortalWorld) async throws -> Void) async throws {
        try await TestStore.with(kind, migrations: migrations) { store in
            let clock = TestSurroundings()
            let ground = try await TestVault.make(in: store, surroundings: clock.surroundings)
            let world = PortalWorld(store: store, ground: ground, clock: clock)
            let (ana, ben) = (world.ana, world.ben)
            try await store.write {
                try ground.vault.createSubjects([ana, ben], of: ground.organization, in: $0)
            }
            world.people.set(
                ana,
                PortalPerson(birthDate: born, language: .english, address: EmailAddress("ana@a.example"))
            )
            world.people.set(ben, PortalPerson(birthDate: nil, language: .spanish, address: nil))
            try await body(world)
        }
    }

    static let born = CalendarDate(daysSince1970: 3_700)
    static let wrong = CalendarDate(daysSince1970: 3_701)

    /// Leaves a message in the portal and answers with its link, taken from the notice as a person would.
    @discardableResult
    func deposit(
        for contact: ContactID,
        _ sensitivity: Sensitivity = .routine,
        subject: String = "About your visit",
        text: String = "SECRETDIAGNOSIS",
        files: [ComposedAttachment] = [],
        delivery: MessageID? = nil
    ) async throws -> (link: PortalToken, notice: PortalNotice, delivery: MessageID) {
        let id = delivery ?? clock.surroundings.makeIdentifier(MessageTag.self)
        let content = ComposedContent(subject: subject, text: text, files: files)
        let terms = MessageTerms(messageClass: .treatment, sensitivity: sensitivity, sender: Lakeside.sender)
        let deposit = PortalDeposit(
            organization: organization,
            delivery: id,
            contact: contact,
            terms: terms,
            content: Sensitive(content)
        )
        let deposits = deposits
        let outcome = try await store.write { try deposits.deposit(deposit, in: $0) }
        guard case .deposited(let notice) = outcome else { throw NotDeposited() }
        let text = notice.text.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix(Lakeside.origin) }
        guard let token = PortalToken(text?.split(separator: "/").last ?? "") else { throw NotDeposited() }
        return (token, notice, id)
    }

    func recognise(_ link: PortalToken, _ date: CalendarDate = born) async throws -> RecognitionOutcome {
        try await portal.recognise(.birthDate(date), at: link, networkAddress: "192.0.2.9")
    }

    /// A visit of a recognised person.
    func visit(_ link: PortalToken) async throws -> PortalToken {
        guard case .recognised(let visit, _) = try await recognise(link) else { throw NotDeposited() }
        return visit
    }

    func auditCount(_ action: AuditAction) async throws -> Int {
        let name = action.rawValue
        return try await store.read { try $0.first("SELECT COUNT(*) FROM audit_entry WHERE action = \(name)") ?? 0 }
    }
}

struct NotDeposited: Error {}

struct Lakeside: PortalOrganizations {
    static let origin = "https://patients.lakeside.example"
    static var sender: MailSender {
        MailSender(name: "Lakeside Health", address: EmailAddress("messages@lakeside.example") ?? placeholder)
    }
    private static let placeholder = EmailAddress("a@b.example").unsafelyUnwrapped

    func portalOrganization(_ organization: OrganizationID, in tx: any ReadTransaction) throws -> PortalOrganization {
        PortalOrganization(
            name: "Lakeside Health",
            patientOrigin: Self.origin,
            timeZone: "America/Chicago",
            sender: Self.sender
        )
    }
}

/// Hashing without cost, for tests that are not about hashing.
struct PlainPasswords: PasswordHashing {
    func hash(_ password: Sensitive<String>, pepper: Sensitive<[UInt8]>) async throws -> String {
        password.expose(for: .evaluating) { "#" + $0 }
    }

    func matches(
        _ password: Sensitive<String>,
        hash: String,
        pepper: Sensitive<[UInt8]>
    ) async throws -> Bool {
        password.expose(for: .evaluating) { "#" + $0 == hash }
    }
}

final class MadeUpPeople: PortalPeople {
    private let known = Mutex<[ContactID: PortalPerson]>([:])

    func set(_ contact: ContactID, _ person: PortalPerson) { known.withLock { $0[contact] = person } }

    func portalPeople(
        _ contacts: [ContactID],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: Sensitive<PortalPerson>] {
        known.withLock { known in
            known.filter { contacts.contains($0.key) }.mapValues { Sensitive($0) }
        }
    }
}

final class RememberingDelivery: ReplyDelivery {
    struct Sent: Sendable {
        var content: Sensitive<ComposedContent>
        var terms: MessageTerms
        var message: MessageID
        var lowering: SensitivityLowering?
    }

    private let state = Mutex<(sent: [Sent], opened: [MessageID], refusal: RefusalReason?)>(([], [], nil))
    var sent: [Sent] { state.withLock { $0.sent } }
    var opened: [MessageID] { state.withLock { $0.opened } }
    func refuse(_ reason: RefusalReason?) { state.withLock { $0.refusal = reason } }

    func send(
        _ content: Sensitive<ComposedContent>,
        terms: MessageTerms,
        lowering: SensitivityLowering?,
        to recipient: MessageRecipient,
        at address: EmailAddress,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> SubmissionOutcome {
        state.withLock { state in
            let id = MessageID(high: UInt64(state.sent.count) + 1, low: 7)
            state.sent.append(Sent(content: content, terms: terms, message: id, lowering: lowering))
            if let refusal = state.refusal { return .notSent(id, refusal) }
            return .queued(id, .portal)
        }
    }

    func portalOpened(_ message: MessageID, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        state.withLock { $0.opened.append(message) }
    }
}
