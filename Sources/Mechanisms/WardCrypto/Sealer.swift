// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Seals and opens records in the format of `SealedFormat.swift`, one at a time or in bulk, from any thread.
package final class Sealer: Sendable {
    private let randomBytes: @Sendable (Int) -> [UInt8]
    /// Contexts that nobody uses now; as many exist as there were callers at once, at most sixteen are kept.
    private let idle = Mutex<[SealingContext]>([])

    /// - Parameter randomBytes: a cryptographically secure source, `Surroundings.randomBytes`.
    package init(randomBytes: @escaping @Sendable (Int) -> [UInt8]) { self.randomBytes = randomBytes }

    /// Seals one record under the key with a random nonce.
    package func seal(
        _ plain: [UInt8],
        key: KeyMaterial,
        header: SealedHeader,
        associated: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        let nonce = randomBytes(SealedHeader.nonceByteCount)
        return try withContext { context throws(CryptoError) in
            try context.seal(plain, key: key, header: header, nonce: nonce[...], associated: associated)
        }
    }

    /// Opens one record; throws `doesNotOpen` or `malformed`.
    package func open(_ sealed: [UInt8], key: KeyMaterial, associated: [UInt8]) throws(CryptoError) -> [UInt8] {
        try withContext { context throws(CryptoError) in
            try context.open(sealed, key: key, associated: associated)
        }
    }

    /// Runs `body` with a context of its own and nonces drawn for so many records at once.
    package func bulk<Result>(count: Int, _ body: (BulkSealer) throws -> Result) throws -> Result {
        let context = try takeContext()
        defer { give(back: context) }
        return try body(BulkSealer(context: context, count: count, randomBytes: randomBytes))
    }

    private func withContext<Result>(
        _ body: (SealingContext) throws(CryptoError) -> Result
    ) throws(CryptoError) -> Result {
        let context = try takeContext()
        defer { give(back: context) }
        return try body(context)
    }

    private func takeContext() throws(CryptoError) -> SealingContext {
        if let context = idle.withLock({ $0.popLast() }) { return context }
        return try SealingContext()
    }

    private func give(back context: SealingContext) {
        idle.withLock { if $0.count < 16 { $0.append(context) } }
    }
}

/// One thread's sealing of many records. Lives no longer than the closure of `Sealer.bulk`.
package final class BulkSealer {
    private static let drawnAtOnce = 4_096
    private let context: SealingContext
    private let randomBytes: (Int) -> [UInt8]
    private var remaining: Int
    private var nonces: [UInt8] = []
    private var position = 0

    init(context: SealingContext, count: Int, randomBytes: @escaping (Int) -> [UInt8]) {
        self.context = context
        self.randomBytes = randomBytes
        remaining = count
    }

    /// Seals one record under the key with the next random nonce.
    package func seal(
        _ plain: [UInt8],
        key: KeyMaterial,
        header: SealedHeader,
        associated: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        if position == nonces.count {
            let count = min(max(remaining, 1), Self.drawnAtOnce)
            nonces = randomBytes(count * SealedHeader.nonceByteCount)
            remaining -= count
            position = 0
        }
        defer { position += SealedHeader.nonceByteCount }
        let nonce = nonces[position..<position + SealedHeader.nonceByteCount]
        return try context.seal(plain, key: key, header: header, nonce: nonce, associated: associated)
    }

    /// Opens one record; throws `doesNotOpen` or `malformed`.
    package func open(_ sealed: [UInt8], key: KeyMaterial, associated: [UInt8]) throws(CryptoError) -> [UInt8] {
        try context.open(sealed, key: key, associated: associated)
    }
}
