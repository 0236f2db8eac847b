// SPDX-License-Identifier: Apache-2.0

package import Foundation
import WardCrypto

/// What counts of a certificate with which a program is to prove itself: its key, and its time.
package struct ClientCertificateFacts: Sendable, Hashable, Codable {
    /// SHA-256 of the SubjectPublicKeyInfo.
    package let keyDigest: Data
    /// Seconds since 1970, both ends included.
    package let notBefore: Int64
    package let notAfter: Int64
    package let isAuthority: Bool
    /// RSA from 2048 bits on, elliptic curves from 256 bits on, Ed25519: what mail programs prove themselves with in TLS.
    package let isStrong: Bool

    /// Reads the first certificate in PEM, or the one in DER. Called in the child.
    init(reading given: [UInt8]) throws(MailProtectionError) {
        do throws(CryptoError) {
            let certificate = try MailCertificate(given)
            keyDigest = Data(try certificate.publicKeyDigest())
            notBefore = certificate.facts.notBefore
            notAfter = certificate.facts.notAfter
            isAuthority = certificate.facts.isAuthority
            isStrong =
                switch certificate.facts.algorithm {
                case "RSA": certificate.facts.bits >= 2_048
                case "EC": certificate.facts.bits >= 256
                case "ED25519": true
                default: false
                }
        } catch { throw MailProtectionError(.malformed) }
    }
}

extension ForeignMailReader {
    /// A certificate with which a program is to prove itself, in PEM (the first one counts) or DER.
    package func clientCertificate(_ given: [UInt8]) async -> Outcome<ClientCertificateFacts> {
        switch await message(.readClientCertificate(Data(given))) {
        case .read(.clientCertificate(let facts)) where facts.keyDigest.count == Digest.byteCount: .read(facts)
        case .read: .refused(.malformed)
        case .refused(let code): .refused(code)
        case .quarantined(let reason): .quarantined(reason)
        }
    }
}
