// SPDX-License-Identifier: Apache-2.0

import Testing
import WardContacts
import WardIdentity
import WardKernel
import WardPortal
import WardStorage
import WardTestKit

@testable import WardWeb

@Suite struct HomePageTests {
    private static func upload(_ text: String, _ world: WebWorld, by requester: Requester) async throws -> ImportID {
        let bytes = AsyncStream<[UInt8]> { stream in
            stream.yield(Array(text.utf8))
            stream.finish()
        }
        guard
            case .ready(let id) = try await world.facades.contacts.upload(fileName: "people.csv", bytes, by: requester)
        else { throw WebWorld.Unexpected() }
        return id
    }

    @Test(arguments: TestStore.kinds)
    func `Home follows an import from its upload to its rejected rows, and forgets it after a week`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let token = try await world.token([.marketer], email: "mia@lakeside.example")
            let requester = try await world.requester(token)
            let home = "/\(world.organization.slug)"
            let contacts = world.facades.contacts
            let file = "record_number,given_name,birth_date\nA-1,Ada,1980-03-27\nA-2,Ben,1981-13-45\n,,\n"
            let id = try await Self.upload(file, world, by: requester)
            let waiting = try await world.browser(token).get(home)
            #expect(waiting.text.contains("people.csv is uploaded. Say on what basis"))
            #expect(waiting.text.contains("href=\"\(home)/imports/\(id)\""))
            let mapping = try #require(try await contacts.preview(id, by: requester)).mapping
            let started = try await contacts.start(id, ImportChoices(mapping: mapping, source: "ehr"), by: requester)
            #expect(started == .started)
            #expect(try await world.browser(token).get(home).text.contains("people.csv is being imported: 0 of"))
            _ = try await ImportWorker(contacts: contacts, owner: [1]).runOne()
            let done = try await contacts.progress(of: id, by: requester)
            #expect(done?.state == .finished)
            let rejected = try #require(done).counts.rejected
            #expect(rejected > 0)
            let ended = try await world.browser(token).get(home)
            #expect(ended.text.contains("people.csv is imported: "))
            #expect(ended.text.contains("people.csv: \(rejected) row"))
            #expect(!ended.text.contains("is uploaded"))
            let clinician = try await world.token([.clinician], email: "cleo@lakeside.example")
            #expect(!(try await world.browser(clinician).get(home).text.contains("people.csv")))
            world.clock.advance(by: .days(8))
            let later = try await world.signIn("mia@lakeside.example")
            #expect(!(try await world.browser(later).get(home).text.contains("people.csv")))
        }
    }

    @Test(arguments: TestStore.kinds)
    func `Home tells of people locked out of the portal and of answers that wait, to those who answer`(
        kind: StoreKind
    ) async throws {
        try await WebWorld.with(kind) { (world: WebWorld) async throws in
            let token = try await world.token([.clinician], email: "cleo@lakeside.example")
            let contact = try await world.makePerson(by: try await world.requester(token))
            let home = "/\(world.organization.slug)"
            #expect(!(try await world.browser(token).get(home).text.contains("/messages\"><")))
            let (organization, now) = (world.organization.id, world.clock.now)
            let alerts = [
                world.clock.surroundings.makeIdentifier(PortalAlertTag.self), world.clock.surroundings.makeIdentifier(),
            ]
            let thread = world.clock.surroundings.makeIdentifier(ThreadTag.self)
            try await world.store.write { tx in
                for alert in alerts {
                    try tx.execute(
                        """
                        INSERT INTO portal_alert (organization, id, contact, kind, raised_at)
                        VALUES (\(organization), \(alert), \(contact), 'locked', \(now))
                        """
                    )
                }
                try tx.execute(
                    """
                    INSERT INTO portal_thread (organization, id, contact, subject_sealed, created_at, last_message_at,
                        last_answer_at, needs_answer)
                    VALUES (\(organization), \(thread), \(contact), \([UInt8]([0])), \(now), \(now), \(now), 1)
                    """
                )
            }
            let page = try await world.browser(token).get(home)
            #expect(page.text.contains("<a href=\"\(home)/messages\">1 person is locked out of the portal"))
            #expect(page.text.contains("<a href=\"\(home)/messages\">1 conversation waits for an answer."))
            let marketer = try await world.token([.marketer], email: "mia@lakeside.example")
            let other = try await world.browser(marketer).get(home)
            #expect(!other.text.contains("locked out") && !other.text.contains("waits for an answer"))
        }
    }
}
