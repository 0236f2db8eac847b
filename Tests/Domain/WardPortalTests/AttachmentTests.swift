// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardAudit
import WardDelivery
import WardKernel
import WardPortal
import WardStorage
import WardTestKit

/// Files that come with messages and answers.
@Suite struct AttachmentTests {
    private static let paper = ComposedAttachment(
        given: "Jane Doe biopsy.pdf",
        mediaType: "application/pdf",
        content: Array("%PDF-1.7 PLANTEDBIOPSY".utf8)
    )

    @Test(arguments: TestStore.kinds)
    func `a file waits in the portal with its message, for whoever was recognised, and each taking out is audited`(
        kind: StoreKind
    ) async throws {
        try await PortalWorld.with(kind) { world in
            let deposit = try await world.deposit(for: world.ana, files: [Self.paper])
            for text in [deposit.notice.subject, deposit.notice.text, deposit.notice.html ?? ""] {
                #expect(!text.contains("biopsy"))
            }
            let visit = try await world.visit(deposit.link)
            guard case .answered(let page) = try await world.portal.read(visit: visit, networkAddress: nil),
                let message = page.messages.first, let listed = message.files.first
            else {
                Issue.record("the message must be there with its file")
                return
            }
            #expect(listed.fileName == "Jane Doe biopsy.pdf" && listed.octets == Self.paper.content.count)
            guard
                case .answered(let file?) = try await world.portal.attachment(
                    1,
                    of: message.id,
                    visit: visit,
                    networkAddress: nil
                )
            else {
                Issue.record("the file must be there")
                return
            }
            #expect(file.content.expose(for: .disclosing) { Data($0) } == Self.paper.content)
            #expect(try await world.auditCount(AuditAction.portalAttachment) == 1)
            guard
                case .answered(nil) = try await world.portal.attachment(
                    2,
                    of: message.id,
                    visit: visit,
                    networkAddress: nil
                )
            else {
                Issue.record("there is no second file")
                return
            }
            // Nothing of name or content is in the rows.
            let rows = try await world.store.read { tx in
                try tx.rows("SELECT facts_sealed, content_sealed FROM portal_attachment").map { row in
                    try row.value("facts_sealed", as: [UInt8].self) + row.value("content_sealed", as: [UInt8].self)
                }
            }
            #expect(rows.count == 1)
            for row in rows {
                let text = String(decoding: row, as: UTF8.self)
                #expect(!text.contains("PLANTEDBIOPSY") && !text.contains("Jane"))
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a visit to one conversation takes no file out of another, and none after its end`(
        kind: StoreKind
    ) async throws {
        try await PortalWorld.with(kind) { world in
            let first = try await world.visit(try await world.deposit(for: world.ana, files: [Self.paper]).link)
            guard case .answered(let page) = try await world.portal.read(visit: first, networkAddress: nil),
                let message = page.messages.first
            else {
                Issue.record("the message must be there")
                return
            }
            let other = try await world.visit(try await world.deposit(for: world.ana, subject: "Another").link)
            guard
                case .answered(nil) = try await world.portal.attachment(
                    1,
                    of: message.id,
                    visit: other,
                    networkAddress: nil
                )
            else {
                Issue.record("another conversation's file must not be there")
                return
            }
            try await world.portal.signOut(visit: first, networkAddress: nil)
            guard
                case .over = try await world.portal.attachment(1, of: message.id, visit: first, networkAddress: nil)
            else {
                Issue.record("the visit is over")
                return
            }
            #expect(try await world.auditCount(AuditAction.portalAttachment) == 0)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a person sends photos with an answer, staff takes them out and sends a file back`(
        kind: StoreKind
    ) async throws {
        try await PortalWorld.with(kind) { world in
            let visit = try await world.visit(try await world.deposit(for: world.ana).link)
            let photo = ComposedAttachment(given: "IMG_1.jpg", mediaType: "image/jpeg", content: [0xff, 0xd8, 1, 2, 3])
            let many = Sensitive([ComposedAttachment](repeating: photo, count: AnswerLimits.files + 1))
            await #expect(throws: PortalError.filesTooLarge) {
                _ = try await world.portal.answer(
                    "Here",
                    files: many,
                    identifier: world.clock.surroundings.makeIdentifier(),
                    visit: visit,
                    networkAddress: nil
                )
            }
            _ = try await world.portal.answer(
                "This is the wound.",
                files: Sensitive([photo]),
                identifier: world.clock.surroundings.makeIdentifier(),
                visit: visit,
                networkAddress: nil
            )
            let threads = try await world.portal.threads(.needsAnswer, requester: world.clinician).threads
            let thread = try #require(threads.first)
            let detail = try await world.portal.thread(thread.id, requester: world.clinician)
            let answer = try #require(detail.messages.last)
            #expect(answer.files.map(\.fileName) == ["IMG_1.jpg"])
            let taken = try await world.portal.attachment(1, of: answer.id, requester: world.clinician)
            #expect(taken?.content.expose(for: .disclosing) { Data($0) } == photo.content)
            let marketer = TestRequester.with(roles: [.marketer], of: world.organization)
            await #expect(throws: AccessDenied.self) {
                _ = try await world.portal.attachment(1, of: answer.id, requester: marketer)
            }
            _ = try await world.portal.answer(
                thread.id,
                "Keep it dry.",
                files: Sensitive([Self.paper]),
                identifier: world.clock.surroundings.makeIdentifier(),
                author: "Dana Reyes, RN",
                sensitivity: .sensitive,
                requester: world.clinician
            )
            let sent = try #require(world.delivery.sent.first)
            #expect(sent.content.expose(for: .evaluating) { $0.files?.map(\.content) } == [Self.paper.content])
            // Once the delivery leaves it in the portal, the file is there once.
            let link = try await world.deposit(
                for: world.ana,
                .sensitive,
                files: [Self.paper],
                delivery: sent.message
            ).link
            let second = try await world.visit(link)
            guard case .answered(let page) = try await world.portal.read(visit: second, networkAddress: nil) else {
                Issue.record("the answer's link must open")
                return
            }
            #expect(page.messages.map { $0.files.count } == [0, 1, 1])
        }
    }
}
