// SPDX-License-Identifier: Apache-2.0
//
// OpenPGP (RFC 9580, RFC 4880) in MIME (RFC 3156): keys of version 4, SEIPD version 1. A key of version 6 is told apart by
// its first packet alone, which librnp does not read.

import Foundation
package import WardKernel

/// Messages and keys in OpenPGP.
package enum OpenPGP {
    /// The message with its header (RFC 9788) and content encrypted to the key's holder, as `multipart/encrypted`. The bytes
    /// differ each time: they are made once for a message and kept.
    ///
    /// - Parameters:
    ///   - key: a public key as `publicKey` returns it.
    ///   - time: seconds since 1970; a key that has expired then is `unusableKey`.
    ///   - secret: signs inside the encryption (RFC 3156 section 6.2); nil: nobody signs.
    ///   - boundary: letters, digits and `-_.=`.
    ///   - contexts: hold the keys for the next message.
    package static func encrypted(
        _ message: [UInt8],
        to key: [UInt8],
        at time: Int64,
        signedBy secret: Sensitive<[UInt8]>? = nil,
        boundary: String,
        contexts: OpenPGPContexts = OpenPGPContexts()
    ) throws(MailProtectionError) -> [UInt8] {
        let header = try ProtectedHeader(of: message)
        let signer = secret?.expose(for: .evaluating) { $0 }
        let armored = try contexts.encrypted(header.payload, to: key, at: time, signedBy: signer)
        let structure = """
            MIME-Version: 1.0\r
            Content-Type: multipart/encrypted; protocol="application/pgp-encrypted";\r
             boundary="\(boundary)"\r
            \r
            --\(boundary)\r
            Content-Type: application/pgp-encrypted\r
            \r
            Version: 1\r
            \r
            --\(boundary)\r
            Content-Type: application/octet-stream; name="encrypted.asc"\r
            Content-Disposition: inline; filename="encrypted.asc"\r
            \r

            """
        return header.outer + Array(structure.utf8) + withLineEnds(armored) + Array("--\(boundary)--\r\n".utf8)
    }

    /// Encrypts a content to one public key, armored; with a secret key, signs it inside.
    package static func encrypted(
        _ content: [UInt8],
        to key: [UInt8],
        at time: Int64,
        signedBy secret: [UInt8]? = nil
    ) throws(MailProtectionError) -> [UInt8] {
        try OpenPGPContexts().encrypted(content, to: key, at: time, signedBy: secret)
    }

    /// A detached armored signature.
    package static func signature(
        over content: [UInt8],
        by secret: [UInt8],
        at time: Int64
    ) throws(MailProtectionError) -> [UInt8] {
        let library = try OpenPGPLibrary()
        library.setTime(time)
        try library.load(secret, isSecret: true)
        guard let signer = library.primaryFingerprints().first else { throw MailProtectionError(.unusableKey) }
        return try library.signature(over: content, by: signer)
    }

    /// Opens a message, armored or not, or a whole `multipart/encrypted`. Runs in the confined child for whatever came from
    /// outside.
    ///
    /// - Parameter known: public keys of possible signers.
    package static func opened(
        _ message: [UInt8],
        with secret: [UInt8],
        known: [[UInt8]] = [],
        at time: Int64
    ) throws(MailProtectionError) -> OpenPGPOpened {
        let library = try OpenPGPLibrary()
        library.setTime(time)
        try library.load(secret, isSecret: true)
        for key in known { try library.load(key) }
        if message.starts(with: Array("-----BEGIN PGP".utf8)) || message.first.map({ $0 & 0x80 != 0 }) == true {
            return try library.opened(message)
        }
        let whole = try MIMEParts(message)
        guard whole.mediaType == "multipart/encrypted" else { throw MailProtectionError(.malformed) }
        let parts = try whole.parts()
        guard parts.count == 2, try MIMEParts(parts[0]).mediaType == "application/pgp-encrypted" else {
            throw MailProtectionError(.malformed)
        }
        return try library.opened(try MIMEParts(parts[1]).decodedBody())
    }

    /// The fingerprints of those of the public keys that signed the content; throws `badSignature` where a signature is bad
    /// or made with none of the keys. Runs in the confined child for whatever came from outside.
    package static func signers(
        of signature: [UInt8],
        over content: [UInt8],
        known: [[UInt8]],
        at time: Int64
    ) throws(MailProtectionError) -> [String] {
        let found = try signatures(signature, over: content, known: known, at: time)
        let signers = found.compactMap(\.signer)
        guard signers.count == found.count else { throw MailProtectionError(.badSignature) }
        return signers
    }

    /// What each signature over the content is worth. Runs in the confined child for whatever came from outside.
    static func signatures(
        _ signature: [UInt8],
        over content: [UInt8],
        known: [[UInt8]],
        at time: Int64
    ) throws(MailProtectionError) -> [OpenPGPSignature] {
        let library = try OpenPGPLibrary()
        library.setTime(time)
        for key in known { try library.load(key) }
        return try library.signatures(signature, over: content)
    }

    /// The version in the first packet of a key, without a look at the rest; nil for what begins with no key packet
    /// (RFC 9580 sections 4.2 and 5.5.2).
    static func keyVersion(_ bytes: [UInt8]) -> UInt8? {
        guard let packets = dearmored(bytes), let first = packets.first, first & 0x80 != 0, packets.count >= 3 else {
            return nil
        }
        let isNew = first & 0x40 != 0
        let tag = isNew ? first & 0x3f : (first & 0x3c) >> 2
        guard tag == 6 || tag == 5 else { return nil }
        let lengthOctets: Int
        if isNew {
            switch packets[1] {
            case 0..<192, 224..<255: lengthOctets = 1
            case 192..<224: lengthOctets = 2
            default: lengthOctets = 5
            }
        } else {
            lengthOctets = [1, 2, 4, 0][Int(first & 3)]
        }
        return packets.count > 1 + lengthOctets ? packets[1 + lengthOctets] : nil
    }

    /// The octets inside an armor (RFC 9580 section 6), or the bytes themselves where there is none.
    private static func dearmored(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.starts(with: Array("-----BEGIN PGP".utf8)) else { return bytes }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        let content = lines.dropFirst().filter { !$0.contains(":") && !$0.hasPrefix("=") }
            .prefix { !$0.hasPrefix("-----END") }
        return Data(base64Encoded: content.joined(), options: .ignoreUnknownCharacters).map(Array.init)
    }

    /// Every line with CRLF, whatever the library wrote.
    private static func withLineEnds(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count + text.count / 32)
        var lines = text.split(separator: 0x0a, omittingEmptySubsequences: false)
        if lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
        for line in lines {
            result += line.last == 0x0d ? line.dropLast() : line
            result += lineEnd
        }
        return result
    }
}
