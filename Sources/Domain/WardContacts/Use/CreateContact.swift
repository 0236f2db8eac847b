// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage
import WardVault

/// A value that cannot be taken, by attribute; for the form's own words beside the field.
package struct AttributeProblem: Hashable, Sendable {
    package let attribute: AttributeName
    package let problem: CellProblem
}

/// What became of adding a person.
package enum CreateContactOutcome: Hashable, Sendable {
    /// Added. People who may be the same are noted for review.
    case created(ContactID, possibleDuplicates: [ContactID])
    /// Somebody has this record number in this source.
    case recordNumberTaken(by: ContactID)
    case invalid([AttributeProblem])
}

extension Contacts {
    /// Adds a person by hand. A missing `source` is `staff`.
    package func create(
        _ attributes: Sensitive<[AttributeName: AttributeValue]>,
        isDeceased: Bool = false,
        by requester: Requester
    ) async throws -> CreateContactOutcome {
        try requester.require(.editContacts)
        return try await store.write { tx in
            try self.create(attributes, isDeceased: isDeceased, by: requester, in: tx)
        }
    }

    private func create(
        _ attributes: Sensitive<[AttributeName: AttributeValue]>,
        isDeceased: Bool,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> CreateContactOutcome {
        let organization = requester.organization
        var profile = Profile()
        attributes.expose(for: .sealing) { profile.attributes = $0.filter { !$0.value.display.isEmpty } }
        profile.isDeceased = isDeceased || profile.attributes[.deathDate] != nil
        if profile.attributes[.source] == nil { profile.attributes[.source] = .text("staff") }
        let problems = try normalize(&profile, organization: organization, in: tx)
        guard problems.isEmpty else { return .invalid(problems) }
        let numbers = try numberIndexes(profile.numbers, organization: organization, in: tx)
        if let taken = try ContactQueries.byRecordNumber(numbers, of: organization, in: tx).values.first?.first {
            return .recordNumberTaken(by: taken)
        }
        let id = surroundings.makeIdentifier(SubjectTag.self)
        let indexes = try indexes(of: [profile], organization: organization, in: tx)[0]
        let duplicates = try possibleDuplicates(of: profile, indexes, organization: organization, in: tx)
        try vault.createSubject(id, of: organization, in: tx)
        let sealed = try sealProfiles([(id, profile)], of: organization, in: tx)[0]
        let new = ContactQueries.New(id: id, profile: sealed, indexes: indexes, createdByImport: nil)
        try ContactQueries.insert([new], of: organization, at: surroundings.now(), in: tx)
        try ContactQueries.insertNumbers(numbers.map { ($0, id) }, of: organization, in: tx)
        try DuplicateQueries.insert(
            duplicates.map { (id, $0.key, $0.value) },
            of: organization,
            at: surroundings.now(),
            in: tx
        )
        try noteChanges([(id, .added)], of: organization, in: tx)
        let fields = profile.attributes.keys.sorted().map(\.rawValue)
        try audit.record(
            AuditEntry(.contactCreate, object: AuditObject(kind: "contact", id), subject: id, fields: fields),
            by: requester,
            in: tx
        )
        return .created(id, possibleDuplicates: duplicates.keys.sorted())
    }

    /// Brings values into the form that imports use, and tells those that are of the wrong kind or cannot be.
    func normalize(
        _ profile: inout Profile,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [AttributeProblem] {
        let definitions = try definitions(of: organization, in: tx)
        var problems: [AttributeProblem] = []
        for (name, value) in profile.attributes.sorted(by: { $0.key < $1.key }) {
            guard let definition = definitions[name], definition.kind == value.kind else {
                problems.append(.init(attribute: name, problem: .malformed(what: "this attribute is of another kind.")))
                continue
            }
            do throws(CellProblem) {
                profile.attributes[name] = try ValueReading.read(
                    value.display,
                    definition,
                    ColumnMapping(header: "", target: .skip),
                    latestDay: latestDay
                )
            } catch {
                problems.append(.init(attribute: name, problem: error))
            }
        }
        if profile.text(.givenName) == nil, profile.text(.familyName) == nil, profile.text(.recordNumber) == nil,
            profile.text(.email) == nil
        {
            problems.append(.init(attribute: .familyName, problem: .nothingToKnowPersonBy))
        }
        if let birth = profile.birthDate, case .date(let death) = profile.attributes[.deathDate], death < birth {
            problems.append(.init(attribute: .deathDate, problem: .deathBeforeBirth))
        }
        return problems
    }

    /// Tomorrow in UTC: the latest day that has begun anywhere.
    var latestDay: CalendarDate {
        CalendarDate(daysSince1970: Int(surroundings.now().microseconds / 86_400_000_000) + 1)
    }

    /// People who may be this one, with the reason: less than what recognizes a person.
    func possibleDuplicates(
        of profile: Profile,
        _ indexes: PersonIndexes,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: DuplicateReason] {
        var found: [ContactID: DuplicateReason] = [:]
        if let name = indexes.name {
            for id in try ContactQueries.byName([name], of: organization, in: tx)[name] ?? [] {
                found[id] = .sameNameAndBirthDate
            }
        }
        if let email = indexes.email {
            let ids = Array((try ContactQueries.byEmail([email], of: organization, in: tx)[email] ?? []).prefix(20))
            for other in try openPeople(ids, of: organization, in: tx) {
                if let reason = DuplicateReason.between(profile, other.profile) { found[other.id] = reason }
            }
        }
        return found
    }
}
