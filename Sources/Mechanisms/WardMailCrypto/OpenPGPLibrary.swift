// SPDX-License-Identifier: Apache-2.0
//
// librnp behind one type. A context (`rnp_ffi_t`) belongs to one call at a time (`OpenPGPContexts` hands them on): librnp
// lets one thread at a time use one. Nothing is read from or written to files. Debian 12's librnp (0.16) knows keys of
// version 4 and older.

import CRNP

/// One context of librnp with the keys that a call needs.
struct OpenPGPLibrary: ~Copyable {
    let context: OpaquePointer

    init() throws(MailProtectionError) {
        var made: OpaquePointer?
        guard rnp_ffi_create(&made, "GPG", "GPG") == RNP_SUCCESS, let made else {
            throw MailProtectionError(.unavailable)
        }
        context = made
    }

    deinit { rnp_ffi_destroy(context) }

    /// The moment at which keys and signatures are judged; seconds since 1970.
    func setTime(_ seconds: Int64) { rnp_set_timestamp(context, UInt64(max(0, seconds))) }

    /// Takes keys in, armored or not; throws `malformed`.
    func load(_ bytes: [UInt8], isSecret: Bool = false) throws(MailProtectionError) {
        let input = try Self.input(bytes)
        defer { rnp_input_destroy(input) }
        let flags = isSecret ? RNP_LOAD_SAVE_SECRET_KEYS | RNP_LOAD_SAVE_PUBLIC_KEYS : RNP_LOAD_SAVE_PUBLIC_KEYS
        guard rnp_import_keys(context, input, UInt32(flags), nil) == RNP_SUCCESS else {
            throw MailProtectionError(.malformed)
        }
    }

    /// The primary keys' fingerprints in lower-case hexadecimal, in the library's order.
    func primaryFingerprints() -> [String] {
        var iterator: OpaquePointer?
        guard rnp_identifier_iterator_create(context, &iterator, "fingerprint") == RNP_SUCCESS else { return [] }
        defer { rnp_identifier_iterator_destroy(iterator) }
        var found: [String] = []
        var next: UnsafePointer<CChar>?
        while rnp_identifier_iterator_next(iterator, &next) == RNP_SUCCESS, let identifier = next {
            let fingerprint = String(cString: identifier)
            guard let key = key(fingerprint) else { continue }
            if key.flag(rnp_key_is_primary) { found.append(fingerprint.lowercased()) }
        }
        return found
    }

    /// The key with the fingerprint.
    func key(_ fingerprint: String) -> OpenPGPKeyHandle? {
        var handle: OpaquePointer?
        guard rnp_locate_key(context, "fingerprint", fingerprint, &handle) == RNP_SUCCESS, let handle else {
            return nil
        }
        return OpenPGPKeyHandle(handle)
    }

    /// Encrypts to one key with AES-256 and integrity protection (SEIPD version 1), armored; signs inside where a key is
    /// given.
    func encrypted(
        _ content: [UInt8],
        to fingerprint: String,
        signedBy signer: String? = nil
    ) throws(MailProtectionError) -> [UInt8] {
        guard let recipient = key(fingerprint) else { throw MailProtectionError(.unusableKey) }
        let input = try Self.input(content)
        defer { rnp_input_destroy(input) }
        let output = try Self.output()
        defer { rnp_output_destroy(output) }
        var operation: OpaquePointer?
        guard rnp_op_encrypt_create(&operation, context, input, output) == RNP_SUCCESS, let operation else {
            throw MailProtectionError(.unavailable)
        }
        defer { rnp_op_encrypt_destroy(operation) }
        guard rnp_op_encrypt_add_recipient(operation, recipient.handle) == RNP_SUCCESS,
            rnp_op_encrypt_set_cipher(operation, "AES256") == RNP_SUCCESS,
            rnp_op_encrypt_set_aead(operation, "None") == RNP_SUCCESS,
            rnp_op_encrypt_set_compression(operation, "Uncompressed", 0) == RNP_SUCCESS,
            rnp_op_encrypt_set_hash(operation, "SHA256") == RNP_SUCCESS,
            rnp_op_encrypt_set_armor(operation, true) == RNP_SUCCESS
        else { throw MailProtectionError(.unavailable) }
        if let signer {
            guard let key = key(signer),
                rnp_op_encrypt_add_signature(operation, key.handle, nil) == RNP_SUCCESS
            else { throw MailProtectionError(.unusableKey) }
        }
        guard rnp_op_encrypt_execute(operation) == RNP_SUCCESS else { throw MailProtectionError(.unusableKey) }
        return try Self.collected(output)
    }

    /// A detached armored signature with SHA-256.
    func signature(over content: [UInt8], by signer: String) throws(MailProtectionError) -> [UInt8] {
        let input = try Self.input(content)
        defer { rnp_input_destroy(input) }
        let output = try Self.output()
        defer { rnp_output_destroy(output) }
        var operation: OpaquePointer?
        guard rnp_op_sign_detached_create(&operation, context, input, output) == RNP_SUCCESS, let operation else {
            throw MailProtectionError(.unavailable)
        }
        defer { rnp_op_sign_destroy(operation) }
        guard let key = key(signer), rnp_op_sign_add_signature(operation, key.handle, nil) == RNP_SUCCESS,
            rnp_op_sign_set_hash(operation, "SHA256") == RNP_SUCCESS,
            rnp_op_sign_set_armor(operation, true) == RNP_SUCCESS,
            rnp_op_sign_execute(operation) == RNP_SUCCESS
        else { throw MailProtectionError(.unusableKey) }
        return try Self.collected(output)
    }

    /// Opens a message with the secret keys that were loaded. Throws `notAuthenticated` where nothing protects the content
    /// from being changed.
    func opened(_ message: [UInt8]) throws(MailProtectionError) -> OpenPGPOpened {
        let input = try Self.input(message)
        defer { rnp_input_destroy(input) }
        let output = try Self.output()
        defer { rnp_output_destroy(output) }
        var operation: OpaquePointer?
        guard rnp_op_verify_create(&operation, context, input, output) == RNP_SUCCESS, let operation else {
            throw MailProtectionError(.unavailable)
        }
        defer { rnp_op_verify_destroy(operation) }
        // Signatures are looked at one by one below; a bad one is no reason to call the whole message unreadable.
        guard rnp_op_verify_set_flags(operation, UInt32(RNP_VERIFY_IGNORE_SIGS_ON_DECRYPT)) == RNP_SUCCESS else {
            throw MailProtectionError(.unavailable)
        }
        let result = rnp_op_verify_execute(operation)
        guard result == RNP_SUCCESS else { throw MailProtectionError(Self.code(of: result)) }
        var isValid = false
        var mode: UnsafeMutablePointer<CChar>?
        guard rnp_op_verify_get_protection_info(operation, &mode, nil, &isValid) == RNP_SUCCESS, let mode else {
            throw MailProtectionError(.unavailable)
        }
        defer { rnp_buffer_destroy(mode) }
        guard isValid, String(cString: mode) != "none" else { throw MailProtectionError(.notAuthenticated) }
        return OpenPGPOpened(content: try Self.collected(output), signatures: Self.signatures(of: operation))
    }

    /// What each signature over the content is worth; throws `malformed` where there is none.
    func signatures(_ signature: [UInt8], over content: [UInt8]) throws(MailProtectionError) -> [OpenPGPSignature] {
        let input = try Self.input(content)
        defer { rnp_input_destroy(input) }
        let signatureInput = try Self.input(signature)
        defer { rnp_input_destroy(signatureInput) }
        var operation: OpaquePointer?
        guard rnp_op_verify_detached_create(&operation, context, input, signatureInput) == RNP_SUCCESS, let operation
        else { throw MailProtectionError(.unavailable) }
        defer { rnp_op_verify_destroy(operation) }
        // The result says whether all are good; each is looked at below.
        _ = rnp_op_verify_execute(operation)
        let found = Self.signatures(of: operation)
        guard !found.isEmpty else { throw MailProtectionError(.malformed) }
        return found
    }

    private static func signatures(of operation: OpaquePointer) -> [OpenPGPSignature] {
        var count = 0
        guard rnp_op_verify_get_signature_count(operation, &count) == RNP_SUCCESS else { return [] }
        return (0..<count).map { position in
            var signature: OpaquePointer?
            guard rnp_op_verify_get_signature_at(operation, position, &signature) == RNP_SUCCESS else { return .bad }
            let status = rnp_op_verify_signature_get_status(signature)
            if status == rnp_result_t(RNP_ERROR_KEY_NOT_FOUND) { return .unknownKey }
            guard status == RNP_SUCCESS else { return .bad }
            var handle: OpaquePointer?
            guard rnp_op_verify_signature_get_key(signature, &handle) == RNP_SUCCESS, let handle else {
                return .unknownKey
            }
            let key = OpenPGPKeyHandle(handle)
            let fingerprint = key.text(rnp_key_get_primary_fprint) ?? key.text(rnp_key_get_fprint)
            return fingerprint.map { .good($0.lowercased()) } ?? .unknownKey
        }
    }

    private static func code(of result: rnp_result_t) -> MailProtectionError.Code {
        switch result {
        case rnp_result_t(RNP_ERROR_NO_SUITABLE_KEY), rnp_result_t(RNP_ERROR_BAD_PASSWORD),
            rnp_result_t(RNP_ERROR_KEY_NOT_FOUND):
            .doesNotOpen
        case rnp_result_t(RNP_ERROR_DECRYPT_FAILED): .notAuthenticated
        default: .malformed
        }
    }

    /// An input over a copy of the bytes.
    static func input(_ bytes: [UInt8]) throws(MailProtectionError) -> OpaquePointer {
        var input: OpaquePointer?
        guard rnp_input_from_memory(&input, bytes, bytes.count, true) == RNP_SUCCESS, let input else {
            throw MailProtectionError(.malformed)
        }
        return input
    }

    static func output() throws(MailProtectionError) -> OpaquePointer {
        var output: OpaquePointer?
        guard rnp_output_to_memory(&output, 64 << 20) == RNP_SUCCESS, let output else {
            throw MailProtectionError(.unavailable)
        }
        return output
    }

    static func collected(_ output: OpaquePointer) throws(MailProtectionError) -> [UInt8] {
        var start: UnsafeMutablePointer<UInt8>?
        var count = 0
        guard rnp_output_memory_get_buf(output, &start, &count, false) == RNP_SUCCESS else {
            throw MailProtectionError(.unavailable)
        }
        guard let start else { return [] }
        return Array(UnsafeBufferPointer(start: start, count: count))
    }
}

/// What was inside an OpenPGP message.
package struct OpenPGPOpened: Sendable, Hashable {
    package let content: [UInt8]
    package let signatures: [OpenPGPSignature]

    /// Fingerprints of the known keys that signed it, in lower-case hexadecimal.
    package var signers: [String] { signatures.compactMap(\.signer) }
}

/// What a signature is worth.
package enum OpenPGPSignature: Sendable, Hashable {
    /// Made with the known key of this fingerprint (lower-case hexadecimal), over this very content.
    case good(String)
    case bad
    /// Made with a key that is not known here.
    case unknownKey

    var signer: String? { if case .good(let fingerprint) = self { fingerprint } else { nil } }
}

/// One key of a context; valid as long as that.
struct OpenPGPKeyHandle: ~Copyable {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { rnp_key_handle_destroy(handle) }

    func flag(_ read: (OpaquePointer?, UnsafeMutablePointer<Bool>?) -> rnp_result_t) -> Bool {
        var value = false
        return read(handle, &value) == RNP_SUCCESS && value
    }

    func text(
        _ read: (OpaquePointer?, UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> rnp_result_t
    ) -> String? {
        var value: UnsafeMutablePointer<CChar>?
        guard read(handle, &value) == RNP_SUCCESS, let value else { return nil }
        defer { rnp_buffer_destroy(value) }
        return String(cString: value)
    }

    func number(_ read: (OpaquePointer?, UnsafeMutablePointer<UInt32>?) -> rnp_result_t) -> UInt32? {
        var value: UInt32 = 0
        return read(handle, &value) == RNP_SUCCESS ? value : nil
    }

    /// Seconds since 1970 after which the key is worth nothing; nil: never.
    var validUntil: Int64? {
        var value: UInt64 = 0
        guard rnp_key_valid_till64(handle, &value) == RNP_SUCCESS, value < UInt64(Int64.max) else { return nil }
        return Int64(value)
    }

    /// The key or subkey that encrypts; nil where there is none that is valid.
    func encryptionKey() -> OpenPGPKeyHandle? {
        var found: OpaquePointer?
        guard rnp_key_get_default_key(handle, "encrypt", 0, &found) == RNP_SUCCESS, let found else { return nil }
        return OpenPGPKeyHandle(found)
    }

    func userIdentifiers() -> [String] {
        var count = 0
        guard rnp_key_get_uid_count(handle, &count) == RNP_SUCCESS else { return [] }
        return (0..<min(count, 64)).compactMap { position in
            text { rnp_key_get_uid_at($0, position, $1) }
        }
    }

    /// The public half in OpenPGP's binary form, with its subkeys.
    func exported() throws(MailProtectionError) -> [UInt8] {
        let output = try OpenPGPLibrary.output()
        defer { rnp_output_destroy(output) }
        let flags = UInt32(RNP_KEY_EXPORT_PUBLIC | RNP_KEY_EXPORT_SUBKEYS)
        guard rnp_key_export(handle, output, flags) == RNP_SUCCESS else { throw MailProtectionError(.malformed) }
        return try OpenPGPLibrary.collected(output)
    }
}

extension OpenPGPKeyHandle {
    /// Seconds since 1970.
    var creation: UInt32 { number(rnp_key_get_creation) ?? 0 }
    var isRevoked: Bool { flag(rnp_key_is_revoked) }
    var algorithm: String { text(rnp_key_get_alg) ?? "" }
    var bits: Int { Int(number(rnp_key_get_bits) ?? 0) }
}
