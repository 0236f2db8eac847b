// SPDX-License-Identifier: Apache-2.0
//
// librnp verifies the signatures of a key upon itself whenever it takes the key in: more than a third of what encrypting a message to
// it does, and as much again for the key that signs. Contexts that hold the keys of a recipient and of a signer are kept for
// the next message between them.

import Synchronization
import WardCrypto

/// Contexts of librnp with keys that were taken in lately. One is with one caller at a time.
package final class OpenPGPContexts: Sendable {
    package static let capacity = 200
    /// Seconds. librnp judges whether a key has expired when it takes it in.
    package static let lifetime: Int64 = 60

    struct Keys: Hashable {
        let recipient: [UInt8]
        /// SHA-256 of the secret key that signs.
        let signer: [UInt8]?
    }

    /// SAFETY: librnp lets one thread at a time use a context; whoever has taken one out of the pool is alone with it.
    final class Context: @unchecked Sendable {
        let library: OpenPGPLibrary
        let recipient: String
        let signer: String?
        let madeAt: Int64

        init(to key: [UInt8], signedBy secret: [UInt8]?, at time: Int64) throws(MailProtectionError) {
            library = try OpenPGPLibrary()
            library.setTime(time)
            try library.load(key)
            guard let fingerprint = library.primaryFingerprints().first else { throw MailProtectionError(.unusableKey) }
            recipient = fingerprint
            if let secret {
                try library.load(secret, isSecret: true)
                signer = library.primaryFingerprints().first { $0 != fingerprint } ?? fingerprint
            } else {
                signer = nil
            }
            madeAt = time
        }
    }

    private struct State {
        var idle: [Keys: [Context]] = [:]
        var count = 0
        var sweptAt: Int64 = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// How many wait for their next message.
    package var count: Int { state.withLock { $0.count } }

    /// Encrypts a content, armored, with a context that holds the keys.
    func encrypted(
        _ content: [UInt8],
        to key: [UInt8],
        at time: Int64,
        signedBy secret: [UInt8]?
    ) throws(MailProtectionError) -> [UInt8] {
        let keys = Keys(recipient: key, signer: secret.map { Digest.sha256($0) })
        let context: Context
        if let idle = take(keys, at: time) {
            context = idle
        } else {
            context = try Context(to: key, signedBy: secret, at: time)
        }
        context.library.setTime(time)
        let armored = try context.library.encrypted(content, to: context.recipient, signedBy: context.signer)
        // One that failed is not used again.
        keep(context, with: keys, at: time)
        return armored
    }

    private func take(_ keys: Keys, at time: Int64) -> Context? {
        state.withLock { state in
            defer { if state.idle[keys]?.isEmpty == true { state.idle[keys] = nil } }
            while let context = state.idle[keys]?.popLast() {
                state.count -= 1
                if time >= context.madeAt, time - context.madeAt < Self.lifetime { return context }
            }
            return nil
        }
    }

    private func keep(_ context: Context, with keys: Keys, at time: Int64) {
        state.withLock { state in
            if state.count >= Self.capacity { state = State() }
            if time - state.sweptAt >= Self.lifetime {
                state.idle = state.idle.mapValues { $0.filter { time - $0.madeAt < Self.lifetime } }
                    .filter { !$0.value.isEmpty }
                state.count = state.idle.values.reduce(0) { $0 + $1.count }
                state.sweptAt = time
            }
            state.idle[keys, default: []].append(context)
            state.count += 1
        }
    }
}
