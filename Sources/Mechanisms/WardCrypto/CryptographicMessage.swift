// SPDX-License-Identifier: Apache-2.0
//
// The Cryptographic Message Syntax (RFC 5652) through libcrypto's CMS functions; the older PKCS7 functions are never called.
//
// - Enveloped: AuthEnvelopedData (RFC 5083) with AES-256-GCM (RFC 5084). RSA recipients get the content key by RSAES-OAEP
//   with SHA-256 (RFC 8017), elliptic-curve recipients by ephemeral-static ECDH with the X9.63 KDF over SHA-256 and
//   AES-256 key wrap (RFC 5753). The content is taken as it is (binary).
// - Opened: what has no authentication (EnvelopedData with CBC) is refused, since a stranger can change such a content so
//   that a reader gives it away (EFAIL); `isAuthenticated` of the answer tells it apart for whoever wants to explain.
// - Signed: SHA-256, detached, with the signer's certificate; verified without a look at trust, which is the caller's.

import COpenSSL

/// Enveloped and signed messages of CMS in DER.
package enum CryptographicMessage {
    /// Octets that are opened at most: what is larger is refused.
    package static let largest = 64 << 20

    /// Encrypts to all of the certificates, so that each of their holders can read it. Nobody else sees more than issuer and
    /// serial number of each, so recipients who must not learn of each other get messages of their own.
    package static func enveloped(
        _ content: [UInt8],
        to recipients: [MailCertificate]
    ) throws(CryptoError) -> [UInt8] {
        guard !recipients.isEmpty else { throw CryptoError(.wrongKeySize) }
        let flags = UInt32(CMS_BINARY | CMS_PARTIAL)
        guard let cipher = contentCipher.value, let message = CMS_encrypt(nil, nil, cipher, flags) else {
            throw cryptoFailure(.unavailable)
        }
        defer { CMS_ContentInfo_free(message) }
        for recipient in recipients { try add(recipient, to: message) }
        try withInput(content) { input throws(CryptoError) in
            guard CMS_final(message, input, nil, flags) == 1 else { throw cryptoFailure(.unavailable) }
        }
        return try encodedForm { i2d_CMS_ContentInfo(message, $0) }
    }

    /// Looked up in the provider once: the ciphers that libcrypto names by a function are looked up at each use.
    private static let contentCipher = FetchedCipher(EVP_CIPHER_fetch(nil, "AES-256-GCM", nil))

    /// SAFETY: libcrypto counts references to a cipher that was fetched atomically, and nothing changes it.
    private struct FetchedCipher: @unchecked Sendable {
        let value: OpaquePointer?

        init(_ value: OpaquePointer?) { self.value = value }
    }

    /// Opens an enveloped message with the recipient's key. Throws `malformed`, `doesNotOpen`, or `badSignature` when the
    /// content has no authentication.
    package static func opened(
        _ der: [UInt8],
        with key: MailPrivateKey,
        certificate: MailCertificate?
    ) throws(CryptoError) -> [UInt8] {
        let message = try read(der)
        defer { CMS_ContentInfo_free(message) }
        guard OBJ_obj2nid(CMS_get0_type(message)) == NID_id_smime_ct_authEnvelopedData else {
            throw cryptoFailure(
                OBJ_obj2nid(CMS_get0_type(message)) == NID_pkcs7_enveloped ? .badSignature : .malformed
            )
        }
        return try collected { output throws(CryptoError) in
            guard CMS_decrypt(message, key.key, certificate?.x509, nil, output, UInt32(CMS_BINARY)) == 1 else {
                throw cryptoFailure(.doesNotOpen)
            }
        }
    }

    /// A detached signature over the content, with the signer's certificate and those that lead to its issuer.
    package static func signature(
        over content: [UInt8],
        key: MailPrivateKey,
        certificate: MailCertificate,
        chain: [MailCertificate] = []
    ) throws(CryptoError) -> [UInt8] {
        let flags = UInt32(CMS_BINARY | CMS_PARTIAL | CMS_DETACHED)
        guard let message = CMS_sign(nil, nil, nil, nil, flags) else { throw cryptoFailure(.unavailable) }
        defer { CMS_ContentInfo_free(message) }
        guard CMS_add1_signer(message, certificate.x509, key.key, EVP_sha256(), flags) != nil else {
            throw cryptoFailure(.unavailable)
        }
        for link in chain where CMS_add1_cert(message, link.x509) != 1 { throw cryptoFailure(.unavailable) }
        try withInput(content) { input throws(CryptoError) in
            guard CMS_final(message, input, nil, flags) == 1 else { throw cryptoFailure(.unavailable) }
        }
        return try encodedForm { i2d_CMS_ContentInfo(message, $0) }
    }

    /// The certificates whose holders signed the content; throws `badSignature` unless every signature is good.
    ///
    /// - Parameter content: for a detached signature; nil: the content inside, which is returned.
    package static func signers(
        of der: [UInt8],
        over content: [UInt8]?
    ) throws(CryptoError) -> (content: [UInt8], certificates: [[UInt8]]) {
        let message = try read(der)
        defer { CMS_ContentInfo_free(message) }
        let flags = UInt32(CMS_BINARY | CMS_NO_SIGNER_CERT_VERIFY)
        let verified = try collected { output throws(CryptoError) in
            guard let content else {
                guard CMS_verify(message, nil, nil, nil, output, flags) == 1 else { throw cryptoFailure(.badSignature) }
                return
            }
            try withInput(content) { input throws(CryptoError) in
                guard CMS_verify(message, nil, nil, input, output, flags) == 1 else {
                    throw cryptoFailure(.badSignature)
                }
            }
        }
        guard let list = CMS_get0_signers(message) else { throw cryptoFailure(.badSignature) }
        defer { OPENSSL_sk_free(list) }
        var certificates: [[UInt8]] = []
        for position in 0..<max(0, OPENSSL_sk_num(list)) {
            guard let certificate = OPENSSL_sk_value(list, position) else { continue }
            certificates.append(try encodedForm { i2d_X509(OpaquePointer(certificate), $0) })
        }
        return (verified, certificates)
    }

    /// All certificates that travel with a signed message, the signers' own included; at most sixteen.
    package static func certificates(in der: [UInt8]) throws(CryptoError) -> [MailCertificate] {
        let message = try read(der)
        defer { CMS_ContentInfo_free(message) }
        guard let list = CMS_get1_certs(message) else { return [] }
        defer { OPENSSL_sk_pop_free(list, { X509_free(OpaquePointer($0)) }) }
        var found: [MailCertificate] = []
        for position in 0..<min(16, max(0, OPENSSL_sk_num(list))) {
            guard let certificate = OPENSSL_sk_value(list, position) else { continue }
            found.append(try MailCertificate(try encodedForm { i2d_X509(OpaquePointer(certificate), $0) }))
        }
        return found
    }

    private static func add(_ recipient: MailCertificate, to message: OpaquePointer) throws(CryptoError) {
        guard let info = CMS_add1_recipient_cert(message, recipient.x509, UInt32(CMS_KEY_PARAM)),
            let context = CMS_RecipientInfo_get0_pkey_ctx(info)
        else { throw cryptoFailure(.unavailable) }
        let isSet =
            switch CMS_RecipientInfo_type(info) {
            case CMS_RECIPINFO_TRANS:
                EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1
                    && EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1
                    && EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1
            case CMS_RECIPINFO_AGREE: EVP_PKEY_CTX_set_ecdh_kdf_md(context, EVP_sha256()) == 1
            default: false
            }
        guard isSet else { throw cryptoFailure(.unavailable) }
    }

    private static func read(_ der: [UInt8]) throws(CryptoError) -> OpaquePointer {
        guard der.count <= largest else { throw CryptoError(.malformed) }
        let message: OpaquePointer? = der.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_CMS_ContentInfo(nil, &start, buffer.count)
        }
        guard let message else { throw cryptoFailure(.malformed) }
        return message
    }

    /// The body with a BIO over the bytes, which live as long as it.
    private static func withInput(
        _ bytes: [UInt8],
        _ body: (OpaquePointer) throws(CryptoError) -> Void
    ) throws(CryptoError) {
        var failure: CryptoError?
        bytes.withUnsafeBufferPointer { buffer in
            guard buffer.count <= largest, let input = BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count)) else {
                failure = cryptoFailure(.unavailable)
                return
            }
            defer { BIO_free(input) }
            do throws(CryptoError) { try body(input) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// What the body writes.
    private static func collected(_ body: (OpaquePointer) throws(CryptoError) -> Void) throws(CryptoError) -> [UInt8] {
        guard let output = BIO_new(BIO_s_mem()) else { throw cryptoFailure(.unavailable) }
        defer { BIO_free(output) }
        try body(output)
        var start: UnsafeMutablePointer<CChar>?
        let count = BIO_ctrl(output, BIO_CTRL_INFO, 0, &start)
        guard let start, count > 0 else { return [] }
        return start.withMemoryRebound(to: UInt8.self, capacity: count) {
            Array(UnsafeBufferPointer(start: $0, count: count))
        }
    }
}
