// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardConsent
import WardKernel
import WardMIME
import WardMailCrypto
import WardStorage
import WardTestKit
import WardVault

@testable import WardDelivery

/// DKIM on the send path: signed once, frozen, sent byte for byte. (Reliability catalogue B2, rule 2.)
@Suite struct MessageSigningTests {
    private static let keys = Result {
        try DKIMAlgorithm.allCases.map {
            try DKIMSigningKey.make($0, randomBytes: Surroundings.machine.randomBytes)
        }
    }

    private static func signers(_ stem: String = "one") throws -> [DKIMSigner] {
        try keys.get().map { key in
            try DKIMSigner(domain: "lakeside.example", selector: "\(stem)-\(key.algorithm.keyType)", key: key)
        }
    }

    private func verdicts(_ bytes: [UInt8], _ world: DeliveryWorld) throws -> [DKIMVerdict] {
        let message = try DKIMMessage(bytes)
        return try message.signatures.map { signature in
            let field = try signature.get()
            let key = try #require(try Self.keys.get().first { $0.algorithm == field.algorithm })
            let record = DKIMKeyRecord(key.algorithm, publicKey: key.publicKey).text
            return message.verdict(on: field, records: [record], now: world.clock.now)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `every attempt sends the same signed bytes, and none signs again`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            world.signers.state.withLock { $0 = (try? Self.signers()) ?? [] }
            world.transmitter.state.withLock { $0.answers = [.failForNow, .loseReply] }
            let person = try await world.makePerson()
            let id = try await world.queued(to: person, try world.terms())
            // The keys change and go away while the message waits: it is signed already.
            world.signers.state.withLock { $0 = (try? Self.signers("two")) ?? [] }
            try await world.drain()
            world.signers.state.withLock { $0 = [] }
            for _ in 0..<3 {
                world.clock.advance(by: .hours(4))
                try await world.drain()
            }
            #expect(try await world.standing(of: id) == .delivered)
            #expect(world.transmitter.attempts == 3)
            #expect(world.transmitter.taken.count == 2)
            #expect(Set(world.transmitter.taken.map(\.bytes)).count == 1)
            #expect(world.signers.asked.withLock { $0 } == 1)
            let bytes = try #require(world.transmitter.taken.first?.bytes)
            #expect(try verdicts(bytes, world) == [.verified, .verified])
            #expect(String(decoding: bytes, as: UTF8.self).contains(" s=one-rsa;"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a message that was queued before there were keys goes out as it was prepared`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            let person = try await world.makePerson()
            _ = try await world.queued(to: person, try world.terms())
            world.signers.state.withLock { $0 = (try? Self.signers()) ?? [] }
            try await world.drain()
            let bytes = try #require(world.transmitter.taken.first?.bytes)
            #expect(!String(decoding: bytes, as: UTF8.self).contains("DKIM-Signature"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a portal notice is signed too, and the message in the portal is not`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            world.signers.state.withLock { $0 = (try? Self.signers()) ?? [] }
            world.transmitter.state.withLock { $0.standard = .hasNoTLS }
            let person = try await world.makePerson()
            let id = try await world.queued(to: person, try world.terms())
            try await world.drain()
            #expect(try await world.standing(of: id) == .waitingInPortal)
            let notice = try #require(world.transmitter.taken.first)
            #expect(notice.isOpportunistic)
            #expect(try verdicts(notice.bytes, world) == [.verified, .verified])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `many messages are signed each for itself, in their order, and sealed`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            world.signers.state.withLock { $0 = (try? Self.signers()) ?? [] }
            let made = try world.delivery.content(
                try world.terms(),
                template: try LiteralComposer.template(of: Sensitive(ComposedContent(subject: "x", text: "y"))),
                of: world.ground.organization
            )
            try await world.store.write { tx in try world.delivery.store(made, in: tx) }
            var drafts: [MessageDraft] = []
            for number in 0..<30 {
                drafts.append(
                    MessageDraft(
                        recipient: .contact(try await world.makePerson()),
                        address: try DeliveryWorld.address("person\(number)")
                    )
                )
            }
            let prepared = try await world.delivery.prepare(drafts, content: made)
            #expect(prepared.map(\.draft.address) == drafts.map(\.address))
            #expect(Set(prepared.map(\.id)).count == 30)
            _ = try await world.store.write { tx in try world.delivery.submit(prepared, by: world.marketer, in: tx) }
            let stored = try await world.store.read { [world] tx -> StoredDelivery? in
                try DeliveryQueries.find(prepared[7].id, of: world.ground.organization, in: tx)
            }
            let sealed = try #require(stored?.signatures)
            let rsa = prepared[7].frozen.signatures[0].value
            #expect(!sealed.indices.contains { sealed[$0...].starts(with: rsa.prefix(8)) })
            try await world.drain()
            #expect(world.transmitter.taken.count == 30)
            for transmission in world.transmitter.taken {
                #expect(try verdicts(transmission.bytes, world) == [.verified, .verified])
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `signatures that were moved to another message or lost hold it for a person`(kind: StoreKind) async throws {
        try await DeliveryWorld.with(kind) { world in
            world.signers.state.withLock { $0 = (try? Self.signers()) ?? [] }
            let id = try await world.queued(to: try await world.makePerson(), try world.terms())
            try await world.store.write { tx in
                _ = try tx.execute("UPDATE delivery SET signatures = NULL WHERE id = \(id)")
            }
            world.delivery.rendered.forgetAll()
            try await world.drain()
            #expect(try await world.standing(of: id) == .held)
            #expect(try await world.reason(of: id) == HoldReason.contentDiffers.rawValue)
            #expect(world.transmitter.taken.isEmpty)
        }
    }

    @Test func `rehearsing a message reads no key and says what preparing it would`() async throws {
        try await DeliveryWorld.with(.sqlite) { world in
            world.signers.state.withLock { $0 = (try? Self.signers()) ?? [] }
            let person = try await world.makePerson()
            let draft = MessageDraft(recipient: .contact(person), address: try DeliveryWorld.address())
            for (subject, isMakeable) in [("From your clinic", true), ("From\u{7}", false)] {
                let content = try world.delivery.content(
                    try world.terms(),
                    template: try LiteralComposer.template(of: Sensitive(ComposedContent(subject: subject, text: "y"))),
                    of: world.ground.organization
                )
                if isMakeable {
                    try world.delivery.rehearse(draft, content: content)
                } else {
                    #expect(throws: MailMessageError.self) {
                        try world.delivery.rehearse(draft, content: content)
                    }
                }
            }
            #expect(world.signers.asked.withLock { $0 } == 0)
        }
    }

    @Test func `signatures come back from their stored form, and other bytes are refused`() throws {
        let dkim = [
            DKIMSignature(
                selector: "a-rsa",
                algorithm: .rsa,
                signedAt: 1_795_000_000,
                value: Array(repeating: 7, count: 256)
            ),
            DKIMSignature(selector: "a-ed25519", algorithm: .ed25519, signedAt: 0, value: Array(0..<64)),
        ]
        let signatures = MessageSignatures(dkim: dkim)
        let plain = SignatureSeal.plain(signatures)
        #expect(SignatureSeal.read(plain) == signatures)
        let octets = plain.expose(for: .evaluating) { $0 }
        #expect(SignatureSeal.read(Sensitive([])) == nil)
        let own = MessageSignatures(
            dkim: dkim,
            own: FrozenSignature(signer: "aa", value: Array(repeating: 9, count: 3_000)),
            autocrypt: "addr=a@b.example"
        )
        let ownOctets = SignatureSeal.plain(own).expose(for: .evaluating) { $0 }
        #expect(ownOctets.first == 2 && SignatureSeal.read(Sensitive(ownOctets)) == own)
        for count in [1, 2, 5, 100, 3_010, 3_020] {
            #expect(SignatureSeal.read(Sensitive(Array(ownOctets.prefix(count)))) == nil, "\(count) octets")
        }
        #expect(SignatureSeal.read(Sensitive([2] + octets.dropFirst())) == nil)
        for count in 2..<octets.count where count != octets.count - 64 - 21 {
            #expect(SignatureSeal.read(Sensitive(Array(octets.prefix(count)))) == nil, "\(count) octets")
        }
    }
}
