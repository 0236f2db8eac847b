// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardMailCrypto

package enum RecipientKeyTag {}
/// One certificate or OpenPGP key of one person.
package typealias RecipientKeyID = Identifier<RecipientKeyTag>

/// Whether a key protects messages at a moment.
package enum KeyStanding: Sendable, Hashable {
    case usable
    /// Usable, and its time ends within `HeldKey.warningTime`.
    case endsSoon
    case notYetValid
    case expired
    /// The organization demands its authority's word, and there is none of the last days.
    case notChecked
    case notUsable(RecipientKeyProblem)

    /// Whether messages are encrypted to it.
    package var isUsable: Bool { self == .usable || self == .endsSoon }

    /// Whether its owner or issuer has revoked it.
    package var isRevoked: Bool { self == .notUsable(.revoked) }

    /// Whether it protected messages once and does so no more: what would have gone by it waits for a person.
    package var isLost: Bool { self == .expired || self == .notChecked || isRevoked }

    /// A fixed word for machines.
    package var word: String {
        switch self {
        case .usable: "usable"
        case .endsSoon: "ends_soon"
        case .notYetValid: "not_yet_valid"
        case .expired: "expired"
        case .notChecked: "not_checked"
        case .notUsable(let problem): problem.rawValue
        }
    }

    /// The standing in words.
    package var sentence: String {
        switch self {
        case .usable: "Messages can be encrypted to it."
        case .endsSoon: "Messages can be encrypted to it, but it expires soon. Ask the person for the next one."
        case .notYetValid: "Its time has not begun."
        case .expired: "It has expired. Ask the person for a new one."
        case .notChecked: "Whether it was revoked is not known, and the organization’s rules demand it."
        case .notUsable(let problem): problem.sentence
        }
    }

    /// The standing of a key with this time and problem; both ends of the time are included.
    static func of(
        problem: RecipientKeyProblem?,
        validFrom: Timestamp,
        validUntil: Timestamp?,
        at now: Timestamp
    ) -> KeyStanding {
        if let problem { return .notUsable(problem) }
        if now < validFrom { return .notYetValid }
        guard let validUntil else { return .usable }
        if now > validUntil { return .expired }
        return now + HeldKey.warningTime > validUntil ? .endsSoon : .usable
    }
}

/// A key as staff sees it.
package struct HeldKey: Sendable, Hashable {
    /// How long before its end a key is warned about: time enough to ask for the next one.
    package static let warningTime: Duration = .hours(30 * 24)

    package let id: RecipientKeyID
    package let contact: ContactID
    package let facts: RecipientKeyFacts
    package let standing: KeyStanding
    package let addedAt: Timestamp
    package let origin: KeyOrigin
    package internal(set) var acceptance: KeyAcceptance
    /// What its authority said; nil: nobody asked yet, or it is an OpenPGP key, which says so itself.
    package internal(set) var revocation: RevocationState?
    /// When its authority last answered.
    package internal(set) var checkedAt: Timestamp?

    /// `smime` or `openpgp`.
    package var kindWord: String { facts.kind.rawValue }
    /// Whether it is an S/MIME certificate; else an OpenPGP key.
    package var isCertificate: Bool { facts.kind == .smime }
    /// Such as `RSA`, `EC`, `ECDH`; empty where it is not known.
    package var algorithm: String { facts.algorithm }
    /// 0 where they are not known.
    package var bits: Int { facts.bits }
    /// Lower-case hexadecimal.
    package var fingerprint: String { facts.fingerprint }
    /// The end of its time; nil: it has none.
    package var validUntil: Timestamp? { facts.validUntilTime }

    /// Whether it is known if it was revoked: an OpenPGP key says so itself, a certificate's authority is asked.
    package var isRevocationChecked: Bool {
        switch facts.kind {
        case .openPGP: facts.problem != .newerThanSupported
        case .smime: checkedAt != nil
        }
    }

    /// The fingerprint in groups of four digits, as people read it to each other.
    package var spacedFingerprint: String {
        let digits = Array(facts.fingerprint.uppercased())
        return stride(from: 0, to: digits.count, by: 4)
            .map { String(digits[$0..<min($0 + 4, digits.count)]) }.joined(separator: " ")
    }
}

/// What became of a key that somebody gave.
package enum KeyUpload: Sendable, Hashable {
    case added(HeldKey)
    /// The person has this very key already.
    case alreadyHeld(HeldKey)
    case refused(KeyRefusal)
}

/// Why a key was not taken.
package enum KeyRefusal: Error, Sendable, Hashable {
    /// It is neither a certificate nor an OpenPGP public key.
    case unreadable
    /// It names addresses, and none of them is the person's.
    case otherAddress
    case tooLarge
    /// So many keys wait for staff that no more are kept.
    case tooManyProposals
    /// The confined program that reads keys broke down over it.
    case quarantined(reason: String)

    /// The reason in words, with what to do.
    package var sentence: String {
        switch self {
        case .unreadable:
            "This is neither an X.509 certificate (DER or PEM) nor an OpenPGP public key. Ask the person to export it again."
        case .otherAddress:
            "The key names other addresses than the person’s. Correct the person’s address, or ask for a key that names it."
        case .tooLarge:
            "The file is larger than 256 KiB. A key alone is much smaller; ask the person to export it alone."
        case .tooManyProposals: "Ten keys of this person wait for a decision. Accept or decline them first."
        case .quarantined(let reason): reason
        }
    }
}
