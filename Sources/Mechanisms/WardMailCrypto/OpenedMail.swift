// SPDX-License-Identifier: Apache-2.0
//
// A mail that came in encrypted or signed, taken apart from the outside in. Runs in the confined child.
//
//     encrypted in S/MIME or OpenPGP, as the whole of the mail ──► opened with the one key that was given
//     signed in S/MIME or OpenPGP, as the whole of what is left ──► verified
//
// - A part that is encrypted and stands among others is never opened: whoever put the others around it would read along
//   (EFAIL). Nor is anything given out that a stranger could have changed.
// - A signature outside of an encryption says who sent the sealed envelope, not who wrote what is in it: it is forgotten.
// - The header inside counts (RFC 9788 section 4.3.1) where the innermost entity says `hp`, or `protected-headers` as programs
//   did before, and where that entity was encrypted or carries a good signature.

package import Foundation
import WardCrypto

/// What a mail is as a whole, told by the fields of its header alone.
package enum MailEnvelope: Sendable, Hashable {
    case plain
    case encryptedSMIME
    case signedSMIME
    case encryptedOpenPGP
    case signedOpenPGP

    /// What cannot be read as a mail is plain.
    package init(of message: [UInt8]) {
        guard let parts = try? MIMEParts(message) else {
            self = .plain
            return
        }
        self.init(parts)
    }

    init(_ parts: MIMEParts) {
        let named = parts.parameter("protocol")?.lowercased()
        switch (parts.mediaType, named) {
        case ("application/pkcs7-mime", _), ("application/x-pkcs7-mime", _):
            self = parts.parameter("smime-type")?.lowercased() == "signed-data" ? .signedSMIME : .encryptedSMIME
        case ("multipart/encrypted", "application/pgp-encrypted"): self = .encryptedOpenPGP
        case ("multipart/signed", "application/pkcs7-signature"), ("multipart/signed", "application/x-pkcs7-signature"):
            self = .signedSMIME
        case ("multipart/signed", "application/pgp-signature"): self = .signedOpenPGP
        default: self = .plain
        }
    }

    /// Whether a key of our own is needed to read it.
    package var isEncrypted: Bool { self == .encryptedSMIME || self == .encryptedOpenPGP }
}

/// Whoever signed a mail with a good signature.
package struct MailSigner: Sendable, Hashable, Codable {
    package var kind: RecipientKeyKind
    /// As in `RecipientKeyFacts`.
    package var fingerprint: String
    /// Addresses that the certificate names, in lower case; none for OpenPGP.
    package var addresses: [String]
}

/// What is known of a mail's signature.
package enum MailSignature: Sendable, Hashable, Codable {
    case none
    /// Every signature holds. Whether the signers are who they say is not looked at.
    case good([MailSigner])
    /// The content was changed, or the signature is damaged.
    case bad
    /// Made with an OpenPGP key that is not known here.
    case unknownKey
}

/// A mail taken apart.
package struct OpenedMail: Sendable, Hashable, Codable {
    /// The innermost entity: fields, empty line, body; CRLF.
    package var entity: Data
    package var isEncrypted: Bool
    package var signature: MailSignature
    /// Whether the fields of the entity stand in place of those of the mail.
    package var isHeaderProtected: Bool

    /// Layers that are taken off at most.
    private static let mostLayers = 4

    /// - Parameters:
    ///   - key: PKCS #8 in DER, for S/MIME.
    ///   - secret: for OpenPGP.
    ///   - known: public keys of people who may have signed.
    ///   - time: seconds since 1970.
    init(
        _ message: [UInt8],
        key: [UInt8]?,
        secret: [UInt8]?,
        known: [[UInt8]],
        at time: Int64
    ) throws(MailProtectionError) {
        var (current, isEncrypted, signature) = (message, false, MailSignature.none)
        for _ in 0..<Self.mostLayers {
            let parts = try MIMEParts(current)
            switch MailEnvelope(parts) {
            case .plain: break
            case .encryptedSMIME:
                guard let key else { throw MailProtectionError(.doesNotOpen) }
                current = Self.withLineEnds(try SMIME.opened(current, with: Self.privateKey(key), certificate: nil))
                (isEncrypted, signature) = (true, .none)
                continue
            case .encryptedOpenPGP:
                guard let secret else { throw MailProtectionError(.doesNotOpen) }
                let opened = try OpenPGP.opened(current, with: secret, known: known, at: time)
                current = Self.withLineEnds(opened.content)
                (isEncrypted, signature) = (true, Self.signature(opened.signatures))
                continue
            case .signedSMIME:
                (current, signature) = try Self.verifiedSMIME(current, parts)
                continue
            case .signedOpenPGP:
                (current, signature) = try Self.verifiedOpenPGP(parts, known: known, at: time)
                continue
            }
            let isMarked = parts.parameter("hp") != nil || parts.parameter("protected-headers") != nil
            if case .good = signature {
                isHeaderProtected = isMarked
            } else {
                isHeaderProtected = isMarked && isEncrypted
            }
            entity = Data(current)
            self.isEncrypted = isEncrypted
            self.signature = signature
            return
        }
        throw MailProtectionError(.malformed)
    }

    private static func privateKey(_ key: [UInt8]) throws(MailProtectionError) -> MailPrivateKey {
        do throws(CryptoError) { return try MailPrivateKey(key) } catch { throw MailProtectionError(.malformed) }
    }

    /// What was signed, whether or not the signature holds: a bad one is shown as such, with the text.
    private static func verifiedSMIME(
        _ message: [UInt8],
        _ parts: MIMEParts
    ) throws(MailProtectionError) -> ([UInt8], MailSignature) {
        do throws(MailProtectionError) {
            let found = try SMIME.verified(message)
            let signers = found.certificates.compactMap { try? MailCertificate($0) }.map { certificate in
                MailSigner(
                    kind: .smime,
                    fingerprint: certificate.facts.fingerprint,
                    addresses: certificate.facts.addresses
                )
            }
            return (withLineEnds(found.entity), signers.isEmpty ? .bad : .good(signers))
        } catch {
            guard error == MailProtectionError(.notAuthenticated), parts.mediaType == "multipart/signed",
                let entity = try parts.parts().first
            else { throw error }
            return (entity, .bad)
        }
    }

    private static func verifiedOpenPGP(
        _ whole: MIMEParts,
        known: [[UInt8]],
        at time: Int64
    ) throws(MailProtectionError) -> ([UInt8], MailSignature) {
        let parts = try whole.parts()
        guard parts.count == 2, try MIMEParts(parts[1]).mediaType == "application/pgp-signature" else {
            throw MailProtectionError(.malformed)
        }
        let signature = try MIMEParts(parts[1]).decodedBody()
        let found = try OpenPGP.signatures(signature, over: parts[0], known: known, at: time)
        return (parts[0], self.signature(found))
    }

    /// One bad signature spoils all; of several the known ones count.
    private static func signature(_ found: [OpenPGPSignature]) -> MailSignature {
        if found.isEmpty { return .none }
        if found.contains(.bad) { return .bad }
        let signers = found.compactMap { signature in
            if case .good(let fingerprint) = signature {
                MailSigner(kind: .openPGP, fingerprint: fingerprint, addresses: [])
            } else {
                nil
            }
        }
        return signers.isEmpty ? .unknownKey : .good(signers)
    }

    /// Every line with CRLF: what was encrypted need not have come through SMTP.
    static func withLineEnds(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 32)
        var before: UInt8 = 0
        for byte in bytes {
            if byte == 0x0a, before != 0x0d { result.append(0x0d) }
            if before == 0x0d, byte != 0x0a { result.append(0x0a) }
            result.append(byte)
            before = byte
        }
        if before == 0x0d { result.append(0x0a) }
        return result
    }
}
