// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardMailCrypto
package import WardStorage

/// What people's own keys can do now.
package struct HeldKeys: Sendable, Hashable {
    /// Methods for which a usable key is held.
    package var usable: Set<SendMethod>
    /// Methods for which a key is held that has expired or was revoked, and no usable one: what would have gone by them
    /// waits for a person (a key that fails never weakens anything by itself).
    package var lost: Set<SendMethod>
    /// Whether a key is held that protects nothing now: expired, revoked, too weak, of an unknown version.
    package var hasUnusable: Bool

    package init(usable: Set<SendMethod> = [], lost: Set<SendMethod> = [], hasUnusable: Bool = false) {
        self.usable = usable
        self.lost = lost
        self.hasUnusable = hasUnusable
    }
}

/// A key with the name under which it is kept.
package struct ProtectingKey: Sendable, Hashable {
    /// 16 octets.
    package var id: [UInt8]
    package var key: RecipientKey

    package init(id: [UInt8], key: RecipientKey) {
        self.id = id
        self.key = key
    }
}

/// The certificates and OpenPGP keys of people: answered by the module that keeps them.
package protocol RecipientKeySource: Sendable {
    /// People without any key are missing from the answer.
    func held(
        by contacts: [ContactID],
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: HeldKeys]

    /// The newest usable key for the method (`smime` or `openPGP`); nil when there is none.
    func key(
        of contact: ContactID,
        for method: SendMethod,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> ProtectingKey?
}

/// Where no keys are kept: nobody holds one, so the methods that need one are never there.
package struct NoRecipientKeys: RecipientKeySource {
    package init() {}

    package func held(
        by contacts: [ContactID],
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID: HeldKeys] { [:] }

    package func key(
        of contact: ContactID,
        for method: SendMethod,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> ProtectingKey? { nil }
}
