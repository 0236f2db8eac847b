// SPDX-License-Identifier: Apache-2.0
//
// OpenPGP keys of our own: version 4 (RFC 9580 section 5.5.2.2; what every program reads), Ed25519 to sign and a subkey of
// Curve25519 to encrypt, one user identifier, an end. What others are given is that and nothing more.

import CRNP
import Foundation
package import WardKernel

/// Both halves of a key in OpenPGP's binary form.
package struct OpenPGPKeyPair: Sendable, Hashable {
    package let secret: Sensitive<[UInt8]>
    package let publicKey: [UInt8]
}

extension OpenPGP {
    /// Makes a key.
    ///
    /// - Parameters:
    ///   - userIdentifier: such as `<clinic@lakeside.example>`.
    ///   - time: seconds since 1970.
    ///   - lifetime: seconds until it ends.
    package static func makeKey(
        for userIdentifier: String,
        at time: Int64,
        lifetime: UInt32
    ) throws(MailProtectionError) -> OpenPGPKeyPair {
        let library = try OpenPGPLibrary()
        library.setTime(time)
        let fingerprint = try library.makeKey(for: userIdentifier, lifetime: lifetime)
        guard let key = library.key(fingerprint) else { throw MailProtectionError(.unavailable) }
        return OpenPGPKeyPair(secret: Sensitive(try key.exportedSecret()), publicKey: try key.exported())
    }

    /// A public key as text for people and programs (RFC 9580 section 6).
    package static func armored(_ publicKey: [UInt8]) throws(MailProtectionError) -> [UInt8] {
        let input = try OpenPGPLibrary.input(publicKey)
        defer { rnp_input_destroy(input) }
        let output = try OpenPGPLibrary.output()
        defer { rnp_output_destroy(output) }
        guard rnp_enarmor(input, output, "public key") == RNP_SUCCESS else { throw MailProtectionError(.malformed) }
        return try OpenPGPLibrary.collected(output)
    }

    /// The value of an Autocrypt header (Level 1, section 2.1) for a key and the address in From, with spaces where it may
    /// be folded. It says nothing about whether encryption is preferred.
    package static func autocrypt(_ publicKey: [UInt8], of address: String) -> String {
        let text = Array(Data(publicKey).base64EncodedString())
        let lines = stride(from: 0, to: text.count, by: 72).map { String(text[$0..<min($0 + 72, text.count)]) }
        return "addr=\(address); keydata= " + lines.joined(separator: " ")
    }
}

extension OpenPGPLibrary {
    /// The new key's fingerprint.
    fileprivate func makeKey(for userIdentifier: String, lifetime: UInt32) throws(MailProtectionError) -> String {
        var making: OpaquePointer?
        guard rnp_op_generate_create(&making, context, "EDDSA") == RNP_SUCCESS, let making else {
            throw MailProtectionError(.unavailable)
        }
        defer { rnp_op_generate_destroy(making) }
        var made: OpaquePointer?
        guard rnp_op_generate_set_userid(making, userIdentifier) == RNP_SUCCESS,
            rnp_op_generate_set_hash(making, "SHA256") == RNP_SUCCESS,
            rnp_op_generate_set_expiration(making, lifetime) == RNP_SUCCESS,
            rnp_op_generate_add_usage(making, "sign") == RNP_SUCCESS,
            rnp_op_generate_execute(making) == RNP_SUCCESS,
            rnp_op_generate_get_key(making, &made) == RNP_SUCCESS, let made
        else { throw MailProtectionError(.unavailable) }
        let key = OpenPGPKeyHandle(made)
        var adding: OpaquePointer?
        guard rnp_op_generate_subkey_create(&adding, context, key.handle, "ECDH") == RNP_SUCCESS, let adding else {
            throw MailProtectionError(.unavailable)
        }
        defer { rnp_op_generate_destroy(adding) }
        guard rnp_op_generate_set_curve(adding, "Curve25519") == RNP_SUCCESS,
            rnp_op_generate_set_hash(adding, "SHA256") == RNP_SUCCESS,
            rnp_op_generate_set_expiration(adding, lifetime) == RNP_SUCCESS,
            rnp_op_generate_add_usage(adding, "encrypt") == RNP_SUCCESS,
            rnp_op_generate_execute(adding) == RNP_SUCCESS,
            let fingerprint = key.text(rnp_key_get_fprint)
        else { throw MailProtectionError(.unavailable) }
        return fingerprint
    }
}

extension OpenPGPKeyHandle {
    /// Both halves in OpenPGP's binary form, with the subkeys, without a passphrase: for sealing.
    fileprivate func exportedSecret() throws(MailProtectionError) -> [UInt8] {
        let output = try OpenPGPLibrary.output()
        defer { rnp_output_destroy(output) }
        let flags = UInt32(RNP_KEY_EXPORT_SECRET | RNP_KEY_EXPORT_SUBKEYS)
        guard rnp_key_export(handle, output, flags) == RNP_SUCCESS else { throw MailProtectionError(.malformed) }
        return try OpenPGPLibrary.collected(output)
    }
}
