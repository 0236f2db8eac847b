// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardCrypto
import WardSandbox

@testable import WardMailCrypto

/// Foreign bytes through the real confined child (invariant I12).
@Suite struct ConfinedTaskTests {
    private static let child = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appending(path: "WardParseChild").path
    private let reader = ForeignMailReader(sandbox: Sandbox(program: child))
    private static let now = Int64(Date().timeIntervalSince1970) + 5

    @Test func `certificates and keys are read in the child, whatever their kind`() async throws {
        let files = try Self.files()
        for name in ["person.pem", "public"] {
            let given = try #require(files[name])
            let expected = try RecipientKey.read(given, at: Self.now)
            #expect(await reader.key(given, at: Self.now) == .read(expected), "\(name)")
        }
        #expect(await reader.key(Array("nonsense".utf8), at: Self.now) == .refused(.malformed))
        guard case .read(let newer) = await reader.key(Array(OpenPGPTests.versionSix.utf8), at: Self.now) else {
            Issue.record("A key of version 6 was not read.")
            return
        }
        #expect(newer.facts.problem == .newerThanSupported)
    }

    @Test func `messages are opened in the child with the one key that it gets`() async throws {
        let files = try Self.files()
        let mail = try ProtectedMails.mail("Your results", text: "Hello\n")
        let payload = try ProtectedHeader(of: mail).payload
        let certificate = try #require(files["person.pem"])
        let message = try SMIME.encrypted(mail, to: try MailCertificate(certificate))
        let key = Data(try #require(files["person.key"]))
        let opened = await reader.message(.openSMIME(Data(message), key: key, certificate: Data(certificate)))
        #expect(opened == .read(.content(Data(payload), signers: [])))
        let secret = Data(try #require(files["secret"]))
        let recipient = try RecipientKey.read(try #require(files["public"]), at: Self.now)
        let second = try OpenPGP.encrypted(mail, to: recipient.bytes, at: Self.now, boundary: "=_box")
        let read = await reader.message(.openOpenPGP(Data(second), secret: secret, known: [], time: Self.now))
        #expect(read == .read(.content(Data(payload), signers: [])))
        let broken = Data(message.map { $0 == UInt8(ascii: "A") ? UInt8(ascii: "B") : $0 })
        guard case .refused = await reader.message(.openSMIME(broken, key: key, certificate: nil)) else {
            Issue.record("A changed message was opened.")
            return
        }
    }

    /// Copies, since a place removes its folder when it goes.
    private static func files() throws -> [String: [UInt8]] {
        let place = try ToolPlace()
        try place.makeCertificate("person", key: ["rsa:2048"], extensions: ["basicConstraints=CA:FALSE"])
        try place.run("/usr/bin/sq", ["key", "generate", "--userid", "<person@tls.example>", "--export", "secret"])
        try place.run("/usr/bin/sq", ["key", "extract-cert", "--output", "public", "secret"])
        return try ["person.pem", "person.key", "secret", "public"].reduce(into: [:]) { $0[$1] = try place.read($1) }
    }
}
