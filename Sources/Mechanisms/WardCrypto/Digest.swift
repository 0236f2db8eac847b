// SPDX-License-Identifier: Apache-2.0

import Crypto

/// SHA-256 (FIPS 180-4) and the comparisons that go with it.
package enum Digest {
    /// Octets in a SHA-256 digest.
    package static let byteCount = 32

    /// SHA-256 of the bytes.
    package static func sha256(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

    /// HKDF-SHA-256 (RFC 5869): `count` octets, at most 8,160, from input key material.
    package static func hkdf(_ input: [UInt8], salt: [UInt8], info: [UInt8], count: Int) -> [UInt8] {
        let output = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: input),
            salt: salt,
            info: info,
            outputByteCount: count
        )
        return output.withUnsafeBytes { Array($0) }
    }

    /// Whether two byte strings are the same, in a time that does not depend on where they differ.
    package static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for position in left.indices { difference |= left[position] ^ right[position] }
        return difference == 0
    }

    /// Lower-case hexadecimal digits.
    package static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
