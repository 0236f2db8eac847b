// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage
import WardVault

extension Delivery {
    /// The newest mail that came in, without content, at most `limit`.
    package func incoming(limit: Int = 50, by requester: Requester) async throws -> [IncomingSummary] {
        if !requester.may(.viewMessages) { try requester.require(.viewCampaigns) }
        return try await store.read { tx in
            try IncomingQueries.newest(limit: min(max(limit, 1), 500), of: requester.organization, in: tx)
        }
    }

    /// A mail as it came in; nil when there is none, or the person whose message it is about was erased. Reading it is a
    /// disclosure and audited.
    package func incomingMail(_ id: IncomingMailID, by requester: Requester) async throws -> Sensitive<[UInt8]>? {
        try requester.require(.viewMessages)
        let organization = requester.organization
        return try await store.write { tx in
            guard let found = try IncomingQueries.find(id, of: organization, in: tx) else { return nil }
            let row = try found.summary.message.flatMap { try DeliveryQueries.find($0, of: organization, in: tx) }
            try self.audit.record(
                AuditEntry(
                    .incomingRead,
                    object: AuditObject(kind: "incoming_mail", id),
                    subject: row?.recipient.contact
                ),
                by: requester,
                in: tx
            )
            guard let content = found.content else { return nil }
            do {
                let place = Self.incomingPlace(id, about: row, organization)
                return try self.vault.open(content, at: place, in: tx)
            } catch VaultError.subjectErased {
                return nil
            }
        }
    }
}
