// SPDX-License-Identifier: Apache-2.0

import Testing
import WardAudit
import WardConsent
import WardDelivery
import WardKernel
import WardPortal
import WardStorage
import WardTestKit

@Suite struct PortalVisitTests {
    @Test(arguments: TestStore.kinds)
    func `a notice holds nothing of the message and the database holds neither`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            let first = try await world.deposit(for: world.ana, .sensitive, subject: "HIV result", text: "POSITIVE42")
            let second = try await world.deposit(for: world.ana, .routine, subject: "Flu shot", text: "Bring a coat")
            for notice in [first.notice, second.notice] {
                let bytes = notice.subject + notice.text + (notice.html ?? "")
                for word in ["HIV", "POSITIVE42", "Flu", "coat"] { #expect(!bytes.contains(word)) }
            }
            #expect(first.notice.subject == second.notice.subject)
            #expect(first.notice.subject == "You have a message from Lakeside Health")
            let stored = try await world.store.read { tx in
                try tx.rows("SELECT content_sealed, id FROM portal_message").map {
                    try $0.value(at: 0, as: [UInt8].self)
                }
                    + tx.rows("SELECT token_hash FROM portal_link").map { try $0.value(at: 0, as: [UInt8].self) }
            }
            let secret = Array("POSITIVE42".utf8)
            for bytes in stored {
                #expect(!bytes.indices.contains { bytes[$0...].starts(with: secret) })
                #expect(bytes != Array(first.link.secretText.utf8))
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `scanners that follow the link a hundred times use nothing up`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            let link = try await world.deposit(for: world.ana).link
            for _ in 1...100 {
                guard case .ask(.birthDate, _) = try await world.portal.follow(link) else {
                    Issue.record("the link must still ask")
                    return
                }
            }
            #expect(try await world.auditCount(.portalRead) == 0)
            #expect(world.delivery.opened.isEmpty)
            guard case .recognised = try await world.recognise(link) else {
                Issue.record("the right date must open")
                return
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `five wrong attempts over several links lock the person out and tell staff once`(kind: StoreKind) async throws
    {
        try await PortalWorld.with(kind) { world in
            let links = [
                try await world.deposit(for: world.ana).link, try await world.deposit(for: world.ana).link,
            ]
            let visit = try await world.visit(links[0])
            for attempt in 1...5 {
                let outcome = try await world.recognise(links[attempt % 2], PortalWorld.wrong)
                switch outcome {
                case .wrong(let left, .birthDate, _): #expect(left == 5 - attempt)
                case .refused(.locked): #expect(attempt == 5)
                default: Issue.record("attempt \(attempt) must be wrong")
                }
            }
            for link in links {
                guard case .refused(.locked) = try await world.recognise(link) else {
                    Issue.record("the right date must not open a locked portal")
                    return
                }
                guard case .locked = try await world.portal.follow(link) else {
                    Issue.record("the page must say that it is locked")
                    return
                }
            }
            guard case .over = try await world.portal.read(visit: visit, networkAddress: nil) else {
                Issue.record("locking ends visits that are on")
                return
            }
            let alerts = try await world.portal.alerts(requester: world.clinician)
            #expect(alerts.map(\.contact) == [world.ana])
            #expect(try await world.auditCount(.portalLock) == 1)
            await #expect(throws: PortalError.reasonMissing) {
                try await world.portal.unlock(world.ana, reason: " ", requester: world.clinician)
            }
            try await world.portal.unlock(world.ana, reason: "Called, knew her address", requester: world.clinician)
            #expect(try await world.portal.alerts(requester: world.clinician).isEmpty)
            _ = try await world.visit(links[0])
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a restricted message asks for the passphrase and a birth date does not open it`(kind: StoreKind) async throws
    {
        try await PortalWorld.with(kind) { world in
            await #expect(throws: NotDeposited.self) { try await world.deposit(for: world.ana, .restricted) }
            try await world.portal.agreePassphrase(
                Sensitive("Blue  Heron, lake"),
                with: world.ana,
                reason: "On the telephone",
                requester: world.clinician
            )
            let link = try await world.deposit(for: world.ana, .restricted).link
            guard case .refused(.ask(.passphrase, _)) = try await world.recognise(link) else {
                Issue.record("a birth date must not be compared")
                return
            }
            let wrong = try await world.portal.recognise(.passphrase("heron"), at: link, networkAddress: nil)
            guard case .wrong(4, .passphrase, _) = wrong else {
                Issue.record("a wrong passphrase counts")
                return
            }
            let right = try await world.portal.recognise(
                .passphrase(" blue heron, LAKE. "),
                at: link,
                networkAddress: nil
            )
            guard case .recognised(let visit, _) = right,
                case .answered(let page) = try await world.portal.read(visit: visit, networkAddress: nil)
            else {
                Issue.record("the passphrase must open it")
                return
            }
            #expect(page.messages.count == 1)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a person without a birth date on record cannot be recognised`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            let (deposits, people, organization) = (world.deposits, [world.ana, world.ben], world.organization)
            let able = try await world.store.read { tx in
                try deposits.recognisable(people, for: .sensitive, of: organization, in: tx)
            }
            #expect(able == [world.ana])
            await #expect(throws: NotDeposited.self) { try await world.deposit(for: world.ben) }
            let link = try await world.deposit(for: world.ana).link
            world.people.set(world.ana, PortalPerson(birthDate: nil, language: .english, address: nil))
            guard case .refused(.notRecognisable) = try await world.recognise(link) else {
                Issue.record("nothing to compare with")
                return
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `reading is audited, marks as opened once, and ends with the visit`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            let (link, _, delivery) = try await world.deposit(for: world.ana, text: "Take one a day")
            let visit = try await world.visit(link)
            for _ in 1...2 {
                guard case .answered(let page) = try await world.portal.read(visit: visit, networkAddress: nil) else {
                    Issue.record("the visit is on")
                    return
                }
                #expect(page.messages.map { $0.content.expose(for: .disclosing, \.text) } == ["Take one a day"])
                #expect(page.mayAnswer)
            }
            #expect(world.delivery.opened == [delivery])
            #expect(try await world.auditCount(.portalRead) == 2)
            world.clock.advance(by: .minutes(31))
            guard case .over = try await world.portal.read(visit: visit, networkAddress: nil) else {
                Issue.record("an idle visit ends")
                return
            }
            let again = try await world.visit(link)
            try await world.portal.signOut(visit: again, networkAddress: nil)
            guard case .over = try await world.portal.read(visit: again, networkAddress: nil) else {
                Issue.record("a visit that was signed out is over")
                return
            }
        }
    }

    @Test(arguments: TestStore.kinds)
    func `an expired or retracted message and a link of another kind open nothing`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            let old = try await world.deposit(for: world.ana)
            let visit = try await world.visit(old.link)
            #expect(try await world.portal.follow(visit) == .unknown)
            guard case .over = try await world.portal.read(visit: old.link, networkAddress: nil) else {
                Issue.record("a link is no visit")
                return
            }
            world.clock.advance(by: .days(60))
            guard case .expired = try await world.portal.follow(old.link),
                case .refused(.expired) = try await world.recognise(old.link)
            else {
                Issue.record("sixty days are over")
                return
            }
            let withdrawn = try await world.deposit(for: world.ana)
            let (deposits, organization) = (world.deposits, world.organization)
            try await world.store.write { try deposits.withdraw(withdrawn.delivery, of: organization, in: $0) }
            #expect(try await world.portal.follow(withdrawn.link) == .unknown)
        }
    }

    @Test(arguments: TestStore.kinds)
    func `a token names its organization and opens nothing in another`(kind: StoreKind) async throws {
        try await PortalWorld.with(kind) { world in
            let link = try await world.deposit(for: world.ana).link
            let other: OrganizationID = world.clock.surroundings.makeIdentifier()
            let text = PortalToken(for: other, surroundings: world.clock.surroundings).secretText
            // The first 16 octets say the organization: the other's in front of this link's random part.
            let forged = String(text.prefix(21)) + String(link.secretText.dropFirst(21))
            if let token = PortalToken(forged) { #expect(try await world.portal.follow(token) == .unknown) }
        }
    }
}
