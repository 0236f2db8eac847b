// SPDX-License-Identifier: Apache-2.0
//
// DMARC (RFC 9989, which replaces RFC 7489). Organizational domains are found by walking up the tree (section 4.10), not by a list of
// public suffixes: at most eight questions for one domain.

import WardDNS

/// What a domain asks receivers to do with mail that fails (RFC 9989 section 4.7, tag p).
package enum DMARCPolicy: String, Sendable, Hashable, Codable, CaseIterable {
    case none, quarantine, reject

    /// What is done instead while a domain tests its policy (tag t).
    var relaxed: DMARCPolicy {
        switch self {
        case .none, .quarantine: .none
        case .reject: .quarantine
        }
    }
}

/// A record, read; unknown tags are ignored.
struct DMARCRecord: Hashable, Sendable {
    enum Boundary: String { case yes = "y", no = "n", unknown = "u" }

    var policy = DMARCPolicy.none
    var subdomainPolicy: DMARCPolicy?
    var nonexistentPolicy: DMARCPolicy?
    var isDKIMStrict = false
    var isSPFStrict = false
    var boundary = Boundary.unknown
    var isTest = false

    /// Nil when the text is no record (section 4.7): it begins with `v=DMARC1`.
    init?(_ text: String) {
        var tags: [(name: String, value: String)] = []
        for piece in text.split(separator: ";") {
            let sides = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard sides.count == 2 else { continue }
            tags.append((Self.trimmed(sides[0]).lowercased(), Self.trimmed(sides[1])))
        }
        guard let first = tags.first, first.name == "v", first.value == "DMARC1" else { return nil }
        for (name, value) in tags.dropFirst() {
            let word = value.lowercased()
            switch name {
            // A policy that cannot be read counts as none (section 4.7).
            case "p": policy = DMARCPolicy(rawValue: word) ?? .none
            case "sp": subdomainPolicy = DMARCPolicy(rawValue: word)
            case "np": nonexistentPolicy = DMARCPolicy(rawValue: word)
            case "adkim": isDKIMStrict = word == "s"
            case "aspf": isSPFStrict = word == "s"
            case "psd": boundary = Boundary(rawValue: word) ?? .unknown
            case "t": isTest = word == "y"
            default: continue
            }
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}

/// What was found for a domain.
enum DMARCSearch<Value: Sendable>: Sendable {
    case found(Value)
    /// The DNS did not answer: nobody knows.
    case unknown
}

/// The walk up the tree.
struct DMARCTree: Sendable {
    /// Labels from which on the walk begins lower (RFC 9989 section 4.10).
    static let longest = 8
    let resolver: any Resolver

    /// The record at exactly this domain.
    func record(at domain: String) async -> DMARCSearch<DMARCRecord?> {
        switch await resolver.texts(of: "_dmarc." + domain) {
        case .found(let texts, _):
            let records = texts.compactMap { DMARCRecord($0) }
            // Several records are as good as none (section 4.7).
            return .found(records.count == 1 ? records[0] : nil)
        case .noData, .noSuchDomain: return .found(nil)
        case .temporaryFailure, .bogus: return .unknown
        }
    }

    /// The domain and those above it that are asked, lowest first.
    static func names(from domain: String) -> [String] {
        let labels = domain.split(separator: ".")
        guard !labels.isEmpty else { return [] }
        var names = [domain]
        var start = labels.count > longest ? labels.count - (longest - 1) : 1
        while start < labels.count {
            names.append(labels[start...].joined(separator: "."))
            start += 1
        }
        return names
    }

    /// The organizational domain, and the records met on the way.
    func walk(from domain: String) async -> DMARCSearch<(organization: String, records: [(String, DMARCRecord)])> {
        var records: [(String, DMARCRecord)] = []
        for name in Self.names(from: domain) {
            switch await record(at: name) {
            case .unknown: return .unknown
            case .found(nil): continue
            case .found(let record?):
                records.append((name, record))
                if record.boundary == .no { return .found((name, records)) }
                // The domain itself may be a public suffix: then it is its own.
                if record.boundary == .yes, name != domain {
                    return .found((Self.child(of: name, above: domain), records))
                }
            }
        }
        // The one with the fewest labels that has a record; without any the domain stands for itself.
        return .found((records.last?.0 ?? domain, records))
    }

    /// The name one label below a public suffix on the way to the domain.
    private static func child(of suffix: String, above domain: String) -> String {
        let labels = domain.split(separator: ".")
        let count = suffix.split(separator: ".").count + 1
        return labels.suffix(count).joined(separator: ".")
    }
}

extension DMARCRecord {
    /// The policy for mail from `domain` by a record found at `place`.
    func policy(for domain: String, at place: String, exists: Bool) -> DMARCPolicy {
        let asked =
            if domain == place {
                policy
            } else if !exists {
                nonexistentPolicy ?? subdomainPolicy ?? policy
            } else {
                subdomainPolicy ?? policy
            }
        return isTest ? asked.relaxed : asked
    }
}
