// SPDX-License-Identifier: Apache-2.0

import COpenSSL

extension MailCertificate {
    /// SHA-256 of the SubjectPublicKeyInfo in DER: the same for every certificate of one key.
    package func publicKeyDigest() throws(CryptoError) -> [UInt8] {
        guard let key = X509_get0_pubkey(x509) else { throw cryptoFailure(.malformed) }
        return Digest.sha256(try encodedForm { i2d_PUBKEY(key, $0) })
    }

    /// The certificate's hash as the channel binding `tls-server-end-point` wants it (RFC 5929 section 4.1): by the hash of
    /// its signature, SHA-256 instead of MD5 and SHA-1. Nil where the signature has no one hash, as Ed25519.
    package var serverEndPoint: [UInt8]? {
        var (hash, kind, bits, flags): (Int32, Int32, Int32, UInt32) = (NID_undef, NID_undef, 0, 0)
        guard X509_get_signature_info(x509, &hash, &kind, &bits, &flags) == 1, hash != NID_undef else {
            ERR_clear_error()
            return nil
        }
        if hash == NID_md5 || hash == NID_sha1 || hash == NID_md5_sha1 { hash = NID_sha256 }
        guard let method = EVP_get_digestbyname(OBJ_nid2sn(hash)) else { return nil }
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard X509_digest(x509, method, &digest, &count) == 1 else { return nil }
        return Array(digest.prefix(Int(count)))
    }
}
