// SPDX-License-Identifier: Apache-2.0
//
// The local part of a mail address that names something of ours and that nobody else can make: 16 octets of identifier and the
// first 14 of HMAC-SHA-256 over them, in base 32 (RFC 4648 section 6, lower case: hosts on the way may change the case). 48
// characters leave 16 of the 64 that a local part may have (RFC 5321 section 4.5.3.1.1). 112 bits cannot be guessed over SMTP.

import Crypto

/// Keyed tokens for mail addresses.
package enum AddressToken {
    /// Octets of an identifier.
    package static let identifierOctets = 16
    private static let codeOctets = 14
    /// Characters of a token.
    package static let length = 48
    private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

    /// The token of an identifier of 16 octets under a key of the organization and the purpose.
    package static func text(_ identifier: [UInt8], key: [UInt8]) -> String {
        let octets = identifier + code(identifier, key)
        var text: [UInt8] = []
        var word = 0
        var bits = 0
        for octet in octets {
            word = word << 8 | Int(octet)
            bits += 8
            while bits >= 5 {
                bits -= 5
                text.append(alphabet[word >> bits & 31])
            }
            word &= 0xff
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// The identifier, when the token was made under this key; nil for anything else, compared in constant time.
    package static func identifier(_ text: some StringProtocol, key: [UInt8]) -> [UInt8]? {
        guard let octets = octets(text) else { return nil }
        let identifier = Array(octets.prefix(identifierOctets))
        let isOurs = Digest.isEqual(Array(octets.dropFirst(identifierOctets)), code(identifier, key))
        return isOurs ? identifier : nil
    }

    private static func code(_ identifier: [UInt8], _ key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: identifier, using: SymmetricKey(data: key)).prefix(codeOctets))
    }

    private static func octets(_ text: some StringProtocol) -> [UInt8]? {
        guard text.utf8.count == length else { return nil }
        var octets: [UInt8] = []
        var word = 0
        var bits = 0
        for character in text.lowercased().utf8 {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            word = word << 5 | value
            bits += 5
            if bits >= 8 {
                bits -= 8
                octets.append(UInt8(word >> bits & 0xff))
                word &= 0xff
            }
        }
        return octets
    }
}
