// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// Whether a server proved that it is the host it should be.
package enum TrustVerdict: Sendable, Hashable {
    /// The chain leads to a trusted root and the certificate is for `name`; it ends at `expiresAt`.
    case trusted(name: String, expiresAt: Timestamp)
    case untrusted(TrustProblem)

    package var isTrusted: Bool { if case .trusted = self { true } else { false } }
}

/// Why a certificate proves nothing. The names are those of servers, which identify no person.
package enum TrustProblem: Sendable, Hashable {
    /// The server sent no certificate.
    case noCertificate
    /// A certificate that cannot be read.
    case malformed
    /// It ended at this time.
    case expired(Timestamp)
    /// It begins at this time.
    case notYetValid(Timestamp)
    /// It is for other hosts; `seen` holds at most ten of the names in it (subject alternative names only, RFC 9525).
    case nameMismatch(expected: String, seen: [String])
    /// The chain does not lead to a trusted root, or an intermediate certificate is missing.
    case unknownIssuer
    /// It signed itself, and is not a trusted root.
    case selfSigned
    /// A key that rules.md section 8 does not allow: RSA below 2,048 bits, a curve below P-256.
    case weakKey(String)
    /// A signature with SHA-1 or older.
    case weakSignature(String)
    /// The chain leads to a trusted root and breaks RFC 5280: an issuer that is no authority, a name constraint, an
    /// unknown critical extension, a usage that excludes servers.
    case notAllowed(String)
    /// The domain's signed DNS names the certificates of its host (TLSA), and this is none of them.
    case matchesNoRecord

    /// A safe word for records and counts.
    package var word: String {
        switch self {
        case .noCertificate: "no_certificate"
        case .malformed: "malformed"
        case .expired: "expired"
        case .notYetValid: "not_yet_valid"
        case .nameMismatch: "name_mismatch"
        case .unknownIssuer: "unknown_issuer"
        case .selfSigned: "self_signed"
        case .weakKey: "weak_key"
        case .weakSignature: "weak_signature"
        case .notAllowed: "not_allowed"
        case .matchesNoRecord: "matches_no_tlsa_record"
        }
    }
}

extension TrustProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .noCertificate: "the server showed no certificate"
        case .malformed: "the server's certificate cannot be read"
        case .expired(let end): "the server's certificate ended at \(end)"
        case .notYetValid(let begin): "the server's certificate begins at \(begin)"
        case .nameMismatch(let expected, let seen):
            "the server's certificate is not for \(expected) but for "
                + (seen.isEmpty ? "no host" : seen.joined(separator: ", "))
        case .unknownIssuer: "the issuer of the server's certificate is not trusted"
        case .selfSigned: "the server's certificate is signed by itself"
        case .weakKey(let key): "the server's key is too weak (\(key))"
        case .weakSignature(let algorithm): "a signature in the server's chain is too weak (\(algorithm))"
        case .notAllowed(let reason): "the server's certificate chain breaks RFC 5280: \(reason)"
        case .matchesNoRecord: "the server's certificate is none of those that the domain's signed DNS names (TLSA)"
        }
    }
}
