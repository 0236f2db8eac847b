// SPDX-License-Identifier: Apache-2.0
//
// MTA-STS: a domain says over HTTPS which hosts take its mail and that they must prove their names (RFC 8461).
//
// - The TXT record `_mta-sts.DOMAIN` announces a policy and its identifier (section 3.1); the text itself comes from
//   `https://mta-sts.DOMAIN/.well-known/mta-sts.txt` (section 3.2).
// - A policy holds for `max_age` seconds, whatever becomes of record and web server meanwhile: who can block both cannot take
//   a known policy away (section 5.1).
// - Only `enforce` keeps a host from getting mail; `testing` asks for reports alone.

/// A policy as it was published.
package struct MTASTSPolicy: Sendable, Hashable {
    package enum Mode: String, Sendable, Hashable, CaseIterable {
        case enforce, testing, none
    }

    /// A year, the most that a policy may ask for (RFC 8461 section 3.2).
    package static let longestAge = 31_557_600
    /// A longer text is no policy (RFC 8461 section 3.3 advises 64 KiB).
    package static let longestText = 65_536

    package let mode: Mode
    /// Seconds, 0 to `longestAge`.
    package let maxAge: Int
    /// Host names in lower case; a leading `*.` stands for one label. Empty only under `none`.
    package let patterns: [String]

    /// Reads the text of a policy (RFC 8461 section 3.2): lines `key: value`; the first of a key counts, `mx` adds up, what is
    /// unknown is passed over.
    package init(_ text: some Collection<UInt8>) throws(MTASTSProblem) {
        guard text.count <= Self.longestText else { throw .tooLong }
        var fields: [String: String] = [:]
        var patterns: [String] = []
        let whole = String(decoding: text, as: UTF8.self)
        for line in whole.split(whereSeparator: { $0 == "\n" || $0 == "\r\n" }) {
            guard let colon = line.firstIndex(of: ":") else { throw .malformed }
            let key = line[..<colon].trimmed.lowercased()
            let value = line[line.index(after: colon)...].trimmed
            if key == "mx" {
                patterns.append(try Self.pattern(value))
            } else if fields[key] == nil {
                fields[key] = value
            }
        }
        guard fields["version"] == "STSv1" else { throw .malformed }
        guard let mode = fields["mode"].flatMap(Mode.init(rawValue:)) else { throw .malformed }
        guard let age = fields["max_age"], (1...10).contains(age.utf8.count),
            age.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let seconds = Int(age), seconds <= Self.longestAge
        else { throw .malformed }
        guard mode == .none || !patterns.isEmpty else { throw .malformed }
        self.mode = mode
        maxAge = seconds
        self.patterns = patterns
    }

    /// Whether a host may take the domain's mail (RFC 8461 section 4.1).
    package func allows(_ host: String) -> Bool {
        let host = Self.withoutFinalDot(host.lowercased())
        return patterns.contains { pattern in
            guard pattern.hasPrefix("*.") else { return pattern == host }
            guard let dot = host.firstIndex(of: "."), dot != host.startIndex else { return false }
            return host[dot...] == pattern.dropFirst()
        }
    }

    /// The text to publish for it.
    package var text: String {
        (["version: STSv1", "mode: \(mode.rawValue)"] + patterns.map { "mx: \($0)" } + ["max_age: \(maxAge)"])
            .map { $0 + "\r\n" }.joined()
    }

    private static func pattern(_ value: String) throws(MTASTSProblem) -> String {
        let name = withoutFinalDot(value.lowercased())
        let labels = (name.hasPrefix("*.") ? name.dropFirst(2) : name[...])
            .split(separator: ".", omittingEmptySubsequences: false)
        let isName = labels.allSatisfy { label in
            (1...63).contains(label.utf8.count)
                && label.utf8.allSatisfy {
                    (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d || $0 == 0x5f
                }
        }
        guard isName, name.utf8.count <= 255 else { throw .malformed }
        return name
    }

    private static func withoutFinalDot(_ text: String) -> String {
        text.hasSuffix(".") ? String(text.dropLast()) : text
    }
}

/// Why there is no policy to be had; the words are those of RFC 8460 section 4.3.2 where it has one.
package enum MTASTSProblem: Error, Hashable, Sendable {
    /// The text breaks RFC 8461 section 3.2.
    case malformed
    case tooLong
    /// The web server could not be reached, or did not finish within the time.
    case unreachable
    /// It did not prove its name.
    case untrusted(TrustProblem)
    /// It answered with something other than 200; a redirection is one (RFC 8461 section 3.3).
    case status(Int)
    /// It is not `text/plain`.
    case contentType
    /// Its addresses are those of a private network: a stranger's record must not lead there.
    case privateAddress
    /// The look-up of its addresses had no answer.
    case dns

    /// A safe word for records and counts.
    package var word: String {
        switch self {
        case .malformed, .tooLong, .contentType: "sts_policy_invalid"
        case .unreachable, .status, .privateAddress, .dns: "sts_policy_fetch_error"
        case .untrusted: "sts_webpki_invalid"
        }
    }
}

/// The TXT record that announces a policy.
package enum MTASTSRecord {
    /// The identifier in the one record among `texts` that is of this kind; nil without one, with several, or where it cannot
    /// be read (RFC 8461 section 3.1).
    package static func identifier(in texts: [String]) -> String? {
        let records = texts.filter { $0.hasPrefix("v=STSv1") && ["", ";", " "].contains($0.dropFirst(7).prefix(1)) }
        guard records.count == 1 else { return nil }
        for field in records[0].split(separator: ";").dropFirst() {
            let parts = field.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].trimmed == "id" else { continue }
            let value = parts[1].trimmed
            let isPlain = value.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
            }
            return isPlain && (1...32).contains(value.utf8.count) ? value : nil
        }
        return nil
    }
}

extension Substring {
    /// Without spaces and tabs at either end.
    fileprivate var trimmed: String {
        var rest = self[...]
        while let last = rest.last, last == " " || last == "\t" { rest = rest.dropLast() }
        return String(rest.drop { $0 == " " || $0 == "\t" })
    }
}
