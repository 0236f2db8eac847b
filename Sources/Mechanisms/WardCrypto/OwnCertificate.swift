// SPDX-License-Identifier: Apache-2.0
//
// Key pairs of our own for S/MIME: made, certified by themselves, and written as a request to an authority.
//
// - RSA with 3,072 bits and the exponent 65537, or P-256 (NIST SP 800-131A revision 2: 128 bits of security).
// - A certificate of one's own (RFC 5280, RFC 8550): version 3, no authority, the address as its subjectAltName (rfc822Name)
//   and as its common name, usable to sign and to encrypt mail and for nothing else, signed with SHA-256.
// - A request (PKCS #10, RFC 2986) asks for the same extensions; which of them the authority grants is its decision.

import COpenSSL
package import WardKernel

extension MailPrivateKey {
    /// The kinds of key that are made here.
    package enum Kind: String, CaseIterable, Sendable, Hashable {
        case rsa3072 = "rsa-3072"
        case p256 = "p-256"
    }

    /// Makes a new key. RSA takes a processor for some tenths of a second: not for the cooperative pool.
    package static func make(_ kind: Kind) throws(CryptoError) -> MailPrivateKey {
        guard let context = EVP_PKEY_CTX_new_from_name(nil, kind == .p256 ? "EC" : "RSA", nil) else {
            throw cryptoFailure(.unavailable)
        }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_keygen_init(context) == 1 else { throw cryptoFailure(.unavailable) }
        let isSet =
            switch kind {
            case .p256: EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1)
            case .rsa3072: EVP_PKEY_CTX_set_rsa_keygen_bits(context, 3_072)
            }
        var key: OpaquePointer?
        guard isSet == 1, EVP_PKEY_generate(context, &key) == 1, let key else { throw cryptoFailure(.unavailable) }
        return MailPrivateKey(owned: key)
    }

    /// The key as PKCS #8 in DER, for sealing.
    package func pkcs8() throws(CryptoError) -> Sensitive<[UInt8]> {
        guard let form = EVP_PKEY2PKCS8(key) else { throw cryptoFailure(.unavailable) }
        defer { PKCS8_PRIV_KEY_INFO_free(form) }
        return Sensitive(try encodedForm { i2d_PKCS8_PRIV_KEY_INFO(form, $0) })
    }

    /// Whether the certificate's public key is the other half of this key.
    package func isHalf(of certificate: MailCertificate) -> Bool {
        defer { ERR_clear_error() }
        return X509_check_private_key(certificate.x509, key) == 1
    }

    /// A certificate that this key signs for itself.
    ///
    /// - Parameters:
    ///   - address: letters of ASCII, `local@domain`.
    ///   - serial: at most 19 octets; random, so that no two certificates have the same.
    ///   - period: seconds since 1970, both ends included.
    package func selfSignedCertificate(
        for address: String,
        serial: [UInt8],
        period: ClosedRange<Int64>
    ) throws(CryptoError) -> MailCertificate {
        guard let x509 = X509_new() else { throw cryptoFailure(.unavailable) }
        defer { X509_free(x509) }
        let isBegun =
            X509_set_version(x509, 2) == 1 && Self.setSerial(serial, of: x509)
            && ASN1_TIME_set(X509_getm_notBefore(x509), time_t(period.lowerBound)) != nil
            && ASN1_TIME_set(X509_getm_notAfter(x509), time_t(period.upperBound)) != nil
            && X509_set_pubkey(x509, key) == 1
        guard isBegun, let name = X509_get_subject_name(x509), Self.setName(address, of: name),
            X509_set_issuer_name(x509, name) == 1
        else { throw cryptoFailure(.unavailable) }
        for (identifier, value) in extensions(for: address) {
            guard let item = X509V3_EXT_conf_nid(nil, nil, identifier, value) else { throw cryptoFailure(.malformed) }
            defer { X509_EXTENSION_free(item) }
            guard X509_add_ext(x509, item, -1) == 1 else { throw cryptoFailure(.unavailable) }
        }
        guard X509_sign(x509, key, EVP_sha256()) > 0 else { throw cryptoFailure(.unavailable) }
        return try MailCertificate(try encodedForm { i2d_X509(x509, $0) })
    }

    /// A request to a certification authority, in DER.
    package func certificateRequest(for address: String) throws(CryptoError) -> [UInt8] {
        guard let request = X509_REQ_new() else { throw cryptoFailure(.unavailable) }
        defer { X509_REQ_free(request) }
        guard X509_REQ_set_version(request, 0) == 1, let name = X509_REQ_get_subject_name(request),
            Self.setName(address, of: name), X509_REQ_set_pubkey(request, key) == 1,
            let list = OPENSSL_sk_new_null()
        else { throw cryptoFailure(.unavailable) }
        defer { OPENSSL_sk_pop_free(list) { X509_EXTENSION_free(OpaquePointer($0)) } }
        for (identifier, value) in extensions(for: address) {
            guard let item = X509V3_EXT_conf_nid(nil, nil, identifier, value) else { throw cryptoFailure(.malformed) }
            OPENSSL_sk_push(list, UnsafeRawPointer(item))
        }
        guard X509_REQ_add_extensions(request, list) == 1, X509_REQ_sign(request, key, EVP_sha256()) > 0 else {
            throw cryptoFailure(.unavailable)
        }
        return try encodedForm { i2d_X509_REQ(request, $0) }
    }

    /// RSA keys take content keys in, elliptic-curve keys agree on them (RFC 8550 section 4.4.2).
    private func extensions(for address: String) -> [(Int32, String)] {
        let encrypting = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC ? "keyAgreement" : "keyEncipherment"
        return [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature,\(encrypting)"),
            (NID_ext_key_usage, "emailProtection"),
            (NID_subject_alt_name, "email:\(address)"),
        ]
    }

    private static func setName(_ address: String, of name: OpaquePointer) -> Bool {
        // A common name has at most 64 characters (RFC 5280 appendix A.1); the alternative name has all of the address.
        let text = Array(address.utf8.prefix(64))
        return X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, text, Int32(text.count), -1, 0) == 1
    }

    private static func setSerial(_ serial: [UInt8], of x509: OpaquePointer) -> Bool {
        guard (1...19).contains(serial.count), let number = BN_bin2bn(serial, Int32(serial.count), nil) else {
            return false
        }
        defer { BN_free(number) }
        return BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x509)) != nil
    }
}

/// What a PKCS #12 file (RFC 7292) holds, written anew.
package struct PersonalExchange: Sendable, Hashable {
    /// PKCS #8 in DER.
    package let key: [UInt8]
    /// The key's own certificate in DER.
    package let certificate: [UInt8]
    /// The other certificates, in DER.
    package let chain: [[UInt8]]

    /// Certificates beside the key's own that are taken.
    private static let longestChain = 8

    /// Reads a file with its passphrase; throws `doesNotOpen` for another passphrase. Runs in the confined child.
    package init(_ bytes: [UInt8], passphrase: String) throws(CryptoError) {
        let file: OpaquePointer? = bytes.withUnsafeBufferPointer { buffer in
            var start = buffer.baseAddress
            return d2i_PKCS12(nil, &start, buffer.count)
        }
        guard let file else { throw cryptoFailure(.malformed) }
        defer { PKCS12_free(file) }
        guard PKCS12_verify_mac(file, passphrase, -1) == 1 else { throw cryptoFailure(.doesNotOpen) }
        var (key, certificate, others): (OpaquePointer?, OpaquePointer?, OpaquePointer?) = (nil, nil, nil)
        guard PKCS12_parse(file, passphrase, &key, &certificate, &others) == 1 else { throw cryptoFailure(.malformed) }
        defer {
            EVP_PKEY_free(key)
            X509_free(certificate)
            OPENSSL_sk_pop_free(others) { X509_free(OpaquePointer($0)) }
        }
        guard let key, let certificate, let form = EVP_PKEY2PKCS8(key) else { throw cryptoFailure(.malformed) }
        defer { PKCS8_PRIV_KEY_INFO_free(form) }
        self.key = try encodedForm { i2d_PKCS8_PRIV_KEY_INFO(form, $0) }
        self.certificate = try encodedForm { i2d_X509(certificate, $0) }
        var chain: [[UInt8]] = []
        for position in 0..<min(max(0, OPENSSL_sk_num(others)), Int32(Self.longestChain)) {
            guard let other = OPENSSL_sk_value(others, position) else { continue }
            chain.append(try encodedForm { i2d_X509(OpaquePointer(other), $0) })
        }
        self.chain = chain
    }
}
