// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel
import WardStorage
import WardSubmission

/// Tells submission what WardContacts knows about an address.
struct PeopleForSubmission: SubmissionPeople {
    let contacts: Contacts

    func holders(
        of address: EmailAddress,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID] {
        try contacts.holders(of: address, organization: organization, in: tx)
    }
}
