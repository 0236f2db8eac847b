// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardKernel
import WardStorage

extension Audit {
    /// Writes the audit entry of something that happened to one message, in the transaction of the change.
    func record(
        _ action: AuditAction,
        _ message: MessageRow,
        _ outcome: AuditOutcome,
        _ facts: [String: String],
        reason: Sensitive<String>? = nil,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try record(
            AuditEntry(
                action,
                object: AuditObject(kind: "portal_message", message.id),
                subject: message.contact,
                outcome: outcome,
                reason: reason,
                facts: facts
            ),
            by: requester,
            in: tx
        )
    }

    /// Writes the audit entry of something that happened to a conversation or to a person's access.
    func record(
        _ action: AuditAction,
        object: AuditObject?,
        subject: SubjectID?,
        fields: [String] = [],
        facts: [String: String] = [:],
        reason: Sensitive<String>? = nil,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try record(
            AuditEntry(
                action,
                object: object,
                subject: subject,
                reason: reason,
                fields: fields,
                facts: facts
            ),
            by: requester,
            in: tx
        )
    }
}
