// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardAudit
import WardDNS
import WardIdentity
import WardKernel
import WardMailCrypto
import WardStorage
import WardTestKit
import WardVault

@testable import WardSenderDomains

/// A zone that a test changes, and whose server can be away.
final class ChangingZone: Resolver {
    struct State {
        var texts: [String: [String]] = [:]
        var isAway = false
    }
    let state = Mutex(State())

    func addresses(of name: String) async -> DNSAnswer<IPAddress> { .noSuchDomain(isSecure: false) }
    func mailExchangers(of domain: String) async -> DNSAnswer<MailExchanger> { .noSuchDomain(isSecure: false) }
    func texts(of name: String) async -> DNSAnswer<String> {
        state.withLock { state in
            if state.isAway { return .temporaryFailure(.timeout) }
            return state.texts[name].map { .found($0, isSecure: false) } ?? .noSuchDomain(isSecure: false)
        }
    }

    func set(_ name: String, _ texts: String...) { state.withLock { $0.texts[name] = texts } }
}

/// No password is checked here.
struct NoPasswords: PasswordHashing {
    func hash(_ password: Sensitive<String>, pepper: Sensitive<[UInt8]>) async throws -> String { "none" }
    func matches(_ password: Sensitive<String>, hash: String, pepper: Sensitive<[UInt8]>) async throws -> Bool { false }
}

/// An organization whose mail comes from lakeside.example.
struct SenderDomainWorld {
    static let domain = "lakeside.example"
    let store: any Store
    let clock: TestSurroundings
    let ground: TestVault
    let zone = ChangingZone()
    let organization: OrganizationID
    let senderDomains: SenderDomains
    let administrator: Requester

    static func with(_ kind: StoreKind, _ body: (SenderDomainWorld) async throws -> Void) async throws {
        let migrations = TestVault.migrations + WardIdentityMigrations.all + WardSenderDomainsMigrations.all
        try await TestStore.with(kind, migrations: migrations) { store in
            try await body(try await SenderDomainWorld(store))
        }
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
        let made = try await identity.establishOrganization(
            OrganizationDetails(
                name: "Lakeside Health",
                postalAddress: "1 Shore Road, Lakeside, MN 55001",
                timeZone: "America/Chicago",
                senderDomain: "Lakeside.example",
                staffAddress: "http://127.0.0.1:8080",
                patientAddress: "http://127.0.0.1:8081"
            ),
            administrator: NewStaffAccount(
                name: "Dana Reyes",
                email: try #require(EmailAddress("dana@lakeside.example")),
                roles: [.administrator]
            )
        )
        organization = made.organization.id
        administrator = TestRequester.with(roles: [.administrator], of: organization)
        senderDomains = SenderDomains(
            store: store,
            vault: ground.vault,
            audit: ground.audit,
            identity: identity,
            resolver: zone,
            mailHostName: "mail.lakeside.example",
            surroundings: clock.surroundings
        )
    }

    /// Publishes the keys' records as they should be.
    func publish(_ keys: [SigningKey]) { for key in keys { zone.set(key.recordName, key.recordText) } }

    func makePublished() async throws -> [SigningKey] {
        let keys = try await senderDomains.makeKeys(why: "First keys", by: administrator)
        publish(keys)
        return keys
    }

    func activate(_ keys: [SigningKey]) async throws -> [KeyActivation] {
        var outcomes: [KeyActivation] = []
        for key in keys {
            outcomes.append(try await senderDomains.activate(selector: key.selector, by: administrator))
        }
        return outcomes
    }

    func selectors() async throws -> [String] {
        try await store.read { [senderDomains, organization] tx -> [String] in
            try senderDomains.signers(for: Self.domain, of: organization, in: tx).map(\.selector)
        }
    }

    func audited(_ action: AuditAction) async throws -> [AuditLine] {
        let reader = AuditReader(ground.audit, in: store)
        let auditor = TestRequester.with(roles: [.auditor], of: organization)
        return try await reader.list(AuditFilter(actions: [action]), by: auditor).lines
    }
}
