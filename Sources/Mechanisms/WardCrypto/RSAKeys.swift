// SPDX-License-Identifier: Apache-2.0
//
// RSA signatures of mail: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2), which is the one RSA signature that DKIM
// knows (RFC 6376 section 3.3, RFC 8301). Through libcrypto's EVP, which takes half the time of swift-crypto's.
//
// - A private key is made with 2,048 to 4,096 bits and the exponent 65537; it is kept as PKCS#8 (RFC 5208) in DER.
// - A public key is written as SubjectPublicKeyInfo (RFC 5280) in DER, and read as that or as RSAPublicKey (RFC 8017), since
//   RFC 6376 names the one and its examples show the other. Below 1,024 and above 8,192 bits it is refused: too weak, or
//   made to cost a verifier time.
// - One EVP_PKEY for each key, for as long as the key is held. Every failure drains the thread's error queue, so that the
//   next call of another kind does not find it.

import COpenSSL
package import WardKernel

/// The secret half of an RSA key.
///
/// SAFETY: nothing changes the EVP_PKEY after `init`; libcrypto locks what it caches inside (OpenSSL's "threads", section
/// on shared keys), so any number of threads may sign with it, each with an EVP_PKEY_CTX of its own.
package final class RSAPrivateKey: @unchecked Sendable {
    /// Octets in the modulus, and in each signature.
    package let byteCount: Int
    private let key: OpaquePointer

    /// Makes a new key. Takes a processor for some tenths of a second: not for the cooperative pool.
    package static func make(bits: Int) throws(CryptoError) -> RSAPrivateKey {
        guard (2_048...4_096).contains(bits) else { throw CryptoError(.wrongKeySize) }
        var key: OpaquePointer?
        guard let context = EVP_PKEY_CTX_new_from_name(nil, "RSA", nil) else { throw failure(.unavailable) }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_keygen_init(context) == 1, EVP_PKEY_CTX_set_rsa_keygen_bits(context, Int32(bits)) == 1,
            EVP_PKEY_generate(context, &key) == 1, let key
        else { throw failure(.unavailable) }
        return RSAPrivateKey(key)
    }

    /// Reads PKCS#8 in DER.
    package convenience init(pkcs8: Sensitive<[UInt8]>) throws(CryptoError) {
        let key = pkcs8.expose(for: .evaluating) { bytes in
            bytes.withUnsafeBufferPointer { buffer in
                var start = buffer.baseAddress
                return d2i_AutoPrivateKey(nil, &start, buffer.count)
            }
        }
        guard let key else { throw failure(.malformed) }
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA, EVP_PKEY_get_bits(key) >= 2_048 else {
            EVP_PKEY_free(key)
            throw failure(.malformed)
        }
        self.init(key)
    }

    private init(_ key: OpaquePointer) {
        self.key = key
        byteCount = Int(EVP_PKEY_get_size(key))
    }

    deinit { EVP_PKEY_free(key) }

    /// The key as PKCS#8 in DER, for sealing.
    package func pkcs8() throws(CryptoError) -> Sensitive<[UInt8]> {
        guard let form = EVP_PKEY2PKCS8(key) else { throw failure(.unavailable) }
        defer { PKCS8_PRIV_KEY_INFO_free(form) }
        return Sensitive(try encoded { i2d_PKCS8_PRIV_KEY_INFO(form, $0) })
    }

    /// The public half as SubjectPublicKeyInfo in DER.
    package func subjectPublicKeyInfo() throws(CryptoError) -> [UInt8] { try encoded { i2d_PUBKEY(key, $0) } }

    /// The signature over a SHA-256 digest; takes a quarter of a millisecond for 2,048 bits.
    package func signature(of digest: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard digest.count == Digest.byteCount, let context = EVP_PKEY_CTX_new(key, nil) else {
            throw failure(.unavailable)
        }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_sign_init(context) == 1, isPrepared(context) else { throw failure(.unavailable) }
        var isMade = false
        let signature = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, count in
            var length = byteCount
            isMade = EVP_PKEY_sign(context, buffer.baseAddress, &length, digest, digest.count) == 1
            count = isMade ? length : 0
        }
        guard isMade else { throw failure(.unavailable) }
        return signature
    }
}

/// The public half of an RSA key, usually of somebody else.
///
/// SAFETY: as for `RSAPrivateKey`.
package final class RSAPublicKey: @unchecked Sendable {
    /// Bits in the modulus.
    package let bits: Int
    private let key: OpaquePointer

    /// Reads SubjectPublicKeyInfo or RSAPublicKey in DER; throws `malformed` for anything else, `wrongKeySize` below 1,024
    /// and above 8,192 bits.
    package init(der: [UInt8]) throws(CryptoError) {
        guard let key = Self.read(der) else { throw failure(.malformed) }
        let bits = Int(EVP_PKEY_get_bits(key))
        guard EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA, (1_024...8_192).contains(bits) else {
            EVP_PKEY_free(key)
            throw failure(.wrongKeySize)
        }
        self.key = key
        self.bits = bits
    }

    deinit { EVP_PKEY_free(key) }

    /// Whether the signature over a SHA-256 digest was made with the secret half of this key.
    package func isValid(_ signature: [UInt8], for digest: [UInt8]) -> Bool {
        guard digest.count == Digest.byteCount, let context = EVP_PKEY_CTX_new(key, nil) else { return false }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_verify_init(context) == 1, isPrepared(context),
            EVP_PKEY_verify(context, signature, signature.count, digest, digest.count) == 1
        else {
            ERR_clear_error()
            return false
        }
        return true
    }

    /// The whole of the bytes as one or the other form.
    private static func read(_ der: [UInt8]) -> OpaquePointer? {
        der.withUnsafeBufferPointer { buffer in
            guard let first = buffer.baseAddress else { return nil }
            var end: UnsafePointer<UInt8>? = first
            if let key = d2i_PUBKEY(nil, &end, buffer.count) {
                if end == first + buffer.count { return key }
                EVP_PKEY_free(key)
            }
            end = first
            if let key = d2i_PublicKey(EVP_PKEY_RSA, nil, &end, buffer.count) {
                if end == first + buffer.count { return key }
                EVP_PKEY_free(key)
            }
            return nil
        }
    }
}

/// Padding of PKCS#1 v1.5 over a SHA-256 digest.
private func isPrepared(_ context: OpaquePointer) -> Bool {
    EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1
        && EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1
}

/// What libcrypto's `i2d` functions write: asked twice, first for the length.
private func encoded(
    _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
) throws(CryptoError) -> [UInt8] {
    let count = Int(write(nil))
    guard count > 0 else { throw failure(.unavailable) }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        var start = buffer.baseAddress
        initialized = max(0, Int(write(&start)))
    }
}

private func failure(_ code: CryptoError.Code) -> CryptoError {
    ERR_clear_error()
    return CryptoError(code)
}
