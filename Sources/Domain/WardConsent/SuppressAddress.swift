// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
package import WardStorage
import WardVault

extension Consent {
    /// Sees to it that the address gets no mail, whoever uses it. Suppressing again changes nothing.
    ///
    /// - Returns: whether it was not suppressed before.
    @discardableResult
    package func suppress(
        _ address: EmailAddress,
        reason: SuppressionReason,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try requireEditing(requester, of: nil)
        let hash = try addressHash(address, of: requester.organization, in: tx)
        let isNew = try SuppressionQueries.insert(hash, reason: reason, at: surroundings.now(), by: requester, in: tx)
        guard isNew else { return false }
        try audit.record(
            AuditEntry(
                .addressSuppress,
                object: AuditObject(kind: "address", identifier: hash),
                facts: ["reason": reason.rawValue]
            ),
            by: requester,
            in: tx
        )
        return true
    }

    /// Suppresses an address in a transaction of its own.
    @discardableResult
    package func suppress(
        _ address: EmailAddress,
        reason: SuppressionReason,
        by requester: Requester
    ) async throws -> Bool {
        try await store.write { tx in try self.suppress(address, reason: reason, by: requester, in: tx) }
    }

    /// Lets the address be written to again; `why` goes into the audit log.
    ///
    /// - Returns: whether it was suppressed.
    @discardableResult
    package func lift(_ address: EmailAddress, why: Sensitive<String>, by requester: Requester) async throws -> Bool {
        try requester.require(.editConsent)
        return try await store.write { tx in
            let hash = try self.addressHash(address, of: requester.organization, in: tx)
            guard try SuppressionQueries.delete(hash, of: requester.organization, in: tx) else { return false }
            try self.audit.record(
                AuditEntry(
                    .addressRelease,
                    object: AuditObject(kind: "address", identifier: hash),
                    reason: why
                ),
                by: requester,
                in: tx
            )
            return true
        }
    }

    func addressHash(
        _ address: EmailAddress,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        try vault.blindIndex(Sensitive(address.normalized), kind: .suppressedAddress, of: organization, in: tx)
    }
}
