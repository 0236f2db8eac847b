// SPDX-License-Identifier: Apache-2.0
//
// Passwords: Argon2id (RFC 9106), 19 MiB, 2 passes, 1 lane or more, over HMAC-SHA-256(pepper, password), so that the
// database alone does not let anyone guess. Stored as libsodium's encoded string ($argon2id$v=19$m=…,t=…,p=1$salt$hash).
// Hashing takes tens of milliseconds and 19 MiB: it runs on two threads of its own, never on the cooperative pool, and
// at most 64 wait; the next is told `busy`.

import CSodium
import Foundation
import Synchronization
package import WardKernel

/// Hashes and verifies passwords.
package final class PasswordHash: Sendable {
    /// What one hash costs.
    package struct Cost: Hashable, Sendable {
        /// Octets of memory, at least 19 MiB.
        package let memory: Int
        /// Passes over the memory, at least 2.
        package let passes: UInt64

        package static let standard = Cost(memory: 19 << 20, passes: 2)

        /// Smaller costs are raised to the least allowed.
        package init(memory: Int, passes: UInt64) {
            self.memory = max(memory, 19 << 20)
            self.passes = max(passes, 2)
        }
    }

    /// The answer to a password.
    package enum Verdict: Hashable, Sendable {
        case matches
        /// It matches, and the stored hash was made at another cost: hash it again.
        case matchesOutdated
        case differs
    }

    static let slots = 2
    static let waitingLimit = 64
    private let queue: OperationQueue
    private let waiting = Mutex(0)
    private let cost: Cost

    package init(cost: Cost = .standard) {
        self.cost = cost
        queue = OperationQueue()
        queue.name = "ward.password-hash"
        queue.maxConcurrentOperationCount = Self.slots
    }

    /// The string to store.
    /// - Parameter pepper: a key that is not in the database beside the hash, such as a purpose key of the vault.
    package func hash(_ password: Sensitive<String>, pepper: Sensitive<[UInt8]>) async throws(CryptoError) -> String {
        let input = try Self.keyed(password, pepper)
        let cost = cost
        return try await run { () throws(CryptoError) in
            guard sodium_init() >= 0 else { throw CryptoError(.unavailable) }
            var encoded = [CChar](repeating: 0, count: Int(crypto_pwhash_argon2id_strbytes()))
            let status = crypto_pwhash_argon2id_str(&encoded, input, UInt64(input.count), cost.passes, cost.memory)
            guard status == 0 else { throw CryptoError(.unavailable) }
            return String(decoding: encoded.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// Whether the password is the one that was hashed, in a time that does not depend on how much of it is right.
    package func verify(
        _ password: Sensitive<String>,
        against stored: String,
        pepper: Sensitive<[UInt8]>
    ) async throws(CryptoError) -> Verdict {
        let input = try Self.keyed(password, pepper)
        let cost = cost
        return try await run { () throws(CryptoError) in
            guard sodium_init() >= 0 else { throw CryptoError(.unavailable) }
            guard stored.hasPrefix("$argon2id$"), stored.utf8.count < Int(crypto_pwhash_argon2id_strbytes()) else {
                throw CryptoError(.malformed)
            }
            guard crypto_pwhash_argon2id_str_verify(stored, input, UInt64(input.count)) == 0 else { return .differs }
            let isCurrent = crypto_pwhash_argon2id_str_needs_rehash(stored, cost.passes, cost.memory) == 0
            return isCurrent ? .matches : .matchesOutdated
        }
    }

    private static func keyed(
        _ password: Sensitive<String>,
        _ pepper: Sensitive<[UInt8]>
    ) throws(CryptoError) -> [CChar] {
        guard let key = pepper.expose(for: .evaluating, { KeyMaterial($0) }) else { throw CryptoError(.wrongKeySize) }
        return password.expose(for: .evaluating) { key.authenticationCode(for: $0.utf8).map { CChar(bitPattern: $0) } }
    }

    private func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(CryptoError) -> Value
    ) async throws(CryptoError) -> Value {
        let isAdmitted = waiting.withLock { count in
            guard count < Self.waitingLimit else { return false }
            count += 1
            return true
        }
        guard isAdmitted else { throw CryptoError(.busy) }
        defer { waiting.withLock { $0 -= 1 } }
        let queue = queue
        let result: Result<Value, CryptoError> = await withCheckedContinuation { continuation in
            queue.addOperation { continuation.resume(returning: Result(catching: body)) }
        }
        return try result.get()
    }
}
