// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

/// What became of asking to see a person's values.
package enum RevealOutcome: Sendable {
    case revealed(Sensitive<PersonFacts>)
    case notFound
    /// The reason is empty.
    case reasonMissing
}

extension Contacts {
    /// Shows one person's values and dated records: a disclosure, audited with its reason and the fields seen in the
    /// same transaction. Clinical attributes and records are left out for those who may not see them.
    ///
    /// - Parameter fields: only these attributes, and no dated records; nil is everything.
    package func reveal(
        _ contact: ContactID,
        fields: [AttributeName]? = nil,
        reason: Sensitive<String>,
        by requester: Requester
    ) async throws -> RevealOutcome {
        try requester.require(.revealContacts)
        guard reason.expose(for: .evaluating, { !CellText.trimmed($0).isEmpty }) else { return .reasonMissing }
        return try await store.write { tx in
            try self.reveal(contact, fields: fields, reason: reason, by: requester, in: tx)
        }
    }

    private func reveal(
        _ contact: ContactID,
        fields: [AttributeName]?,
        reason: Sensitive<String>,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> RevealOutcome {
        let organization = requester.organization
        guard let person = try openPeople([contact], of: organization, in: tx).first else { return .notFound }
        let seesClinical = requester.may(.viewClinical)
        let definitions = try definitions(of: organization, in: tx)
        var facts = try facts(of: [person], organization: organization, in: tx)[0]
        facts.attributes = facts.attributes.filter { name, _ in
            (fields?.contains(name) ?? true) && (seesClinical || !(definitions[name]?.isClinical ?? true))
        }
        facts.records = fields == nil ? facts.records.filter { seesClinical || !$0.kind.isClinical } : []
        let kinds = Set(facts.records.map(\.kind.rawValue)).sorted().map { "record.\($0)" }
        var entry = AuditEntry(
            .contactReveal,
            object: AuditObject(kind: "contact", contact),
            subject: contact,
            reason: reason,
            fields: facts.attributes.keys.sorted().map(\.rawValue) + kinds
        )
        entry.categories =
            facts.records.contains { $0.kind.isClinical } ? ["clinical", "demographic"] : ["demographic"]
        entry.disclosure = AuditDisclosure(channel: "page", protection: "session")
        try audit.record(entry, by: requester, in: tx)
        return .revealed(Sensitive(facts))
    }
}
