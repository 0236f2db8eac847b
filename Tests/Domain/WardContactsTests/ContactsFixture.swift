// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardQueue
import WardStorage
import WardTestKit

@testable import WardContacts

/// Contacts on a store of the test's own, with one established organization.
struct ContactsFixture {
    let store: any Store
    let ground: TestVault
    let contacts: Contacts
    let marketer: Requester
    let clinician: Requester

    var organization: OrganizationID { ground.organization }

    static func with<Result>(
        _ kind: StoreKind,
        consent: (any ConsentRecorder)? = nil,
        contacted: any ContactedPeople = WrittenTo(),
        atImportPoint: @escaping @Sendable (ImportPoint) throws -> Void = { _ in },
        _ body: (ContactsFixture) async throws -> Result
    ) async throws -> Result {
        try await TestStore.with(
            kind,
            migrations: TestVault.migrations + WardQueueMigrations.all + WardContactsMigrations.all
        ) { store in
            let ground = try await TestVault.make(in: store)
            let contacts = Contacts(
                store: store,
                vault: ground.vault,
                audit: ground.audit,
                surroundings: ground.surroundings,
                consent: consent,
                contacted: contacted,
                atImportPoint: atImportPoint
            )
            return try await body(
                ContactsFixture(
                    store: store,
                    ground: ground,
                    contacts: contacts,
                    marketer: TestRequester.with(roles: [.marketer], of: ground.organization),
                    clinician: TestRequester.with(roles: [.clinician], of: ground.organization)
                )
            )
        }
    }

    /// A made-up person with these values, added by hand.
    func add(_ attributes: [AttributeName: AttributeValue]) async throws -> ContactID {
        guard case .created(let id, _) = try await contacts.create(Sensitive(attributes), by: marketer) else {
            throw FixtureError.notCreated
        }
        return id
    }

    /// Everybody's facts, by record number where there is one.
    func everybody() async throws -> [PersonFacts] {
        let (contacts, organization) = (contacts, organization)
        return try await store.read { tx in
            var people: [PersonFacts] = []
            var position: ContactID?
            repeat {
                position = try contacts.forEachPerson(of: organization, after: position, limit: 500, in: tx) {
                    $0.expose(for: .evaluating) { people.append($0) }
                }
            } while position != nil
            return people
        }
    }

    func auditCount(_ action: String) async throws -> Int {
        let organization = organization
        return try await store.read { tx in
            try tx.first(
                "SELECT COUNT(*) FROM audit_entry WHERE organization = \(organization) AND action = \(action)",
                as: Int.self
            ) ?? 0
        }
    }
}

enum FixtureError: Error { case notCreated, interrupted, noProposal }

extension [AttributeName: AttributeValue] {
    /// A made-up person.
    static func example(
        _ given: String = "Ada",
        _ family: String = "Example",
        birth: String = "1980-02-29",
        email: String? = nil,
        number: String? = nil
    ) -> Self {
        var values: Self = [.givenName: .text(given), .familyName: .text(family)]
        if let day = CalendarDate(birth) { values[.birthDate] = .date(day) }
        if let email { values[.email] = .text(email) }
        if let number { values[.recordNumber] = .text(number) }
        return values
    }
}
