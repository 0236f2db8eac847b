// SPDX-License-Identifier: Apache-2.0

package import WardAudit
package import WardKernel
package import WardStorage

extension Consent {
    /// Notes that the one answer that a request for unencrypted mail allows was given, in the transaction that queues it.
    ///
    /// - Returns: false when the person has no such request, or it was answered or withdrawn before: nothing is changed.
    package func answerRequest(
        _ id: UnencryptedRequestID,
        of contact: ContactID,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> Bool {
        let organization = requester.organization
        let now = surroundings.now()
        guard try UnencryptedRequestQueries.answer(id, of: contact, at: now, organization: organization, in: tx) else {
            return false
        }
        try audit.record(
            AuditEntry(
                .unencryptedAnswer,
                object: AuditObject(kind: "unencrypted_request", id),
                subject: contact
            ),
            by: requester,
            in: tx
        )
        return true
    }
}

extension AuditAction {
    /// The one answer that a request for unencrypted mail allows was given.
    package static let unencryptedAnswer = AuditAction(rawValue: "consent.unencrypted_answer")
}
