// SPDX-License-Identifier: Apache-2.0

import Crypto

/// 256 bits of secret key: never printed, wiped from memory when the last holder lets go.
package struct KeyMaterial: Sendable, Equatable {
    /// Octets in every key: AES-256, HMAC-SHA-256 and the wrapping keys alike.
    package static let byteCount = 32

    let key: SymmetricKey

    /// Nil unless there are exactly 32 bytes.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        key = SymmetricKey(data: bytes)
    }

    init(_ key: SymmetricKey) { self.key = key }

    /// The key itself, for wrapping it and for a library that asks for bytes; never for storage in the clear.
    package var bytes: [UInt8] { key.withUnsafeBytes { Array($0) } }

    func withBytes<Result>(_ body: (UnsafePointer<UInt8>?) -> Result) -> Result {
        key.withUnsafeBytes { body($0.assumingMemoryBound(to: UInt8.self).baseAddress) }
    }

    /// Another key made from this one by HKDF-SHA-256 (RFC 5869); different `info` or `salt` give independent keys.
    package func derived(info: some Sequence<UInt8>, salt: [UInt8] = []) -> KeyMaterial {
        KeyMaterial(SymmetricKey(data: Digest.hkdf(bytes, salt: salt, info: Array(info), count: Self.byteCount)))
    }

    /// HMAC-SHA-256 (RFC 2104) of a message under this key: 32 bytes.
    package func authenticationCode(for message: String.UTF8View) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(message), using: key))
    }

    /// Two keys taken together as one input, so that whoever lacks either derives nothing.
    package func joined(with other: KeyMaterial, info: some Sequence<UInt8>) -> KeyMaterial {
        let derived = Digest.hkdf(bytes + other.bytes, salt: [], info: Array(info), count: Self.byteCount)
        return KeyMaterial(SymmetricKey(data: derived))
    }
}

extension KeyMaterial: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹key›" }
    package var debugDescription: String { "‹key›" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
