// SPDX-License-Identifier: Apache-2.0
//
// A program proves in the TLS handshake that it holds a key. Which key counts for an account is pinned by the hash of its
// SubjectPublicKeyInfo, so that nobody is believed because of who issued a certificate.

import WardCrypto
package import WardKernel

/// What an account signs in with.
package enum SignInRule: String, CaseIterable, Hashable, Sendable {
    case password
    /// A pinned certificate alone, by EXTERNAL (RFC 4422 appendix A); a password opens nothing.
    case certificate
    /// A password over a connection on which a pinned certificate was presented.
    case both

    /// Whether a right password signs in beside what of the account's certificates was presented.
    func takesPassword(with certificate: PinnedCertificate?) -> Bool {
        switch self {
        case .password: true
        case .certificate: false
        case .both: certificate != nil
        }
    }
}

/// The key of the certificate that a client presented, proved by the handshake. Nothing else of that certificate counts or is
/// read: whoever holds the key can write a certificate around it that says anything.
package struct PresentedCertificate: Hashable, Sendable {
    /// SHA-256 of the SubjectPublicKeyInfo.
    package let keyDigest: [UInt8]

    /// - Parameter publicKey: the SubjectPublicKeyInfo in DER.
    package init(publicKey: [UInt8]) { keyDigest = Digest.sha256(publicKey) }
}

/// A certificate that is pinned for an account.
package struct PinnedCertificate: Hashable, Sendable {
    /// Before its end there is a warning for so long.
    package static let warningTime = Duration.days(30)

    /// SHA-256 of the SubjectPublicKeyInfo.
    package let keyDigest: [UInt8]
    package let validFrom: Timestamp
    package let validUntil: Timestamp
    package let addedAt: Timestamp

    /// Lower-case hexadecimal.
    package var fingerprint: String { Digest.hexadecimal(keyDigest) }

    /// Where it stands in its time.
    package enum Standing: String, Hashable, Sendable {
        case notYet = "not_yet"
        case valid
        case ending
        case ended
    }

    package func standing(at now: Timestamp) -> Standing {
        if now < validFrom { return .notYet }
        if now > validUntil { return .ended }
        return validUntil.since(now) < Self.warningTime ? .ending : .valid
    }

    /// Whether what was presented counts as this one: the same key, within the time of the certificate that was pinned. A
    /// certificate that was made anew for the key lengthens nothing until it is pinned.
    func admits(_ presented: PresentedCertificate, at now: Timestamp) -> Bool {
        Digest.isEqual(keyDigest, presented.keyDigest) && validFrom <= now && now <= validUntil
    }
}

/// What of the TLS connection is bound to a sign-in (RFC 5056).
package struct ChannelBinding: Hashable, Sendable {
    /// As in RFC 5802 section 7.
    package let name: String
    package let data: [UInt8]

    /// The hash of the server's certificate on this very connection (RFC 5929 section 4).
    package static func serverEndPoint(_ hash: [UInt8]) -> Self { Self(name: "tls-server-end-point", data: hash) }
}

/// Whoever signs in, as far as the connection knows.
package struct SigningClient: Hashable, Sendable {
    package let networkAddress: String
    /// Nil where none is offered.
    package let binding: ChannelBinding?
    /// Nil where none was presented.
    package let certificate: PresentedCertificate?

    package init(networkAddress: String, binding: ChannelBinding? = nil, certificate: PresentedCertificate? = nil) {
        self.networkAddress = networkAddress
        self.binding = binding
        self.certificate = certificate
    }
}

/// Why a certificate is not pinned.
package enum CertificateRefusal: Hashable, Sendable {
    case unreadable
    case tooLarge
    case holdsPrivateKey
    case isAuthority
    case weakKey
    case ended
    case alreadyPinned
    case tooMany
    case accountDisabled
    /// The confined program that reads certificates broke down over it.
    case quarantined(reason: String)

    /// All but what broke down.
    package static let withoutDetails: [Self] = [
        .unreadable, .tooLarge, .holdsPrivateKey, .isAuthority, .weakKey, .ended, .alreadyPinned, .tooMany,
        .accountDisabled,
    ]

    package var sentence: String {
        switch self {
        case .unreadable: "This is no X.509 certificate (PEM or DER)."
        case .tooLarge: "The file is larger than 64 KiB. Give the certificate alone."
        case .holdsPrivateKey:
            "The file holds a private key, which never leaves its machine. Give the certificate alone."
        case .isAuthority: "This is the certificate of an authority. Give the one that the program presents."
        case .weakKey:
            "The certificate's key is too weak, or of a kind that TLS does not take: RSA from 2048 bits on, P-256, P-384, P-521 and "
                + "Ed25519 are taken."
        case .ended: "The certificate has ended already."
        case .alreadyPinned: "The account has this certificate already."
        case .tooMany: "An account has \(Submission.mostCertificates) certificates at most. Remove one first."
        case .accountDisabled: "The account is disabled."
        case .quarantined(let reason): reason
        }
    }
}

extension Timestamp {
    /// Seconds far outside of the calendar are kept within it.
    init(calendarSeconds seconds: Int64) { self.init(seconds: min(max(seconds, 0), 253_402_300_799)) }
}
