// SPDX-License-Identifier: Apache-2.0
//
// An X.509 certificate (RFC 5280) as S/MIME uses it (RFC 8550). Whoever reads a certificate that somebody else made does
// so in the confined child (invariant I12); the process itself reads only what the child has written out again.

import COpenSSL

/// What a certificate says about itself. Nothing here is checked against anything.
package struct CertificateFacts: Sendable, Hashable, Codable {
    /// Addresses from the subject and its alternative names, in lower case.
    package var addresses: [String] = []
    /// `RSA`, `EC`, or the library's name of another algorithm.
    package var algorithm = ""
    /// Bits of the public key.
    package var bits = 0
    /// Seconds since 1970, both ends included.
    package var notBefore: Int64 = 0
    package var notAfter: Int64 = 0
    /// Lower-case hexadecimal SHA-256 of the certificate.
    package var fingerprint = ""
    /// Whether the key usage lets a content key be encrypted to it (RFC 8550 section 4.4.2); true without the extension.
    package var mayEncrypt = false
    /// Whether the extended key usage, where there is one, names e-mail protection (RFC 8550 section 4.4.4).
    package var isForMail = false
    /// Whether it certifies others: such a key protects no mail.
    package var isAuthority = false

    package init() {}
}

/// A certificate with its public key.
///
/// SAFETY: nothing changes the X509 after `init`, which also fills what libcrypto caches about extensions; libcrypto counts
/// references atomically.
package final class MailCertificate: @unchecked Sendable {
    let x509: OpaquePointer
    /// What it says about itself.
    package let facts: CertificateFacts

    /// Reads one certificate in DER or PEM; throws `malformed` for anything else.
    package init(_ bytes: [UInt8]) throws(CryptoError) {
        guard let x509 = Self.read(bytes) else { throw cryptoFailure(.malformed) }
        self.x509 = x509
        facts = Self.facts(of: x509)
        ERR_clear_error()
    }

    deinit { X509_free(x509) }

    /// The certificate in DER, written anew.
    package func der() throws(CryptoError) -> [UInt8] { try encodedForm { i2d_X509(x509, $0) } }

    /// Whether a server's certificate names this host (RFC 9525), wildcards included.
    package func isFor(host: String) -> Bool { X509_check_host(x509, host, 0, 0, nil) == 1 }

    private static func read(_ bytes: [UInt8]) -> OpaquePointer? {
        bytes.withUnsafeBufferPointer { buffer in
            guard let first = buffer.baseAddress, buffer.count <= 1 << 20 else { return nil }
            var end: UnsafePointer<UInt8>? = first
            if let x509 = d2i_X509(nil, &end, buffer.count) {
                if end == first + buffer.count { return x509 }
                X509_free(x509)
                return nil
            }
            ERR_clear_error()
            guard let bio = BIO_new_mem_buf(first, Int32(buffer.count)) else { return nil }
            defer { BIO_free(bio) }
            return PEM_read_bio_X509(bio, nil, nil, nil)
        }
    }

    private static func facts(of x509: OpaquePointer) -> CertificateFacts {
        var facts = CertificateFacts()
        let flags = Int32(truncatingIfNeeded: X509_get_extension_flags(x509))
        let usage = X509_get_key_usage(x509)
        let purposes = X509_get_extended_key_usage(x509)
        if let key = X509_get0_pubkey(x509) {
            facts.bits = Int(EVP_PKEY_get_bits(key))
            facts.algorithm = EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? ""
        }
        let needed = facts.algorithm == "EC" ? KU_KEY_AGREEMENT : KU_KEY_ENCIPHERMENT
        // Without the extension the library answers with all bits set.
        facts.mayEncrypt = usage & UInt32(needed) != 0
        facts.isForMail = flags & EXFLAG_XKUSAGE == 0 || purposes & UInt32(XKU_SMIME | XKU_ANYEKU) != 0
        facts.isAuthority = flags & EXFLAG_CA != 0
        facts.notBefore = seconds(X509_get0_notBefore(x509)) ?? Int64.max
        facts.notAfter = seconds(X509_get0_notAfter(x509)) ?? Int64.min
        facts.addresses = addresses(of: x509)
        var digest = [UInt8](repeating: 0, count: Digest.byteCount)
        var count: UInt32 = 0
        if X509_digest(x509, EVP_sha256(), &digest, &count) == 1 { facts.fingerprint = Digest.hexadecimal(digest) }
        return facts
    }

    /// Seconds since 1970.
    static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64? {
        guard let epoch = ASN1_TIME_set(nil, 0) else { return nil }
        defer { ASN1_TIME_free(epoch) }
        var (days, rest): (Int32, Int32) = (0, 0)
        guard let time, ASN1_TIME_diff(&days, &rest, epoch, time) == 1 else { return nil }
        return Int64(days) * 86_400 + Int64(rest)
    }

    private static func addresses(of x509: OpaquePointer) -> [String] {
        guard let list = X509_get1_email(x509) else { return [] }
        defer { X509_email_free(list) }
        return (0..<max(0, OPENSSL_sk_num(list))).compactMap { position in
            OPENSSL_sk_value(list, position).map {
                String(cString: $0.assumingMemoryBound(to: CChar.self)).lowercased()
            }
        }
    }
}

/// A private key of any kind that libcrypto reads; wiped from memory when the last holder lets go.
///
/// SAFETY: as for `RSAPrivateKey`.
package final class MailPrivateKey: @unchecked Sendable {
    let key: OpaquePointer

    /// Reads PKCS#8 or a traditional form in DER, or PEM without a passphrase; throws `malformed`.
    package init(_ bytes: [UInt8]) throws(CryptoError) {
        let key: OpaquePointer? = bytes.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            if let key = d2i_AutoPrivateKey(nil, &start, buffer.count) { return key }
            ERR_clear_error()
            guard let bio = BIO_new_mem_buf(buffer.baseAddress, Int32(buffer.count)) else { return nil }
            defer { BIO_free(bio) }
            // Without this answer the library would ask at the terminal.
            return PEM_read_bio_PrivateKey(bio, nil, { _, _, _, _ in -1 }, nil)
        }
        guard let key else { throw cryptoFailure(.malformed) }
        self.key = key
    }

    /// Takes the library's key over.
    init(owned key: OpaquePointer) { self.key = key }

    deinit { EVP_PKEY_free(key) }
}

/// What libcrypto's `i2d` functions write: asked twice, first for the length.
func encodedForm(
    _ write: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32
) throws(CryptoError) -> [UInt8] {
    let count = Int(write(nil))
    guard count > 0 else { throw cryptoFailure(.unavailable) }
    return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
        var start = buffer.baseAddress
        initialized = max(0, Int(write(&start)))
    }
}

/// The error, with the thread's queue of library errors emptied.
func cryptoFailure(_ code: CryptoError.Code) -> CryptoError {
    ERR_clear_error()
    return CryptoError(code)
}
