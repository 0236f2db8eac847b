// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardCrypto
import WardKernel

/// Remembers, in memory, which password was proved to belong to which keys: a program that signs in for each message then costs
/// two hashes instead of the 8,192 of the password's stretching (RFC 7677 section 4). Passwords are not kept: only their
/// code under a key that was drawn when the process started and that never leaves it, tied to the account's keys, so that a
/// change of the password makes the code worthless.
final class ProvenPasswords: Sendable {
    /// Accounts remembered; beyond, all are forgotten and proved again.
    static let capacity = 10_000

    private let key: [UInt8]
    private let codes = Mutex<[String: [UInt8]]>([:])

    /// - Parameter key: 32 random octets.
    init(key: [UInt8]) { self.key = key }

    /// Whether this password was proved for this login and these keys.
    func isProven(_ password: String, of login: String, keys: SCRAMKeys) -> Bool {
        guard let known = codes.withLock({ $0[login] }) else { return false }
        return Digest.isEqual(known, code(password, login, keys))
    }

    func remember(_ password: String, of login: String, keys: SCRAMKeys) {
        let code = code(password, login, keys)
        codes.withLock { codes in
            if codes.count >= Self.capacity { codes = [:] }
            codes[login] = code
        }
    }

    /// Lengths before the parts: no two triples have the same text.
    private func code(_ password: String, _ login: String, _ keys: SCRAMKeys) -> [UInt8] {
        let name = Array(login.utf8)
        return SCRAM.code(
            key,
            [UInt8(name.count >> 8 & 255), UInt8(name.count & 255)] + name + keys.storedKey + Array(password.utf8)
        )
    }
}
