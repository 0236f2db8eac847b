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

/// What `openssl ocsp` answers and `openssl ca` lists, over plain HTTP. (RFC 6960; RFC 5280 section 5.)
@Suite struct RevocationTests {
    private static let web = WebFetcher(
        resolver: FixedResolver(hosts: ["responder.example": [.loopback], "files.example": [.loopback]]),
        surroundings: .machine,
        allowsPrivateAddresses: true
    )

    private static func files(_ tools: KeyTools, _ port: Int) async throws -> ChildProcess {
        let server = try ChildProcess(
            "/usr/bin/python3",
            ["-u", "-m", "http.server", "\(port)", "--bind", "127.0.0.1", "--directory", tools.folder.path],
            outputIn: tools.folder.path,
            named: "files"
        )
        try await server.says("Serving")
        return server
    }

    private static func responder(
        _ tools: KeyTools,
        _ port: Int,
        signer: String = "authority"
    ) async throws -> ChildProcess {
        let server = try ChildProcess(
            "/usr/bin/openssl",
            ["ocsp", "-index", tools.path("register"), "-port", "\(port)", "-CA", tools.path("authority.pem")]
                + ["-rsigner", tools.path("\(signer).pem"), "-rkey", tools.path("\(signer).key"), "-ndays", "1"],
            outputIn: tools.folder.path,
            named: "responder\(port)"
        )
        try await server.says("ACCEPT")
        return server
    }

    private func add(_ name: String, _ tools: KeyTools, _ world: KeyWorld) async throws -> HeldKey {
        let upload = try await world.keys.add(try tools.read("\(name).pem"), for: world.contact, by: world.marketer)
        guard case .added(let key) = upload else { throw RecipientKeysError.personUnknown(world.contact) }
        return key
    }

    private func check(_ key: HeldKey, _ world: KeyWorld) async throws -> HeldKey {
        try await world.keys.checkRevocation(of: key.id, of: world.contact, by: world.marketer)
    }

    @Test(arguments: TestStore.kinds)
    func `a responder's word is kept with its time; a revoked certificate protects nothing from then on`(
        kind: StoreKind
    ) async throws {
        let tools = try KeyTools()
        let (port, filePort) = (try FreePort.find(), try FreePort.find())
        try tools.makeAuthority()
        let places =
            "OCSP;URI:http://responder.example:\(port)/,caIssuers;URI:http://files.example:\(filePort)/authority.der"
        try tools.issue("jane", more: "authorityInfoAccess = \(places)")
        let files = try await Self.files(tools, filePort)
        var responder = try await Self.responder(tools, port)
        try await KeyWorld.with(kind, sources: KeySources(web: Self.web)) { world async throws in
            let key = try await add("jane", tools, world)
            #expect(!key.isRevocationChecked)
            let good = try await check(key, world)
            #expect(good.revocation == .good)
            #expect(good.checkedAt == world.clock.now)
            #expect(good.standing == .usable)

            responder.send(signal: SIGKILL)
            _ = try await responder.end()
            let unreachable = try await check(key, world)
            #expect(unreachable.revocation == .good)
            #expect(unreachable.checkedAt == good.checkedAt)

            try tools.run("/usr/bin/openssl", ["ca", "-config", "ca.conf", "-revoke", "jane.pem"])
            responder = try await Self.responder(tools, port)
            #expect(try await world.keys.refreshRevocations(of: world.ground.organization) == 0)
            world.clock.advance(by: .hours(23))
            world.clock.advance(by: .hours(1))
            world.clock.advance(by: .seconds(1))
            #expect(try await world.keys.refreshRevocations(of: world.ground.organization) == 1)
            let revoked = try #require(try await world.inUse.first)
            #expect(revoked.revocation == .revoked)
            #expect(revoked.standing == .notUsable(.revoked))
            #expect(revoked.standing.isLost)
            #expect(try await world.usable(.smime) == nil)
            #expect(try await world.count(.recipientKeyCheck) == 2)
        }
        responder.send(signal: SIGKILL)
        files.send(signal: SIGKILL)
        _ = try await responder.end()
        _ = try await files.end()
    }

    @Test(arguments: TestStore.kinds)
    func `a word that another authority signed proves nothing`(kind: StoreKind) async throws {
        let (tools, others) = (try KeyTools(), try KeyTools())
        let (port, filePort) = (try FreePort.find(), try FreePort.find())
        try tools.makeAuthority()
        try others.makeAuthority()
        let places =
            "OCSP;URI:http://responder.example:\(port)/,caIssuers;URI:http://files.example:\(filePort)/authority.der"
        try tools.issue("jane", more: "authorityInfoAccess = \(places)")
        for name in ["key", "pem"] {
            let other = try others.read("authority.\(name)")
            try Data(other).write(to: tools.folder.appending(path: "other.\(name)"))
        }
        let files = try await Self.files(tools, filePort)
        let responder = try await Self.responder(tools, port, signer: "other")
        try await KeyWorld.with(kind, sources: KeySources(web: Self.web)) { world async throws in
            let checked = try await check(try await add("jane", tools, world), world)
            #expect(checked.revocation == .unknown)
            #expect(checked.checkedAt == nil)
            #expect(checked.standing == .usable)
        }
        responder.send(signal: SIGKILL)
        files.send(signal: SIGKILL)
        _ = try await responder.end()
        _ = try await files.end()
    }

    @Test(arguments: TestStore.kinds)
    func `a revocation list is read where no responder is named, and demanded words hold what has none`(
        kind: StoreKind
    ) async throws {
        let tools = try KeyTools()
        let port = try FreePort.find()
        try tools.makeAuthority()
        let issuers = "authorityInfoAccess = caIssuers;URI:http://files.example:\(port)/authority.der"
        let lists = "crlDistributionPoints = URI:http://files.example:\(port)/list.crl"
        try tools.issue("jane", more: "\(issuers)\n\(lists)")
        try tools.issue("silent")
        func makeList() throws {
            try tools.run("/usr/bin/openssl", ["ca", "-config", "ca.conf", "-gencrl", "-out", "list.pem"])
            try tools.run("/usr/bin/openssl", ["crl", "-in", "list.pem", "-outform", "DER", "-out", "list.crl"])
        }
        let files = try await Self.files(tools, port)
        try await KeyWorld.with(kind, sources: KeySources(web: Self.web)) { world async throws in
            let jane = try await add("jane", tools, world)
            #expect(try await check(jane, world).revocation == .unreachable)
            let silent = try await check(try await add("silent", tools, world), world)
            #expect(silent.revocation == .nobodyToAsk)
            #expect(silent.standing == .usable)
            try makeList()
            #expect(try await check(jane, world).revocation == .good)

            await #expect(throws: (any Error).self) {
                try await world.keys.setRules(RecipientKeyRules(demandsCheck: true), by: world.marketer)
            }
            try await world.keys.setRules(RecipientKeyRules(demandsCheck: true), by: world.manager)
            #expect(try await world.usable(.smime) == jane.id)
            #expect(try await world.inUse.first { $0.id == silent.id }?.standing == .notChecked)
            world.clock.advance(by: .hours(8 * 24))
            #expect(try await world.usable(.smime) == nil)
            #expect(try await world.inUse.allSatisfy(\.standing.isLost))

            // The list has ended by then: an old list says nothing.
            #expect(try await check(jane, world).revocation == .good)
            #expect(try await world.usable(.smime) == nil)
        }
        try await KeyWorld.with(kind, sources: KeySources(web: Self.web)) { world async throws in
            try tools.run("/usr/bin/openssl", ["ca", "-config", "ca.conf", "-revoke", "jane.pem"])
            try makeList()
            let revoked = try await check(try await add("jane", tools, world), world)
            #expect(revoked.standing == .notUsable(.revoked))
        }
        files.send(signal: SIGKILL)
        _ = try await files.end()
    }

    @Test(arguments: TestStore.kinds)
    func `nobody is asked at an address of a private network`(kind: StoreKind) async throws {
        let tools = try KeyTools()
        let port = try FreePort.find()
        try tools.makeAuthority()
        try tools.issue("jane", more: "authorityInfoAccess = OCSP;URI:http://responder.example:\(port)/")
        let responder = try await Self.responder(tools, port)
        let web = WebFetcher(
            resolver: FixedResolver(hosts: ["responder.example": [.loopback]]),
            surroundings: .machine
        )
        let authority = try tools.read("authority.pem")
        try await KeyWorld.with(kind, sources: KeySources(authorities: authority, web: web)) { world async throws in
            _ = try await world.harvest(try tools.signed(by: "jane"))
            let key = try #require(try await world.inUse.first)
            #expect(try await check(key, world).revocation == .unreachable)
        }
        responder.send(signal: SIGKILL)
        _ = try await responder.end()
    }
}
