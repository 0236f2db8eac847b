// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
package import WardStorage
import WardVault

/// What people are looked for by.
package enum ContactQuery: Sendable {
    case email(Sensitive<String>)
    case phone(Sensitive<String>)
    case recordNumber(Sensitive<String>, source: String)
}

extension Contacts {
    /// How many people there are.
    package func count(by requester: Requester) async throws -> Int {
        try requester.require(.viewContacts)
        return try await store.read { tx in try ContactQueries.count(of: requester.organization, in: tx) }
    }

    /// A page of everybody, masked, in the order in which they came in.
    package func page(
        after contact: ContactID? = nil,
        limit: Int = 50,
        by requester: Requester
    ) async throws -> ContactPage {
        try requester.require(.viewContacts)
        return try await store.read { tx in
            let stored = try ContactQueries.page(
                after: contact,
                limit: limit + 1,
                of: requester.organization,
                in: tx
            )
            let shown = Array(stored.prefix(limit))
            let people = try self.open(shown, of: requester.organization, in: tx)
            let summaries = try self.summaries(people, by: requester, in: tx)
            return ContactPage(people: summaries, next: stored.count > limit ? shown.last?.id : nil)
        }
    }

    /// These people, masked, in the order asked; those who do not exist are left out.
    package func summaries(of contacts: [ContactID], by requester: Requester) async throws -> [ContactSummary] {
        try requester.require(.viewContacts)
        return try await store.read { tx in
            let people = try self.openPeople(contacts, of: requester.organization, in: tx)
            let byID = Dictionary(uniqueKeysWithValues: people.map { ($0.id, $0) })
            return try self.summaries(contacts.compactMap { byID[$0] }, by: requester, in: tx)
        }
    }

    /// Those with exactly this address, number or record number. The search is audited, without what was looked for.
    package func find(_ query: ContactQuery, by requester: Requester) async throws -> [ContactSummary] {
        try requester.require(.viewContacts)
        return try await store.write { tx in
            let ids = try self.find(query, of: requester.organization, in: tx)
            let people = try self.openPeople(ids, of: requester.organization, in: tx)
            try self.noteSearch(by: Self.word(query), found: people.count, requester, in: tx)
            return try self.summaries(people, by: requester, in: tx)
        }
    }

    /// A page of those whose given and family names contain every word of the text, accents and case apart. Opens
    /// people page by page in memory: no index tells names. Returns after `scan` people with what it found so far.
    package func search(
        name: Sensitive<String>,
        after contact: ContactID? = nil,
        limit: Int = 50,
        scan: Int = 20_000,
        by requester: Requester
    ) async throws -> ContactPage {
        try requester.require(.viewContacts)
        let words = name.expose(for: .evaluating) { text in
            text.split(whereSeparator: \.isWhitespace).map { CellText.folded(String($0)) }.filter { !$0.isEmpty }
        }
        guard !words.isEmpty else { return ContactPage(people: [], next: nil) }
        return try await store.write { tx in
            var found: [OpenedPerson] = []
            var position = contact
            var scanned = 0
            var isAtEnd = false
            while found.count < limit, scanned < scan, !isAtEnd {
                let stored = try ContactQueries.page(after: position, limit: 500, of: requester.organization, in: tx)
                isAtEnd = stored.count < 500
                scanned += stored.count
                position = stored.last?.id ?? position
                for person in try self.open(stored, of: requester.organization, in: tx) {
                    guard Self.matches(person.profile, words) else { continue }
                    found.append(person)
                    if found.count == limit {
                        position = person.id
                        isAtEnd = false
                        break
                    }
                }
            }
            try self.noteSearch(by: "name", found: found.count, requester, in: tx)
            let summaries = try self.summaries(found, by: requester, in: tx)
            return ContactPage(people: summaries, next: isAtEnd ? nil : position)
        }
    }

    /// The people with exactly this address, for code that decides: a family may share one.
    package func holders(
        of address: EmailAddress,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID] {
        try find(.email(Sensitive(address.mailbox)), of: organization, in: tx)
    }

    /// The identifiers of those with exactly this address, number or record number, for code that decides.
    func find(
        _ query: ContactQuery,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID] {
        switch query {
        case .email(let text):
            guard let normal = text.expose(for: .blindIndexing, { EmailAddress(CellText.trimmed($0))?.normalized })
            else { return [] }
            let index = try vault.blindIndex(Sensitive(normal), kind: .emailAddress, of: organization, in: tx)
            return try ContactQueries.byEmail([index], of: organization, in: tx)[index] ?? []
        case .phone(let text):
            guard let digits = text.expose(for: .blindIndexing, CellText.phoneDigits) else { return [] }
            let index = try vault.blindIndex(Sensitive(digits), kind: .phoneNumber, of: organization, in: tx)
            return try ContactQueries.byPhone([index], of: organization, in: tx)[index] ?? []
        case .recordNumber(let text, let source):
            let number = text.map { IndexTexts.number(.init(source: source, number: CellText.trimmed($0))) }
            let index = try vault.blindIndex(number, kind: .recordNumber, of: organization, in: tx)
            return try ContactQueries.byRecordNumber([index], of: organization, in: tx)[index] ?? []
        }
    }

    func summaries(
        _ people: [OpenedPerson],
        by requester: Requester,
        in tx: any ReadTransaction
    ) throws -> [ContactSummary] {
        let definitions = try attributes(of: requester.organization, in: tx)
        let seesClinical = requester.may(.viewClinical)
        return people.map { Masking.summary($0, definitions: definitions, seesClinical: seesClinical) }
    }

    private static func matches(_ profile: Profile, _ words: [String]) -> Bool {
        let name = CellText.folded((profile.text(.givenName) ?? "") + " " + (profile.text(.familyName) ?? ""))
        return words.allSatisfy { name.contains($0) }
    }

    private static func word(_ query: ContactQuery) -> String {
        switch query {
        case .email: "email"
        case .phone: "phone"
        case .recordNumber: "record_number"
        }
    }

    private func noteSearch(by field: String, found: Int, _ requester: Requester, in tx: any WriteTransaction) throws {
        try audit.record(
            AuditEntry(.contactSearch, fields: [field], facts: ["found": "\(found)"]),
            by: requester,
            in: tx
        )
    }
}
