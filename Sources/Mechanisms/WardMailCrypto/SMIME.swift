// SPDX-License-Identifier: Apache-2.0
//
// S/MIME 4.0 (RFC 8551): the MIME forms around CMS.
//
//     encrypted   application/pkcs7-mime; smime-type=authEnveloped-data (section 3.5), base64; the header protected by RFC 9788
//     signed      multipart/signed (section 3.5.3) with the entity as it stands and a detached signature

import Foundation
package import WardCrypto

/// Messages in S/MIME.
package enum SMIME {
    /// The message with its header and content encrypted to the certificate's holder; with a signer, signed inside (RFC 8551
    /// section 3.7). The bytes differ each time: they are made once for a message and kept.
    ///
    /// - Parameter boundary: for a signature: letters, digits and `-_.=`, not to be found in the message.
    package static func encrypted(
        _ message: [UInt8],
        to certificate: MailCertificate,
        signedBy signer: SMIMESigner? = nil,
        boundary: String = ""
    ) throws(MailProtectionError) -> [UInt8] {
        let header = try ProtectedHeader(of: message)
        var content = header.payload
        if let signer {
            content = joined(content, try signature(over: content, by: signer), boundary: boundary)
        }
        let enveloped = try protecting { () throws(CryptoError) in
            try CryptographicMessage.enveloped(content, to: [certificate])
        }
        let structure = """
            MIME-Version: 1.0\r
            Content-Type: application/pkcs7-mime; smime-type=authEnveloped-data; name="smime.p7m"\r
            Content-Transfer-Encoding: base64\r
            Content-Disposition: attachment; filename="smime.p7m"\r
            \r

            """
        return header.outer + Array(structure.utf8) + base64Lines(enveloped)
    }

    /// The signature over a message with its header, in DER, for `withSignature`: made once for a message and kept, since it
    /// says when it was made.
    package static func signature(
        of message: [UInt8],
        by signer: SMIMESigner
    ) throws(MailProtectionError) -> [UInt8] {
        try signature(over: try ProtectedHeader(of: message, isClear: true).payload, by: signer)
    }

    /// A message that is signed and not encrypted: the same bytes for the same message, signature and boundary, always.
    package static func withSignature(
        _ message: [UInt8],
        _ signature: [UInt8],
        boundary: String
    ) throws(MailProtectionError) -> [UInt8] {
        let header = try ProtectedHeader(of: message, isClear: true)
        return header.outer + Array("MIME-Version: 1.0\r\n".utf8)
            + joined(header.payload, signature, boundary: boundary)
    }

    /// The entity (fields, empty line, body; CRLF) in a `multipart/signed` with the signer's certificate.
    ///
    /// - Parameter boundary: letters, digits and `-_.=`, not to be found in the entity.
    package static func signed(
        _ entity: [UInt8],
        by signer: SMIMESigner,
        boundary: String
    ) throws(MailProtectionError) -> [UInt8] {
        joined(entity, try signature(over: entity, by: signer), boundary: boundary)
    }

    private static func signature(
        over entity: [UInt8],
        by signer: SMIMESigner
    ) throws(MailProtectionError) -> [UInt8] {
        try protecting { () throws(CryptoError) in
            try CryptographicMessage.signature(
                over: entity,
                key: signer.key,
                certificate: signer.certificate,
                chain: signer.chain
            )
        }
    }

    private static func joined(_ entity: [UInt8], _ signature: [UInt8], boundary: String) -> [UInt8] {
        let opening = """
            Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256;\r
             boundary="\(boundary)"\r
            \r
            --\(boundary)\r

            """
        let between = """
            \r
            --\(boundary)\r
            Content-Type: application/pkcs7-signature; name="smime.p7s"\r
            Content-Transfer-Encoding: base64\r
            Content-Disposition: attachment; filename="smime.p7s"\r
            \r

            """
        return Array(opening.utf8) + entity + Array(between.utf8) + base64Lines(signature)
            + Array("--\(boundary)--\r\n".utf8)
    }

    /// Opens an encrypted message: the entity inside. Runs in the confined child for whatever came from outside.
    package static func opened(
        _ message: [UInt8],
        with key: MailPrivateKey,
        certificate: MailCertificate?
    ) throws(MailProtectionError) -> [UInt8] {
        let entity = try MIMEParts(message)
        guard ["application/pkcs7-mime", "application/x-pkcs7-mime"].contains(entity.mediaType) else {
            throw MailProtectionError(.malformed)
        }
        let der = try entity.decodedBody()
        return try opening { () throws(CryptoError) in
            try CryptographicMessage.opened(der, with: key, certificate: certificate)
        }
    }

    /// The entity that was signed, and its signers' certificates in DER; throws unless every signature is good. Whether the
    /// signers are who they say is not looked at. Runs in the confined child for whatever came from outside.
    package static func verified(
        _ message: [UInt8]
    ) throws(MailProtectionError) -> (entity: [UInt8], certificates: [[UInt8]]) {
        let (entity, der) = try signedParts(of: message)
        let found = try opening { () throws(CryptoError) in try CryptographicMessage.signers(of: der, over: entity) }
        return (entity ?? found.content, found.certificates)
    }

    /// The signature itself, in DER, with whatever certificates travel in it.
    static func signatureOctets(of message: [UInt8]) throws(MailProtectionError) -> [UInt8] {
        try signedParts(of: message).signature
    }

    /// What a signature stands over (nil: what is inside of it), and the signature.
    private static func signedParts(
        of message: [UInt8]
    ) throws(MailProtectionError) -> (entity: [UInt8]?, signature: [UInt8]) {
        let whole = try MIMEParts(message)
        guard whole.mediaType == "multipart/signed" else {
            guard ["application/pkcs7-mime", "application/x-pkcs7-mime"].contains(whole.mediaType) else {
                throw MailProtectionError(.malformed)
            }
            return (nil, try whole.decodedBody())
        }
        let parts = try whole.parts()
        guard parts.count == 2 else { throw MailProtectionError(.malformed) }
        let signature = try MIMEParts(parts[1])
        guard ["application/pkcs7-signature", "application/x-pkcs7-signature"].contains(signature.mediaType) else {
            throw MailProtectionError(.malformed)
        }
        return (parts[0], try signature.decodedBody())
    }

    private static func protecting<Value>(
        _ body: () throws(CryptoError) -> Value
    ) throws(MailProtectionError) -> Value {
        do throws(CryptoError) { return try body() } catch {
            throw MailProtectionError(error.code == .wrongKeySize ? .unusableKey : .unavailable)
        }
    }

    private static func opening<Value>(_ body: () throws(CryptoError) -> Value) throws(MailProtectionError) -> Value {
        do throws(CryptoError) { return try body() } catch {
            switch error.code {
            case .doesNotOpen: throw MailProtectionError(.doesNotOpen)
            case .badSignature: throw MailProtectionError(.notAuthenticated)
            case .unavailable, .busy: throw MailProtectionError(.unavailable)
            case .malformed, .wrongKeySize: throw MailProtectionError(.malformed)
            }
        }
    }
}

/// Base64 in lines of 76 characters, each with CRLF (RFC 2045 section 6.8).
func base64Lines(_ bytes: [UInt8]) -> [UInt8] {
    Array(
        Data(bytes).base64EncodedData(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
    )
        + lineEnd
}

/// Who signs: a key with its certificate, and those that lead to an authority.
package struct SMIMESigner: Sendable {
    package let key: MailPrivateKey
    package let certificate: MailCertificate
    package let chain: [MailCertificate]

    package init(key: MailPrivateKey, certificate: MailCertificate, chain: [MailCertificate] = []) {
        self.key = key
        self.certificate = certificate
        self.chain = chain
    }
}
