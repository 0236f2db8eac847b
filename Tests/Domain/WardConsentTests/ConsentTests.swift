// SPDX-License-Identifier: Apache-2.0

import Testing
import WardAudit
import WardConsent
import WardKernel
import WardStorage
import WardTestKit
import WardVault

/// Consent on a store of its own, with one person who has a key.
struct ConsentWorld {
    let store: any Store
    let ground: TestVault
    let clock: TestSurroundings
    let consent: Consent
    let person: ContactID
    let officer: Requester

    static func with(
        _ kind: StoreKind,
        _ body: (ConsentWorld) async throws -> Void
    ) async throws {
        let migrations = TestVault.migrations + WardConsentMigrations.all
        try await TestStore.with(kind, migrations: migrations) { store in
            let clock = TestSurroundings()
            let ground = try await TestVault.make(in: store, surroundings: clock.surroundings)
            let person: ContactID = clock.surroundings.makeIdentifier()
            try await store.write { try ground.vault.createSubject(person, of: ground.organization, in: $0) }
            let consent = Consent(
                store: store,
                vault: ground.vault,
                audit: ground.audit,
                surroundings: clock.surroundings
            )
            try await body(
                ConsentWorld(
                    store: store,
                    ground: ground,
                    clock: clock,
                    consent: consent,
                    person: person,
                    officer: TestRequester.with(roles: [.compliance], of: ground.organization)
                )
            )
        }
    }

    func statement(
        _ choice: ConsentChoice,
        at time: Timestamp? = nil,
        _ purpose: Purpose = .marketing
    ) -> ConsentStatement {
        ConsentStatement(
            contact: person,
            purpose: purpose,
            channel: .email,
            choice: choice,
            source: .staff,
            wordingVersion: "wording-1",
            chosenAt: time ?? clock.now,
            note: Sensitive("said so on the telephone")
        )
    }

    func standing(_ purpose: Purpose = .marketing) async throws -> ConsentStanding {
        try await store.read { [self] tx in
            try consent.standing(
                of: [person],
                purpose: purpose,
                channel: .email,
                organization: ground.organization,
                in: tx
            )[person] ?? .none
        }
    }

    var isGranted: Bool { get async throws { if case .granted = try await standing() { true } else { false } } }
    var isWithdrawn: Bool { get async throws { if case .withdrawn = try await standing() { true } else { false } } }
}

@Suite struct ConsentTests {
    @Test(arguments: TestStore.kinds)
    func `staff without the permission record nothing`(kind: StoreKind) async throws {
        try await ConsentWorld.with(kind) { world in
            let auditor = TestRequester.with(roles: [.auditor], of: world.ground.organization)
            await #expect(throws: AccessDenied.self) {
                try await world.consent.record(world.statement(.granted), by: auditor)
            }
            let standing = try await world.standing()
            #expect(standing == .none)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a choice of the future and one without a wording are refused`(kind: StoreKind) async throws {
        try await ConsentWorld.with(kind) { world in
            let future = world.statement(.granted, at: world.clock.now + .seconds(1))
            await #expect(throws: ConsentError.self) { try await world.consent.record(future, by: world.officer) }
            var wordless = world.statement(.granted)
            wordless.wordingVersion = " "
            let unworded = wordless
            await #expect(throws: ConsentError.self) {
                _ = try await world.consent.record(unworded, by: world.officer)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the choice made last holds, in whatever order they are recorded`(kind: StoreKind) async throws {
        try await ConsentWorld.with(kind) { world in
            let earlier = world.clock.now
            world.clock.advance(by: .hours(1))
            try await world.consent.record(world.statement(.withdrawn), by: world.officer)
            try await world.consent.record(world.statement(.granted, at: earlier), by: world.officer)
            #expect(try await world.isWithdrawn)
            let history = try await world.consent.history(of: world.person, by: world.officer)
            #expect(history.records.count == 2)
            #expect(history.records[0].statement.note == Sensitive("said so on the telephone"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `unsubscribing wins over an agreement dated by a clock that ran ahead`(kind: StoreKind) async throws {
        try await ConsentWorld.with(kind) { world in
            world.clock.advance(by: .hours(2))
            try await world.consent.record(world.statement(.granted), by: world.officer)
            world.clock.advance(by: .hours(-1))
            try await world.consent.record(world.statement(.withdrawn), by: world.officer)
            #expect(try await world.isWithdrawn)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an import never turns a refusal into an agreement`(kind: StoreKind) async throws {
        try await ConsentWorld.with(kind) { world in
            try await world.consent.record(world.statement(.withdrawn), by: world.officer)
            let basis = ImportBasis(
                purposes: [.marketing, .services],
                origin: "intake form",
                wordingVersion: "intake-2",
                obtainedAt: world.clock.now
            )
            let count = try await world.store.write { tx in
                try world.consent.recordImportBasis(
                    basis,
                    for: [world.person],
                    importing: AuditObject(kind: "import", identifier: [1]),
                    by: world.officer,
                    in: tx
                )
            }
            #expect(count == 1)
            #expect(try await world.isWithdrawn)
            if case .granted = try await world.standing(.services) {} else { Issue.record("services not granted") }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a suppressed address is known in any spelling, in this organization alone`(kind: StoreKind) async throws {
        try await ConsentWorld.with(kind) { world in
            let address = try #require(EmailAddress("Someone@Mail.example"))
            let other = try #require(EmailAddress("someone@mail.EXAMPLE"))
            let stranger: OrganizationID = world.clock.surroundings.makeIdentifier()
            try await world.ground.establish(stranger, in: world.store)
            try await world.consent.suppress(address, reason: .complaint, by: world.officer)
            let (here, there) = try await world.store.read { tx in
                (
                    try world.consent.suppression(of: [other], organization: world.ground.organization, in: tx),
                    try world.consent.suppression(of: [other], organization: stranger, in: tx)
                )
            }
            #expect(here == [.complaint])
            #expect(there == [nil])
            #expect(try await world.consent.lift(other, why: Sensitive("asked for it"), by: world.officer))
            let after = try await world.store.read { tx in
                try world.consent.suppression(of: [address], organization: world.ground.organization, in: tx)
            }
            #expect(after == [nil])
        }
    }
}

@Suite struct UnsubscribeTests {
    private func token(in world: ConsentWorld) async throws -> UnsubscribeToken {
        try await world.store.write { tx in
            try world.consent.makeUnsubscribeToken(
                for: world.person,
                purpose: .marketing,
                of: world.ground.organization,
                in: tx
            )
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a made-up token unsubscribes nobody`(kind: StoreKind) async throws {
        try await ConsentWorld.with(kind) { world in
            let made = UnsubscribeToken(for: world.ground.organization, surroundings: world.clock.surroundings)
            let outcome = try await world.consent.unsubscribe(with: made, source: .oneClick)
            #expect(outcome == .unknown)
            let offer = try await world.consent.offer(for: made)
            #expect(offer == nil)
            #expect(UnsubscribeToken("not a token") == nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `looking changes nothing, posting does, and posting again is harmless`(kind: StoreKind) async throws {
        try await ConsentWorld.with(kind) { world in
            try await world.consent.record(world.statement(.granted), by: world.officer)
            let token = try await token(in: world)
            let mailed = try #require(UnsubscribeToken(token.secretText))
            #expect(try await world.consent.offer(for: mailed)?.isAlreadyDone == false)
            #expect(try await world.isGranted)
            #expect(
                try await world.consent.unsubscribe(with: mailed, source: .oneClick)
                    == .unsubscribed(.marketing, .email)
            )
            #expect(try await world.isWithdrawn)
            #expect(
                try await world.consent.unsubscribe(with: mailed, source: .oneClick) == .already(.marketing, .email)
            )
            #expect(try await world.consent.offer(for: mailed)?.isAlreadyDone == true)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a token works for two years and not for ever`(kind: StoreKind) async throws {
        try await ConsentWorld.with(kind) { world in
            let token = try await token(in: world)
            world.clock.advance(by: .days(730))
            #expect(try await world.consent.offer(for: token) != nil)
            world.clock.advance(by: .days(2))
            #expect(try await world.consent.unsubscribe(with: token, source: .unsubscribeLink) == .unknown)
        }
    }

    @Test func `a token does not print`() {
        let clock = TestSurroundings()
        let token = UnsubscribeToken(for: clock.surroundings.makeIdentifier(), surroundings: clock.surroundings)
        #expect("\(token)" == "‹token›")
        #expect(!String(reflecting: token).contains(token.secretText))
    }
}

@Suite struct AuthorizationTests {
    private func elements(paid: Bool = false) -> AuthorizationElements {
        AuthorizationElements(
            information: "contact details",
            discloser: "Lakeside Health",
            recipient: "Lakeside Health",
            purpose: "news about services",
            signedBy: "the person",
            statesRightToRevoke: true,
            statesTreatmentDoesNotDepend: true,
            statesRedisclosure: true,
            statesRemuneration: paid
        )
    }

    private func standing(in world: ConsentWorld, isPaid: Bool = false) async throws -> AuthorizationStanding {
        let now = world.clock.now
        return try await world.store.read { tx in
            try world.consent.authorization(
                of: [world.person],
                isPaid: isPaid,
                at: now,
                organization: world.ground.organization,
                in: tx
            )[world.person] ?? .none
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an authorization without a required element is none`(kind: StoreKind) async throws {
        try await ConsentWorld.with(kind) { world in
            var incomplete = elements()
            incomplete.statesRightToRevoke = false
            incomplete.signedBy = ""
            let signed = incomplete
            await #expect(throws: ConsentError.incompleteAuthorization([.signature, .rightToRevoke])) {
                _ = try await world.consent.authorizeMarketing(
                    Sensitive(signed),
                    for: world.person,
                    signedAt: world.clock.now,
                    expiresAt: world.clock.now + .days(365),
                    by: world.officer
                )
            }
            let standing = try await standing(in: world)
            #expect(standing == .none)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `it holds until it expires or is revoked, and paid mail needs the statement`(kind: StoreKind) async throws {
        try await ConsentWorld.with(kind) { world in
            let id = try await world.consent.authorizeMarketing(
                Sensitive(elements()),
                for: world.person,
                signedAt: world.clock.now,
                expiresAt: world.clock.now + .days(365),
                by: world.officer
            )
            #expect(try await standing(in: world) == .valid(id))
            #expect(try await standing(in: world, isPaid: true) == .lacksRemunerationStatement)
            world.clock.advance(by: .days(365))
            #expect(try await standing(in: world) == .expired)
            try await world.consent.revokeAuthorization(id, by: world.officer)
            #expect(try await standing(in: world) == .revoked)
        }
    }
}
