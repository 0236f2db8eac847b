// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing
import WardConsent
import WardCrypto
import WardKernel
import WardMailCrypto
import WardStorage
import WardTestKit

@testable import WardDelivery

/// Messages that are encrypted to the person's own key, with keys made and messages opened by OpenSSL and Sequoia.
/// (Reliability catalogue B2, rule 2, and T12.)
@Suite struct ProtectedDeliveryTests {
    private static let keys = Result { try PersonKeys() }

    /// Key pairs of a person, made once.
    private struct PersonKeys: Sendable {
        let smime: ProtectingKey
        let secondSMIME: ProtectingKey
        let openPGP: ProtectingKey
        let privateKeys: [[UInt8]]
        let secret: [UInt8]

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
            func read(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }
            for name in ["one", "two"] {
                try run(
                    "/usr/bin/openssl",
                    ["req", "-x509", "-nodes", "-newkey", "rsa:2048", "-keyout", "\(name).key", "-out", "\(name).pem"]
                        + ["-days", "30", "-subj", "/CN=person", "-addext", "basicConstraints=critical,CA:FALSE"]
                )
            }
            try run("/usr/bin/sq", ["key", "generate", "--userid", "<person@tls.example>", "--export", "secret"])
            try run("/usr/bin/sq", ["key", "extract-cert", "--output", "public", "secret"])
            let now = Int64(Date().timeIntervalSince1970) + 5
            smime = ProtectingKey(id: [1], key: try RecipientKey.read(try read("one.pem"), at: now))
            secondSMIME = ProtectingKey(id: [2], key: try RecipientKey.read(try read("two.pem"), at: now))
            openPGP = ProtectingKey(id: [3], key: try RecipientKey.read(try read("public"), at: now))
            privateKeys = [try read("one.key"), try read("two.key")]
            secret = try read("secret")
        }

        /// What a person reads with the key of that number.
        func open(_ bytes: [UInt8], _ number: Int = 0) throws -> String {
            let key = try MailPrivateKey(privateKeys[number])
            return String(decoding: try SMIME.opened(bytes, with: key, certificate: nil), as: UTF8.self)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `every attempt sends the same encrypted bytes, signed over the encrypted form`(kind: StoreKind) async throws {
        let keys = try Self.keys.get()
        try await DeliveryWorld.with(kind) { world in
            let signer = try DKIMSigner(
                domain: "lakeside.example",
                selector: "one",
                key: try DKIMSigningKey.make(.ed25519, randomBytes: Surroundings.machine.randomBytes)
            )
            world.signers.state.withLock { $0 = [signer] }
            world.transmitter.state.withLock { $0.answers = [.failForNow, .loseReply, .hasNoTLS] }
            let person = try await world.makePerson()
            world.keys.state.withLock { $0[person] = [.smime: keys.smime] }
            let id = try await world.queued(to: person, try world.terms())
            for _ in 0..<4 {
                try await world.drain()
                world.clock.advance(by: .hours(4))
            }
            #expect(try await world.standing(of: id) == .delivered)
            #expect(world.transmitter.taken.count == 2)
            #expect(Set(world.transmitter.taken.map(\.bytes)).count == 1)
            let sent = try #require(world.transmitter.taken.first)
            #expect(sent.isOpportunistic)
            let text = String(decoding: sent.bytes, as: UTF8.self)
            #expect(text.hasPrefix("DKIM-Signature:") && text.contains("\r\nSubject: [...]\r\n"))
            #expect(!text.contains("From your clinic") && !text.contains("The result is fine."))
            let plain = try keys.open(sent.bytes)
            #expect(plain.contains("Subject: From your clinic\r\n") && plain.contains("The result is fine."))
            let message = try DKIMMessage(sent.bytes)
            let record = DKIMKeyRecord(.ed25519, publicKey: signer.key.publicKey).text
            for signature in message.signatures {
                let verdict = message.verdict(on: try signature.get(), records: [record], now: world.clock.now)
                #expect(verdict == .verified)
            }
            let explained = try await world.delivery.explain(id, by: world.marketer)
            let evidence = explained.attempts.compactMap(\.evidence)
            #expect(evidence.allSatisfy { $0.method == .smime })
            #expect(evidence.last?.keyFingerprint == keys.smime.key.facts.fingerprint)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a message to somebody with an OpenPGP key alone is encrypted to that, and kept sealed`(
        kind: StoreKind
    ) async throws {
        let keys = try Self.keys.get()
        // Keys made today are not valid in the test's own year.
        try await DeliveryWorld.with(kind, surroundings: .machine) { world in
            let person = try await world.makePerson()
            world.keys.state.withLock { $0[person] = [.openPGP: keys.openPGP] }
            let id = try await world.queued(to: person, try world.terms(.treatment, .restricted))
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
            let sent = try #require(world.transmitter.taken.first?.bytes)
            let time = Int64(Date().timeIntervalSince1970)
            let opened = try OpenPGP.opened(sent, with: keys.secret, at: time)
            #expect(String(decoding: opened.content, as: UTF8.self).contains("The result is fine."))
            let sealed = try await world.store.read { tx in
                try ProtectedQueries.find([id], of: world.ground.organization, in: tx)[id]?.sealed
            }
            #expect(!String(decoding: try #require(sealed), as: UTF8.self).contains("multipart/encrypted"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a key that is replaced before a retry is used, and one that is gone leaves the next method`(
        kind: StoreKind
    ) async throws {
        let keys = try Self.keys.get()
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.keys.state.withLock { $0[person] = [.smime: keys.smime] }
            world.transmitter.state.withLock { $0.answers = [.failForNow, .failForNow] }
            let id = try await world.queued(to: person, try world.terms())
            try await world.drain()
            world.keys.state.withLock { $0[person] = [.smime: keys.secondSMIME] }
            world.clock.advance(by: .hours(4))
            try await world.drain()
            world.keys.state.withLock { $0[person] = [:] }
            world.keys.unusable.withLock { _ = $0.insert(person) }
            world.clock.advance(by: .hours(4))
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
            let explained = try await world.delivery.explain(id, by: world.marketer)
            let methods = explained.attempts.compactMap(\.evidence?.method)
            #expect(methods == [.smime, .smime, .verifiedTLS])
            let fingerprints = explained.attempts.map(\.evidence?.keyFingerprint)
            #expect(fingerprints == [keys.smime.key.facts.fingerprint, keys.secondSMIME.key.facts.fingerprint, nil])
            let last = try #require(explained.decisions.last)
            let transport = try #require(last.answers.last)
            guard case .allows(let allowed, let note) = transport.answer else { throw DeliveryWorld.Unexpected() }
            #expect(!allowed.contains(.smime))
            #expect(note.hasSuffix("_key_unusable"))
            #expect(!(try #require(world.transmitter.taken.last)).isOpportunistic)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a key that has expired holds what would have been encrypted to it, and nothing weaker goes unasked`(
        kind: StoreKind
    ) async throws {
        let keys = try Self.keys.get()
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.keys.lost.withLock { $0[person] = [.smime] }
            let submitted = try await world.send(to: person, try world.terms())
            guard case .held(let id, .keyUnusable) = submitted else { throw DeliveryWorld.Unexpected() }
            #expect(try await world.standing(of: id) == .held)
            // A new key, of whatever kind, is what the message waits for.
            world.keys.state.withLock { $0[person] = [.openPGP: keys.openPGP, .smime: keys.smime] }
            world.keys.lost.withLock { $0[person] = [] }
            world.clock.advance(by: .hours(4))
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
            #expect(world.transmitter.taken.count == 1)
            let sent = try #require(world.transmitter.taken.first?.bytes)
            #expect(try keys.open(sent).contains("The result is fine."))
        }
    }

    @Test func `of what was lost only what comes before the usable methods holds`() {
        func verdict(_ order: [SendMethod], _ usable: Set<SendMethod>, lost: Set<SendMethod>) -> GateVerdict {
            let answer = GateAnswer.carries(usable, lost: lost, note: "x")
            return SendGate.verdict(of: [AnsweredQuestion(question: .transport, answer: answer)], methodOrder: order)
        }
        let standard = ProtectionPolicy.standardOrder
        #expect(verdict(standard, [.verifiedTLS, .portal], lost: [.smime]) == .hold(.keyUnusable, until: nil))
        #expect(verdict(standard, [.verifiedTLS, .openPGP], lost: [.smime]) == .cleared(.openPGP))
        #expect(verdict([.verifiedTLS, .smime], [.verifiedTLS], lost: [.smime]) == .cleared(.verifiedTLS))
        #expect(verdict([.verifiedTLS, .portal], [.portal], lost: [.smime]) == .cleared(.portal))
        #expect(verdict([.portal, .smime], [], lost: [.smime]) == .hold(.keyUnusable, until: nil))
    }

    @Test(arguments: TestStore.kinds)
    func `a message in doubt is not encrypted anew: a person decides`(kind: StoreKind) async throws {
        let keys = try Self.keys.get()
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.keys.state.withLock { $0[person] = [.smime: keys.smime] }
            world.transmitter.state.withLock { $0.answers = [.loseReply] }
            let id = try await world.queued(to: person, try world.terms())
            try await world.drain()
            world.keys.state.withLock { $0[person] = [.smime: keys.secondSMIME] }
            world.clock.advance(by: .hours(4))
            try await world.drain()
            #expect(try await world.standing(of: id) == .held)
            #expect(try await world.reason(of: id) == HoldReason.contentDiffers.rawValue)
            #expect(world.transmitter.taken.count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a key that cannot encrypt after all holds the message and nothing leaves`(kind: StoreKind) async throws {
        var broken = try Self.keys.get().smime
        broken.key.bytes = [0x30, 0x00]
        try await DeliveryWorld.with(kind) { [broken] world in
            let person = try await world.makePerson()
            world.keys.state.withLock { $0[person] = [.smime: broken] }
            let id = try await world.queued(to: person, try world.terms())
            try await world.drain()
            #expect(try await world.standing(of: id) == .held)
            #expect(try await world.reason(of: id) == HoldReason.cannotEncrypt.rawValue)
            #expect(world.transmitter.taken.isEmpty)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a server that breaks off is tried again later, not for ever at once`(kind: StoreKind) async throws {
        let keys = try Self.keys.get()
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            world.keys.state.withLock { $0[person] = [.smime: keys.smime] }
            world.transmitter.state.withLock { $0.standard = .breaksOff }
            _ = try await world.queued(to: person, try world.terms())
            try await world.drain()
            #expect(world.transmitter.attempts == 1)
        }
    }
}
