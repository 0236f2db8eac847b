// SPDX-License-Identifier: Apache-2.0

import Testing
import WardIdentity
import WardKernel
import WardTestKit

@Suite struct SignInTests {
    @Test(arguments: TestStore.kinds)
    func `a wrong password and an unknown address get the same answer and one check each`(
        kind: StoreKind
    ) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            #expect(try await world.signIn("dana@lakeside.example", "wrong").isRefused)
            #expect(try await world.signIn("nobody@lakeside.example", "wrong").isRefused)
            #expect(world.passwords.checks == 2)
            #expect(try await world.entries(.signIn) == 3)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the fifth failure delays by half a minute, the next by a minute`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            for _ in 0..<5 { _ = try await world.signIn("dana@lakeside.example", "wrong") }
            #expect(try await world.signIn().isDelayed)
            world.clock.advance(by: .seconds(31))
            #expect(try await world.signIn("dana@lakeside.example", "wrong").isRefused)
            world.clock.advance(by: .seconds(59))
            #expect(try await world.signIn().isDelayed)
            world.clock.advance(by: .seconds(2))
            #expect(try await world.signIn().session != nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the twenty-first wrong password is not looked at`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            for _ in 0..<21 {
                _ = try await world.signIn("dana@lakeside.example", "wrong")
                world.clock.advance(by: .hours(2))
            }
            #expect(world.passwords.checks == 20)
            #expect(try await world.signIn().isStopped)
            #expect(world.passwords.checks == 20)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the right password after the delay resets the count`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            for _ in 0..<5 { _ = try await world.signIn("dana@lakeside.example", "wrong") }
            world.clock.advance(by: .minutes(2))
            #expect(try await world.signIn().session != nil)
            for _ in 0..<4 { #expect(try await world.signIn("dana@lakeside.example", "wrong").isRefused) }
            #expect(try await world.signIn().session != nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a stranger's failures do not lock the owner out`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            for _ in 0..<22 {
                _ = try await world.signIn("dana@lakeside.example", "wrong", from: IdentityWorld.elsewhere)
                world.clock.advance(by: .hours(2))
            }
            #expect(try await world.signIn(from: IdentityWorld.elsewhere).isStopped)
            #expect(try await world.signIn().session != nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `many accounts tried from one network address slow that address down`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            for number in 0..<20 {
                _ = try await world.signIn("person\(number)@lakeside.example", "x", from: IdentityWorld.elsewhere)
            }
            #expect(try await world.signIn("other@lakeside.example", "x", from: IdentityWorld.elsewhere).isDelayed)
            #expect(try await world.signIn().session != nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a hundred attempts at once are at most twenty checks`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask { _ = try? await world.signIn("dana@lakeside.example", "wrong") }
                }
            }
            #expect(world.passwords.checks <= 5)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an account of one organization does not sign in to another`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            let other = try await world.identity.establishOrganization(
                IdentityWorld.details(name: "Lakeside Health"),
                administrator: IdentityWorld.account("Dana Reyes", "dana@lakeside.example", [.administrator])
            )
            #expect(other.organization.slug == "lakeside-health-2")
            let outcome = try await world.identity.signIn(
                email: Sensitive("dana@lakeside.example"),
                password: Sensitive(IdentityWorld.password),
                of: other.organization.id,
                from: IdentityWorld.home
            )
            #expect(outcome.isRefused)
        }
    }
}
