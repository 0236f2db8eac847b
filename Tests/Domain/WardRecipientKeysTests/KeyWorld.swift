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

/// A folder in which real tools make keys, signatures and answers.
final class KeyTools: Sendable {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "ward-found-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(
            at: folder.appending(path: "gnupg"),
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }

    deinit {
        // What cannot be ended or removed does not fail a test.
        _ = try? run("/usr/bin/gpgconf", ["--homedir", path("gnupg"), "--kill", "all"])
        try? FileManager.default.removeItem(at: folder)
    }

    func path(_ name: String) -> String { folder.appending(path: name).path }
    func write(_ text: String, _ name: String) throws { try Data(text.utf8).write(to: folder.appending(path: name)) }
    func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }

    /// Runs a tool in the folder; the test fails when the tool does.
    @discardableResult
    func run(_ tool: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: tool)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ["PATH": "/usr/bin:/bin", "GNUPGHOME": path("gnupg"), "LANG": "C.UTF-8"]
        let (output, errors) = (Pipe(), folder.appending(path: "errors"))
        try Data().write(to: errors)
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let complaints = String(decoding: try read("errors"), as: UTF8.self)
        #expect(process.terminationStatus == 0, "\(tool) \(arguments): \(complaints)")
        return String(decoding: said, as: UTF8.self)
    }

    /// An authority that keeps a register, as `openssl ca` does: `authority.pem`, `authority.key`.
    func makeAuthority() throws {
        try write("", "register")
        try write("1000\n", "serial")
        try write("01\n", "listnumber")
        try write(
            """
            [ca]
            default_ca = own
            [own]
            database = register
            serial = serial
            crlnumber = listnumber
            new_certs_dir = .
            certificate = authority.pem
            private_key = authority.key
            default_md = sha256
            default_days = 90
            default_crl_days = 2
            policy = anything
            unique_subject = no
            [anything]
            commonName = supplied

            """,
            "ca.conf"
        )
        try run(
            "/usr/bin/openssl",
            ["req", "-x509", "-nodes", "-newkey", "rsa:2048", "-keyout", "authority.key", "-out", "authority.pem"]
                + ["-days", "365", "-subj", "/CN=authority", "-addext", "keyUsage=critical,keyCertSign,cRLSign"]
        )
        try run("/usr/bin/openssl", ["x509", "-in", "authority.pem", "-outform", "DER", "-out", "authority.der"])
    }

    /// `NAME.pem` and `NAME.key`, issued by the authority.
    func issue(_ name: String, to address: String = "person@tls.example", more: String = "") throws {
        try write(
            """
            basicConstraints = critical,CA:FALSE
            keyUsage = critical,digitalSignature,keyEncipherment
            extendedKeyUsage = emailProtection
            subjectAltName = email:\(address)
            \(more)

            """,
            "extensions"
        )
        try run(
            "/usr/bin/openssl",
            ["req", "-new", "-nodes", "-newkey", "rsa:2048", "-keyout", "\(name).key", "-out", "\(name).csr"]
                + ["-subj", "/CN=\(name)"]
        )
        try run(
            "/usr/bin/openssl",
            ["ca", "-batch", "-notext", "-config", "ca.conf", "-extfile", "extensions", "-in", "\(name).csr"]
                + ["-out", "\(name).pem"]
        )
    }

    /// A signed mail, with CRLF everywhere; the signature is detached unless it is opaque.
    func signed(
        by name: String,
        from: String = "Jane Person <person@tls.example>",
        isOpaque: Bool = false
    ) throws -> [UInt8] {
        try write("Content-Type: text/plain\r\n\r\nI will come on Monday.\r\n", "entity")
        try run(
            "/usr/bin/openssl",
            ["cms", "-sign", "-binary", "-in", "entity", "-signer", "\(name).pem", "-inkey", "\(name).key"]
                + ["-certfile", "authority.pem", "-out", "signed"] + (isOpaque ? ["-nodetach"] : [])
        )
        let mail = String(decoding: try read("signed"), as: UTF8.self).replacingOccurrences(of: "\r\n", with: "\n")
            .replacingOccurrences(of: "\n", with: "\r\n")
        return Array("From: \(from)\r\nTo: clinic@clinic.example\r\nSubject: Re\r\n\(mail)".utf8)
    }

    /// An OpenPGP key made by GnuPG, in binary form: `NAME.pgp`.
    func makeOpenPGP(_ name: String, _ address: String = "person@tls.example") throws -> [UInt8] {
        let quiet = ["--batch", "--quiet", "--passphrase", ""]
        try run("/usr/bin/gpg", quiet + ["--quick-generate-key", "\(name) <\(address)>", "rsa2048", "cert,sign", "1y"])
        let listing = try run("/usr/bin/gpg", ["--batch", "--with-colons", "--list-keys", "=\(name) <\(address)>"])
        let line = try #require(listing.split(separator: "\n").first { $0.hasPrefix("fpr") })
        let fingerprint = String(line.split(separator: ":")[1])
        try run("/usr/bin/gpg", quiet + ["--quick-add-key", fingerprint, "rsa2048", "encr", "1y"])
        try run("/usr/bin/gpg", ["--batch", "--yes", "--output", "\(name).pgp", "--export", fingerprint])
        return try read("\(name).pgp")
    }
}

/// One installation with one person at `person@tls.example`.
struct KeyWorld {
    private struct OnePerson: PersonAddressSource {
        let contact: ContactID
        func addresses(
            of contact: ContactID,
            organization: OrganizationID,
            in tx: any ReadTransaction
        ) throws -> Set<String>? { contact == self.contact ? ["person@tls.example"] : nil }
    }

    let store: any Store
    let clock: TestSurroundings
    let ground: TestVault
    let contact: ContactID
    let keys: RecipientKeys
    let marketer: Requester
    let manager: Requester

    static func with(
        _ kind: StoreKind,
        sources: KeySources = KeySources(),
        program: String? = nil,
        _ body: (KeyWorld) async throws -> Void
    ) async throws {
        let migrations = TestVault.migrations + WardRecipientKeysMigrations.all
        try await TestStore.with(kind, migrations: migrations) { store in
            // The tools make their keys and answers now: the clock begins a little later.
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
                sources: sources,
                surroundings: clock.surroundings
            )
            try await body(
                KeyWorld(
                    store: store,
                    clock: clock,
                    ground: ground,
                    contact: contact,
                    keys: keys,
                    marketer: TestRequester.with(roles: [.marketer], of: ground.organization),
                    manager: TestRequester.with(roles: [.administrator], of: ground.organization)
                )
            )
        }
    }

    func harvest(_ mail: [UInt8], isAuthenticated: Bool = false) async throws -> HarvestOutcome {
        try await keys.harvest(
            from: Sensitive(mail),
            contact: contact,
            isAuthenticated: isAuthenticated,
            of: ground.organization
        )
    }

    var inUse: [HeldKey] { get async throws { try await keys.keys(of: contact, by: marketer) } }
    var proposed: [HeldKey] { get async throws { try await keys.proposals(of: contact, by: marketer) } }

    /// How often the action is on record.
    func count(_ action: AuditAction) async throws -> Int {
        let auditor = TestRequester.with(roles: [.auditor], of: ground.organization)
        return try await AuditReader(ground.audit, in: store).list(AuditFilter(actions: [action]), by: auditor).lines
            .count
    }

    /// The key of a kind that a message would be encrypted to.
    func usable(_ kind: RecipientKeyKind) async throws -> RecipientKeyID? {
        let now = clock.now
        return try await store.read { tx in
            try keys.usableKey(of: contact, kind: kind, at: now, organization: ground.organization, in: tx)?.id
        }
    }
}
