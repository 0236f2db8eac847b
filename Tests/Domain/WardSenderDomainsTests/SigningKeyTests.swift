// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardAudit
import WardKernel
import WardMailCrypto
import WardStorage
import WardTestKit

@testable import WardSenderDomains

/// A signing key from its making to its end.
@Suite struct SigningKeyTests {
    @Test(arguments: TestStore.kinds)
    func `a new pair of keys signs only once its records are seen, and the pair before retires`(
        kind: StoreKind
    ) async throws {
        try await SenderDomainWorld.with(kind) { world in
            #expect(try await world.selectors() == [])
            let first = try await world.senderDomains.makeKeys(why: "First keys", by: world.administrator)
            #expect(first.map(\.algorithm) == [.rsa, .ed25519])
            #expect(first.allSatisfy { $0.state == .waiting && $0.domain == "lakeside.example" })
            #expect(try await world.selectors() == [])
            #expect(try await world.activate(first) == [.recordNotSeen(.missing), .recordNotSeen(.missing)])
            world.publish(first)
            _ = try await world.activate(first)
            #expect(try await world.selectors() == first.map(\.selector))

            world.clock.advance(by: .days(100))
            let second = try await world.makePublished()
            #expect(try await world.selectors() == first.map(\.selector))
            let outcomes = try await world.activate(second)
            #expect(try await world.selectors() == second.map(\.selector))
            for (outcome, old) in zip(outcomes, first) {
                guard case .active(let key, let replaced) = outcome else {
                    Issue.record("not active: \(outcome)")
                    continue
                }
                #expect(key.state == .active)
                #expect(replaced.map(\.selector) == [old.selector])
                #expect(replaced.first?.recordNeededUntil == world.clock.now + .days(7))
            }
            let states = try await world.senderDomains.keys(by: world.administrator).map(\.state)
            #expect(states == [.retired, .retired, .active, .active])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a key whose record is missing or another's stays waiting, unless a person says why`(
        kind: StoreKind
    ) async throws {
        try await SenderDomainWorld.with(kind) { world in
            let keys = try await world.senderDomains.makeKeys(why: "First keys", by: world.administrator)
            let selector = keys[0].selector
            world.zone.set(keys[0].recordName, keys[1].recordText)
            #expect(try await world.activate([keys[0]]) == [.recordNotSeen(.wrong(.keyDiffers))])
            world.zone.set(keys[0].recordName, "v=DKIM1; k=rsa; p=not base64!")
            #expect(try await world.activate([keys[0]]) == [.recordNotSeen(.wrong(.keyUnreadable))])
            world.zone.set(keys[0].recordName, keys[0].recordText, keys[1].recordText)
            #expect(try await world.activate([keys[0]]) == [.recordNotSeen(.wrong(.severalKeys))])
            world.zone.state.withLock { $0.isAway = true }
            #expect(try await world.activate([keys[0]]) == [.recordNotSeen(.unknown("timeout"))])
            await #expect(throws: SenderDomainError.reasonMissing) {
                try await world.senderDomains.activate(selector: selector, unseenBecause: " ", by: world.administrator)
            }
            #expect(try await world.selectors() == [])
            _ = try await world.senderDomains.activate(
                selector: selector,
                unseenBecause: "Published in the outside view only",
                by: world.administrator
            )
            #expect(try await world.selectors() == [selector])
            let line = try #require(try await world.audited(.signingKeyActivate).first)
            #expect(line.reason == Sensitive("Published in the outside view only"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `each change is audited with its reason and needs the permission`(kind: StoreKind) async throws {
        try await SenderDomainWorld.with(kind) { world in
            let keys = try await world.makePublished()
            _ = try await world.activate(keys)
            _ = try await world.senderDomains.retire(
                selector: keys[1].selector,
                why: "The registrar was broken into",
                by: world.administrator
            )
            #expect(try await world.selectors() == [keys[0].selector])
            #expect(try await world.audited(.signingKeyMake).count == 2)
            #expect(try await world.audited(.signingKeyActivate).count == 2)
            let retired = try await world.audited(.signingKeyRetire)
            #expect(retired.map(\.reason) == [Sensitive("The registrar was broken into")])
            let domains = world.senderDomains
            for roles in [[Role.marketer], [.clinician], [.compliance], [.auditor]] {
                let other = TestRequester.with(roles: Set(roles), of: world.organization)
                await #expect(throws: AccessDenied.self) { try await domains.makeKeys(why: "x", by: other) }
                await #expect(throws: AccessDenied.self) { try await domains.activate(selector: "x", by: other) }
                await #expect(throws: AccessDenied.self) {
                    try await domains.retire(selector: "x", why: "x", by: other)
                }
                await #expect(throws: AccessDenied.self) { try await domains.keys(by: other) }
                await #expect(throws: AccessDenied.self) { try await domains.report(by: other) }
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the secret half is sealed, and destroyed when the key retires`(kind: StoreKind) async throws {
        try await SenderDomainWorld.with(kind) { world in
            let keys = try await world.makePublished()
            func sealed() async throws -> [[UInt8]?] {
                try await world.store.read { tx -> [[UInt8]?] in
                    try tx.rows("SELECT sealed FROM sender_domain_key ORDER BY id").map { try $0.optional("sealed") }
                }
            }
            let before = try await sealed()
            #expect(before.count == 2)
            // PKCS#8 of RSA begins so in DER; an Ed25519 secret has 32 octets and the seal more.
            #expect(before.allSatisfy { $0.map { $0.count > 80 && !$0.starts(with: [0x30, 0x82]) } ?? false })
            for key in keys {
                _ = try await world.senderDomains.retire(
                    selector: key.selector,
                    why: "Made by mistake",
                    by: world.administrator
                )
            }
            #expect(try await sealed() == [nil, nil])
            await #expect(throws: SenderDomainError.keyRetiredAlready(selector: keys[0].selector)) {
                try await world.senderDomains.retire(
                    selector: keys[0].selector,
                    why: "Again",
                    by: world.administrator
                )
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a second pair is not made while one waits, and no selector is used twice`(kind: StoreKind) async throws {
        try await SenderDomainWorld.with(kind) { world in
            let first = try await world.makePublished()
            await #expect(throws: SenderDomainError.keysWaiting) {
                try await world.senderDomains.makeKeys(why: "More", by: world.administrator)
            }
            _ = try await world.activate(first)
            let second = try await world.makePublished()
            #expect(Set(first.map(\.selector)).isDisjoint(with: second.map(\.selector)))
            await #expect(throws: SenderDomainError.keyNotWaiting(selector: first[0].selector)) {
                try await world.senderDomains.activate(selector: first[0].selector, by: world.administrator)
            }
            await #expect(throws: SenderDomainError.keyUnknown(selector: "none")) {
                try await world.senderDomains.activate(selector: "none", by: world.administrator)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what a signer of the send path signs verifies by the published record`(kind: StoreKind) async throws {
        try await SenderDomainWorld.with(kind) { world in
            let keys = try await world.makePublished()
            _ = try await world.activate(keys)
            let signers = try await world.store.read { [world] tx -> [DKIMSigner] in
                try world.senderDomains.signers(for: "LAKESIDE.example", of: world.organization, in: tx)
            }
            let (others, foreign) = try await world.store.read { [world] tx -> ([DKIMSigner], [DKIMSigner]) in
                let organization: OrganizationID = world.clock.surroundings.makeIdentifier()
                return (
                    try world.senderDomains.signers(for: "other.example", of: world.organization, in: tx),
                    try world.senderDomains.signers(for: "lakeside.example", of: organization, in: tx)
                )
            }
            #expect(others.isEmpty && foreign.isEmpty)
            let message = Array("From: <messages@lakeside.example>\r\n\r\nHello\r\n".utf8)
            let signatures = try DKIM.signatures(of: message, by: signers, at: world.clock.now)
            let signed = try DKIM.fields(signatures, domain: "lakeside.example", of: message) + message
            let read = try DKIMMessage(signed)
            #expect(read.signatures.count == 2)
            for signature in read.signatures {
                let field = try signature.get()
                let texts = world.zone.state.withLock { $0.texts[field.recordName] ?? [] }
                #expect(read.verdict(on: field, records: texts, now: world.clock.now) == .verified)
            }
        }
    }
}
