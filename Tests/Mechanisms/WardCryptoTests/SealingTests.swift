// SPDX-License-Identifier: Apache-2.0

import Testing
import WardCrypto
import WardKernel

@Suite struct SealingTests {
    private let key = KeyMaterial(Array(repeating: 7, count: 32))
    private let sealer = Sealer(randomBytes: Surroundings.machine.randomBytes)

    @Test func `a sealed record with any bit changed does not open`() throws {
        let key = try #require(key)
        let header = SealedHeader(keyVersion: 3)
        let sealed = try sealer.seal(Array("plain".utf8), key: key, header: header, associated: [1, 2])
        for position in sealed.indices {
            var changed = sealed
            changed[position] ^= 1
            #expect(throws: CryptoError.self) { try sealer.open(changed, key: key, associated: [1, 2]) }
        }
        #expect(try sealer.open(sealed, key: key, associated: [1, 2]) == Array("plain".utf8))
    }

    @Test func `a sealed record does not open in another place, under another key, or cut short`() throws {
        let key = try #require(key)
        let other = try #require(KeyMaterial(Array(repeating: 8, count: 32)))
        let sealed = try sealer.seal([1, 2, 3], key: key, header: SealedHeader(keyVersion: 1), associated: [9])
        #expect(throws: CryptoError(.doesNotOpen)) { try sealer.open(sealed, key: key, associated: [8]) }
        #expect(throws: CryptoError(.doesNotOpen)) { try sealer.open(sealed, key: other, associated: [9]) }
        for length in 0..<sealed.count {
            #expect(throws: CryptoError.self) {
                try sealer.open(Array(sealed.prefix(length)), key: key, associated: [9])
            }
        }
    }

    @Test func `equal records have unequal ciphertexts, one by one and in bulk`() throws {
        let key = try #require(key)
        let header = SealedHeader(keyVersion: 1, salt: Array(repeating: 5, count: 16))
        let sealed = try sealer.bulk(count: 5_000) { bulk in
            try (0..<5_000).map { _ in try bulk.seal([1], key: key, header: header, associated: []) }
        }
        #expect(Set(sealed).count == 5_000)
        #expect(try sealed.allSatisfy { try sealer.open($0, key: key, associated: []) == [1] })
        #expect(try SealedHeader(of: sealed[0]) == header)
        #expect(sealed[0].count == 1 + 49)
    }

    @Test func `an empty record is sealed and opened`() throws {
        let key = try #require(key)
        let sealed = try sealer.seal([], key: key, header: SealedHeader(keyVersion: 1), associated: [])
        #expect(try sealer.open(sealed, key: key, associated: []).isEmpty)
    }

    @Test func `AES-256-GCM gives the bytes of another implementation`() throws {
        // The header is authenticated after the caller's data; swift-crypto opens what libcrypto sealed.
        let key = try #require(KeyMaterial(octets("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308")))
        let fixed = Sealer(randomBytes: { _ in octets("cafebabefacedbaddecaf888") })
        let plain = octets(
            "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0d"
                + "e657ba637b39"
        )
        let sealed = try fixed.seal(plain, key: key, header: SealedHeader(keyVersion: 1), associated: [])
        // NIST GCM test case 16: the ciphertext depends on key, nonce and plaintext alone.
        #expect(
            Array(sealed.dropFirst(17).dropLast(16))
                == octets(
                    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f6"
                        + "1e6393ba7a0abcc9f662"
                )
        )
    }

    @Test func `a key does not print`() throws {
        let key = try #require(key)
        #expect("\(key) \(String(reflecting: key))" == "‹key› ‹key›")
    }
}

@Suite struct KeyDerivationTests {
    @Test func `HKDF-SHA-256 gives the output of RFC 5869`() {
        let first = Digest.hkdf(
            octets("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"),
            salt: octets("000102030405060708090a0b0c"),
            info: octets("f0f1f2f3f4f5f6f7f8f9"),
            count: 42
        )
        #expect(
            first == octets("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865")
        )
        let third = Digest.hkdf(Array(repeating: 0x0b, count: 22), salt: [], info: [], count: 42)
        #expect(
            third == octets("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8")
        )
    }

    @Test func `keys derived for different uses differ`() throws {
        let key = try #require(KeyMaterial(Array(repeating: 0x0b, count: 32)))
        #expect(key.derived(info: [1]) != key.derived(info: [2]))
        #expect(key.derived(info: [1], salt: [1]) != key.derived(info: [1], salt: [2]))
        #expect(key.derived(info: [1]) == key.derived(info: [1]))
    }

    @Test func `HMAC-SHA-256 gives the output of RFC 4231`() throws {
        // Test case 2's key "Jefe", padded with zeros to the key's length, is the same HMAC key.
        let key = try #require(KeyMaterial(Array("Jefe".utf8) + Array(repeating: 0, count: 28)))
        #expect(
            key.authenticationCode(for: "what do ya want for nothing?".utf8)
                == octets("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        )
    }

    @Test func `a key of another length is refused`() {
        #expect(KeyMaterial(Array(repeating: 1, count: 31)) == nil)
        #expect(KeyMaterial(Array(repeating: 1, count: 33)) == nil)
    }

    @Test func `comparison finds every difference`() {
        #expect(Digest.isEqual([1, 2, 3], [1, 2, 3]))
        #expect(!Digest.isEqual([1, 2, 3], [1, 2, 4]))
        #expect(!Digest.isEqual([1, 2, 3], [1, 2]))
    }
}

@Suite struct PasswordHashTests {
    private let pepper = Sensitive<[UInt8]>(Array(repeating: 3, count: 32))

    @Test func `another password, a changed last character, or another pepper does not match`() async throws {
        let hashes = PasswordHash()
        let long = String(repeating: "correct horse ", count: 5) + "🐎a"
        let stored = try await hashes.hash(Sensitive(long), pepper: pepper)
        #expect(stored.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(try await hashes.verify(Sensitive(long), against: stored, pepper: pepper) == .matches)
        let changed = Sensitive(String(long.dropLast()) + "b")
        #expect(try await hashes.verify(changed, against: stored, pepper: pepper) == .differs)
        let other = Sensitive<[UInt8]>(Array(repeating: 4, count: 32))
        #expect(try await hashes.verify(Sensitive(long), against: stored, pepper: other) == .differs)
    }

    @Test func `a hash made at another cost is told apart`() async throws {
        let stored = try await PasswordHash().hash(Sensitive("a long phrase"), pepper: pepper)
        let dearer = PasswordHash(cost: .init(memory: 20 << 20, passes: 3))
        #expect(
            try await dearer.verify(Sensitive("a long phrase"), against: stored, pepper: pepper) == .matchesOutdated
        )
    }

    @Test func `a stored text that is no hash is refused`() async {
        await #expect(throws: CryptoError(.malformed)) {
            try await PasswordHash().verify(Sensitive("x"), against: "$2b$12$abc", pepper: pepper)
        }
    }

    @Test func `a cost below the least allowed is raised`() {
        #expect(PasswordHash.Cost(memory: 1, passes: 1) == .standard)
    }
}
