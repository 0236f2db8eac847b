// SPDX-License-Identifier: Apache-2.0

package import WardContacts
package import WardKernel
package import WardStorage

/// The people of WardContacts, for segments.
package struct ContactsPeople: PeopleSource {
    private static let pageSize = 2_000

    private let contacts: Contacts
    private let zone: @Sendable (OrganizationID, any ReadTransaction) throws -> String

    /// - Parameter timeZone: The name of the organization's time zone; WardServer asks WardIdentity.
    package init(
        contacts: Contacts,
        timeZone: @escaping @Sendable (OrganizationID, any ReadTransaction) throws -> String
    ) {
        self.contacts = contacts
        zone = timeZone
    }

    package func catalogue(of organization: OrganizationID, in tx: any ReadTransaction) throws -> SegmentCatalogue {
        let lists = try contacts.lists(of: organization, in: tx)
        return SegmentCatalogue(
            attributes: try contacts.attributes(of: organization, in: tx),
            lists: Dictionary(lists.map { ($0.name, $0.id) }) { min($0, $1) }
        )
    }

    package func timeZone(of organization: OrganizationID, in tx: any ReadTransaction) throws -> String {
        try zone(organization, tx)
    }

    package func forEachPerson(
        of organization: OrganizationID,
        in tx: any ReadTransaction,
        _ body: (Sensitive<PersonFacts>) throws -> Void
    ) throws {
        var last: ContactID?
        repeat {
            last = try contacts.forEachPerson(of: organization, after: last, limit: Self.pageSize, in: tx, body)
        } while last != nil
    }

    package func prepare(_ organization: OrganizationID) async throws {
        while try await contacts.numberChanges(of: organization) > 0 {}
    }

    package func position(of organization: OrganizationID, in tx: any ReadTransaction) throws -> Int64 {
        try contacts.feedHead(of: organization, in: tx)
    }

    package func changes(
        of organization: OrganizationID,
        after position: Int64,
        in tx: any ReadTransaction
    ) throws -> PeopleChanges {
        var changed: Set<ContactID> = []
        var reached = position
        while true {
            let page = try contacts.changes(after: reached, of: organization, in: tx)
            guard let last = page.last else { break }
            for change in page { changed.insert(change.contact) }
            reached = last.position
        }
        return PeopleChanges(contacts: changed.sorted(), position: reached)
    }

    package func changed(
        among contacts: [ContactID],
        after position: Int64,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        try self.contacts.changed(among: contacts, after: position, of: organization, in: tx)
    }

    package func catalogueMark(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [UInt8] {
        try contacts.vocabularyMark(of: organization, in: tx)
    }

    package func people(
        _ contacts: [ContactID],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Sensitive<PersonFacts>] {
        let facts = try self.contacts.facts(of: contacts, organization: organization, in: tx)
        return contacts.compactMap { facts[$0] }
    }
}
