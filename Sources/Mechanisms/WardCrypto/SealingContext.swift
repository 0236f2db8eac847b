// SPDX-License-Identifier: Apache-2.0

import COpenSSL

/// AES-256-GCM through libcrypto's EVP: one context for sealing and one for opening, used again for every record, which is
/// where bulk sealing gets its speed.
///
/// SAFETY: a context may be used by any thread but by one at a time. `Sealer` hands each context to one caller and takes
/// it back when that caller is done; nothing else holds one.
final class SealingContext: @unchecked Sendable {
    private let encryption: OpaquePointer
    private let decryption: OpaquePointer
    /// The keys the contexts hold now: setting a key costs as much as sealing a small record.
    private var encryptionKey: KeyMaterial?
    private var decryptionKey: KeyMaterial?

    init() throws(CryptoError) {
        guard let encryption = EVP_CIPHER_CTX_new() else { throw CryptoError(.unavailable) }
        guard let decryption = EVP_CIPHER_CTX_new() else {
            EVP_CIPHER_CTX_free(encryption)
            throw CryptoError(.unavailable)
        }
        self.encryption = encryption
        self.decryption = decryption
        guard EVP_EncryptInit_ex(encryption, EVP_aes_256_gcm(), nil, nil, nil) == 1,
            EVP_DecryptInit_ex(decryption, EVP_aes_256_gcm(), nil, nil, nil) == 1
        else {
            ERR_clear_error()
            throw CryptoError(.unavailable)
        }
    }

    deinit {
        EVP_CIPHER_CTX_free(encryption)
        EVP_CIPHER_CTX_free(decryption)
    }

    /// Seals under the key; the header's bytes are authenticated after `associated`.
    func seal(
        _ plain: [UInt8],
        key: KeyMaterial,
        header: SealedHeader,
        nonce: ArraySlice<UInt8>,
        associated: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        guard nonce.count == SealedHeader.nonceByteCount else { throw CryptoError(.wrongKeySize) }
        let total = header.overhead + plain.count
        let isSameKey = encryptionKey == key
        var succeeded = false
        let sealed = [UInt8](unsafeUninitializedCapacity: total) { buffer, count in
            guard let out = buffer.baseAddress else { return }
            header.write(to: out)
            let nonceStart = out + header.byteCount
            for (offset, byte) in nonce.enumerated() { nonceStart[offset] = byte }
            let body = nonceStart + SealedHeader.nonceByteCount
            let tag = body + plain.count
            var written: Int32 = 0
            succeeded =
                startEncryption(key: isSameKey ? nil : key, nonce: nonceStart)
                && EVP_EncryptUpdate(encryption, nil, &written, associated, Int32(associated.count)) == 1
                && EVP_EncryptUpdate(encryption, nil, &written, out, Int32(header.byteCount)) == 1
                && (plain.isEmpty || EVP_EncryptUpdate(encryption, body, &written, plain, Int32(plain.count)) == 1)
                && EVP_EncryptFinal_ex(encryption, tag, &written) == 1
                && EVP_CIPHER_CTX_ctrl(encryption, EVP_CTRL_AEAD_GET_TAG, Int32(SealedHeader.tagByteCount), tag) == 1
            count = succeeded ? total : 0
        }
        encryptionKey = succeeded ? key : nil
        guard succeeded else {
            ERR_clear_error()
            throw CryptoError(.unavailable)
        }
        return sealed
    }

    /// Opens what `seal` made; throws `doesNotOpen` when a single bit of key, place or bytes differs.
    func open(_ sealed: [UInt8], key: KeyMaterial, associated: [UInt8]) throws(CryptoError) -> [UInt8] {
        let header = try SealedHeader(of: sealed)
        let length = sealed.count - header.overhead
        let isSameKey = decryptionKey == key
        var succeeded = false
        let plain = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            sealed.withUnsafeBufferPointer { bytes in
                guard let start = bytes.baseAddress else { return }
                let nonce = start + header.byteCount
                let body = nonce + SealedHeader.nonceByteCount
                // libcrypto only reads the tag that it is given.
                let tag = UnsafeMutableRawPointer(mutating: body + length)
                var nothing: UInt8 = 0
                var written: Int32 = 0
                succeeded =
                    startDecryption(key: isSameKey ? nil : key, nonce: nonce)
                    && EVP_DecryptUpdate(decryption, nil, &written, associated, Int32(associated.count)) == 1
                    && EVP_DecryptUpdate(decryption, nil, &written, start, Int32(header.byteCount)) == 1
                    && (length == 0
                        || EVP_DecryptUpdate(decryption, buffer.baseAddress, &written, body, Int32(length)) == 1)
                    && EVP_CIPHER_CTX_ctrl(decryption, EVP_CTRL_AEAD_SET_TAG, Int32(SealedHeader.tagByteCount), tag)
                        == 1
                    && EVP_DecryptFinal_ex(decryption, &nothing, &written) == 1
            }
            count = succeeded ? length : 0
        }
        decryptionKey = succeeded ? key : nil
        guard succeeded else {
            ERR_clear_error()
            throw CryptoError(.doesNotOpen)
        }
        return plain
    }

    private func startEncryption(key: KeyMaterial?, nonce: UnsafePointer<UInt8>) -> Bool {
        guard let key else { return EVP_EncryptInit_ex(encryption, nil, nil, nil, nonce) == 1 }
        return key.withBytes { EVP_EncryptInit_ex(encryption, nil, nil, $0, nonce) == 1 }
    }

    private func startDecryption(key: KeyMaterial?, nonce: UnsafePointer<UInt8>) -> Bool {
        guard let key else { return EVP_DecryptInit_ex(decryption, nil, nil, nil, nonce) == 1 }
        return key.withBytes { EVP_DecryptInit_ex(decryption, nil, nil, $0, nonce) == 1 }
    }
}
