// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing
import WardIdentity
import WardKernel
import WardRender
import WardSenderDomains
import WardTestKit

@testable import WardWeb

/// The sender domain's page: keys made, published, activated, changed and retired.
@Suite struct SendingDomainTests {
    @Test(arguments: TestStore.kinds)
    func `an administrator makes keys, publishes what the page shows, and activates them`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let path = "/\(world.organization.slug)/settings/sending"
            let browser = world.browser(world.administratorToken)
            #expect(try await browser.get(path).text.contains("Mail leaves unsigned"))
            #expect(try await browser.post(path + "/keys", [("reason", " ")]).status == 422)
            #expect(try await browser.post(path + "/keys", [("reason", "First keys")]).status == 303)
            let requester = Requester.service("test", of: world.organization.id)
            let keys = try await world.facades.senderDomains.keys(by: requester)
            #expect(keys.count == 2)
            let page = try await browser.get(path).text
            for key in keys {
                #expect(page.contains(key.recordName))
                let early = try await browser.post(path + "/keys/\(key.selector)/activate")
                #expect(early.status == 422)
                #expect(early.text.contains("Not in the DNS."))
                world.zone.texts.withLock { $0[key.recordName] = key.recordText }
                #expect(try await browser.post(path + "/keys/\(key.selector)/activate").status == 303)
            }
            #expect(try await browser.get(path).text.contains("Mail is signed"))
            let retired = try await browser.post(
                path + "/keys/\(keys[0].selector)/retire",
                [("reason", "A test")]
            )
            #expect(retired.status == 303)
            #expect(try await browser.get(path).text.contains("its record stays until"))
            #expect(try await browser.post(path + "/keys/unknown/retire", [("reason", "A test")]).status == 404)
        }
    }

    @Test func `every sentence about a record or a key is in Spanish`() throws {
        let files = EmbeddedResources.files.filter { $0.key.hasPrefix("strings/") }
        let catalogue = try Catalogue(files: files)
        let standings: [RecordStanding] = [.good, .missing, .unknown("timeout"), .removable]
        let errors: [SenderDomainError] = [
            .keyUnknown(selector: "x"), .keysWaiting, .keyNotWaiting(selector: "x"), .keyRetiredAlready(selector: "x"),
            .reasonMissing, .domainMalformed, .reportUnreadable,
        ]
        let texts =
            RecordProblem.allCases.map { RecordStanding.wrong($0).sentence } + standings.map(\.sentence)
            + errors.map(\.description)
        #expect(texts.filter { !catalogue.isTranslated($0, to: .spanish) } == [])
    }

    @Test(arguments: TestStore.kinds)
    func `the page is in Spanish as well, and leads from the settings`(kind: StoreKind) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let path = "/\(world.organization.slug)/settings"
            let browser = world.browser(world.administratorToken)
            #expect(try await browser.get(path).text.contains("\(path)/sending"))
            let page = try await browser.get(path + "/sending", headers: [("accept-language", "es")]).text
            #expect(page.contains("Dominio de envío"))
            #expect(page.contains("El correo sale sin firma"))
            let auditor = world.browser(try await world.token([.auditor], email: "auditor@lakeside.example"))
            #expect(!(try await auditor.get(path).text.contains("\(path)/sending")))
        }
    }
}
