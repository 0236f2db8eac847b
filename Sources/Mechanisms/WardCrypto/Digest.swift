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
    package static func hexadecimal(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { buffer in
            for (position, byte) in bytes.enumerated() {
                buffer[position * 2] = digit(byte >> 4)
                buffer[position * 2 + 1] = digit(byte & 15)
            }
            return bytes.count * 2
        }
    }

    /// The octets that hexadecimal digits stand for; nil for anything else.
    package static func octets(hexadecimal text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count / 2)
        var pending: UInt8?
        for character in text.utf8 {
            guard let value = value(character) else { return nil }
            if let high = pending {
                bytes.append(high << 4 | value)
                pending = nil
            } else {
                pending = value
            }
        }
        return pending == nil ? bytes : nil
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
