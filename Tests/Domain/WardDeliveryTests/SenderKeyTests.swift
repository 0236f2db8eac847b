// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing
import WardCrypto
import WardKernel
import WardMailCrypto
import WardStorage
import WardTestKit

@testable import WardDelivery

/// The organization's own keys on the send path.
@Suite struct SenderKeyTests {
    private struct Pair: Sendable {
        let signer: SMIMESigner
        let person: SMIMESigner
        var recipient: ProtectingKey

        init(at now: Timestamp) throws {
            func make(_ address: String) throws -> SMIMESigner {
                let key = try MailPrivateKey.make(.p256)
                let start = now.microseconds / 1_000_000 - 60
                let certificate = try key.selfSignedCertificate(
                    for: address,
                    serial: [1] + Surroundings.machine.randomBytes(8),
                    period: start...(start + 86_400 * 30)
                )
                return SMIMESigner(key: key, certificate: certificate)
            }
            signer = try make("clinic@lakeside.example")
            person = try make("person@tls.example")
            recipient = ProtectingKey(
                id: [1],
                key: try RecipientKey.read(try person.certificate.der(), at: now.microseconds / 1_000_000)
            )
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an encrypted message is signed inside with the sender's own key, the same bytes at each attempt`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let pair = try Pair(at: world.clock.now)
            world.senderKeys.state.withLock { $0.smime = pair.signer }
            world.transmitter.state.withLock { $0.answers = [.failForNow] }
            let person = try await world.makePerson()
            world.keys.state.withLock { $0[person] = [.smime: pair.recipient] }
            let id = try await world.queued(to: person, try world.terms())
            try await world.drain()
            // The key goes away while the message waits: it is signed already.
            world.senderKeys.state.withLock { $0 = SenderKeys() }
            world.clock.advance(by: .hours(4))
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
            let sent = try #require(world.transmitter.taken.first?.bytes)
            let inner = try SMIME.opened(sent, with: pair.person.key, certificate: nil)
            let found = try SMIME.verified(inner)
            #expect(found.certificates == [try pair.signer.certificate.der()])
            let text = String(decoding: found.entity, as: UTF8.self)
            #expect(text.contains("Subject: From your clinic\r\n") && text.contains("hp=\"cipher\""))
            let explained = try await world.delivery.explain(id, by: world.marketer)
            let signers = explained.attempts.map(\.evidence?.signerFingerprint)
            #expect(signers == Array(repeating: pair.signer.certificate.facts.fingerprint, count: 2))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a message in OpenPGP is signed and encrypted in one`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let now = world.clock.now.microseconds / 1_000_000
            let own = try OpenPGP.makeKey(for: "<clinic@lakeside.example>", at: now - 60, lifetime: 86_400)
            let theirs = try OpenPGP.makeKey(for: "<person@tls.example>", at: now - 60, lifetime: 86_400)
            let facts = try RecipientKey.read(own.publicKey, at: now).facts
            world.senderKeys.state.withLock { $0.openPGP = (own.secret, facts.fingerprint) }
            let person = try await world.makePerson()
            let key = ProtectingKey(id: [3], key: try RecipientKey.read(theirs.publicKey, at: now))
            world.keys.state.withLock { $0[person] = [.openPGP: key] }
            let id = try await world.queued(to: person, try world.terms())
            try await world.drain()
            #expect(try await world.standing(of: id) == .delivered)
            let sent = try #require(world.transmitter.taken.first?.bytes)
            let opened = try OpenPGP.opened(
                sent,
                with: theirs.secret.expose(for: .evaluating) { $0 },
                known: [own.publicKey],
                at: now
            )
            #expect(opened.signers == [facts.fingerprint])
            let explained = try await world.delivery.explain(id, by: world.marketer)
            #expect(explained.attempts.first?.evidence?.signerFingerprint == facts.fingerprint)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `mail that is not encrypted is signed only where the organization says so, and a retry sends the same bytes`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let pair = try Pair(at: world.clock.now)
            let dkim = try DKIMSigner(
                domain: "lakeside.example",
                selector: "one",
                key: try DKIMSigningKey.make(.ed25519, randomBytes: Surroundings.machine.randomBytes)
            )
            world.signers.state.withLock { $0 = [dkim] }
            world.senderKeys.state.withLock { $0.smime = pair.signer }
            let first = try await world.makePerson()
            _ = try await world.queued(to: first, try world.terms())
            try await world.drain()
            let unsigned = String(decoding: try #require(world.transmitter.taken.last?.bytes), as: UTF8.self)
            #expect(!unsigned.contains("multipart/signed"))
            world.senderKeys.state.withLock { $0.signsPlainMail = true }
            world.transmitter.state.withLock { $0.answers = [.failForNow, .loseReply] }
            let second = try await world.makePerson()
            let id = try await world.queued(to: second, try world.terms())
            world.senderKeys.state.withLock { $0 = SenderKeys() }
            world.delivery.rendered.forgetAll()
            for _ in 0..<4 {
                try await world.drain()
                world.clock.advance(by: .hours(4))
            }
            #expect(try await world.standing(of: id) == .delivered)
            let sent = world.transmitter.taken.suffix(2).map(\.bytes)
            #expect(Set(sent).count == 1)
            let bytes = try #require(sent.first)
            #expect(try SMIME.verified(bytes).certificates == [try pair.signer.certificate.der()])
            #expect(String(decoding: bytes, as: UTF8.self).contains("\r\nSubject: From your clinic\r\n"))
            let message = try DKIMMessage(bytes)
            let record = DKIMKeyRecord(.ed25519, publicKey: dkim.key.publicKey).text
            for signature in message.signatures {
                let verdict = message.verdict(on: try signature.get(), records: [record], now: world.clock.now)
                #expect(verdict == .verified)
            }
            let explained = try await world.delivery.explain(id, by: world.marketer)
            #expect(
                explained.attempts.last?.evidence?.signerFingerprint == pair.signer.certificate.facts.fingerprint
            )
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the key is offered in a header that stays the same when the key changes before a retry`(
        kind: StoreKind
    ) async throws {
        try await DeliveryWorld.with(kind) { world in
            let now = world.clock.now.microseconds / 1_000_000
            let own = try OpenPGP.makeKey(for: "<clinic@lakeside.example>", at: now - 60, lifetime: 86_400)
            let value = OpenPGP.autocrypt(own.publicKey, of: "clinic@lakeside.example")
            world.senderKeys.state.withLock { $0.autocrypt = value }
            world.transmitter.state.withLock { $0.answers = [.failForNow] }
            let person = try await world.makePerson()
            let id = try await world.queued(to: person, try world.terms())
            world.senderKeys.state.withLock { $0 = SenderKeys() }
            world.delivery.rendered.forgetAll()
            for _ in 0..<2 {
                try await world.drain()
                world.clock.advance(by: .hours(4))
            }
            #expect(try await world.standing(of: id) == .delivered)
            let sent = String(decoding: try #require(world.transmitter.taken.last?.bytes), as: UTF8.self)
            let header = sent.prefix(upTo: try #require(sent.range(of: "\r\n\r\n")).lowerBound)
            let field = try #require(header.range(of: "Autocrypt: "))
            let lines = header[field.upperBound...].components(separatedBy: "\r\n")
            #expect(lines.allSatisfy { $0.utf8.count <= 78 })
            let folded = [lines[0]] + lines.dropFirst().prefix { $0.hasPrefix(" ") }
            #expect(folded.joined() == value)
        }
    }
}
