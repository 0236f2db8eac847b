// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardDNS
import WardKernel
import WardMailCrypto
import WardStorage
import WardTestKit
import WardTrust

@testable import WardRecipientKeys

/// Keys that a person's domain publishes, in the folders that GnuPG's own tool makes. (draft-koch-openpgp-webkey-service)
@Suite struct LookUpTests {
    /// Serves a folder over TLS and says what it was asked.
    private static let server = """
        import http.server, functools, ssl, sys
        class Told(http.server.SimpleHTTPRequestHandler):
            def log_message(self, format, *values): print("asked", self.headers["Host"], self.path, flush=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1])
        server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), functools.partial(Told, directory=sys.argv[3]))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print("ready", flush=True)
        server.serve_forever()
        """

    private func with(
        _ kind: StoreKind,
        hosts: [String] = ["openpgpkey.tls.example"],
        proved: [String]? = nil,
        isPrivateRefused: Bool = false,
        isDirect: Bool = false,
        address: String = "person@tls.example",
        _ body: (KeyWorld, ChildProcess) async throws -> Void
    ) async throws {
        let tools = try KeyTools()
        _ = try tools.makeOpenPGP("person", address)
        let root = "site/.well-known/openpgpkey"
        let domain = tools.folder.appending(path: "\(root)/tls.example")
        try FileManager.default.createDirectory(at: domain, withIntermediateDirectories: true)
        try tools.run("/usr/lib/gnupg/gpg-wks-client", ["-C", root, "--install-key", "person.pgp", address])
        if isDirect {
            try FileManager.default.moveItem(
                at: domain.appending(path: "hu"),
                to: tools.folder.appending(path: "\(root)/hu")
            )
        }
        // What the domain publishes under the name of the person may be anybody's.
        let published = try FileManager.default.contentsOfDirectory(
            atPath: tools.path(isDirect ? "\(root)/hu" : "\(root)/tls.example/hu")
        )
        if address != "person@tls.example", let file = published.first {
            let folder = domain.appending(path: "hu")
            try FileManager.default.moveItem(
                at: folder.appending(path: file),
                to: folder.appending(path: "4qprqwd5zauhfjhwtboae93sy9s4tap6")
            )
        }
        let authority = try TestCertificateAuthority()
        let signed = try authority.sign(TestCertificateAuthority.Wish(names: proved ?? hosts))
        try tools.write("\(signed.pem)\n\(signed.keyPEM)\n", "server.pem")
        let port = try FreePort.find()
        let server = try ChildProcess(
            "/usr/bin/python3",
            ["-c", Self.server, tools.path("server.pem"), "\(port)", tools.path("site")],
            outputIn: tools.folder.path,
            named: "server"
        )
        try await server.says("ready")
        var limits = WebFetcher.Limits()
        limits.port = port
        let web = WebFetcher(
            resolver: FixedResolver(hosts: Dictionary(uniqueKeysWithValues: hosts.map { ($0, [.loopback]) })),
            roots: TrustRoots([authority.root]),
            surroundings: .machine,
            allowsPrivateAddresses: !isPrivateRefused,
            limits: limits
        )
        try await KeyWorld.with(kind, sources: KeySources(web: web)) { try await body($0, server) }
        server.send(signal: SIGKILL)
        _ = try await server.end()
    }

    @Test(arguments: TestStore.kinds)
    func `nobody is asked unless staff asks or the rules say so, and a found key waits for staff`(
        kind: StoreKind
    ) async throws {
        try await with(kind) { world, server async throws in
            #expect(try await world.keys.lookUpWhenWriting(to: world.contact, by: world.marketer) == nil)
            let auditor = TestRequester.with(roles: [.auditor], of: world.ground.organization)
            await #expect(throws: (any Error).self) { _ = try await world.keys.lookUp(world.contact, by: auditor) }
            #expect(!server.output.contains("asked"))
            try await world.keys.setRules(RecipientKeyRules(looksUp: true), by: world.manager)
            guard
                case .proposed(let key) = try await world.keys.lookUpWhenWriting(to: world.contact, by: world.marketer)
            else {
                Issue.record("No key was found.\n\(server.output)")
                return
            }
            #expect(key.origin == .webKeyDirectory)
            #expect(try await world.usable(.openPGP) == nil)
            #expect(try await world.proposed.map(\.id) == [key.id])
            #expect(try await world.count(.recipientKeyLookUp) == 1)
            let file = "4qprqwd5zauhfjhwtboae93sy9s4tap6?l=person"
            #expect(server.output.contains("/.well-known/openpgpkey/tls.example/hu/\(file)"))
            // Once is enough.
            #expect(try await world.keys.lookUpWhenWriting(to: world.contact, by: world.marketer) == nil)
            #expect(try await world.keys.lookUp(world.contact, by: world.marketer) == .alreadyHeld(key))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the direct address is asked where the advanced host does not exist`(kind: StoreKind) async throws {
        try await with(kind, hosts: ["tls.example"], isDirect: true) { world, server async throws in
            guard case .proposed = try await world.keys.lookUp(world.contact, by: world.marketer) else {
                Issue.record("No key was found.\n\(server.output)")
                return
            }
            #expect(server.output.contains("/.well-known/openpgpkey/hu/4qprqwd5zauhfjhwtboae93sy9s4tap6?l=person"))
        }
        let hosts = ["tls.example", "openpgpkey.tls.example"]
        try await with(kind, hosts: hosts, isDirect: true) { world, server async throws in
            #expect(try await world.keys.lookUp(world.contact, by: world.marketer) == .nothing)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a server that proves another name or stands in a private network, and a key of another, give nothing`(
        kind: StoreKind
    ) async throws {
        try await with(kind, proved: ["elsewhere.example"]) { world, server async throws in
            #expect(try await world.keys.lookUp(world.contact, by: world.marketer) == .failed)
            #expect(!server.output.contains("asked openpgpkey"))
        }
        try await with(kind, isPrivateRefused: true) { world, server async throws in
            #expect(try await world.keys.lookUp(world.contact, by: world.marketer) == .failed)
            #expect(!server.output.contains("asked"))
        }
        try await with(kind, address: "other@tls.example") { world, _ async throws in
            #expect(try await world.keys.lookUp(world.contact, by: world.marketer) == .refused(.otherAddress))
            #expect(try await world.proposed.isEmpty)
        }
        try await with(kind, hosts: []) { world, _ async throws in
            #expect(try await world.keys.lookUp(world.contact, by: world.marketer) == .nothing)
        }
    }
}
