// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

extension Contacts {
    /// People who may be one, not yet reviewed, oldest first.
    package func possibleDuplicates(limit: Int = 100, by requester: Requester) async throws -> [PossibleDuplicate] {
        try requester.require(.viewContacts)
        return try await store.read { tx in
            try DuplicateQueries.open(limit: limit, of: requester.organization, in: tx)
        }
    }

    /// Keeps what a reviewer found. Nothing is merged. False when the two were never noted.
    package func resolve(
        _ contact: ContactID,
        _ other: ContactID,
        as resolution: PossibleDuplicate.Resolution,
        by requester: Requester
    ) async throws -> Bool {
        try requester.require(.editContacts)
        return try await store.write { tx in
            let isKnown = try DuplicateQueries.resolve(
                contact,
                other,
                as: resolution,
                of: requester.organization,
                at: self.surroundings.now(),
                in: tx
            )
            guard isKnown else { return false }
            try self.audit.record(
                AuditEntry(
                    .contactReviewDuplicate,
                    object: AuditObject(kind: "contact", other),
                    subject: contact,
                    facts: ["resolution": resolution.rawValue]
                ),
                by: requester,
                in: tx
            )
            return true
        }
    }
}
