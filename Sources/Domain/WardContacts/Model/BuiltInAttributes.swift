// SPDX-License-Identifier: Apache-2.0

extension AttributeName {
    package static let recordNumber = AttributeName(known: "record_number")
    package static let source = AttributeName(known: "source")
    package static let givenName = AttributeName(known: "given_name")
    package static let familyName = AttributeName(known: "family_name")
    package static let prefix = AttributeName(known: "prefix")
    package static let suffix = AttributeName(known: "suffix")
    package static let birthDate = AttributeName(known: "birth_date")
    package static let deathDate = AttributeName(known: "death_date")
    package static let sex = AttributeName(known: "sex")
    package static let language = AttributeName(known: "language")
    package static let email = AttributeName(known: "email")
    package static let phone = AttributeName(known: "phone")
    package static let address = AttributeName(known: "address")
    package static let city = AttributeName(known: "city")
    package static let state = AttributeName(known: "state")
    package static let county = AttributeName(known: "county")
    package static let zip = AttributeName(known: "zip")
    package static let country = AttributeName(known: "country")
    package static let race = AttributeName(known: "race")
    package static let ethnicity = AttributeName(known: "ethnicity")
    package static let maritalStatus = AttributeName(known: "marital_status")
    package static let education = AttributeName(known: "education")
    package static let employment = AttributeName(known: "employment")
    package static let income = AttributeName(known: "income")
    package static let insurance = AttributeName(known: "insurance")
    package static let religion = AttributeName(known: "religion")
    package static let timeZone = AttributeName(known: "time_zone")
}

extension AttributeDefinition {
    /// The attributes that every organization has, in the order in which pages list them.
    ///
    /// PHI are the identifiers of 45 CFR 164.514(b)(2) and what tells something about the person's life; state,
    /// country, language, time zone and the feed's name are not.
    package static let builtIns: [AttributeDefinition] = [
        builtIn(.recordNumber, "Record number", .text),
        builtIn(.source, "Source", .text, isPHI: false),
        builtIn(.prefix, "Prefix", .text),
        builtIn(.givenName, "Given name", .text),
        builtIn(.familyName, "Family name", .text),
        builtIn(.suffix, "Suffix", .text),
        builtIn(.birthDate, "Birth date", .date),
        builtIn(.deathDate, "Death date", .date),
        builtIn(.sex, "Sex", .code),
        builtIn(.language, "Language", .code, isPHI: false),
        builtIn(.email, "E-mail", .text),
        builtIn(.phone, "Phone", .text),
        builtIn(.address, "Street address", .text),
        builtIn(.city, "City", .text),
        builtIn(.state, "State", .text, isPHI: false),
        builtIn(.county, "County", .text),
        builtIn(.zip, "ZIP code", .text),
        builtIn(.country, "Country", .text, isPHI: false),
        builtIn(.race, "Race", .code),
        builtIn(.ethnicity, "Ethnicity", .code),
        builtIn(.maritalStatus, "Marital status", .code),
        builtIn(.education, "Education", .text),
        builtIn(.employment, "Employment", .text),
        builtIn(.income, "Income", .number),
        builtIn(.insurance, "Insurance", .text),
        builtIn(.religion, "Religion", .text),
        builtIn(.timeZone, "Time zone", .text, isPHI: false),
    ]

    /// The built-in attributes by name.
    package static let builtInsByName = Dictionary(uniqueKeysWithValues: builtIns.map { ($0.name, $0) })

    private static func builtIn(
        _ name: AttributeName,
        _ label: String,
        _ kind: AttributeKind,
        isPHI: Bool = true
    ) -> AttributeDefinition {
        AttributeDefinition(name: name, label: label, kind: kind, isPHI: isPHI, isBuiltIn: true)
    }
}
