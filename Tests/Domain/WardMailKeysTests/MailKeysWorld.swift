// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardAudit
import WardIdentity
import WardKernel
import WardMailCrypto
import WardSandbox
import WardStorage
import WardTestKit
import WardVault

@testable import WardMailKeys

/// No password is checked here.
struct NoPasswords: PasswordHashing {
    func hash(_ password: Sensitive<String>, pepper: Sensitive<[UInt8]>) async throws -> String { "none" }
    func matches(_ password: Sensitive<String>, hash: String, pepper: Sensitive<[UInt8]>) async throws -> Bool { false }
}

/// A folder for the files of OpenSSL, GnuPG and Sequoia.
struct Workshop: ~Copyable {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "ward-own-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "gnupg"),
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    deinit {
        _ = try? run("/usr/bin/gpgconf", ["--homedir", folder.appending(path: "gnupg").path, "--kill", "all"])
        // What cannot be removed from the temporary folder does not fail a test.
        try? FileManager.default.removeItem(at: folder)
    }

    func write(_ bytes: [UInt8], _ name: String) throws { try Data(bytes).write(to: folder.appending(path: name)) }
    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }

    func run(_ tool: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tool)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": folder.path, "LANG": "C.UTF-8"]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw ToolFailed(tool: tool, arguments: arguments) }
    }

    func openssl(_ arguments: String...) throws { try run("/usr/bin/openssl", arguments) }

    func gpg(_ arguments: String...) throws {
        let always = ["--homedir", "gnupg", "--batch", "--yes", "--trust-model", "always", "--ignore-time-conflict"]
        try run("/usr/bin/gpg", always + ["--pinentry-mode", "loopback", "--passphrase", ""] + arguments)
    }

    struct ToolFailed: Error {
        let tool: String
        let arguments: [String]
    }
}

/// An organization whose mail comes from lakeside.example, with the real confined child.
struct MailKeysWorld {
    let store: any Store
    let clock: TestSurroundings
    let ground: TestVault
    let organization: OrganizationID
    let keys: MailKeys
    let administrator: Requester
    let clinic: EmailAddress

    static func with(
        _ kind: StoreKind,
        program: String? = nil,
        _ body: (MailKeysWorld) async throws -> Void
    ) async throws {
        let migrations = TestVault.migrations + WardIdentityMigrations.all + WardMailKeysMigrations.all
        try await TestStore.with(kind, migrations: migrations) { store in
            try await body(try await MailKeysWorld(store, program))
        }
    }

    private init(_ store: any Store, _ program: String?) async throws {
        self.store = store
        clock = TestSurroundings()
        // Real programs look at the machine's own clock.
        let start = Timestamp(seconds: Int64(Date().timeIntervalSince1970) - 60)
        clock.advance(by: .seconds((start.microseconds - clock.now.microseconds) / 1_000_000))
        ground = try await TestVault.make(in: store, surroundings: clock.surroundings)
        clinic = try #require(EmailAddress("Clinic@lakeside.example"))
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
                senderDomain: "lakeside.example",
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
        let child = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            .deletingLastPathComponent().appending(path: "WardParseChild").path
        keys = MailKeys(
            store: store,
            vault: ground.vault,
            audit: ground.audit,
            identity: identity,
            reader: ForeignMailReader(sandbox: Sandbox(program: program ?? child)),
            surroundings: clock.surroundings
        )
    }

    func make(_ algorithm: OwnKeyAlgorithm, signsNow: Bool = false) async throws -> OwnMailKey {
        clock.advance(by: .seconds(1))
        return try await keys.make(algorithm, for: clinic, signsNow: signsNow, why: "A test", by: administrator)
    }

    func signers() async throws -> OwnSigners {
        try await store.read { [keys, clinic, clock, organization] tx in
            try keys.signers(for: clinic, at: clock.now, of: organization, in: tx)
        }
    }

    func states() async throws -> [OwnKeyState] { try await keys.keys(by: administrator).map(\.state) }

    func audited(_ action: AuditAction) async throws -> [AuditLine] {
        let reader = AuditReader(ground.audit, in: store)
        let auditor = TestRequester.with(roles: [.auditor], of: organization)
        return try await reader.list(AuditFilter(actions: [action]), by: auditor).lines
    }
}
