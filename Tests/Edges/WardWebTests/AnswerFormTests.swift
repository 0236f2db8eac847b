// SPDX-License-Identifier: Apache-2.0

import Testing
import WardConsent
import WardDelivery
import WardIdentity
import WardKernel
import WardPortal
import WardTestKit

@testable import WardWeb

@Suite struct AnswerFormTests {
    private func form(_ world: WebWorld, _ more: [(String, String)]) -> [(String, String)] {
        let identifier: PortalMessageID = world.clock.surroundings.makeIdentifier()
        return [
            ("identifier", "\(identifier)"), ("answer", "The clinic is beside the library."),
            ("sensitivity", "sensitive"),
        ] + more
    }

    @Test(arguments: TestStore.kinds)
    func `an answer counts as free of health information by its writer's statement, reason and permission alone`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let token = try await world.token([.clinician], email: "cleo@lakeside.example")
            let requester = try await world.requester(token)
            let contact = try await world.makePerson(by: requester)
            let thread = try await world.makeThread(with: contact, by: requester)
            let browser = world.browser(token)
            let base = "/\(world.organization.slug)/messages/\(thread)"
            let page = try await browser.get(base)
            #expect(page.text.contains("id=\"free\"") && page.text.contains("id=\"critical\""))
            #expect(!page.text.contains("id=\"request\""))
            for (fields, field) in [
                ([("free", "yes"), ("why", " ")], "why"), ([("why", "Directions alone")], "free"),
            ] {
                let answer = try await browser.post(base, form(world, fields))
                #expect(answer.status == 422 && answer.text.contains("href=\"#\(field)\""), "\(field)")
                #expect(answer.text.contains("The clinic is beside the library."))
            }
            #expect(try await world.auditFacts("sensitivity.lower").isEmpty)
            let sent = try await browser.post(
                base,
                form(world, [("free", "yes"), ("why", "Directions alone"), ("critical", "yes")])
            )
            #expect(sent.status == 303)
            #expect(try await world.auditFacts("sensitivity.lower").count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a request for one answer is offered while it is open, and refused once it is not`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let token = try await world.token([.clinician], email: "cleo@lakeside.example")
            let requester = try await world.requester(token)
            let contact = try await world.makePerson(by: requester)
            let thread = try await world.makeThread(with: contact, by: requester)
            let address = try #require(EmailAddress("ada@pond.example"))
            let request = try await world.facades.consent.recordNow(
                contact,
                address,
                scope: .thisRequest,
                way: .phone,
                by: requester
            )
            let browser = world.browser(token)
            let base = "/\(world.organization.slug)/messages/\(thread)"
            #expect(try await browser.get(base).text.contains("value=\"\(request)\""))
            let sent = try await browser.post(base, form(world, [("request", "\(request)")]))
            #expect(sent.status == 303)
            // Queued, and not yet sent: the request is still open until it is withdrawn.
            #expect(try await browser.get(base).text.contains("value=\"\(request)\""))
            #expect(try await world.facades.consent.withdraw(request, by: requester))
            #expect(try await !browser.get(base).text.contains("id=\"request\""))
            let again = try await browser.post(base, form(world, [("request", "\(request)")]))
            #expect(again.status == 422 && again.text.contains("This request was answered or withdrawn before."))
            #expect(try await world.auditFacts("consent.unencrypted_answer").isEmpty)
        }
    }
}
