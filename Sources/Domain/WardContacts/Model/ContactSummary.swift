// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// One person as lists show them before anything is revealed: protected values are masked.
package struct ContactSummary: Hashable, Sendable {
    package let contact: ContactID
    /// Initials such as `J… G…`; `Unnamed` when there is no name.
    package let name: String
    /// Values ready to show, in the order of the definitions; clinical ones are absent for those who may not see them.
    package let fields: [Field]
    package let isDeceased: Bool

    /// One attribute, ready to show.
    package struct Field: Hashable, Sendable {
        package let attribute: AttributeName
        package let label: String
        package let text: String
        package let isMasked: Bool
    }
}

/// Some people and where the next page begins.
package struct ContactPage: Hashable, Sendable {
    package let people: [ContactSummary]
    /// Pass it as `after` for the next page; nil at the end.
    package let next: ContactID?
}

/// Hides what a protected value says and leaves what helps to tell two rows apart.
enum Masking {
    static func name(_ profile: Profile) -> String {
        let initials = [profile.text(.givenName), profile.text(.familyName)].compactMap { $0?.first }
        return initials.isEmpty ? "Unnamed" : initials.map { "\($0)…" }.joined(separator: " ")
    }

    static func masked(_ value: AttributeValue, of attribute: AttributeName) -> String {
        switch attribute {
        case .givenName, .familyName: value.display.first.map { "\($0)…" } ?? "…"
        case .email:
            EmailAddress(value.display).map { "\($0.local.first.map(String.init) ?? "")…@\($0.domain)" } ?? "••••"
        default: "••••"
        }
    }

    static func summary(
        _ person: Contacts.OpenedPerson,
        definitions: [AttributeDefinition],
        seesClinical: Bool
    ) -> ContactSummary {
        let fields = definitions.compactMap { definition -> ContactSummary.Field? in
            guard let value = person.profile.attributes[definition.name] else { return nil }
            if definition.isClinical && !seesClinical { return nil }
            let text = definition.isPHI ? masked(value, of: definition.name) : value.display
            return .init(
                attribute: definition.name,
                label: definition.label,
                text: text,
                isMasked: definition.isPHI
            )
        }
        return ContactSummary(
            contact: person.id,
            name: name(person.profile),
            fields: fields,
            isDeceased: person.profile.isDeceased
        )
    }
}
