// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardVault

/// Which keys there are; nothing that tells one of them.
package struct KeyListing: Sendable {
    package let facts: KeyFacts
    /// Names of root keys that were rotated out and whose files are still there.
    package let retired: [String]
    package let isRotatingRoot: Bool

    package init(facts: KeyFacts, retired: [String], isRotatingRoot: Bool) {
        self.facts = facts
        self.retired = retired
        self.isRotatingRoot = isRotatingRoot
    }
}

/// What commands may do about keys; answered by the composition root, which has both the vault and the audit log.
package protocol KeyAdministration: Sendable {
    func listing(by requester: Requester) async throws -> KeyListing
    func rotateRoot(destroysRetired: Bool, by requester: Requester) async throws -> RootRotation
}
