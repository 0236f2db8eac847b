// SPDX-License-Identifier: Apache-2.0

/// An SPF record (RFC 7208 section 4.6): enough of it to see whether it names a server and how it ends. Networks and includes
/// are not evaluated here.
struct SPFRecord {
    let terms: [String]

    /// Nil when the text is no SPF record.
    init?(_ text: String) {
        let words = text.split(separator: " ").map(String.init)
        guard words.first?.lowercased() == "v=spf1" else { return nil }
        terms = Array(words.dropFirst())
    }

    /// Whether a mechanism names the host itself.
    func names(_ host: String, domain: String) -> Bool {
        terms.contains { term in
            let plain = (term.first.map { "+".contains($0) } ?? false ? String(term.dropFirst()) : term).lowercased()
            return plain == "a:\(host)" || plain.hasPrefix("a:\(host)/") || (plain == "a" && host == domain)
        }
    }

    /// The last word: `+all`, `?all`, `~all`, `-all` or a redirect; nil when there is none.
    var end: String? {
        terms.map { $0.lowercased() }.first { term in
            term == "all" || ["+all", "?all", "~all", "-all"].contains(term) || term.hasPrefix("redirect=")
        }
    }

    /// The same record naming the host as well.
    func adding(_ host: String) -> String {
        (["v=spf1", "a:\(host)"] + terms).joined(separator: " ")
    }
}
