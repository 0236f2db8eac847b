// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Logging
import Synchronization
import WardAudit
import WardCampaigns
import WardConsent
import WardContacts
import WardCrypto
import WardDNS
import WardDelivery
import WardIdentity
import WardKernel
import WardMailKeys
import WardPortal
import WardQueue
import WardRecipientKeys
import WardRender
import WardSegments
import WardSenderDomains
import WardStorage
import WardSubmission
import WardTelemetry
import WardTestKit
import WardVault

@testable import WardWeb

/// Compares passwords in the clear: the pages are tested, not Argon2id.
struct PlainPasswords: PasswordHashing {
    func hash(_ password: Sensitive<String>, pepper: Sensitive<[UInt8]>) async throws -> String {
        password.expose(for: .evaluating) { "plain:" + $0 }
    }

    func matches(_ password: Sensitive<String>, hash: String, pepper: Sensitive<[UInt8]>) async throws -> Bool {
        password.expose(for: .evaluating) { "plain:" + $0 } == hash
    }
}

/// The TXT records that a test publishes.
final class PageZone: Resolver {
    let texts = Mutex<[String: String]>([:])
    /// What a look at any other domain's servers shows.
    let look = Mutex(DestinationLook(.unknown("unreachable")))

    func addresses(of name: String) async -> DNSAnswer<IPAddress> { .noSuchDomain(isSecure: false) }
    func mailExchangers(of domain: String) async -> DNSAnswer<MailExchanger> { .noSuchDomain(isSecure: false) }
    func texts(of name: String) async -> DNSAnswer<String> {
        texts.withLock { $0[name] }.map { .found([$0], isSecure: false) } ?? .noSuchDomain(isSecure: false)
    }
}

/// A staff site over one organization with a signed-in administrator.
struct WebWorld: Sendable {
    static let password = "seven quiet herons at dusk"

    let store: any Store
    let clock: TestSurroundings
    /// The DNS as the pages' checks see it.
    let zone: PageZone
    let ground: TestVault
    let identity: Identity
    let organization: Organization
    let facades: Facades
    let site: StaffSite
    let lines: LogLines
    let administratorToken: String

    static func with(
        _ kind: StoreKind,
        isSecure: Bool = false,
        isDemonstration: Bool = false,
        immediatePreflight: Int = 2_000,
        _ body: (WebWorld) async throws -> Void
    ) async throws {
        let migrations =
            TestVault.migrations + WardIdentityMigrations.all + WardQueueMigrations.all + WardContactsMigrations.all
            + WardSegmentsMigrations.all + WardConsentMigrations.all + WardDeliveryMigrations.all
            + WardPortalMigrations.all + WardCampaignsMigrations.all + WardSenderDomainsMigrations.all
            + WardRecipientKeysMigrations.all + WardMailKeysMigrations.all
            + WardSubmissionMigrations.all
        try await TestStore.with(kind, migrations: migrations) { store in
            let world = try await make(in: store, isSecure, isDemonstration, immediatePreflight)
            try await body(world)
        }
    }

    private static func make(
        in store: any Store,
        _ isSecure: Bool,
        _ isDemonstration: Bool,
        _ immediatePreflight: Int
    ) async throws -> WebWorld {
        let clock = TestSurroundings()
        let ground = try await TestVault.make(in: store, surroundings: clock.surroundings)
        let identity = Identity(
            store: store,
            vault: ground.vault,
            audit: ground.audit,
            passwords: PlainPasswords(),
            surroundings: clock.surroundings,
            allowsSwitchingPerson: isDemonstration
        )
        let zone = PageZone()
        let (organization, token) = try await establish("Lakeside Health", "dana@lakeside.example", in: identity)
        let facades = Facades.over(
            store,
            ground: ground,
            identity: identity,
            zone: zone,
            surroundings: clock.surroundings,
            immediatePreflight: immediatePreflight
        )
        let lines = LogLines()
        let site = try StaffSite(
            facades: facades,
            settings: SiteSettings(isSecure: isSecure, isDemonstration: isDemonstration),
            surroundings: clock.surroundings,
            telemetry: Telemetry(surroundings: clock.surroundings, minimum: .debug, sink: { lines.append($0) })
        )
        return WebWorld(
            store: store,
            clock: clock,
            zone: zone,
            ground: ground,
            identity: identity,
            organization: organization,
            facades: facades,
            site: site,
            lines: lines,
            administratorToken: token
        )
    }

    static func establish(
        _ name: String,
        _ email: String,
        in identity: Identity
    ) async throws -> (Organization, token: String) {
        guard let address = EmailAddress(email) else { throw Unexpected() }
        let made = try await identity.establishOrganization(
            OrganizationDetails(
                name: name,
                postalAddress: "1 Shore Road, Lakeside, MN 55001",
                timeZone: "America/Chicago",
                senderDomain: "lakeside.example",
                staffAddress: "http://127.0.0.1:8080",
                patientAddress: "http://127.0.0.1:8081"
            ),
            administrator: NewStaffAccount(name: "Dana Reyes", email: address, roles: [.administrator])
        )
        let token = made.link.token.expose(for: .evaluating) { $0 }
        let session = try await accept(token, of: made.organization, in: identity)
        return (made.organization, session)
    }

    /// Sets the password of a link and gives back the session's token.
    static func accept(_ link: String, of organization: Organization, in identity: Identity) async throws -> String {
        let outcome = try await identity.setPassword(
            link: link,
            password: Sensitive(password),
            of: organization.id,
            from: RequestOrigin(networkAddress: "192.0.2.7")
        )
        guard case .set(let session) = outcome else { throw Unexpected() }
        return session.token.expose(for: .evaluating) { $0 }
    }

    /// The token of a new colleague with these roles.
    func token(_ roles: Set<Role>, email: String) async throws -> String {
        guard let address = EmailAddress(email) else { throw Unexpected() }
        let answer = try await identity.session(
            token: administratorToken,
            of: organization.id,
            from: RequestOrigin(networkAddress: "192.0.2.7")
        )
        guard case .current(let session) = answer else { throw Unexpected() }
        let link = try await identity.invite(
            NewStaffAccount(name: "Colleague", email: address, roles: roles),
            reason: "A test",
            by: session.requester
        )
        return try await Self.accept(link.token.expose(for: .evaluating) { $0 }, of: organization, in: identity)
    }

    func browser(_ token: String? = nil) -> TestBrowser {
        TestBrowser(site: site.site, organization: organization, sessionToken: token)
    }

    struct Unexpected: Error {}
}

/// What the log got.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])
    func append(_ line: String) { lines.withLock { $0.append(line) } }
    var all: String { lines.withLock { $0.joined(separator: "\n") } }
}

/// Sends requests to a site as a browser would, with its cookies.
struct TestBrowser: Sendable {
    struct Answer {
        let status: Int
        let headers: HTTPFields
        let text: String

        func header(_ name: String) -> String? { headers[SecurityHeaders.named(name)] }
    }

    private struct Source: RequestContextSource {
        let logger = Telemetry(minimum: .error, sink: { _ in }).libraryLogger(label: "test")
    }

    let site: Site
    let organization: Organization
    var sessionToken: String?
    var visitToken: String?

    private var cookies: SessionCookie { site.cookies(of: organization) }

    /// The token that this browser's pages carry.
    var formToken: String { FormToken.make(forSession: sessionToken ?? visitToken ?? "") }

    func get(_ path: String, headers: [(String, String)] = []) async throws -> Answer {
        try await send(.get, path, headers: headers, body: "")
    }

    /// Posts fields, with this browser's form token in front.
    func post(
        _ path: String,
        _ fields: [(String, String)] = [],
        headers: [(String, String)] = []
    ) async throws -> Answer {
        let all = [("form_token", formToken)] + fields
        let body = all.map { "\($0)=\(LocalPath.encoded($1))" }.joined(separator: "&")
        return try await send(.post, path, headers: headers, body: body)
    }

    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        headers: [(String, String)],
        body: String
    ) async throws -> Answer {
        var fields: HTTPFields = [:]
        var jar: [String] = []
        if let sessionToken { jar.append("\(cookies.name(.session))=\(sessionToken)") }
        if let visitToken { jar.append("\(cookies.name(.visit))=\(visitToken)") }
        if !jar.isEmpty { fields[SecurityHeaders.named("cookie")] = jar.joined(separator: "; ") }
        if method == .post { fields[.contentType] = "application/x-www-form-urlencoded" }
        for (name, value) in headers { fields[SecurityHeaders.named(name)] = value }
        let head = HTTPRequest(
            method: method,
            scheme: "http",
            authority: "127.0.0.1:8080",
            path: path,
            headerFields: fields
        )
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body)))
        let responder = site.makeRouter().buildResponder()
        let context = WebContext(Source(), networkAddress: "192.0.2.7")
        let response = try await responder.respond(to: request, context: context)
        let collector = Collector()
        try await response.body.write(collector)
        return Answer(status: response.status.code, headers: response.headers, text: collector.text)
    }
}

private final class Collector: ResponseBodyWriter, Sendable {
    private let collected = Mutex("")
    var text: String { collected.withLock { $0 } }

    func write(_ buffer: ByteBuffer) async throws { collected.withLock { $0 += String(buffer: buffer) } }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
