// SPDX-License-Identifier: Apache-2.0

package import WardContacts
package import WardKernel
package import WardStorage

/// Where the people of a segment come from. WardContacts answers it; tests answer it from memory.
package protocol PeopleSource: Sendable {
    /// The organization's attributes and lists.
    func catalogue(of organization: OrganizationID, in tx: any ReadTransaction) throws -> SegmentCatalogue

    /// The name of the organization's time zone, such as `America/Chicago`.
    func timeZone(of organization: OrganizationID, in tx: any ReadTransaction) throws -> String

    /// Everybody, one after another, best in ascending order of the contacts.
    func forEachPerson(
        of organization: OrganizationID,
        in tx: any ReadTransaction,
        _ body: (Sensitive<PersonFacts>) throws -> Void
    ) throws

    /// Called before a transaction that evaluates: makes committed changes appear in the change feed.
    func prepare(_ organization: OrganizationID) async throws

    /// The newest position of the change feed.
    func position(of organization: OrganizationID, in tx: any ReadTransaction) throws -> Int64

    /// Who changed after a position of the change feed, and the position that this answer reaches to.
    func changes(
        of organization: OrganizationID,
        after position: Int64,
        in tx: any ReadTransaction
    ) throws -> PeopleChanges

    /// Those of these people who changed after a position of the feed, by what this transaction sees: numbered or not.
    func changed(
        among contacts: [ContactID],
        after position: Int64,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID>

    /// Differs whenever `catalogue` would say something else than before, and costs little.
    func catalogueMark(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [UInt8]

    /// The facts of these people; those who do not exist are left out.
    func people(
        _ contacts: [ContactID],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Sensitive<PersonFacts>]
}

/// The people who changed between two positions of the change feed.
package struct PeopleChanges: Hashable, Sendable {
    /// Each once; changed, added or gone.
    package var contacts: [ContactID]
    package var position: Int64

    package init(contacts: [ContactID], position: Int64) {
        self.contacts = contacts
        self.position = position
    }
}
