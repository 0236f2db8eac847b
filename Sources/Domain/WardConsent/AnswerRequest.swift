// SPDX-License-Identifier: Apache-2.0

package import WardAudit
package import WardKernel
package import WardStorage

extension Consent {
    /// Notes which message gives the one answer that a request for unencrypted mail allows, in the transaction that begins
    /// to send it unencrypted. The attempts of the same message may all refer to it.
    ///
    /// - Returns: false when the person has no such request, it was withdrawn, or another message gave the answer: nothing is
    ///   changed.
    package func answerRequest(
        _ id: UnencryptedRequestID,
        of contact: ContactID,
        with message: MessageID,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> Bool {
        let isAnswered = try UnencryptedRequestQueries.answer(
            id,
            of: contact,
            with: message,
            at: surroundings.now(),
            organization: requester.organization,
            in: tx
        )
        if isAnswered { try record(.unencryptedAnswer, id, contact, message, by: requester, in: tx) }
        return isAnswered
    }

    /// Opens a request again whose answer ended without leaving; another answer may refer to it then.
    package func reopenRequest(
        _ id: UnencryptedRequestID,
        of contact: ContactID,
        notAnsweredWith message: MessageID,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        let organization = requester.organization
        if try UnencryptedRequestQueries.reopen(id, notAnsweredWith: message, organization: organization, in: tx) {
            try record(.unencryptedReopen, id, contact, message, by: requester, in: tx)
        }
    }

    private func record(
        _ action: AuditAction,
        _ id: UnencryptedRequestID,
        _ contact: ContactID,
        _ message: MessageID,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try audit.record(
            AuditEntry(
                action,
                object: AuditObject(kind: "unencrypted_request", id),
                subject: contact,
                facts: ["message": "\(message)"]
            ),
            by: requester,
            in: tx
        )
    }
}

extension AuditAction {
    /// The one answer that a request for unencrypted mail allows begins to be sent.
    package static let unencryptedAnswer = AuditAction(rawValue: "consent.unencrypted_answer")
    /// That answer did not arrive: the request is open again.
    package static let unencryptedReopen = AuditAction(rawValue: "consent.unencrypted_reopen")
}
