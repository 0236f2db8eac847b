// SPDX-License-Identifier: Apache-2.0

import Testing
import WardIdentity
import WardKernel
import WardStorage
import WardTestKit

@Suite struct PasswordTests {
    private let rule = PasswordRule()
    private let context = ["Lakeside Health", "Dana Reyes", "dana@lakeside.example", "dana", "lakeside", "ward"]

    private func problem(_ password: String) -> PasswordProblem? {
        rule.problem(with: Sensitive(password), context: context)
    }

    @Test func `fourteen characters are too few, fifteen lower-case letters with spaces are enough`() {
        #expect(problem("blue heron dus") == .tooShort)
        #expect(problem("blue heron dusk") == nil)
        #expect(problem(String(repeating: "blue heron ", count: 24)) == .tooLong)
    }

    @Test(arguments: [
        "password1234567", "PasswordPassword1!", "P@ssw0rd1234567", "iloveyouforever", "correct horse battery staple",
        "2024administrator2024", "welcomewelcome123",
    ])
    func `a listed password is refused`(password: String) { #expect(problem(password) == .common) }

    @Test(arguments: [
        "aaaaaaaaaaaaaaaa", "abcabcabcabcabcabc", "123456789012345", "qwertyuiopasdfghjkl", "1234567890qwerty",
    ])
    func `a repetition or a run is refused`(password: String) { #expect(problem(password) == .pattern) }

    @Test(arguments: ["lakesidehealth1234", "Dana Reyes 202612345", "lakesidelakeside", "wardwardwardward1"])
    func `a password made of the organization's or the person's name is refused`(password: String) {
        #expect(problem(password) == .context || problem(password) == .pattern)
    }

    @Test(arguments: ["my password is a blue heron", "lakeside herons at dusk", "welcome to the quiet harbor"])
    func `a password that only contains a listed word is accepted`(password: String) {
        #expect(problem(password) == nil)
    }

    @Test(arguments: TestStore.kinds)
    func `sixty-five characters with an emoji count to the last`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            let long = "🦉 " + String(repeating: "quiet heron ", count: 5) + "end"
            let requester = try await world.requester()
            let outcome = try await world.identity.changePassword(
                current: Sensitive(IdentityWorld.password),
                new: Sensitive(long),
                by: requester,
                from: IdentityWorld.home
            )
            guard case .changed = outcome else { throw IdentityWorld.Unexpected() }
            #expect(try await world.signIn("dana@lakeside.example", String(long.dropLast())).isRefused)
            #expect(try await world.signIn("dana@lakeside.example", long).session != nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a link works once and until it expires`(kind: StoreKind) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            let requester = try await world.requester()
            let account = try IdentityWorld.account("Noor Haddad", "noor@lakeside.example", [])
            let link = try await world.identity.invite(account, reason: "New", by: requester)
            let token = link.token.expose(for: .evaluating) { $0 }
            let organization = world.organization.id
            #expect(token.count == 22)
            #expect(try await world.identity.state(ofLink: token + "x", of: organization) == .unknown)
            world.clock.advance(by: .hours(73))
            #expect(try await world.identity.state(ofLink: token, of: organization) == .expired)
            let again = try await world.signIn().session
            let second = try await world.identity.makeLink(
                for: link.staff,
                reason: "Expired",
                by: try await world.requester(again)
            )
            let secondToken = second.token.expose(for: .evaluating) { $0 }
            for expected in [false, true] {
                let outcome = try await world.identity.setPassword(
                    link: secondToken,
                    password: Sensitive("another long phrase here"),
                    of: organization,
                    from: IdentityWorld.home
                )
                if case .linkNotValid(let state) = outcome { #expect(expected && state == .used) }
            }
            #expect(try await world.identity.state(ofLink: token, of: organization) == .used)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an address belongs to one account, and names and addresses are not stored in the clear`(
        kind: StoreKind
    ) async throws {
        try await IdentityWorld.with(kind) { (world: IdentityWorld) async throws in
            let requester = try await world.requester()
            await #expect(throws: IdentityError.addressTaken) {
                _ = try await world.identity.invite(
                    IdentityWorld.account("Other", "DANA@lakeside.example", []),
                    reason: "Twice",
                    by: requester
                )
            }
            let rows = try await world.store.read { tx in
                try tx.rows("SELECT name_sealed, email_sealed, password_sealed FROM staff_account")
            }
            for value in rows.flatMap(\.values) {
                guard case .blob(let bytes) = value else { continue }
                let text = String(decoding: bytes, as: UTF8.self)
                #expect(!text.contains("Dana") && !text.contains("lakeside") && !text.contains("heron"))
            }
        }
    }
}
