// SPDX-License-Identifier: Apache-2.0
//
// What a mail that came in offers as keys of its sender. Runs in the confined child.
//
//     signed in S/MIME (RFC 8551)       the signer's certificate, where it names the address in From (RFC 8550 section 3)
//     Autocrypt (Level 1, section 2.1)  the key in the one valid header whose `addr` is the address in From
//
// A mail with no From or more than one address there offers nothing. Whether the mail comes from whom it says is not looked
// at here: a signature shows that the signer holds the key, a header shows nothing at all.

import Foundation
import WardCrypto

/// The keys that a mail offers.
package struct OfferedKeys: Sendable, Hashable, Codable {
    /// The one address in From, in lower case.
    package var sender: String
    /// The certificate that signed the mail.
    package var certificate: RecipientKey?
    /// Whether a path leads from a trusted authority to the certificate.
    package var isCertificateTrusted = false
    /// The issuer's certificate in DER, where it travelled with the signature.
    package var issuer: [UInt8]?
    /// The key of the Autocrypt header.
    package var autocrypt: RecipientKey?

    /// Whether there is nothing to keep.
    package var isEmpty: Bool { certificate == nil && autocrypt == nil }

    /// - Parameters:
    ///   - authorities: certificates in PEM, one behind the other; whoever they lead to is believed.
    ///   - time: seconds since 1970.
    init(in message: [UInt8], authorities: [UInt8], at time: Int64) throws(MailProtectionError) {
        let octets = try MessageOctets.reading(message)
        guard let sender = Self.sender(octets) else { throw MailProtectionError(.malformed) }
        self.sender = sender
        autocrypt = Self.autocrypt(octets, of: sender, at: time)
        // A signature that does not hold, or none, offers no certificate; the rest of the mail may offer a key.
        try? takeSigner(of: message, authorities: authorities, at: time)
    }

    private mutating func takeSigner(
        of message: [UInt8],
        authorities: [UInt8],
        at time: Int64
    ) throws {
        let found = try SMIME.verified(message)
        guard found.certificates.count == 1 else { return }
        let signer = try MailCertificate(found.certificates[0])
        guard signer.facts.addresses.contains(sender) else { return }
        let key = try RecipientKey.read(found.certificates[0], at: time)
        guard key.facts.problem == nil, (key.facts.validFrom...(key.facts.validUntil ?? .max)).contains(time) else {
            return
        }
        let links = try CryptographicMessage.certificates(in: try SMIME.signatureOctets(of: message))
        certificate = key
        issuer = try links.first { $0.facts != signer.facts && signer.isIssued(by: $0) }?.der()
        let trusted = Self.authorities(authorities)
        isCertificateTrusted = signer.isTrusted(by: trusted, through: links, for: sender, at: time)
        if issuer == nil { issuer = try trusted.first { signer.isIssued(by: $0) }?.der() }
    }

    /// The certificates of a PEM text; what cannot be read is left out.
    static func authorities(_ text: [UInt8]) -> [MailCertificate] {
        let end = "-----END CERTIFICATE-----"
        return String(decoding: text, as: UTF8.self).components(separatedBy: end).dropLast()
            .compactMap { try? MailCertificate(Array(($0 + end + "\n").utf8)) }
    }

    /// The one address of the one From; nil otherwise (RFC 5322 section 3.6.2).
    private static func sender(_ octets: MessageOctets) -> String? {
        let fields = octets.values(of: "from")
        guard fields.count == 1 else { return nil }
        var (bare, isQuoted, isEscaped) = ("", false, false)
        for character in fields[0] {
            if isEscaped { isEscaped = false; continue }
            switch character {
            case "\\": isEscaped = true
            case "\"": isQuoted.toggle()
            default: if !isQuoted { bare.append(character) }
            }
        }
        guard !isQuoted, !bare.contains(where: { ",;:()".contains($0) }) else { return nil }
        let pieces = bare.split(separator: "<", omittingEmptySubsequences: false)
        guard pieces.count <= 2, let last = pieces.last else { return nil }
        let inner = pieces.count == 2 ? last.prefix { $0 != ">" } : last
        let address = inner.trimmingCharacters(in: .whitespaces).lowercased()
        let sides = address.split(separator: "@", omittingEmptySubsequences: false)
        guard sides.count == 2, sides.allSatisfy({ !$0.isEmpty && !$0.contains(" ") }) else { return nil }
        return address
    }

    /// The key of the only valid header; nil where none or several are valid.
    private static func autocrypt(_ octets: MessageOctets, of sender: String, at time: Int64) -> RecipientKey? {
        let type = octets.values(of: "content-type").first?.lowercased() ?? ""
        guard !type.trimmingCharacters(in: .whitespaces).hasPrefix("multipart/report") else { return nil }
        let valid = octets.values(of: "autocrypt").prefix(8).compactMap { keyOctets(in: $0, of: sender) }
        guard valid.count == 1, let key = try? RecipientKey.read(valid[0], at: time) else { return nil }
        return key.facts.kind == .openPGP && key.facts.problem == nil ? key : nil
    }

    /// The key in a header; nil where it is not valid: another address, an attribute that may not be skipped, no base64.
    private static func keyOctets(in value: String, of sender: String) -> [UInt8]? {
        guard value.utf8.count <= 128 << 10 else { return nil }
        var attributes: [String: String] = [:]
        for piece in value.split(separator: ";") {
            let sides = piece.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
            if piece.allSatisfy(\.isWhitespace) { continue }
            guard sides.count == 2, attributes.updateValue(sides[1], forKey: sides[0].lowercased()) == nil else {
                return nil
            }
        }
        let known: Set = ["addr", "prefer-encrypt", "keydata"]
        guard attributes.keys.allSatisfy({ known.contains($0) || $0.hasPrefix("_") }),
            attributes["addr"]?.lowercased() == sender, let text = attributes["keydata"],
            let key = Data(base64Encoded: text.filter { !$0.isWhitespace }), !key.isEmpty
        else { return nil }
        return Array(key)
    }
}

extension MessageOctets {
    /// The values of all fields of a name (lower case), unfolded.
    func values(of name: String) -> [String] {
        fields.filter { $0.name == name }.map { field in
            String(decoding: bytes[field.valueStart..<field.range.upperBound], as: UTF8.self)
                .replacingOccurrences(of: "\r\n", with: "")
        }
    }
}
