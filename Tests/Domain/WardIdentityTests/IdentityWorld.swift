// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardAudit
import WardCrypto
import WardIdentity
import WardKernel
import WardStorage
import WardTestKit
import WardVault

/// Counts what it is asked and compares in the clear: a test of a hundred sign-ins takes no minute.
final class CountingPasswords: PasswordHashing {
    private let counted = Mutex(0)
    var checks: Int { counted.withLock { $0 } }
    /// Runs before a comparison: what happens while a real hash is computed, or why it is not.
    let whileChecking = Mutex<(@Sendable () async throws -> Void)?>(nil)

    func hash(_ password: Sensitive<String>, pepper: Sensitive<[UInt8]>) async throws -> String {
        password.expose(for: .evaluating) { "plain:" + $0 }
    }

    func matches(
        _ password: Sensitive<String>,
        hash: String,
        pepper: Sensitive<[UInt8]>
    ) async throws -> Bool {
        try await whileChecking.withLock { $0 }?()
        counted.withLock { $0 += 1 }
        return password.expose(for: .evaluating) { "plain:" + $0 } == hash
    }
}

/// One organization with its first administrator, who has set her password.
struct IdentityWorld: Sendable {
    static let password = "seven quiet herons at dusk"

    let store: any Store
    let clock: TestSurroundings
    let passwords: CountingPasswords
    let ground: TestVault
    let identity: Identity
    let organization: Organization
    let administrator: StaffID
    let firstSession: OpenedSession

    static func with(
        _ kind: StoreKind,
        demonstration: Bool = false,
        _ body: (IdentityWorld) async throws -> Void
    ) async throws {
        let migrations = TestVault.migrations + WardIdentityMigrations.all
        try await TestStore.with(kind, migrations: migrations) { store in
            try await body(try await make(in: store, demonstration: demonstration))
        }
    }

    private static func make(in store: any Store, demonstration: Bool) async throws -> IdentityWorld {
        let clock = TestSurroundings()
        let passwords = CountingPasswords()
        let ground = try await TestVault.make(in: store, surroundings: clock.surroundings)
        let identity = Identity(
            store: store,
            vault: ground.vault,
            audit: ground.audit,
            passwords: passwords,
            surroundings: clock.surroundings,
            allowsSwitchingPerson: demonstration
        )
        let made = try await identity.establishOrganization(
            details(name: "Lakeside Health"),
            administrator: try account("Dana Reyes", "dana@lakeside.example", [.administrator])
        )
        let outcome = try await identity.setPassword(
            link: made.link.token.expose(for: .evaluating) { $0 },
            password: Sensitive(password),
            of: made.organization.id,
            from: home
        )
        guard case .set(let session) = outcome else { throw Unexpected() }
        return IdentityWorld(
            store: store,
            clock: clock,
            passwords: passwords,
            ground: ground,
            identity: identity,
            organization: made.organization,
            administrator: made.administrator,
            firstSession: session
        )
    }

    struct Unexpected: Error {}

    static let home = RequestOrigin(networkAddress: "192.0.2.7")
    static let elsewhere = RequestOrigin(networkAddress: "203.0.113.9")

    static func details(name: String) -> OrganizationDetails {
        OrganizationDetails(
            name: name,
            postalAddress: "1 Shore Road, Lakeside, MN 55001",
            timeZone: "America/Chicago",
            senderDomain: "lakeside.example",
            staffAddress: "http://127.0.0.1:8080",
            patientAddress: "http://127.0.0.1:8081"
        )
    }

    static func account(_ name: String, _ email: String, _ roles: Set<Role>) throws -> NewStaffAccount {
        NewStaffAccount(name: name, email: try #require(EmailAddress(email)), roles: roles)
    }

    func signIn(
        _ email: String = "dana@lakeside.example",
        _ password: String = IdentityWorld.password,
        from origin: RequestOrigin = IdentityWorld.home
    ) async throws -> SignInOutcome {
        try await identity.signIn(
            email: Sensitive(email),
            password: Sensitive(password),
            of: organization.id,
            from: origin
        )
    }

    func session(_ opened: OpenedSession, isActivity: Bool = true) async throws -> SessionAnswer {
        try await identity.session(
            token: opened.token.expose(for: .evaluating) { $0 },
            of: organization.id,
            from: Self.home,
            isActivity: isActivity
        )
    }

    /// The signed-in administrator.
    func requester(_ opened: OpenedSession? = nil) async throws -> Requester {
        guard case .current(let session) = try await session(opened ?? firstSession) else { throw Unexpected() }
        return session.requester
    }

    /// How many audit entries of an action the organization has.
    func entries(_ action: AuditAction) async throws -> Int {
        let organization = organization.id
        return try await store.read { tx in
            try tx.first(
                "SELECT COUNT(*) FROM audit_entry WHERE organization = \(organization) AND action = \(action.rawValue)"
            ) ?? 0
        }
    }
}

extension SignInOutcome {
    var session: OpenedSession? { if case .signedIn(let session) = self { session } else { nil } }
    var isRefused: Bool { if case .refused = self { true } else { false } }
    var isDelayed: Bool { if case .delayed = self { true } else { false } }
    var isStopped: Bool { if case .stopped = self { true } else { false } }
}

extension SessionAnswer {
    var current: CurrentSession? { if case .current(let session) = self { session } else { nil } }
    var end: SessionEnd? { if case .timedOut(let end) = self { end } else { nil } }
}
