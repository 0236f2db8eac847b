// SPDX-License-Identifier: Apache-2.0

package import WardDelivery
package import WardKernel
package import WardStorage

/// The languages that a person's pages and notices have from the start.
package enum PortalLanguage: String, Hashable, Sendable, CaseIterable, Codable {
    case english = "en"
    case spanish = "es"

    /// The language of a code such as `es`, `es-MX` or `Spanish`; English for every other.
    package init(code: String) {
        let lowered = code.lowercased()
        self = lowered.hasPrefix("es") || lowered.hasPrefix("spa") ? .spanish : .english
    }
}

/// What the portal needs to know about a person to recognise and address them. It does not print.
package struct PortalPerson: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    package var birthDate: CalendarDate?
    package var language: PortalLanguage
    /// Where answers of staff go; nil when there is none that mail can reach.
    package var address: EmailAddress?

    package init(birthDate: CalendarDate?, language: PortalLanguage, address: EmailAddress?) {
        self.birthDate = birthDate
        self.language = language
        self.address = address
    }

    package var description: String { "‹redacted person›" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Answers what is on record about a person; WardServer wires it to the contacts.
package protocol PortalPeople: Sendable {
    /// A person who is not (or no longer) on record has no entry.
    func portalPeople(
        _ contacts: [ContactID],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: Sensitive<PortalPerson>]
}

extension PortalPeople {
    func portalPerson(
        _ contact: ContactID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Sensitive<PortalPerson>? {
        try portalPeople([contact], of: organization, in: tx)[contact]
    }
}

/// What the portal needs to know about an organization.
package struct PortalOrganization: Hashable, Sendable {
    /// As patients know it.
    package var name: String
    /// The origin of the patients' pages, such as `https://patients.clinic.example`, without a slash at its end.
    package var patientOrigin: String
    /// A name of the IANA time zone database; days on pages and in notices are days there.
    package var timeZone: String
    /// Whom answers of staff come from.
    package var sender: MailSender

    package init(name: String, patientOrigin: String, timeZone: String, sender: MailSender) {
        self.name = name
        self.patientOrigin = patientOrigin
        self.timeZone = timeZone
        self.sender = sender
    }
}

/// Answers what is set for an organization; WardServer wires it to the settings.
package protocol PortalOrganizations: Sendable {
    func portalOrganization(_ organization: OrganizationID, in tx: any ReadTransaction) throws -> PortalOrganization
}
