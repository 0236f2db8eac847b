// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage
import WardVault

/// A message exactly as it was sent, or why it cannot be shown.
package enum SentMessage: Sendable {
    /// The bytes, RFC 5322, whose SHA-256 is the one that was stored before the first attempt.
    case shown(Sensitive<[UInt8]>, DeliverySummary)
    /// It no longer composes to what was sent, so it is not shown as if it did.
    case differs
    /// The person was erased, and the message with them.
    case erased
    case reasonMissing
}

extension Delivery {
    /// Puts a message together again from what was stored (template version, sealed values, frozen parts, signatures) and
    /// shows it when its digest is the stored one. Showing it is a disclosure, audited with its reason.
    ///
    /// - Parameter encrypted: of a message that was encrypted to the person's key, the bytes that left; else what is inside.
    package func showSent(
        _ id: MessageID,
        encrypted: Bool = false,
        why: String,
        by requester: Requester
    ) async throws -> SentMessage {
        try requester.require(.viewMessages)
        guard let why = Self.reason(why) else { return .reasonMissing }
        let organization = requester.organization
        return try await store.write { tx in
            guard let row = try DeliveryQueries.find(id, of: organization, in: tx) else {
                throw DeliveryError.messageNotFound(id)
            }
            let shown = try self.composedAgain(row, encrypted: encrypted, organization, in: tx)
            var outcome = "shown"
            if case .differs = shown { outcome = "differs" }
            if case .erased = shown { outcome = "erased" }
            try self.audit.record(
                AuditEntry(
                    .messageShow,
                    object: AuditObject(kind: "message", id),
                    subject: row.recipient.contact,
                    reason: why,
                    facts: ["result": outcome]
                ),
                by: requester,
                in: tx
            )
            return shown
        }
    }

    private func composedAgain(
        _ row: StoredDelivery,
        encrypted: Bool,
        _ organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> SentMessage {
        do {
            let content = try self.content(row.content, of: organization, in: tx)
            let envelope = try self.envelope(of: row, organization: organization, in: tx)
            let message = try encoded(
                content,
                address: envelope.address,
                values: envelope.values,
                frozen: try frozen(
                    of: row,
                    neutralSubject: scan(of: row, organization: organization, in: tx).scan.neutralSubject,
                    organization: organization,
                    in: tx
                )
            )
            guard message.digest == row.frozen.digest else { return .differs }
            guard row.life.method?.needsRecipientKey == true,
                let form = try ProtectedQueries.find([row.id], of: organization, in: tx)[row.id]
            else { return .shown(Sensitive(message.bytes), DeliverySummary(row)) }
            let bytes =
                try encrypted
                ? opened(form, of: row, organization: organization, in: tx).bytes
                : octets(content, address: envelope.address, values: envelope.values, frozen: row.frozen)
            return .shown(Sensitive(bytes), DeliverySummary(row))
        } catch VaultError.subjectErased {
            return .erased
        }
    }
}
