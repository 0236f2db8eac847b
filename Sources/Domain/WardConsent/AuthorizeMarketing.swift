// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
package import WardKernel
package import WardStorage
import WardVault

extension Consent {
    /// Records a signed authorization for marketing; throws `incompleteAuthorization` when a required element is missing.
    @discardableResult
    package func authorizeMarketing(
        _ elements: Sensitive<AuthorizationElements>,
        for contact: ContactID,
        signedAt: Timestamp,
        expiresAt: Timestamp,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> AuthorizationID {
        try requireEditing(requester, of: contact)
        let now = surroundings.now()
        let (missing, statesRemuneration) = elements.expose(for: .evaluating) { ($0.missing, $0.statesRemuneration) }
        guard missing.isEmpty else { throw ConsentError.incompleteAuthorization(missing) }
        guard signedAt <= now else {
            throw ConsentError.invalid(field: "date of the signature", rule: "lies in the future")
        }
        guard signedAt < expiresAt else { throw ConsentError.incompleteAuthorization([.expiry]) }
        let authorization = MarketingAuthorization(
            id: surroundings.makeIdentifier(),
            contact: contact,
            signedAt: signedAt,
            expiresAt: expiresAt,
            revokedAt: nil,
            statesRemuneration: statesRemuneration
        )
        let place = SealedPlace(
            organization: requester.organization,
            owner: .subject(contact),
            kind: .authorizationElements,
            row: authorization.id.bytes
        )
        let sealed = try vault.seal(elements.map { Array(try JSONEncoder().encode($0)) }, at: place, in: tx)
        try AuthorizationQueries.insert(authorization, elements: sealed, recordedAt: now, by: requester, in: tx)
        try audit.record(
            AuditEntry(
                .authorizationRecord,
                object: AuditObject(kind: "authorization", authorization.id),
                subject: contact
            ),
            by: requester,
            in: tx
        )
        return authorization.id
    }

    /// Records a signed authorization in a transaction of its own.
    @discardableResult
    package func authorizeMarketing(
        _ elements: Sensitive<AuthorizationElements>,
        for contact: ContactID,
        signedAt: Timestamp,
        expiresAt: Timestamp,
        by requester: Requester
    ) async throws -> AuthorizationID {
        try await store.write { tx in
            try self.authorizeMarketing(
                elements,
                for: contact,
                signedAt: signedAt,
                expiresAt: expiresAt,
                by: requester,
                in: tx
            )
        }
    }

    /// Revokes an authorization; from its return on, no attempt begins that rests on it (164.508(b)(5)). Revoking again
    /// changes nothing.
    package func revokeAuthorization(_ id: AuthorizationID, by requester: Requester) async throws {
        try await store.write { tx in
            guard let known = try AuthorizationQueries.find(id, of: requester.organization, in: tx) else {
                throw ConsentError.authorizationNotFound
            }
            try self.requireEditing(requester, of: known.contact)
            let isNew = try AuthorizationQueries.revoke(
                id,
                at: self.surroundings.now(),
                of: requester.organization,
                in: tx
            )
            guard isNew else { return }
            try self.audit.record(
                AuditEntry(
                    .authorizationRevoke,
                    object: AuditObject(kind: "authorization", id),
                    subject: known.contact
                ),
                by: requester,
                in: tx
            )
        }
    }
}
