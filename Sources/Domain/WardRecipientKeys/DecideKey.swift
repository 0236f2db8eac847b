// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

extension RecipientKeys {
    /// A person's keys that wait for staff, newest first: none of them is used.
    package func proposals(of contact: ContactID, by requester: Requester) async throws -> [HeldKey] {
        try requester.require(.viewContacts)
        let now = surroundings.now()
        return try await store.read { [self] tx in
            try allKeys(of: contact, at: now, organization: requester.organization, in: tx)
                .filter { $0.acceptance == .proposed }
        }
    }

    /// Takes a proposed key into use. Whoever does it has compared the fingerprint with the person.
    package func accept(_ id: RecipientKeyID, of contact: ContactID, by requester: Requester) async throws -> HeldKey {
        try await decide(.accepted, id, of: contact, why: nil, by: requester)
    }

    /// Declines a proposed key: it is not used, and not proposed again.
    ///
    /// - Parameter reason: at most 500 characters; throws `reasonMissing` without one.
    package func decline(
        _ id: RecipientKeyID,
        of contact: ContactID,
        why reason: String,
        by requester: Requester
    ) async throws {
        guard !reason.allSatisfy(\.isWhitespace), reason.count <= 500 else { throw RecipientKeysError.reasonMissing }
        _ = try await decide(.declined, id, of: contact, why: Sensitive(reason), by: requester)
    }

    private func decide(
        _ acceptance: KeyAcceptance,
        _ id: RecipientKeyID,
        of contact: ContactID,
        why: Sensitive<String>?,
        by requester: Requester
    ) async throws -> HeldKey {
        try requester.require(.editContacts)
        let now = surroundings.now()
        return try await store.write { [self] tx in
            let organization = requester.organization
            let held = try allKeys(of: contact, at: now, organization: organization, in: tx)
            guard var key = held.first(where: { $0.id == id && $0.acceptance == .proposed }) else {
                throw RecipientKeysError.keyUnknown(id)
            }
            try KeyQueries.set(acceptance, of: id, organization: organization, in: tx)
            key.acceptance = acceptance
            let action: AuditAction = acceptance == .accepted ? .recipientKeyAccept : .recipientKeyDecline
            try record(action, key, why: why, by: requester, in: tx)
            return key
        }
    }
}
