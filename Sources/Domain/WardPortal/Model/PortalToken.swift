// SPDX-License-Identifier: Apache-2.0
//
// The secret part of a link or of a visit.
//
//     token = base64url( organization (16 octets) || random (16 octets) )        43 characters, RFC 4648 section 5, no padding
//     kept  = SHA-256( "ward.portal." kind || 0x00 || organization || random )
//
// - 128 random bits: not guessable, so that the hash needs neither salt nor slowness.
// - Only the hash is stored: whoever reads the database cannot follow a link.
// - The kind is part of the hash: a link's token is never a visit's.
// - The organization stands in front, so that a patient's address needs no other name and no look-up crosses organizations.

import WardCrypto
package import WardKernel

/// What a token is good for: one thing only.
package enum PortalTokenKind: String, Sendable, CaseIterable {
    case link, visit
}

/// A token as it travels in a link or a cookie; it does not print.
package struct PortalToken: Hashable, Sendable {
    package let organization: OrganizationID
    private let random: [UInt8]

    /// Makes a new token with 128 random bits.
    package init(for organization: OrganizationID, surroundings: Surroundings) {
        self.organization = organization
        random = surroundings.randomBytes(16)
    }

    /// Reads a token; nil for anything that is not exactly one.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 43, let bytes = Base64URL.decoded(text), bytes.count == 32,
            let organization = OrganizationID(bytes: bytes[..<16])
        else { return nil }
        self.organization = organization
        random = Array(bytes[16...])
    }

    /// The token in text, for the link or cookie that carries it and for nothing else.
    package var secretText: String { Base64URL.encoded(organization.bytes + random) }

    /// The form that is stored and looked up.
    package func hash(as kind: PortalTokenKind) -> [UInt8] {
        Digest.sha256(Array("ward.portal.\(kind.rawValue)".utf8) + [0] + organization.bytes + random)
    }
}

extension PortalToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹token›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Base64 with the URL-safe alphabet and without padding (RFC 4648 section 5).
enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func encoded(_ bytes: [UInt8]) -> String {
        var result: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0...group.count {
                result.append(alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)])
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Nil unless the text is the one encoding of its bytes: characters of the alphabet, unused bits zero.
    static func decoded(_ text: some StringProtocol) -> [UInt8]? {
        var bits: UInt32 = 0
        var count = 0
        var result: [UInt8] = []
        for character in text.utf8 {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            bits = (bits << 6 | UInt32(value)) & 0xffff
            count += 6
            if count >= 8 {
                count -= 8
                result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        guard count < 6, bits & ((1 << UInt32(count)) - 1) == 0 else { return nil }
        return result
    }
}
