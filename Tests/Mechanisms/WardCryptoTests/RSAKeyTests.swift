// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import WardKernel

@testable import WardCrypto

/// RSA through libcrypto, against the `openssl` program's own view of the same keys.
@Suite struct RSAKeyTests {
    private static let made = Result { try RSAPrivateKey.make(bits: 2_048) }
    private static let digest = Digest.sha256(Array("what is signed".utf8))

    @Test func `a signature verifies with the public half and with nothing else`() throws {
        let key = try Self.made.get()
        let verifier = try RSAPublicKey(der: key.subjectPublicKeyInfo())
        let signature = try key.signature(of: Self.digest)
        #expect(signature.count == 256)
        #expect(verifier.isValid(signature, for: Self.digest))
        #expect(!verifier.isValid(signature, for: Digest.sha256([1])))
        #expect(!verifier.isValid(Array(signature.dropLast()), for: Self.digest))
        #expect(!verifier.isValid([], for: Self.digest))
        var changed = signature
        changed[100] ^= 1
        #expect(!verifier.isValid(changed, for: Self.digest))
        let other = try RSAPublicKey(der: RSAPrivateKey.make(bits: 2_048).subjectPublicKeyInfo())
        #expect(!other.isValid(signature, for: Self.digest))
    }

    @Test func `a key comes back from its stored form and signs the same`() throws {
        let key = try Self.made.get()
        let read = try RSAPrivateKey(pkcs8: try key.pkcs8())
        #expect(try read.subjectPublicKeyInfo() == key.subjectPublicKeyInfo())
        // PKCS#1 v1.5 has no randomness.
        #expect(try read.signature(of: Self.digest) == key.signature(of: Self.digest))
    }

    @Test func `what is no key, too small or followed by more is refused`() throws {
        let key = try Self.made.get()
        let der = try key.subjectPublicKeyInfo()
        for bytes in [[], [1, 2, 3], Array(der.dropLast()), der + [0]] {
            #expect(throws: CryptoError.self) { try RSAPublicKey(der: bytes) }
        }
        #expect(throws: CryptoError(.malformed)) { try RSAPrivateKey(pkcs8: Sensitive([0x30, 0x03, 1, 2, 3])) }
        #expect(throws: CryptoError(.wrongKeySize)) { try RSAPrivateKey.make(bits: 1_024) }
        #expect(throws: CryptoError(.unavailable)) { try key.signature(of: [1, 2, 3]) }
    }

    @Test func `many threads sign with one key at the same time`() async throws {
        let key = try Self.made.get()
        let verifier = try RSAPublicKey(der: key.subjectPublicKeyInfo())
        let digests = (0..<64).map { Digest.sha256([UInt8($0)]) }
        let signatures = try await ProcessorThreads.shared.map(digests, piece: 5) { try key.signature(of: $0) }
        #expect(signatures.count == digests.count)
        for (digest, signature) in zip(digests, signatures) { #expect(verifier.isValid(signature, for: digest)) }
    }

    @Test func `work in pieces keeps its order, and one failure is everybody's`() async throws {
        let numbers = Array(0..<1_000)
        #expect(try await ProcessorThreads.shared.map(numbers, piece: 7) { $0 * 2 } == numbers.map { $0 * 2 })
        #expect(try await ProcessorThreads.shared.map([Int](), piece: 7) { $0 } == [])
        await #expect(throws: CryptoError.self) {
            try await ProcessorThreads.shared.map(numbers, piece: 7) { number throws -> Int in
                if number == 500 { throw CryptoError(.malformed) }
                return number
            }
        }
    }
}
