// SPDX-License-Identifier: Apache-2.0
//
// C2SP signed-note with Ed25519 (RFC 8032):
//
//     <text: lines, each ended by a line feed>
//     <empty line>
//     — <key name> <base64(key ID (4 octets) || signature (64 octets))>
//
// The signature is over the text with its last line feed, without the empty line. The key ID is the first four octets of
// SHA-256(key name || 0x0A || 0x01 || public key). The verifier key is written
// `<key name>+<key ID in hexadecimal>+<base64(0x01 || public key)>`.
// A note that breaks any rule is refused; signatures by other keys are passed over.

import Crypto
import Foundation

/// The public half of a note's key.
package struct NoteVerifier: Sendable, Hashable {
    package let name: String
    private let publicKey: [UInt8]

    /// Nil when the name is empty or holds a space or `+`, or the key is not 32 octets of Ed25519.
    package init?(name: String, publicKey: [UInt8]) {
        guard !name.isEmpty, !name.contains(where: { $0.isWhitespace || $0 == "+" }), publicKey.count == 32 else {
            return nil
        }
        self.name = name
        self.publicKey = publicKey
    }

    /// The same key under another name; nil when that is no name.
    package func named(_ other: String) -> NoteVerifier? { NoteVerifier(name: other, publicKey: publicKey) }

    /// Reads the verifier key's text; nil when it is not one or its key ID does not fit.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let key = Data(base64Encoded: String(parts[2])), key.count == 33, key.first == 1 else {
            return nil
        }
        self.init(name: String(parts[0]), publicKey: Array(key.dropFirst()))
        guard Digest.hexadecimal(keyID) == parts[1] else { return nil }
    }

    /// The verifier key in its text form.
    package var text: String {
        "\(name)+\(Digest.hexadecimal(keyID))+\(Data([1] + publicKey).base64EncodedString())"
    }

    var keyID: [UInt8] {
        Array(Digest.sha256(Array(name.utf8) + [0x0a, 0x01] + publicKey).prefix(4))
    }

    /// The text of a note that this key signed; throws `malformed` or `badSignature`.
    package func open(_ note: String) throws(CryptoError) -> String {
        guard let split = note.range(of: "\n\n", options: .backwards), note.hasSuffix("\n") else {
            throw CryptoError(.malformed)
        }
        let text = String(note[..<split.lowerBound]) + "\n"
        for line in note[split.upperBound...].split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard parts.count == 3, parts[0] == "—", let blob = Data(base64Encoded: String(parts[2])), blob.count >= 5
            else { throw CryptoError(.malformed) }
            guard parts[1] == name, Array(blob.prefix(4)) == keyID else { continue }
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey),
                key.isValidSignature(blob.dropFirst(4), for: Data(text.utf8))
            else { throw CryptoError(.badSignature) }
            return text
        }
        throw CryptoError(.badSignature)
    }
}

/// The secret half of a note's key.
package struct NoteSigner: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    package let verifier: NoteVerifier

    /// - Parameter seed: the 32 octets of an Ed25519 secret key (RFC 8032).
    package init(name: String, seed: [UInt8]) throws(CryptoError) {
        do {
            key = try Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        } catch {
            throw CryptoError(.wrongKeySize)
        }
        guard let verifier = NoteVerifier(name: name, publicKey: Array(key.publicKey.rawRepresentation)) else {
            throw CryptoError(.malformed)
        }
        self.verifier = verifier
    }

    /// The note: text, which ends with a line feed, and signature.
    package func sign(_ text: String) throws(CryptoError) -> String {
        guard text.hasSuffix("\n"), let signature = try? key.signature(for: Data(text.utf8)) else {
            throw CryptoError(.malformed)
        }
        let blob = Data(verifier.keyID) + signature
        return "\(text)\n— \(verifier.name) \(blob.base64EncodedString())\n"
    }
}
