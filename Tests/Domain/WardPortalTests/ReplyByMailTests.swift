// SPDX-License-Identifier: Apache-2.0

import Testing
import WardDelivery
import WardKernel
import WardStorage
import WardTestKit

@testable import WardPortal

@Suite struct ReplyByMailTests {
    private func mail(_ text: String, headers: String = "") -> Sensitive<[UInt8]> {
        Sensitive(Array("From: ana@a.example\r\n\(headers)Subject: Re: visit\r\n\r\n\(text)\r\n".utf8))
    }

    private func replyAddress(_ world: PortalWorld) async throws -> EmailAddress {
        try #require(try await world.deposit(for: world.ana).notice.replyTo)
    }

    @Test(arguments: TestStore.kinds)
    func `a mail to the notice's own address lands in the conversation, sealed and marked as mail`(
        kind: StoreKind
    ) async throws {
        try await PortalWorld.with(kind) { world in
            let address = try await replyAddress(world)
            #expect(address.domain == "lakeside.example")
            #expect(try await world.portal.isReplyAddress(address, of: world.organization))
            let outcome = try await world.portal.receive(mail("MYSECRETREPLY"), at: address, of: world.organization)
            #expect(outcome == .kept)
            let threads = try await world.portal.threads(.needsAnswer, requester: world.clinician)
            let thread = try #require(threads.threads.first)
            let detail = try await world.portal.thread(thread.id, requester: world.clinician)
            let reply = try #require(detail.messages.last)
            #expect(reply.direction == .fromPerson)
            reply.content.expose(for: .disclosing) { content in
                #expect(content.text.contains("MYSECRETREPLY"))
                #expect(content.origin == .mail)
            }
            let kept = try await world.portal.mail(reply.id, requester: world.clinician)
            #expect(
                kept?.expose(for: .disclosing) { String(decoding: $0, as: UTF8.self) }.contains("Re: visit") == true
            )
            let sealed: [UInt8]? = try await world.store.read { try $0.first("SELECT mail_sealed FROM portal_mail") }
            #expect(!String(decoding: try #require(sealed), as: UTF8.self).contains("MYSECRETREPLY"))
            #expect(try await world.auditCount(.portalMail) == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `the same mail twice is one, and a wrong token is refused`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            let address = try await replyAddress(world)
            _ = try await world.portal.receive(mail("once"), at: address, of: world.organization)
            let again = try await world.portal.receive(mail("once"), at: address, of: world.organization)
            #expect(again == .alreadyKept)
            var local = Array(address.local)
            local[20] = local[20] == "a" ? "b" : "a"
            let forged = try #require(EmailAddress("\(String(local))@lakeside.example"))
            #expect(try await !world.portal.isReplyAddress(forged, of: world.organization))
            let refused = try await world.portal.receive(mail("x"), at: forged, of: world.organization)
            #expect(refused == .unknownAddress)
            let rows: Int? = try await world.store.read { try $0.first("SELECT COUNT(*) FROM portal_mail") }
            #expect(rows == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an automatic answer asks nobody for an answer`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            let address = try await replyAddress(world)
            let away = mail("I am away", headers: "Auto-Submitted: auto-replied\r\n")
            #expect(try await world.portal.receive(away, at: address, of: world.organization) == .kept)
            #expect(try await world.portal.threads(.needsAnswer, requester: world.clinician).threads.isEmpty)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `attachments are named and kept, a bomb is kept and said to be unreadable`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            let address = try await replyAddress(world)
            let text =
                "From: a@a.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nsee\r\n--b\r\n"
                + "Content-Type: image/png\r\nContent-Disposition: attachment; filename=\"arm.png\"\r\n\r\nPNG\r\n--b--\r\n"
            _ = try await world.portal.receive(Sensitive(Array(text.utf8)), at: address, of: world.organization)
            var bomb = "Subject: x\r\n"
            for level in 0..<50 { bomb += "Content-Type: multipart/mixed; boundary=b\(level)\r\n\r\n--b\(level)\r\n" }
            world.clock.advance(by: .seconds(1))
            let outcome = try await world.portal.receive(
                Sensitive(Array(bomb.utf8)),
                at: address,
                of: world.organization
            )
            #expect(outcome == .kept)
            let threads = try await world.portal.threads(.needsAnswer, requester: world.clinician)
            let detail = try await world.portal.thread(
                try #require(threads.threads.first).id,
                requester: world.clinician
            )
            let contents = detail.messages.suffix(2).map { $0.content.expose(for: .disclosing) { $0 } }
            #expect(contents.first?.attachments == ["arm.png (3)"])
            #expect(contents.last?.text.contains("nested deeper") == true)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an answer of staff names the conversation's address for answers`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            let address = try await replyAddress(world)
            _ = try await world.portal.receive(mail("hello"), at: address, of: world.organization)
            let threads = try await world.portal.threads(.needsAnswer, requester: world.clinician)
            let thread = try #require(threads.threads.first).id
            _ = try await world.portal.answer(
                thread,
                "Thank you",
                identifier: world.clock.surroundings.makeIdentifier(),
                author: "Dana",
                sensitivity: .sensitive,
                wishes: AnswerWishes(
                    lowering: SensitivityLowering(reason: Sensitive("Directions"), attestsNoPHI: true),
                    isTimeCritical: true,
                    answersRequest: world.clock.surroundings.makeIdentifier()
                ),
                requester: world.clinician
            )
            let sent = try #require(world.delivery.sent.last)
            #expect(sent.terms.sender.replyTo == address)
            #expect(sent.lowering?.isComplete == true && sent.terms.isTimeCritical && sent.terms.answersRequest != nil)
            #expect(sent.terms.sensitivity == .routine)
        }
    }
}
