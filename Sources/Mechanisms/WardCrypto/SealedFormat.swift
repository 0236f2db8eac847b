// SPDX-License-Identifier: Apache-2.0
//
// The sealed format. Integers are big-endian.
//
//     format        1 octet    1: sealed under the key itself; 2: sealed under a key derived from it with the salt
//     key version   4 octets   which version of the owner's key
//     salt          16 octets  only in format 2: HKDF-SHA-256 salt of the derived key
//     nonce         12 octets  random (NIST SP 800-38D section 8.2.2)
//     ciphertext    as long as the plaintext
//     tag           16 octets  AES-256-GCM
//
// The associated data is the caller's (organization, owner, record kind, row) followed by everything before the nonce, so
// that neither the format nor the key version can be changed. A reader refuses other formats; nothing is guessed.
//
// One key seals at most 2^32 times (SP 800-38D section 8.3: random nonces). A subject's key meets a few hundred records in
// a life and uses format 1. An organization's key would meet the limit, also after the restore of an old snapshot: its
// users seal under a derived key of their own process (format 2), with a new salt at each start and at each 2^32 uses.

/// The fields before the nonce of something sealed.
package struct SealedHeader: Hashable, Sendable {
    package let keyVersion: UInt32
    /// 16 octets in format 2, nil in format 1.
    package let salt: [UInt8]?

    package static let saltByteCount = 16
    static let nonceByteCount = 12
    static let tagByteCount = 16

    /// Octets before the nonce.
    var byteCount: Int { salt == nil ? 5 : 5 + Self.saltByteCount }
    /// Octets that sealing adds to the plaintext.
    var overhead: Int { byteCount + Self.nonceByteCount + Self.tagByteCount }

    package init(keyVersion: UInt32, salt: [UInt8]? = nil) {
        self.keyVersion = keyVersion
        self.salt = salt
    }

    /// Reads the header; throws `malformed` for another format or too few bytes.
    package init(of sealed: [UInt8]) throws(CryptoError) {
        guard sealed.count >= 5, sealed[0] == 1 || sealed[0] == 2 else { throw CryptoError(.malformed) }
        keyVersion = sealed[1...4].reduce(0) { $0 << 8 | UInt32($1) }
        salt = sealed[0] == 2 ? Array(sealed.dropFirst(5).prefix(Self.saltByteCount)) : nil
        guard sealed.count >= overhead else { throw CryptoError(.malformed) }
    }

    /// Writes the `byteCount` octets of the header.
    func write(to out: UnsafeMutablePointer<UInt8>) {
        out[0] = salt == nil ? 1 : 2
        for (offset, shift) in [24, 16, 8, 0].enumerated() {
            out[1 + offset] = UInt8(truncatingIfNeeded: keyVersion >> UInt32(shift))
        }
        for (offset, byte) in (salt ?? []).enumerated() { out[5 + offset] = byte }
    }
}
