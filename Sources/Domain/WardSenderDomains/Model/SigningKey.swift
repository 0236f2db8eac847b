// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardMailCrypto

package enum SigningKeyTag {}
/// A key that signs a domain's mail.
package typealias SigningKeyID = Identifier<SigningKeyTag>

/// Where a signing key stands.
package enum SigningKeyState: String, Sendable, Hashable, CaseIterable {
    /// Made; does not sign until its DNS record is seen.
    case waiting
    /// Signs every message.
    case active
    /// Signs no more.
    case retired
}

/// A signing key, its secret half apart.
package struct SigningKey: Sendable, Hashable {
    /// How long the record of a retired key stays: three days of attempts, and the rest for mail that is forwarded or read
    /// by a server that checks late.
    package static let recordStays = Duration.days(7)

    package let id: SigningKeyID
    package let domain: String
    package let selector: String
    package let algorithm: DKIMAlgorithm
    package var state: SigningKeyState
    package let publicKey: [UInt8]
    package let madeAt: Timestamp
    package var activatedAt: Timestamp?
    package var retiredAt: Timestamp?

    /// `rsa-sha256` or `ed25519-sha256`.
    package var algorithmWord: String { algorithm.rawValue }

    /// The name of its DNS record.
    package var recordName: String { DKIMKeyRecord.name(selector: selector, domain: domain) }

    /// The text of its DNS record.
    package var recordText: String { DKIMKeyRecord(algorithm, publicKey: publicKey).text }

    /// Until when its record must stay; nil while the key is waiting or active, and for one that never signed.
    package var recordNeededUntil: Timestamp? {
        guard activatedAt != nil, let retiredAt else { return nil }
        return retiredAt + Self.recordStays
    }
}
