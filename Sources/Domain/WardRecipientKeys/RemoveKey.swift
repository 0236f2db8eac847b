// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardStorage

extension RecipientKeys {
    /// Removes a person's key: no message is encrypted to it any more, those that were encrypted and not sent included.
    package func remove(
        _ id: RecipientKeyID,
        of contact: ContactID,
        why reason: String,
        by requester: Requester
    ) async throws {
        try requester.require(.editContacts)
        guard !reason.allSatisfy(\.isWhitespace), reason.count <= 500 else { throw RecipientKeysError.reasonMissing }
        let now = surroundings.now()
        try await store.write { [self] tx in
            let organization = requester.organization
            let held = try keys(of: contact, at: now, organization: organization, in: tx)
            guard let key = held.first(where: { $0.id == id }) else { throw RecipientKeysError.keyUnknown(id) }
            try KeyQueries.delete(id, of: organization, in: tx)
            try record(.recipientKeyRemove, key, why: Sensitive(reason), by: requester, in: tx)
        }
    }
}
