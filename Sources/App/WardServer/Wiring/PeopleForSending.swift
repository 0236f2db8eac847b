// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardDelivery
import WardKernel
import WardPortal
import WardStorage

/// Tells the send gate and the portal what WardContacts knows about people.
struct PeopleForSending: PersonSource, PortalPeople {
    let contacts: Contacts

    func standing(
        of people: [ContactID],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: PersonStanding] {
        let undone = try contacts.beingUndone(among: people, of: organization, in: tx)
        return try contacts.profiles(of: people, organization: organization, in: tx).mapValues { profile in
            profile.expose(for: .evaluating) { person in
                PersonStanding(
                    isDeceased: person.isDeceased,
                    isInactive: false,
                    isBeingUndone: undone.contains(person.contact)
                )
            }
        }
    }

    func portalPeople(
        _ people: [ContactID],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: Sensitive<PortalPerson>] {
        try contacts.profiles(of: people, organization: organization, in: tx).mapValues { profile in
            profile.map { person in
                var birthDate: CalendarDate?
                if case .date(let date) = person.attributes[.birthDate] { birthDate = date }
                return PortalPerson(
                    birthDate: birthDate,
                    language: PortalLanguage(code: Self.text(person, .language) ?? ""),
                    address: Self.text(person, .email).flatMap { EmailAddress($0) }
                )
            }
        }
    }

    private static func text(_ person: PersonProfile, _ name: AttributeName) -> String? {
        switch person.attributes[name] {
        case .text(let text), .code(let text): text
        default: nil
        }
    }
}
