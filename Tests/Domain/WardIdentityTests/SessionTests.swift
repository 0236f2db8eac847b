// SPDX-License-Identifier: Apache-2.0

import Testing
import WardIdentity
import WardKernel
import WardTestKit

@Suite struct SessionTests {
    @Test(arguments: TestStore.kinds)
    func `a session that was idle for its limit is over, and is told so once`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            world.clock.advance(by: .seconds(15 * 60 + 1))
            #expect(try await world.session(world.firstSession).end == .idle)
            #expect(try await world.session(world.firstSession).end == nil)
            #expect(try await world.session(world.firstSession).current == nil)
            #expect(try await world.entries(.sessionEnded) == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `requests keep a session, those a page makes by itself do not`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            world.clock.advance(by: .minutes(10))
            #expect(try await world.session(world.firstSession).current != nil)
            world.clock.advance(by: .minutes(10))
            #expect(try await world.session(world.firstSession, isActivity: false).current != nil)
            world.clock.advance(by: .minutes(6))
            #expect(try await world.session(world.firstSession).end == .idle)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an administrator's session ends after eight hours, however busy`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            for _ in 0..<47 {
                world.clock.advance(by: .minutes(10))
                #expect(try await world.session(world.firstSession).current != nil)
            }
            world.clock.advance(by: .minutes(10))
            #expect(try await world.session(world.firstSession).end == .absolute)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a token of one organization is nothing in another`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            let other = try await world.identity.establishOrganization(
                IdentityWorld.details(name: "Hill Clinic"),
                administrator: IdentityWorld.account("Sam Lee", "sam@hill.example", [.administrator])
            )
            let answer = try await world.identity.session(
                token: world.firstSession.token.expose(for: .evaluating) { $0 },
                of: other.organization.id,
                from: IdentityWorld.home
            )
            #expect(answer.current == nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `disabling an account ends its sessions at once`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            let requester = try await world.requester()
            let second = try await join(world, "Noor Haddad", "noor@lakeside.example", [.clinician], by: requester)
            #expect(try await world.session(second).current?.requester.roles == [.clinician])
            try await world.identity.disable(second.staff, reason: "Left the clinic", by: requester)
            #expect(try await world.session(second).current == nil)
            #expect(try await world.signIn("noor@lakeside.example", "another long phrase here").isRefused)
            await #expect(throws: IdentityError.ownAccount) {
                try await world.identity.disable(world.administrator, reason: "no", by: requester)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a change of roles counts at once and ends the account's other sessions`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            let requester = try await world.requester()
            let second = try #require(try await world.signIn().session)
            let change = try await world.identity.giveRole(
                .marketer,
                to: world.administrator,
                reason: "Writes the reminders",
                by: requester
            )
            #expect(change == .changed)
            #expect(try await world.session(second).current == nil)
            #expect(try await world.requester().roles == [.administrator, .marketer])
            let renewed = try #require(try await world.identity.renew(requester, from: IdentityWorld.home))
            #expect(try await world.session(world.firstSession).current == nil)
            #expect(try await world.session(renewed).current != nil)
            #expect(try await world.entries(.staffRoleGiven) == 2)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the last administrator keeps the role`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            let requester = try await world.requester()
            await #expect(throws: IdentityError.lastAdministrator) {
                try await world.identity.takeRole(
                    .administrator,
                    from: world.administrator,
                    reason: "Not needed",
                    by: requester
                )
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `who may not manage staff gets nothing of it`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            let administrator = try await world.requester()
            let second = try await join(world, "Noor Haddad", "noor@lakeside.example", [.clinician], by: administrator)
            let requester = try await world.requester(second)
            await #expect(throws: AccessDenied.self) { _ = try await world.identity.accounts(by: requester) }
            await #expect(throws: AccessDenied.self) {
                _ = try await world.identity.giveRole(
                    .administrator,
                    to: second.staff,
                    reason: "Please",
                    by: requester
                )
            }
            await #expect(throws: AccessDenied.self) {
                _ = try await world.identity.sessions(of: world.administrator, by: requester)
            }
            #expect(try await world.identity.sessions(of: second.staff, by: requester).count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `changing to another person is for the demonstration alone`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            let requester = try await world.requester()
            await #expect(throws: IdentityError.switchingNotAllowed) {
                _ = try await world.identity.switchPerson(
                    to: world.administrator,
                    by: requester,
                    from: IdentityWorld.home
                )
            }
            #expect(try await world.identity.peopleToSwitchTo(in: world.organization.id).isEmpty)
        }
        try await IdentityWorld.with(kind, demonstration: true) { (world: IdentityWorld) async throws in
            let requester = try await world.requester()
            let second = try await join(world, "Noor Haddad", "noor@lakeside.example", [.clinician], by: requester)
            let opened = try await world.identity.switchPerson(
                to: second.staff,
                by: requester,
                from: IdentityWorld.home
            )
            #expect(try await world.session(opened).current?.name == "Noor Haddad")
            #expect(try await world.session(world.firstSession).current == nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an operating-system user acts as the mapped account only`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            let requester = try await world.requester()
            let organization = world.organization.id
            await #expect(throws: IdentityError.noSystemUser) {
                _ = try await world.identity.requester(systemUser: 1_000, of: organization)
            }
            try await world.identity.mapSystemUser(1_000, to: world.administrator, reason: "Operator", by: requester)
            let mapped = try await world.identity.requester(systemUser: 1_000, of: organization)
            #expect(mapped.identifier == world.administrator.bytes)
            #expect(mapped.roles == [.administrator])
        }
    }

    private func join(
        _ world: IdentityWorld,
        _ name: String,
        _ email: String,
        _ roles: Set<Role>,
        by requester: Requester
    ) async throws -> OpenedSession {
        let link = try await world.identity.invite(
            IdentityWorld.account(name, email, roles),
            reason: "New colleague",
            by: requester
        )
        let outcome = try await world.identity.setPassword(
            link: link.token.expose(for: .evaluating) { $0 },
            password: Sensitive("another long phrase here"),
            of: world.organization.id,
            from: IdentityWorld.home
        )
        guard case .set(let session) = outcome else { throw IdentityWorld.Unexpected() }
        return session
    }
}
