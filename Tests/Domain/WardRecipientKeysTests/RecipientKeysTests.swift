// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardAudit
import WardKernel
import WardMailCrypto
import WardSandbox
import WardStorage
import WardTestKit
import WardVault

@testable import WardRecipientKeys

/// People's own keys, read by the real confined child. (Reliability catalogue T12.)
@Suite struct RecipientKeysTests {
    private static let made = Result { try MadeKeys() }

    /// Certificates and keys that OpenSSL and Sequoia made.
    private struct MadeKeys: Sendable {
        var files: [String: [UInt8]] = [:]

        init() throws {
            let folder = FileManager.default.temporaryDirectory.appending(path: "ward-\(UUID().uuidString.prefix(8))")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            // What cannot be removed from the temporary folder does not fail a test.
            defer { try? FileManager.default.removeItem(at: folder) }
            func run(_ tool: String, _ arguments: [String]) throws {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: tool)
                process.arguments = arguments
                process.currentDirectoryURL = folder
                process.standardError = FileHandle.nullDevice
                process.standardOutput = FileHandle.nullDevice
                try process.run()
                process.waitUntilExit()
            }
            let kinds = ["good": "person@tls.example", "second": "person@tls.example", "stranger": "other@tls.example"]
            for (name, address) in kinds {
                try run(
                    "/usr/bin/openssl",
                    ["req", "-x509", "-nodes", "-newkey", "rsa:2048", "-keyout", "key", "-out", name, "-days", "90"]
                        + ["-subj", "/CN=person", "-addext", "basicConstraints=critical,CA:FALSE"]
                        + ["-addext", "subjectAltName=email:\(address)"]
                )
            }
            try run("/usr/bin/sq", ["key", "generate", "--userid", "<person@tls.example>", "--export", "secret"])
            try run("/usr/bin/sq", ["key", "extract-cert", "--output", "public", "secret"])
            for name in ["good", "second", "stranger", "public"] {
                files[name] = Array(try Data(contentsOf: folder.appending(path: name)))
            }
        }

        subscript(_ name: String) -> [UInt8] { files[name] ?? [] }
    }

    /// One person with one address.
    private struct OnePerson: PersonAddressSource {
        let contact: ContactID
        func addresses(
            of contact: ContactID,
            organization: OrganizationID,
            in tx: any ReadTransaction
        ) throws -> Set<String>? { contact == self.contact ? ["person@tls.example"] : nil }
    }

    private struct World {
        let store: any Store
        let clock: TestSurroundings
        let ground: TestVault
        let contact: ContactID
        let keys: RecipientKeys
        let marketer: Requester
    }

    private func with(_ kind: StoreKind, program: String? = nil, _ body: (World) async throws -> Void) async throws {
        let migrations = TestVault.migrations + WardRecipientKeysMigrations.all
        try await TestStore.with(kind, migrations: migrations) { store in
            // The keys were made today: the clock begins a little later.
            let clock = TestSurroundings()
            let start = Timestamp(seconds: Int64(Date().timeIntervalSince1970) + 60)
            clock.advance(by: .seconds((start.microseconds - clock.now.microseconds) / 1_000_000))
            let ground = try await TestVault.make(in: store, surroundings: clock.surroundings)
            let contact: ContactID = clock.surroundings.makeIdentifier()
            try await store.write { try ground.vault.createSubject(contact, of: ground.organization, in: $0) }
            let child = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
                .deletingLastPathComponent().appending(path: "WardParseChild").path
            let keys = RecipientKeys(
                store: store,
                vault: ground.vault,
                audit: ground.audit,
                people: OnePerson(contact: contact),
                reader: ForeignMailReader(sandbox: Sandbox(program: program ?? child)),
                surroundings: clock.surroundings
            )
            let marketer = TestRequester.with(roles: [.marketer], of: ground.organization)
            try await body(
                World(
                    store: store,
                    clock: clock,
                    ground: ground,
                    contact: contact,
                    keys: keys,
                    marketer: marketer
                )
            )
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a certificate and an OpenPGP key are read, kept sealed and shown with their standing`(
        kind: StoreKind
    ) async throws {
        let made = try Self.made.get()
        try await with(kind) { world in
            for name in ["good", "public"] {
                guard
                    case .added(let key) = try await world.keys.add(made[name], for: world.contact, by: world.marketer)
                else {
                    Issue.record("\(name) was not added")
                    return
                }
                #expect(key.standing == .usable)
                #expect(key.facts.addresses == ["person@tls.example"])
            }
            let held = try await world.keys.keys(of: world.contact, by: world.marketer)
            #expect(held.map(\.facts.kind) == [.openPGP, .smime])
            #expect(held.map(\.isRevocationChecked) == [true, false])
            let sealed = try await world.store.read { tx in
                try tx.rows("SELECT sealed FROM recipient_key").map { try $0.value("sealed", as: [UInt8].self) }
            }
            for (row, key) in zip(sealed, held.reversed()) {
                let text = String(decoding: row, as: UTF8.self)
                #expect(!text.contains("person@tls.example") && !text.contains(key.facts.fingerprint))
            }
            let again = try await world.keys.add(made["good"], for: world.contact, by: world.marketer)
            guard case .alreadyHeld = again else {
                Issue.record("The same certificate was added twice.")
                return
            }
            let reader = AuditReader(world.ground.audit, in: world.store)
            let auditor = TestRequester.with(roles: [.auditor], of: world.ground.organization)
            let lines = try await reader.list(AuditFilter(actions: [.recipientKeyAdd]), by: auditor).lines
            #expect(lines.count == 2)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what is no key, another person's, too large or breaks the child is refused, and nothing is kept`(
        kind: StoreKind
    ) async throws {
        let made = try Self.made.get()
        try await with(kind) { world in
            func add(_ bytes: [UInt8]) async throws -> KeyUpload {
                try await world.keys.add(bytes, for: world.contact, by: world.marketer)
            }
            let answers = [
                try await add(Array("a letter".utf8)), try await add(made["stranger"]),
                try await add([UInt8](repeating: 0x30, count: 300_000)),
            ]
            #expect(answers == [.refused(.unreadable), .refused(.otherAddress), .refused(.tooLarge)])
            let nobody: ContactID = world.clock.surroundings.makeIdentifier()
            await #expect(throws: RecipientKeysError.personUnknown(nobody)) {
                try await world.keys.add(made["good"], for: nobody, by: world.marketer)
            }
            await #expect(throws: (any Error).self) {
                let auditor = TestRequester.with(roles: [.auditor], of: world.ground.organization)
                _ = try await world.keys.add(made["good"], for: world.contact, by: auditor)
            }
            #expect(try await world.keys.keys(of: world.contact, by: world.marketer).isEmpty)
        }
        try await with(kind, program: "/bin/true") { world in
            let upload = try await world.keys.add(made["good"], for: world.contact, by: world.marketer)
            #expect(upload == .refused(.quarantined(reason: QuarantineReason.unavailable.sentence)))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a key warns before its end, protects nothing after it, and the newest usable one is taken`(
        kind: StoreKind
    ) async throws {
        let made = try Self.made.get()
        try await with(kind) { world in
            _ = try await world.keys.add(made["good"], for: world.contact, by: world.marketer)
            _ = try await world.keys.add(made["second"], for: world.contact, by: world.marketer)
            let held = try await world.keys.keys(of: world.contact, by: world.marketer)
            func usable() async throws -> RecipientKeyID? {
                let now = world.clock.now
                return try await world.store.read { tx in
                    try world.keys.usableKey(
                        of: world.contact,
                        kind: .smime,
                        at: now,
                        organization: world.ground.organization,
                        in: tx
                    )?.id
                }
            }
            #expect(try await usable() == held.first?.id)
            #expect(try await world.keys.countEndingSoon(by: world.marketer) == 0)
            world.clock.advance(by: .hours(65 * 24))
            let late = try await world.keys.keys(of: world.contact, by: world.marketer)
            #expect(late.map(\.standing) == [.endsSoon, .endsSoon])
            #expect(try await world.keys.countEndingSoon(by: world.marketer) == 2)
            world.clock.advance(by: .hours(30 * 24))
            let over = try await world.keys.keys(of: world.contact, by: world.marketer)
            #expect(over.map(\.standing) == [.expired, .expired])
            #expect(try await usable() == nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a removed key is gone, with the reason on record`(kind: StoreKind) async throws {
        let made = try Self.made.get()
        try await with(kind) { world in
            _ = try await world.keys.add(made["good"], for: world.contact, by: world.marketer)
            let key = try #require(try await world.keys.keys(of: world.contact, by: world.marketer).first)
            await #expect(throws: RecipientKeysError.reasonMissing) {
                try await world.keys.remove(key.id, of: world.contact, why: " ", by: world.marketer)
            }
            try await world.keys.remove(key.id, of: world.contact, why: "Lost device", by: world.marketer)
            #expect(try await world.keys.keys(of: world.contact, by: world.marketer).isEmpty)
            await #expect(throws: RecipientKeysError.keyUnknown(key.id)) {
                try await world.keys.remove(key.id, of: world.contact, why: "Again", by: world.marketer)
            }
        }
    }
}
