// SPDX-License-Identifier: Apache-2.0
//
// RFC 9525 section 6: the names of a server are its dNSName subject alternative names. The common name is not looked at.
// A wildcard is the whole left-most label and stands for exactly one label.

import SwiftASN1
import X509

struct ServerNames {
    private let names: [String]

    init(_ certificate: Certificate) {
        // A certificate whose alternative names cannot be read has none: the answer is a name mismatch.
        let extensions = try? certificate.extensions.subjectAlternativeNames
        names = (extensions.map(Array.init) ?? []).compactMap { name in
            if case .dnsName(let text) = name { text.lowercased() } else { nil }
        }
    }

    /// At most ten, printable only: for evidence.
    var shown: [String] {
        names.prefix(10).map { name in
            String(name.prefix(253).filter { $0.isASCII && !$0.isWhitespace && $0 > "\u{20}" })
        }
    }

    func include(_ host: String) -> Bool {
        let host = Self.withoutFinalDot(host.lowercased())
        return names.contains { Self.matches(Self.withoutFinalDot($0), host) }
    }

    private static func matches(_ pattern: String, _ host: String) -> Bool {
        guard isPlain(pattern), isPlain(host), !host.contains("*") else { return false }
        if !pattern.contains("*") { return pattern == host }
        let labels = pattern.split(separator: ".", omittingEmptySubsequences: false)
        let hostLabels = host.split(separator: ".", omittingEmptySubsequences: false)
        return labels.count >= 3 && labels.count == hostLabels.count && labels[0] == "*"
            && !hostLabels[0].isEmpty && labels.dropFirst() == hostLabels.dropFirst()
            && !labels.dropFirst().contains { $0.contains("*") }
    }

    /// Letters, digits, hyphen, underscore, dot and asterisk: a NUL or a space inside a name matches nothing.
    private static func isPlain(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                switch $0 {
                case 0x30...0x39, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x2a: true
                default: false
                }
            }
    }

    private static func withoutFinalDot(_ text: String) -> String {
        text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}
