// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

/// What became of changing a person.
package enum EditContactOutcome: Hashable, Sendable {
    case changed
    case unchanged
    case notFound
    case recordNumberTaken(by: ContactID)
    case invalid([AttributeProblem])
}

extension Contacts {
    /// Changes attributes of one person; nil takes the value away. `isDeceased` nil leaves it.
    package func edit(
        _ contact: ContactID,
        _ changes: Sensitive<[AttributeName: AttributeValue?]>,
        isDeceased: Bool? = nil,
        by requester: Requester
    ) async throws -> EditContactOutcome {
        try requester.require(.editContacts)
        return try await store.write { tx in
            try self.edit(contact, changes, isDeceased: isDeceased, by: requester, in: tx)
        }
    }

    private func edit(
        _ contact: ContactID,
        _ changes: Sensitive<[AttributeName: AttributeValue?]>,
        isDeceased: Bool?,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> EditContactOutcome {
        let organization = requester.organization
        guard let person = try openPeople([contact], of: organization, in: tx).first else { return .notFound }
        var profile = person.profile
        changes.expose(for: .sealing) { for (name, value) in $0 { profile.attributes[name] = value } }
        profile.isDeceased = isDeceased ?? (profile.isDeceased || profile.attributes[.deathDate] != nil)
        let problems = try normalize(&profile, organization: organization, in: tx)
        guard problems.isEmpty else { return .invalid(problems) }
        guard profile != person.profile else { return .unchanged }
        let numbers = try numberIndexes(profile.numbers, organization: organization, in: tx)
        let holders = try ContactQueries.byRecordNumber(numbers, of: organization, in: tx).values.joined()
        if let taken = holders.first(where: { $0 != contact }) { return .recordNumberTaken(by: taken) }
        try rewrite(person, as: profile, organization: organization, in: tx)
        let fields = changes.expose(for: .evaluating) { $0.keys.sorted().map(\.rawValue) }
        try audit.record(
            AuditEntry(
                .contactEdit,
                object: AuditObject(kind: "contact", contact),
                subject: contact,
                fields: fields,
                facts: isDeceased.map { ["deceased": $0 ? "yes" : "no"] } ?? [:]
            ),
            by: requester,
            in: tx
        )
        return .changed
    }

    /// Writes a changed profile with its look-up values, and notes the change.
    func rewrite(
        _ person: OpenedPerson,
        as profile: Profile,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        let indexes = try indexes(of: [profile], organization: organization, in: tx)[0]
        let sealed = try sealProfiles([(person.id, profile)], of: organization, in: tx)[0]
        let isCurrent = try ContactQueries.update(
            person.id,
            profile: sealed,
            indexes: indexes,
            revision: person.revision,
            of: organization,
            at: surroundings.now(),
            in: tx
        )
        guard isCurrent else { throw StoreError(code: .serialization, detail: "contact") }
        if profile.numbers != person.profile.numbers {
            try ContactQueries.deleteNumbers(of: person.id, in: organization, tx: tx)
            let numbers = try numberIndexes(profile.numbers, organization: organization, in: tx)
            try ContactQueries.insertNumbers(numbers.map { ($0, person.id) }, of: organization, in: tx)
        }
        try noteChanges([(person.id, .changed)], of: organization, in: tx)
    }
}
