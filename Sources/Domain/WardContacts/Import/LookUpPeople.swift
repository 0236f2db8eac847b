// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage
import WardVault

extension Contacts {
    /// Looks up everybody whom these rows could meet: one query for each kind of look-up value and 500 rows.
    func lookUp(
        _ rows: [IncomingPerson],
        source: String,
        template: EmailTemplate?,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> KnownPeople {
        var numbers: Set<String> = []
        var identities: Set<String> = []
        var names: Set<String> = []
        var emails: Set<String> = []
        for row in rows {
            var profile = Profile()
            profile.attributes = row.attributes
            if let number = profile.text(.recordNumber) {
                numbers.insert(IndexTexts.number(.init(source: source, number: number)))
            }
            if let identity = IndexTexts.identity(profile) { identities.insert(identity) }
            if let name = IndexTexts.name(profile) { names.insert(name) }
            if let email = IndexTexts.email(profile) {
                emails.insert(email)
            } else if let address = template?.address(
                given: profile.text(.givenName) ?? "",
                family: profile.text(.familyName) ?? "",
                number: 1
            ) {
                emails.insert(address.normalized)
            }
        }
        func ask(
            _ texts: Set<String>,
            _ kind: BlindIndexKind,
            _ query: ([[UInt8]], OrganizationID, any ReadTransaction) throws -> [[UInt8]: [ContactID]]
        ) throws -> [String: [ContactID]] {
            let ordered = Array(texts)
            let values = try vault.blindIndexes(ordered.map(Sensitive.init), kind: kind, of: organization, in: tx)
            let found = try query(values, organization, tx)
            // Absent texts are kept as known to be nobody's.
            return Dictionary(uniqueKeysWithValues: zip(ordered, values).map { ($0, found[$1] ?? []) })
        }
        var known = KnownPeople()
        known.byNumber = try ask(numbers, .recordNumber) { try ContactQueries.byRecordNumber($0, of: $1, in: $2) }
        known.byIdentity = try ask(identities, .identity) { try ContactQueries.byIdentity($0, of: $1, in: $2) }
        known.byName = try ask(names, .nameAndBirthDate) { try ContactQueries.byName($0, of: $1, in: $2) }
        known.byEmail = try ask(emails, .emailAddress) { try ContactQueries.byEmail($0, of: $1, in: $2) }
        var ids = Set(known.byNumber.values.joined())
        ids.formUnion(known.byIdentity.values.joined())
        ids.formUnion(known.byName.values.joined())
        for holders in known.byEmail.values { ids.formUnion(holders.prefix(20)) }
        known.people = try openPeople(ids.sorted(), of: organization, in: tx)
        return known
    }

    /// Who has this address.
    func holders(
        ofNormalized address: String,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID] {
        let index = try vault.blindIndex(Sensitive(address), kind: .emailAddress, of: organization, in: tx)
        return try ContactQueries.byEmail([index], of: organization, in: tx)[index] ?? []
    }
}
