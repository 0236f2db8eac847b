// SPDX-License-Identifier: Apache-2.0

import WardKernel

/// What a cryptographic operation has to say when it fails: a code and nothing of the input (invariant I8).
package struct CryptoError: TransientFailure, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The ciphertext does not open: it was changed, moved to another place, or sealed under another key.
        case doesNotOpen
        /// The bytes are not of the format that their reader knows.
        case malformed
        /// A key or a nonce is not as long as its algorithm asks.
        case wrongKeySize
        /// A signature does not verify.
        case badSignature
        /// The library refused the operation: out of memory, or an algorithm that this build lacks.
        case unavailable
        /// Too many expensive hashes wait already; trying again in a second can succeed.
        case busy
    }

    package let code: Code

    package init(_ code: Code) { self.code = code }

    /// Whether trying again later can succeed.
    package var isTransient: Bool { code == .busy || code == .unavailable }

    package var description: String { "crypto.\(code.rawValue)" }
}
