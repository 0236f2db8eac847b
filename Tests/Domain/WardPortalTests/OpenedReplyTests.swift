// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import WardDelivery
import WardKernel
import WardStorage
import WardTestKit

@testable import WardPortal

/// What an opener says of a mail, as a test says.
final class ScriptedOpener: ReplyOpener {
    let answer = Mutex(OpenedReply())
    let isAway = Mutex(false)

    struct Away: Error {}

    func open(
        _ mail: Sensitive<[UInt8]>,
        from contact: ContactID,
        of organization: OrganizationID
    ) async throws -> OpenedReply {
        if isAway.withLock({ $0 }) { throw Away() }
        return answer.withLock { $0 }
    }
}

@Suite struct OpenedReplyTests {
    private static let mail = Sensitive(
        Array("From: ana@a.example\r\nSubject: [...]\r\nContent-Type: application/pkcs7-mime\r\n\r\nMIIB\r\n".utf8)
    )
    private static let inside = Sensitive(
        Array(
            """
            Subject: About my knee\r
            Content-Type: multipart/mixed; boundary=b; hp="cipher"\r
            \r
            --b\r
            Content-Type: text/plain\r
            \r
            MYSECRETREPLY\r
            --b\r
            Content-Type: image/png\r
            Content-Disposition: attachment; filename="knee.png"\r
            \r
            PNG\r
            --b--\r

            """.utf8
        )
    )

    private func lastReply(_ world: PortalWorld) async throws -> ThreadDetail.Message {
        let threads = try await world.portal.threads(.needsAnswer, requester: world.clinician)
        let thread = try #require(threads.threads.first)
        return try #require(try await world.portal.thread(thread.id, requester: world.clinician).messages.last)
    }

    @Test(arguments: TestStore.kinds)
    func `the inside of an encrypted mail is the conversation's text, with its subject, files and signer`(
        kind: StoreKind
    ) async throws {
        try await PortalWorld.with(kind) { world in
            let address = try #require(try await world.deposit(for: world.ana).notice.replyTo)
            let protection = ReplyProtection(encryption: .opened, signature: .known, signer: "ab12")
            world.opener.answer.withLock {
                $0 = OpenedReply(inside: Self.inside, isHeaderProtected: true, protection: protection)
            }
            #expect(try await world.portal.receive(Self.mail, at: address, of: world.organization) == .kept)
            let reply = try await lastReply(world)
            reply.content.expose(for: .disclosing) { content in
                #expect(content.text.contains("MYSECRETREPLY") && content.subject == "About my knee")
                #expect(content.protection == protection && content.origin == .mail)
            }
            #expect(reply.files.map(\.fileName) == ["knee.png"])
            let file = try await world.portal.attachment(1, of: reply.id, requester: world.clinician)
            #expect(file?.content.expose(for: .disclosing) { String(decoding: $0, as: UTF8.self) } == "PNG")
            let kept = try await world.portal.mail(reply.id, requester: world.clinician)
            #expect(kept == Self.mail)
            let sealed: [UInt8]? = try await world.store.read {
                try $0.first("SELECT content_sealed FROM portal_message WHERE direction = 'from_person'")
            }
            #expect(!String(decoding: try #require(sealed), as: UTF8.self).contains("MYSECRETREPLY"))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a header that nothing protects does not take the place of the mail's own`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            let address = try #require(try await world.deposit(for: world.ana).notice.replyTo)
            world.opener.answer.withLock {
                $0 = OpenedReply(inside: Self.inside, protection: ReplyProtection(encryption: .opened))
            }
            _ = try await world.portal.receive(Self.mail, at: address, of: world.organization)
            let subject = try await lastReply(world).content.expose(for: .disclosing, \.subject)
            #expect(subject == "[...]")
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a mail that stays closed is kept, marked and shown, with what to take away`(kind: StoreKind) async throws {
        for encryption in ReplyProtection.Encryption.allCases where encryption.isClosed {
            try await PortalWorld.with(kind) { world in
                let address = try #require(try await world.deposit(for: world.ana).notice.replyTo)
                world.opener.answer.withLock {
                    $0 = OpenedReply(protection: ReplyProtection(encryption: encryption))
                }
                #expect(try await world.portal.receive(Self.mail, at: address, of: world.organization) == .kept)
                let reply = try await lastReply(world)
                reply.content.expose(for: .disclosing) { content in
                    #expect(content.protection.encryption == encryption && content.text.isEmpty)
                }
                #expect(reply.files.count == 1)
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a mail that cannot be looked at now is not kept: the other side sends it again`(
        kind: StoreKind
    ) async throws {
        try await PortalWorld.with(kind) { world in
            let address = try #require(try await world.deposit(for: world.ana).notice.replyTo)
            world.opener.isAway.withLock { $0 = true }
            await #expect(throws: ScriptedOpener.Away.self) {
                try await world.portal.receive(Self.mail, at: address, of: world.organization)
            }
            let rows: Int? = try await world.store.read { try $0.first("SELECT COUNT(*) FROM portal_mail") }
            #expect(rows == 0)
        }
    }

    @Test func `what protects a mail comes back from its stored form, and cut forms are refused`() throws {
        var content = StoredContent(author: "", subject: "s", text: "t")
        content.origin = .mail
        content.attachments = ["a (1)"]
        let before = content.encoded
        #expect(before.first == 2)
        for encryption in ReplyProtection.Encryption.allCases {
            for signature in ReplyProtection.Signature.allCases {
                content.protection = ReplyProtection(encryption: encryption, signature: signature, signer: "ab")
                #expect(StoredContent(encoded: content.encoded) == content)
            }
        }
        for count in 0..<24 { #expect(StoredContent(encoded: Array(content.encoded.prefix(count))) == nil, "\(count)") }
    }
}
