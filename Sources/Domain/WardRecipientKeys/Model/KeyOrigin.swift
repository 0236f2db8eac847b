// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardMailCrypto

/// How a key came here.
package enum KeyOrigin: String, Sendable, Hashable, CaseIterable {
    /// Staff gave it.
    case upload
    /// The certificate that signed a mail of the person's.
    case signedMail = "signed_mail"
    /// An Autocrypt header of a mail of the person's.
    case autocrypt
    /// The person's domain publishes it in its Web Key Directory.
    case webKeyDirectory = "wkd"

    /// The origin in words.
    package var sentence: String {
        switch self {
        case .upload: "Staff added it."
        case .signedMail: "It signed a mail from the person’s address."
        case .autocrypt: "It came in the header of a mail from the person’s address."
        case .webKeyDirectory: "The domain of the person’s address publishes it."
        }
    }
}

/// Whether messages may be encrypted to a key: a key that nobody vouches for is used by nobody.
package enum KeyAcceptance: String, Sendable, Hashable, CaseIterable {
    case accepted
    /// It waits for staff.
    case proposed
    /// Staff declined it; the same key is not proposed again.
    case declined

    /// The rule for a key that came without staff. A certificate that leads to a trusted authority and a key in an
    /// authenticated mail vouch for themselves, but never beside a key that is in use: a stranger with one forged mail
    /// would read what is meant for the person.
    static func of(isVouchedFor: Bool, isBesideAcceptedKey: Bool) -> KeyAcceptance {
        isVouchedFor && !isBesideAcceptedKey ? .accepted : .proposed
    }
}

/// What is known about the revocation of a certificate.
package enum RevocationState: String, Sendable, Hashable, CaseIterable {
    case good, revoked
    /// The authority does not know it, or its answer proves nothing.
    case unknown
    case unreachable
    /// The certificate names nobody to ask, or not who issued it.
    case nobodyToAsk = "nobody_to_ask"

    /// The state in words.
    package var sentence: String {
        switch self {
        case .good: "Its authority says that it was not revoked."
        case .revoked: "Its authority says that it was revoked."
        case .unknown: "Not checked: its authority gave no answer that can be trusted."
        case .unreachable: "Not checked: its authority could not be reached."
        case .nobodyToAsk: "Not checked: it does not name where to ask."
        }
    }
}

/// An organization's rules for people's keys.
package struct RecipientKeyRules: Sendable, Hashable {
    /// How old an authority's answer may be where one is demanded.
    package static let longestAnswer: Duration = .hours(7 * 24)

    /// Whether a person's domain is asked for a key when a message to a person without one is written. Each question tells
    /// the domain that somebody here is about to write to this address.
    package var looksUp = false
    /// Whether a certificate protects messages only while its authority's word of the last seven days says that it was not
    /// revoked. Many private authorities have nobody who could be asked.
    package var demandsCheck = false

    package init(looksUp: Bool = false, demandsCheck: Bool = false) {
        self.looksUp = looksUp
        self.demandsCheck = demandsCheck
    }
}

/// What became of the keys in a mail.
package enum HarvestOutcome: Sendable, Hashable {
    /// Keys that were added; those held already are left out.
    case kept([HeldKey])
    /// It offers no key, or not from this person.
    case nothing
    /// The confined program that reads mail broke down over it.
    case quarantined(reason: String)
}

/// What a look-up in the person's domain gave.
package enum KeyLookUp: Sendable, Hashable {
    /// Staff decides whether it is used.
    case proposed(HeldKey)
    case alreadyHeld(HeldKey)
    /// The domain publishes none for the person.
    case nothing
    /// Nobody was asked: nothing can be looked up here.
    case unavailable
    /// The domain could not be asked, or did not prove its name.
    case failed
    case refused(KeyRefusal)
}

/// A key whose end is near or past.
package struct EndingKey: Sendable, Hashable {
    package let id: RecipientKeyID
    package let contact: ContactID
    package let kind: RecipientKeyKind
    package let validUntil: Timestamp
    package let hasEnded: Bool
}
