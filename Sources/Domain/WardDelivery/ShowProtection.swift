// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardStorage
import WardVault

/// How a message that arrived was protected: what a conversation shows beside it.
package struct SentProtection: Sendable, Hashable {
    package let method: SendMethod
    /// Whether it was signed with the organization's own certificate or key.
    package let isSigned: Bool

    package init(method: SendMethod, isSigned: Bool) {
        self.method = method
        self.isSigned = isSigned
    }
}

extension Delivery {
    /// Of messages that another server took; others are missing. Holds nothing about what they say.
    package func sentProtection(
        of messages: [MessageID],
        by requester: Requester
    ) async throws -> [MessageID: SentProtection] {
        try requester.require(.viewMessages)
        let organization = requester.organization
        return try await store.read { tx in
            var found: [MessageID: SentProtection] = [:]
            for (id, row) in try DeliveryQueries.find(messages, of: organization, in: tx) {
                do {
                    let attempts = try self.attempts(of: row, organization: organization, in: tx)
                    guard let taken = attempts.last(where: { $0.outcome == "accepted" })?.evidence else { continue }
                    found[id] = SentProtection(method: taken.method, isSigned: taken.signerFingerprint != nil)
                } catch VaultError.subjectErased {
                    // Nothing is left to show of a person who was erased.
                    continue
                }
            }
            return found
        }
    }
}
