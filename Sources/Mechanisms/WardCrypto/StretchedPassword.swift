// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// Keys from passwords.
package enum StretchedPassword {
    /// PBKDF2 with HMAC-SHA-256 (RFC 8018 section 5.2): 32 octets.
    ///
    /// - Parameter iterations: 1 or more.
    /// - Throws: `CryptoError` when the library cannot compute it.
    package static func pbkdf2(_ password: [UInt8], salt: [UInt8], iterations: Int) throws(CryptoError) -> [UInt8] {
        var key = [UInt8](repeating: 0, count: Digest.byteCount)
        let isMade = password.withUnsafeBytes { password in
            PKCS5_PBKDF2_HMAC(
                password.assumingMemoryBound(to: CChar.self).baseAddress,
                Int32(password.count),
                salt,
                Int32(salt.count),
                Int32(max(1, iterations)),
                EVP_sha256(),
                Int32(key.count),
                &key
            )
        }
        guard isMade == 1 else { throw cryptoFailure(.unavailable) }
        return key
    }
}
