// SPDX-License-Identifier: Apache-2.0

package import WardAudit
package import WardKernel
import WardQueue
package import WardStorage
package import WardVault

/// People, what is known about them, lists, and the imports that bring them in.
///
/// Every value is sealed under the person's own key (invariant I1) and found again through keyed look-up values. Staff
/// see masked values until they reveal them, which is audited in the same transaction. Everything is scoped to the
/// requester's organization.
package final class Contacts: Sendable {
    package let store: any Store
    package let vault: Vault
    package let audit: Audit
    package let surroundings: Surroundings
    let queue: Queue
    let consent: (any ConsentRecorder)?
    let contacted: any ContactedPeople
    /// Called at the named points of an import; tests throw from it where a crash is to happen.
    let atImportPoint: @Sendable (ImportPoint) throws -> Void

    /// - Parameters:
    ///   - consent: records on what basis imported people may be written to; without it a basis cannot be given.
    ///   - contacted: says who was written to, so that an import can no longer be undone.
    package init(
        store: any Store,
        vault: Vault,
        audit: Audit,
        surroundings: Surroundings,
        consent: (any ConsentRecorder)? = nil,
        contacted: any ContactedPeople,
        atImportPoint: @escaping @Sendable (ImportPoint) throws -> Void = { _ in }
    ) {
        self.store = store
        self.vault = vault
        self.audit = audit
        self.surroundings = surroundings
        queue = Queue(surroundings: surroundings)
        self.consent = consent
        self.contacted = contacted
        self.atImportPoint = atImportPoint
    }
}

/// On what basis the people of an import may be written to, as the person who imports says it.
package struct WritingBasis: Hashable, Sendable, Codable {
    /// The purposes agreed to, by the raw values of WardConsent's `Purpose`; empty: only classes of message that need
    /// no consent can reach these people.
    package var purposes: [String]
    /// Such as `email`.
    package var channel: String
    /// Where the agreement was obtained, such as `intake form 2025`.
    package var origin: String
    package var wordingVersion: String
    package var obtainedAt: Timestamp

    package init(
        purposes: [String],
        channel: String = "email",
        origin: String,
        wordingVersion: String,
        obtainedAt: Timestamp
    ) {
        self.purposes = purposes
        self.channel = channel
        self.origin = origin
        self.wordingVersion = wordingVersion
        self.obtainedAt = obtainedAt
    }
}

/// Records the basis of an import for its people, in the import's own transaction. WardServer wires it to WardConsent.
package protocol ConsentRecorder: Sendable {
    /// May be called again for a person for whom the same basis is recorded already.
    func record(
        _ basis: WritingBasis,
        for people: [ContactID],
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws
}

/// Knows who was written to. WardServer wires it to WardDelivery.
package protocol ContactedPeople: Sendable {
    /// Those of these people to whom a message was queued or sent at this moment or later.
    func contacted(
        among people: [ContactID],
        since moment: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID>
}
