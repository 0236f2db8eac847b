// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

extension Contacts {
    /// Adds dated records to one person by hand or by a program; those that are there already are left out. Nil when
    /// there is no such person, else how many were new.
    package func add(
        _ records: Sensitive<[DatedRecord]>,
        to contact: ContactID,
        by requester: Requester
    ) async throws -> Int? {
        try requester.require(.editContacts)
        let byKind = records.expose(for: .sealing) { Dictionary(grouping: $0, by: \.kind) }
        if byKind.keys.contains(where: \.isClinical) { try requester.require(.viewClinical) }
        return try await store.write { tx in
            let organization = requester.organization
            guard try !ContactQueries.find([contact], of: organization, in: tx).isEmpty else { return nil }
            var added = 0
            for (kind, records) in byKind.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
                added += try self.add(
                    [contact: records],
                    kind: kind,
                    importID: nil,
                    organization: organization,
                    in: tx
                )
            }
            try self.audit.record(
                AuditEntry(
                    .contactEdit,
                    object: AuditObject(kind: "contact", contact),
                    subject: contact,
                    fields: byKind.keys.map { "record.\($0.rawValue)" }.sorted(),
                    facts: ["records": "\(added)"]
                ),
                by: requester,
                in: tx
            )
            return added
        }
    }
}
