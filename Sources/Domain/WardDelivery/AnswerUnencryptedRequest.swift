// SPDX-License-Identifier: Apache-2.0
//
// A person may ask for one unencrypted answer (hipaa/rules.md 6.5). A message that is to be that answer names the request.
// Naming it uses nothing up: the message may be cancelled, or go another way. The first attempt that relies on the request
// does, in the transaction that begins it, so that of two messages only one is ever begun; the attempts after it are of the
// same message. When that message ends without having left, the request is open again.

import WardConsent
import WardKernel
import WardStorage

extension Delivery {
    /// - Throws: `DeliveryError.requestNotOpen` when the person has no such request for this address, or it was answered,
    ///   withdrawn or overruled before.
    func requireOpen(
        _ request: UnencryptedRequestID,
        for recipient: MessageRecipient,
        at address: EmailAddress,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws {
        guard let contact = recipient.contact else { throw DeliveryError.requestNotOpen }
        let hash = try consent.requestHash(address, of: contact, organization: organization, in: tx)
        let standing = try consent.unencryptedRequests(of: [contact], organization: organization, in: tx)[contact]
        guard let standing, standing.isOpen(request, hash) else { throw DeliveryError.requestNotOpen }
    }

    /// - Returns: false when another message has begun to answer the request.
    func useRequest(
        of row: StoredDelivery,
        _ terms: MessageTerms,
        _ clearance: Clearance,
        in tx: any WriteTransaction
    ) throws -> Bool {
        guard clearance.method == .opportunisticTLS, !terms.isDeclaredFreeOfPHI, let request = terms.answersRequest,
            let contact = row.recipient.contact
        else { return true }
        return try consent.answerRequest(
            request,
            of: contact,
            with: row.id,
            by: Self.service(clearance.organization),
            in: tx
        )
    }

    /// To be called when a message has ended.
    func reopenRequest(
        of row: StoredDelivery,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        switch row.life.standing {
        case .refused, .expired, .notSent, .cancelled: break
        default: return
        }
        // Whatever may have arrived has answered it.
        guard row.life.method == .opportunisticTLS, row.life.doubts == 0, let contact = row.recipient.contact,
            let request = try content(row.content, of: organization, in: tx).terms.answersRequest
        else { return }
        try consent.reopenRequest(
            request,
            of: contact,
            notAnsweredWith: row.id,
            by: Self.service(organization),
            in: tx
        )
    }
}
