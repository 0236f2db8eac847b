// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage

/// A person's attributes without the dated records: what the send gate, merge fields and the portal need.
package struct PersonProfile: Sendable {
    package let contact: ContactID
    package let attributes: [AttributeName: AttributeValue]
    package let isDeceased: Bool
}

extension Contacts {
    /// These people's attributes; those who do not exist or were erased are absent. Shows nothing to anybody: whoever
    /// shows what this returns records the disclosure.
    package func profiles(
        of contacts: [ContactID],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: Sensitive<PersonProfile>] {
        let people = try openPeople(contacts, of: organization, in: tx)
        return Dictionary(
            uniqueKeysWithValues: people.map { person in
                let profile = PersonProfile(
                    contact: person.id,
                    attributes: person.profile.attributes,
                    isDeceased: person.profile.isDeceased
                )
                return (person.id, Sensitive(profile))
            }
        )
    }
}
