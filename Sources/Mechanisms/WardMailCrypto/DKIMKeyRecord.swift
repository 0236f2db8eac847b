// SPDX-License-Identifier: Apache-2.0
//
// The TXT record at `<selector>._domainkey.<domain>` (RFC 6376 section 3.6.1, RFC 8463 section 4):
// `v=DKIM1; k=rsa | ed25519; p=<base64>`.

import Foundation

/// A key record.
package struct DKIMKeyRecord: Sendable, Hashable {
    package var keyType: String
    /// p=, empty for a revoked key.
    package var publicKey: [UInt8]
    /// h=: hash algorithms; nil: all.
    var hashes: [String]?
    /// s=: services; nil: all.
    var services: [String]?
    /// t=: `y` the domain is testing, `s` i= has to be d= itself.
    var flags: [String]

    /// The record of one of our keys.
    package init(_ algorithm: DKIMAlgorithm, publicKey: [UInt8]) {
        keyType = algorithm.keyType
        self.publicKey = publicKey
        flags = []
    }

    /// Reads a record; nil when it is not one.
    package init?(_ text: String) {
        guard let tags = TagList(text.utf8), let key = tags.compact("p") else { return nil }
        if let version = tags["v"] {
            guard version == "DKIM1", tags.names.first == "v" else { return nil }
        }
        guard let octets = Data(base64Encoded: key) else { return nil }
        keyType = tags["k"] ?? "rsa"
        publicKey = Array(octets)
        hashes = tags.words("h")
        services = tags.words("s")
        flags = tags.words("t") ?? []
    }

    /// The record's text.
    package var text: String {
        "v=DKIM1; k=\(keyType); p=\(Data(publicKey).base64EncodedString())"
    }

    /// The text as the strings of one TXT record: each holds at most 255 octets (RFC 1035 section 3.3.14).
    package static func strings(_ text: String) -> [String] {
        var strings: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            strings.append(String(rest.prefix(255)))
            rest = rest.dropFirst(255)
        }
        return strings
    }

    /// Where the record stands.
    package static func name(selector: String, domain: String) -> String { "\(selector)._domainkey.\(domain)" }
}
