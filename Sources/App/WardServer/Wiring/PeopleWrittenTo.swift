// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardDelivery
import WardKernel
import WardStorage

/// Tells WardContacts what WardDelivery knows about who was written to: an import is not undone under a message.
struct PeopleWrittenTo: ContactedPeople {
    let facts = DeliveryFacts()

    func contacted(
        among people: [ContactID],
        since moment: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        try facts.writtenTo(among: people, since: moment, of: organization, in: tx)
    }
}
