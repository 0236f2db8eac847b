// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardKernel
import WardMailCrypto
import WardSandbox
import WardStorage
import WardTestKit

@testable import WardRecipientKeys

/// Keys that people's own mail offers: signed by openssl, made by GnuPG, read by the real confined child. (RFC 8550, Autocrypt
/// Level 1.)
@Suite struct HarvestTests {
    private static let made = Result { try MadeMail() }

    private struct MadeMail: Sendable {
        let tools: KeyTools
        var mails: [String: [UInt8]] = [:]
        var authority: [UInt8] = []
        var openPGP: [String: [UInt8]] = [:]

        init() throws {
            tools = try KeyTools()
            try tools.makeAuthority()
            authority = try tools.read("authority.pem")
            try tools.issue("jane")
            try tools.issue("planted")
            try tools.issue("stranger", to: "other@tls.example")
            mails["signed"] = try tools.signed(by: "jane")
            mails["opaque"] = try tools.signed(by: "jane", isOpaque: true)
            mails["planted"] = try tools.signed(by: "planted")
            mails["stranger's"] = try tools.signed(by: "stranger")
            mails["two senders"] = try tools.signed(by: "jane", from: "person@tls.example, other@tls.example")
            mails["another sender"] = try tools.signed(by: "stranger", from: "other@tls.example")
            mails["changed"] = Array(
                String(decoding: mails["signed"] ?? [], as: UTF8.self)
                    .replacingOccurrences(of: "Monday", with: "Friday").utf8
            )
            for name in ["first", "second"] { openPGP[name] = try tools.makeOpenPGP(name) }
        }

        subscript(_ name: String) -> [UInt8] { mails[name] ?? [] }
    }

    private func autocrypt(
        _ headers: [String],
        from: String = "person@tls.example",
        type: String = "text/plain"
    ) -> [UInt8] {
        let fields = ["From: \(from)", "Subject: Re", "Content-Type: \(type)"] + headers.map { "Autocrypt: \($0)" }
        return Array((fields.joined(separator: "\r\n") + "\r\n\r\nHello\r\n").utf8)
    }

    private func header(_ key: [UInt8]?, addr: String = "person@tls.example", more: String = "") -> String {
        let lines = Data(key ?? []).base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed])
        return "addr=\(addr); \(more)keydata=\r\n " + lines.replacingOccurrences(of: "\n", with: "\r\n ")
    }

    @Test(arguments: TestStore.kinds)
    func `a mail of another sender, of two, changed, or signed by another offers nothing`(kind: StoreKind) async throws
    {
        let made = try Self.made.get()
        try await KeyWorld.with(kind) { world async throws in
            for name in ["stranger's", "two senders", "another sender", "changed"] {
                #expect(try await world.harvest(made[name], isAuthenticated: true) == .nothing, "\(name)")
            }
            #expect(try await world.harvest(Array("no mail".utf8), isAuthenticated: true) == .nothing)
            #expect(try await world.inUse.isEmpty)
            #expect(try await world.proposed.isEmpty)
        }
        try await KeyWorld.with(kind, program: "/bin/true") { world async throws in
            let outcome = try await world.harvest(made["signed"])
            #expect(outcome == .quarantined(reason: QuarantineReason.unavailable.sentence))
        }
    }

    @Test(arguments: TestStore.kinds, ["signed", "opaque"])
    func `a signer's certificate that nobody vouches for waits for staff and protects nothing until then`(
        kind: StoreKind,
        form: String
    ) async throws {
        let made = try Self.made.get()
        try await KeyWorld.with(kind) { world async throws in
            guard case .kept(let kept) = try await world.harvest(made[form]) else {
                Issue.record("Nothing was kept.")
                return
            }
            #expect(kept.map(\.origin) == [.signedMail])
            #expect(try await world.inUse.isEmpty)
            #expect(try await world.usable(.smime) == nil)
            let proposal = try #require(try await world.proposed.first)
            #expect(try await world.harvest(made[form]) == .nothing)
            _ = try await world.keys.accept(proposal.id, of: world.contact, by: world.marketer)
            #expect(try await world.usable(.smime) == proposal.id)
            #expect(try await world.proposed.isEmpty)
            #expect(try await world.count(.recipientKeyAccept) == 1)
            await #expect(throws: RecipientKeysError.keyUnknown(proposal.id)) {
                _ = try await world.keys.accept(proposal.id, of: world.contact, by: world.marketer)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a certificate of a trusted authority, or in an authenticated mail, is used; beside a key in use it waits`(
        kind: StoreKind
    ) async throws {
        let made = try Self.made.get()
        try await KeyWorld.with(kind, sources: KeySources(authorities: made.authority)) { world async throws in
            guard case .kept(let kept) = try await world.harvest(made["signed"]) else {
                Issue.record("Nothing was kept.")
                return
            }
            #expect(kept.map(\.acceptance) == [.accepted])
            let inUse = try #require(try await world.usable(.smime))
            // The same authority gave a certificate for the same address to somebody else.
            _ = try await world.harvest(made["planted"], isAuthenticated: true)
            #expect(try await world.proposed.count == 1)
            #expect(try await world.usable(.smime) == inUse)
        }
        try await KeyWorld.with(kind) { world async throws in
            _ = try await world.harvest(made["signed"], isAuthenticated: true)
            #expect(try await world.usable(.smime) != nil)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a declined key needs a reason, is not proposed again, and is used once staff adds it`(
        kind: StoreKind
    ) async throws {
        let made = try Self.made.get()
        try await KeyWorld.with(kind) { world async throws in
            _ = try await world.harvest(made["signed"])
            let proposal = try #require(try await world.proposed.first)
            await #expect(throws: RecipientKeysError.reasonMissing) {
                try await world.keys.decline(proposal.id, of: world.contact, why: "", by: world.marketer)
            }
            try await world.keys.decline(proposal.id, of: world.contact, why: "Not hers", by: world.marketer)
            #expect(try await world.harvest(made["signed"], isAuthenticated: true) == .nothing)
            #expect(try await world.proposed.isEmpty)
            #expect(try await world.usable(.smime) == nil)
            let file = try made.tools.read("jane.pem")
            guard case .added = try await world.keys.add(file, for: world.contact, by: world.marketer) else {
                Issue.record("What staff adds was not taken.")
                return
            }
            #expect(try await world.usable(.smime) == proposal.id)
            #expect(try await world.count(.recipientKeyDecline) == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an Autocrypt header of another address, beside another, unknown or broken offers nothing; a good one does`(
        kind: StoreKind
    ) async throws {
        let made = try Self.made.get()
        let (first, second) = (made.openPGP["first"], made.openPGP["second"])
        try await KeyWorld.with(kind) { world async throws in
            let bad = [
                autocrypt([header(first, addr: "other@tls.example")]), autocrypt([header(first), header(second)]),
                autocrypt([header(first, more: "critical=1; ")]), autocrypt([header([1, 2, 3])]),
                autocrypt([header(first)], type: "multipart/report; boundary=x"),
                autocrypt([header(first)], from: "other@tls.example"), autocrypt(["addr=person@tls.example"]),
            ]
            for (number, mail) in bad.enumerated() {
                #expect(try await world.harvest(mail, isAuthenticated: true) == .nothing, "\(number)")
            }
            let good = autocrypt([header(first, more: "prefer-encrypt=mutual; _later=1; "), "addr=x"])
            guard case .kept(let kept) = try await world.harvest(good) else {
                Issue.record("A good header was not taken.")
                return
            }
            #expect(kept.map(\.origin) == [.autocrypt])
            #expect(try await world.proposed.map(\.facts.kind) == [.openPGP])
            #expect(try await world.usable(.openPGP) == nil)
            _ = try await world.harvest(autocrypt([header(second)]), isAuthenticated: true)
            #expect(try await world.usable(.openPGP) != nil)
        }
    }
}
