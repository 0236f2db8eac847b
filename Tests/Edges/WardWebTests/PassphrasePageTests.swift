// SPDX-License-Identifier: Apache-2.0

import Testing
import WardCampaigns
import WardDelivery
import WardIdentity
import WardKernel
import WardTestKit

@testable import WardWeb

@Suite struct PassphrasePageTests {
    private static let phrase = "seven grey herons"

    private static func fields(
        _ phrase: String = phrase,
        again: String = phrase,
        reason: String = "At the desk, with her card"
    ) -> [(String, String)] {
        [("passphrase", phrase), ("again", again), ("reason", reason)]
    }

    @Test(arguments: TestStore.kinds)
    func `a clinician agrees a passphrase, which no page shows, replaces it and takes it back`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let token = try await world.token([.clinician], email: "cleo@lakeside.example")
            let contact = try await world.makePerson(by: try await world.requester(token))
            let browser = world.browser(token)
            let person = "/\(world.organization.slug)/contacts/\(contact)"
            let detail = try await browser.get(person)
            #expect(detail.text.contains("no passphrase agreed"))
            #expect(detail.text.contains("href=\"\(person)/passphrase\""))
            #expect(try await browser.get("\(person)/passphrase").text.contains("A birth date is not enough"))
            let made = try await browser.post("\(person)/passphrase", Self.fields())
            #expect(made.status == 303)
            #expect(made.header("location") == "\(person)/passphrase")
            world.clock.advance(by: .seconds(1))
            let page = try await browser.get("\(person)/passphrase")
            #expect(page.text.contains("passphrase on record"))
            #expect(!page.text.contains(Self.phrase))
            #expect(
                try await browser.post(
                    "\(person)/passphrase",
                    Self.fields("nine white herons", again: "nine white herons")
                ).status == 303
            )
            world.clock.advance(by: .seconds(1))
            let hasty = try await browser.post("\(person)/passphrase/withdraw")
            #expect(hasty.status == 422)
            #expect(hasty.text.contains("href=\"#withdrawal\""))
            let taken = try await browser.post(
                "\(person)/passphrase/withdraw",
                [("withdrawal", "Her brother knows it")]
            )
            #expect(taken.status == 303)
            #expect(try await browser.get(person).text.contains("no passphrase agreed"))
            let changes = try await world.auditFacts("portal.passphrase")
            #expect(changes == ["change=agreed", "change=replaced", "change=withdrawn"])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `what is wrong with a passphrase is said at its field, and the phrase is not sent back`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let token = try await world.token([.clinician], email: "cleo@lakeside.example")
            let contact = try await world.makePerson(by: try await world.requester(token))
            let browser = world.browser(token)
            let path = "/\(world.organization.slug)/contacts/\(contact)/passphrase"
            let wrong = [
                (Self.fields(again: "seven gray herons"), "again"),
                (Self.fields("heron", again: "heron"), "passphrase"),
                (Self.fields(reason: "  "), "reason"),
            ]
            for (fields, field) in wrong {
                let answer = try await browser.post(path, fields)
                #expect(answer.status == 422)
                #expect(answer.text.contains("href=\"#\(field)\""))
                #expect(answer.text.contains("id=\"\(field)-error\""))
                #expect(!answer.text.contains("heron"))
            }
            let kept = try await browser.post(path, Self.fields(again: ""))
            #expect(kept.text.contains("value=\"At the desk, with her card\""))
            #expect(try await world.auditFacts("portal.passphrase").isEmpty)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a passphrase page needs a person, and its link somebody who answers messages`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let token = try await world.token([.clinician], email: "cleo@lakeside.example")
            let contact = try await world.makePerson(by: try await world.requester(token))
            let base = "/\(world.organization.slug)/contacts"
            let nobody = "\(base)/\(world.organization.id)/passphrase"
            #expect(try await world.browser(token).get(nobody).status == 404)
            #expect(try await world.browser(token).post(nobody, Self.fields()).status == 404)
            let officer = try await world.token([.compliance], email: "olga@lakeside.example")
            let seen = try await world.browser(officer).get("\(base)/\(contact)")
            #expect(seen.text.contains("no passphrase agreed"))
            #expect(!seen.text.contains("\(contact)/passphrase"))
            let marketer = try await world.token([.marketer], email: "mia@lakeside.example")
            #expect(!(try await world.browser(marketer).get("\(base)/\(contact)").text.contains("passphrase")))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a message that nobody could open leads to the passphrase, and goes on once it is agreed`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let token = try await world.token([.clinician, .marketer], email: "cleo@lakeside.example")
            let requester = try await world.requester(token)
            let contact = try await world.makePerson(by: requester)
            let campaign = try await world.makeCampaign(.restricted, by: requester)
            try await world.facades.campaigns.sendNow(campaign, requester: requester)
            try await world.workOnCampaigns()
            let browser = world.browser(token)
            let base = "/\(world.organization.slug)"
            let people = "\(base)/campaigns/\(campaign)/people"
            let passphrase = "\(base)/contacts/\(contact)/passphrase"
            let list = try await browser.get("\(people)?of=report&standing=held&reason=no_recognition")
            #expect(list.text.contains("href=\"\(passphrase)\""))
            let held = try await browser.get("\(people)/\(contact)")
            #expect(held.text.contains("href=\"\(passphrase)\""))
            #expect(held.text.contains("action=\"\(people)/\(contact)/again\""))
            #expect(try await browser.post(passphrase, Self.fields()).status == 303)
            #expect(try await browser.post("\(people)/\(contact)/again").status == 303)
            let released = try await browser.get("\(people)/\(contact)")
            #expect(released.text.contains("Queued"))
            #expect(!released.text.contains("/again"))
            #expect(try await browser.post("\(people)/\(contact)/again").status == 303)
            #expect(try await world.auditFacts("message.release").count == 1)
        }
    }
}
