// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage

/// Opened people for code that evaluates, composes or decides: segment columns, merge fields, the send gate. These
/// functions show nothing to anybody; whoever shows what they return records the disclosure.
extension Contacts {
    /// Opens up to `limit` people after a contact, in the order of identifiers, and hands them over one by one.
    ///
    /// Each person's `position` is the feed's head in this snapshot: follow `changes(after:)` from the head that the
    /// first page saw. Readers are short: ask page by page, each in a transaction of its own.
    ///
    /// - Returns: where the next page begins; nil at the end.
    package func forEachPerson(
        of organization: OrganizationID,
        after contact: ContactID? = nil,
        limit: Int = 2_000,
        in tx: any ReadTransaction,
        _ body: (Sensitive<PersonFacts>) throws -> Void
    ) throws -> ContactID? {
        let stored = try ContactQueries.page(after: contact, limit: limit, of: organization, in: tx)
        let people = try open(stored, of: organization, in: tx)
        for facts in try facts(of: people, organization: organization, in: tx) { try body(Sensitive(facts)) }
        return stored.count < limit ? nil : stored.last?.id
    }

    /// These people's facts; those who do not exist or were erased are absent.
    package func facts(
        of contacts: [ContactID],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: Sensitive<PersonFacts>] {
        let people = try openPeople(contacts, of: organization, in: tx)
        let facts = try facts(of: people, organization: organization, in: tx)
        return Dictionary(uniqueKeysWithValues: facts.map { ($0.contact, Sensitive($0)) })
    }

    /// Where this person's mail goes; nil without an address.
    package func address(
        of contact: ContactID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> EmailAddress? {
        try openPeople([contact], of: organization, in: tx).first?.profile.text(.email).flatMap { EmailAddress($0) }
    }

    /// Whether this person is recorded as dead; nil when there is no such person.
    package func isDeceased(
        _ contact: ContactID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Bool? {
        try openPeople([contact], of: organization, in: tx).first?.profile.isDeceased
    }

    func facts(
        of people: [OpenedPerson],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [PersonFacts] {
        let ids = people.map(\.id)
        let head = try ChangeQueries.head(of: organization, in: tx)
        let lists = try ListQueries.memberships(of: ids, in: organization, tx: tx)
        let batches = try RecordQueries.batches(of: ids, kind: nil, in: organization, tx: tx)
        var records: [ContactID: [DatedRecord]] = [:]
        for (batch, opened) in zip(batches, try open(batches, of: organization, in: tx)) {
            records[batch.contact, default: []].append(contentsOf: opened)
        }
        return people.map { person in
            PersonFacts(
                contact: person.id,
                attributes: person.profile.attributes,
                records: records[person.id] ?? [],
                lists: lists[person.id] ?? [],
                isDeceased: person.profile.isDeceased,
                position: head
            )
        }
    }
}
