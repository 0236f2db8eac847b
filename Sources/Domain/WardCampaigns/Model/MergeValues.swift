// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel
import WardPortal

/// One person's values for the fields that a text uses, as they will be read.
struct MergeValues {
    var language: PortalLanguage
    var organization: String
    var senderName: String

    /// The fields that are the same for everybody.
    static let common: [MergeField] = [
        MergeField(name: "organization_name", label: "Organization’s name", isPHI: false),
        MergeField(name: "sender_name", label: "Sender’s name", isPHI: false),
    ]

    /// The values of the named fields; a field without a value has no entry.
    func values(of names: [String], for person: PersonFacts) -> [String: String] {
        var values: [String: String] = [:]
        for name in names {
            switch name {
            case "organization_name": values[name] = organization
            case "sender_name": values[name] = senderName
            default:
                guard let attribute = AttributeName(rawValue: name), let value = person.attributes[attribute] else {
                    continue
                }
                values[name] = MergeTemplate.cleaned(text(of: value))
            }
        }
        return values.filter { !$0.value.isEmpty }
    }

    private func text(of value: AttributeValue) -> String {
        switch value {
        case .date(let date): LongDay.text(date, language: language)
        case .boolean(let isTrue):
            switch language {
            case .english: isTrue ? "yes" : "no"
            case .spanish: isTrue ? "sí" : "no"
            }
        case .text, .number, .code: value.display
        }
    }
}

/// A day as people in the United States write it.
enum LongDay {
    static func text(_ date: CalendarDate, language: PortalLanguage) -> String {
        switch language {
        case .english: "\(english[date.month - 1]) \(date.day), \(date.year)"
        case .spanish: "\(date.day) de \(spanish[date.month - 1]) de \(date.year)"
        }
    }

    private static let english = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    private static let spanish = [
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre",
        "diciembre",
    ]
}
