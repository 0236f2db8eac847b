// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardCrypto
import WardIdentity
import WardKernel
import WardStorage
import WardTestKit

/// What happens around a sign-in while its hash is computed, and what is counted of it.
@Suite struct SignInRaceTests {
    @Test(arguments: TestStore.kinds)
    func `a link from an administrator opens an account that its owner's own network locked`(
        kind: StoreKind
    ) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            for _ in 0..<21 {
                _ = try await world.signIn("dana@lakeside.example", "wrong")
                world.clock.advance(by: .hours(2))
            }
            #expect(try await world.signIn().isStopped)
            let requester = try await world.requester(try await world.freshSession())
            let link = try await world.identity.makeLink(
                for: world.administrator,
                reason: "Locked out",
                by: requester
            )
            _ = try await world.identity.setPassword(
                link: link.token.expose(for: .evaluating) { $0 },
                password: Sensitive("nine loud herons at dawn"),
                of: world.organization.id,
                from: IdentityWorld.home
            )
            #expect(try await world.signIn("dana@lakeside.example", "nine loud herons at dawn").session != nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an attempt that could not be looked at is not a failure`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            world.passwords.whileChecking.withLock { $0 = { throw CryptoError(.busy) } }
            for _ in 0..<30 {
                await #expect(throws: CryptoError(.busy)) { _ = try await world.signIn() }
            }
            world.passwords.whileChecking.withLock { $0 = nil }
            #expect(try await world.signIn().session != nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `disabling an account wins over a sign-in under way`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            let requester = try await world.requester()
            let link = try await world.identity.invite(
                IdentityWorld.account("Lee Park", "lee@lakeside.example", [.marketer]),
                reason: "Starts today",
                by: requester
            )
            _ = try await world.identity.setPassword(
                link: link.token.expose(for: .evaluating) { $0 },
                password: Sensitive(IdentityWorld.password),
                of: world.organization.id,
                from: IdentityWorld.home
            )
            world.passwords.whileChecking.withLock {
                $0 = { try await world.identity.disable(link.staff, reason: "Left", by: requester) }
            }
            #expect(try await world.signIn("lee@lakeside.example").isRefused)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `addresses of one IPv6 network count together and IPv4 in IPv6 clothes counts as IPv4`(
        kind: StoreKind
    ) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            for number in 0..<20 {
                let origin = RequestOrigin(networkAddress: "2001:db8:1:2::\(number + 1)")
                _ = try await world.signIn("person\(number)@lakeside.example", "x", from: origin)
            }
            let neighbour = RequestOrigin(networkAddress: "2001:db8:1:2:ffff::9")
            #expect(try await world.signIn("other@lakeside.example", "x", from: neighbour).isDelayed)
            let stranger = RequestOrigin(networkAddress: "2001:db8:1:3::1")
            #expect(try await world.signIn("other@lakeside.example", "x", from: stranger).isRefused)
            for number in 0..<20 {
                let origin = RequestOrigin(networkAddress: "::ffff:198.51.100.7")
                _ = try await world.signIn("guest\(number)@lakeside.example", "x", from: origin)
            }
            let same = RequestOrigin(networkAddress: "198.51.100.7")
            #expect(try await world.signIn("other@lakeside.example", "x", from: same).isDelayed)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a sign-in removes counts that delay nobody any more`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            for number in 0..<5 {
                _ = try await world.signIn("nobody\(number)@lakeside.example", "x", from: IdentityWorld.elsewhere)
            }
            world.clock.advance(by: .days(31))
            #expect(try await world.signIn().session != nil)
            let organization = world.organization.id
            let rows: Int? = try await world.store.read { tx in
                try tx.first("SELECT COUNT(*) FROM sign_in_throttle WHERE organization = \(organization)")
            }
            #expect(rows == 1)
        }
    }
}

extension IdentityWorld {
    /// A session whose idle limit has not passed, of the first administrator, without a password.
    func freshSession() async throws -> OpenedSession {
        let service = Requester(
            organization: organization.id,
            kind: .staff,
            identifier: administrator.bytes,
            roles: [.administrator]
        )
        let link = try await identity.makeLink(for: administrator, reason: "Another way in", by: service)
        let outcome = try await identity.setPassword(
            link: link.token.expose(for: .evaluating) { $0 },
            password: Sensitive(Self.password),
            of: organization.id,
            from: Self.elsewhere
        )
        guard case .set(let session) = outcome else { throw Unexpected() }
        return session
    }
}
