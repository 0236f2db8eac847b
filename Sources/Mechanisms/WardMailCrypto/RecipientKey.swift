// SPDX-License-Identifier: Apache-2.0
//
// A certificate or OpenPGP key that somebody gave for a person: what it is, and whether it can protect mail.
//
// Strength: RSA of at least 2,048 bits and elliptic curves of at least 255 (NIST SP 800-131A revision 2: 112 bits of
// security); other algorithms are not used. OpenPGP keys: version 4.

import Foundation
import WardCrypto

/// The two ways in which a person's own key protects a message.
package enum RecipientKeyKind: String, CaseIterable, Sendable, Hashable, Codable {
    case smime
    case openPGP = "openpgp"
}

/// Why a key protects nothing, whatever the time.
package enum RecipientKeyProblem: String, CaseIterable, Sendable, Hashable, Codable {
    /// The key usage or the extended key usage forbids it, or no subkey encrypts.
    case notForEncryption = "not_for_encryption"
    /// Another purpose than mail.
    case notForMail = "not_for_mail"
    /// A certification authority's own certificate.
    case isAuthority = "is_authority"
    /// Too short, or an algorithm that is not used.
    case weak
    /// Its owner has revoked it, and the key says so itself.
    case revoked
    /// OpenPGP of a newer version (6) than the library reads.
    case newerThanSupported = "newer_than_supported"

    /// The reason in words.
    package var sentence: String {
        switch self {
        case .notForEncryption: "It may not be used to encrypt."
        case .notForMail: "It is meant for another purpose than mail."
        case .isAuthority: "It belongs to a certification authority, not to a person."
        case .weak: "It is too weak: RSA needs 2,048 bits, an elliptic curve 255."
        case .revoked: "Its owner has revoked it."
        case .newerThanSupported:
            "It is an OpenPGP key of version 6, which this version cannot use. Ask for one of version 4, or for a certificate."
        }
    }
}

/// What is known of a key: made in the confined child, kept with the key.
package struct RecipientKeyFacts: Sendable, Hashable, Codable {
    package var kind: RecipientKeyKind
    /// Lower-case hexadecimal: SHA-256 of a certificate, an OpenPGP key's own fingerprint.
    package var fingerprint: String
    /// Addresses that it names, in lower case.
    package var addresses: [String]
    /// Such as `RSA`, `EC`, `ECDH`.
    package var algorithm: String
    package var bits: Int
    /// Seconds since 1970.
    package var validFrom: Int64
    /// Seconds since 1970, included; nil: without an end.
    package var validUntil: Int64?
    /// Nil when it can protect mail in its time.
    package var problem: RecipientKeyProblem?

    /// The facts of a certificate.
    init(_ facts: CertificateFacts) {
        kind = .smime
        fingerprint = facts.fingerprint
        addresses = facts.addresses
        algorithm = facts.algorithm
        bits = facts.bits
        validFrom = facts.notBefore
        validUntil = facts.notAfter
        problem =
            if facts.isAuthority { .isAuthority } else if !facts.isForMail { .notForMail } else if !facts.mayEncrypt {
                .notForEncryption
            } else if Self.isWeak(facts.algorithm, bits: facts.bits) { .weak } else { nil }
    }

    init(openPGP fingerprint: String) {
        kind = .openPGP
        self.fingerprint = fingerprint
        addresses = []
        algorithm = ""
        bits = 0
        validFrom = 0
        validUntil = nil
        problem = nil
    }

    static func isWeak(_ algorithm: String, bits: Int) -> Bool {
        switch algorithm {
        case "RSA": bits < 2_048
        case "EC", "ECDH": bits < 255
        default: true
        }
    }
}

/// A key as it is kept: what the child wrote out again, not what came from outside.
package struct RecipientKey: Sendable, Hashable, Codable {
    package var facts: RecipientKeyFacts
    /// A certificate in DER, or a public key in OpenPGP's binary form; empty for `newerThanSupported`.
    package var bytes: [UInt8]

    package init(facts: RecipientKeyFacts, bytes: [UInt8]) {
        self.facts = facts
        self.bytes = bytes
    }

    /// Reads whatever somebody gave as a key: a certificate in DER or PEM, an OpenPGP key with or without armor. Runs in the
    /// confined child. Throws `malformed`; a key that can protect nothing is read, with its problem.
    package static func read(_ given: [UInt8], at time: Int64) throws(MailProtectionError) -> RecipientKey {
        if let version = OpenPGP.keyVersion(given) {
            return try version > 4 ? newer(given) : openPGP(given, at: time)
        }
        let certificate: MailCertificate
        do throws(CryptoError) {
            certificate = try MailCertificate(given)
            return RecipientKey(facts: RecipientKeyFacts(certificate.facts), bytes: try certificate.der())
        } catch { throw MailProtectionError(.malformed) }
    }

    /// A key of version 5 or 6 is named by the hash of what was given: its own fingerprint needs a reader.
    private static func newer(_ given: [UInt8]) throws(MailProtectionError) -> RecipientKey {
        var facts = RecipientKeyFacts(openPGP: Digest.hexadecimal(Digest.sha256(given)))
        facts.problem = .newerThanSupported
        return RecipientKey(facts: facts, bytes: [])
    }

    private static func openPGP(_ given: [UInt8], at time: Int64) throws(MailProtectionError) -> RecipientKey {
        let library = try OpenPGPLibrary()
        library.setTime(time)
        try library.load(given)
        let fingerprints = library.primaryFingerprints()
        guard fingerprints.count == 1, let fingerprint = fingerprints.first, let key = library.key(fingerprint) else {
            throw MailProtectionError(.malformed)
        }
        var facts = RecipientKeyFacts(openPGP: fingerprint)
        facts.addresses = key.userIdentifiers().compactMap(address)
        facts.validFrom = Int64(key.creation)
        facts.validUntil = key.validUntil
        if key.isRevoked {
            facts.problem = .revoked
        } else if let encryption = key.encryptionKey() {
            facts.algorithm = encryption.algorithm
            facts.bits = encryption.bits
            if let end = encryption.validUntil { facts.validUntil = min(facts.validUntil ?? end, end) }
            if RecipientKeyFacts.isWeak(facts.algorithm, bits: facts.bits) { facts.problem = .weak }
        } else if facts.validUntil.map({ $0 >= time }) ?? true {
            facts.problem = .notForEncryption
        }
        return RecipientKey(facts: facts, bytes: try key.exported())
    }

    /// The address in a user identifier: `Name <address>` or the address alone.
    private static func address(_ identifier: String) -> String? {
        let inner =
            identifier.lastIndex(of: "<").map { identifier[identifier.index(after: $0)...].prefix { $0 != ">" } }
            ?? identifier[...]
        return inner.contains("@") && !inner.contains(" ") ? inner.lowercased() : nil
    }
}
