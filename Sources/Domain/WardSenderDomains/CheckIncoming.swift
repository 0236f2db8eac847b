// SPDX-License-Identifier: Apache-2.0
//
// The records that protect mail to the domain itself, answers and bounces: MTA-STS (RFC 8461) and TLS reports (RFC 8460).
// They are advice, never a fault: a domain without them loses nothing that it has.

import Crypto
import WardDNS
import WardTrust

extension RecordCheck {
    /// How long others keep the policy: long enough to matter, short enough to be changed (RFC 8461 section 3.2 has weeks).
    private static let policyAge = 604_800

    /// The records, and the policy to serve; nothing for a domain that takes no mail.
    func incoming(_ domain: String) async -> (records: [DomainRecord], policy: String?) {
        guard case .found(let exchangers, _) = await resolver.mailExchangers(of: domain) else { return ([], nil) }
        let hosts = exchangers.sorted { ($0.preference, $0.host) < ($1.preference, $1.host) }.map(\.host)
            .filter { !$0.isEmpty }
        guard !hosts.isEmpty else { return ([], nil) }
        let lines =
            ["version: STSv1", "mode: enforce"] + hosts.map { "mx: \($0)" } + ["max_age: \(Self.policyAge)"]
        let policy = lines.map { $0 + "\n" }.joined()
        async let sts = mtaSTS(domain, hosts, policy)
        async let reports = tlsReports(domain)
        return ([await sts, await reports], policy)
    }

    /// The identifier follows from the policy, so that it changes when the policy does.
    static func identifier(of policy: String) -> String {
        SHA256.hash(data: Array(policy.utf8)).prefix(10).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    private func mtaSTS(_ domain: String, _ hosts: [String], _ policy: String) async -> DomainRecord {
        let name = "_mta-sts.\(domain)"
        var record = DomainRecord(
            purpose: .mtaSTS,
            name: name,
            text: "v=STSv1; id=\(Self.identifier(of: policy))",
            standing: .advice(.policyMissing)
        )
        let texts: [String]
        switch await resolver.texts(of: name) {
        case .noSuchDomain, .noData: return record
        case .temporaryFailure(let failure):
            record.standing = .unknown(failure.rawValue)
            return record
        case .bogus:
            record.standing = .unknown(DNSFailure.bogus.rawValue)
            return record
        case .found(let found, _): texts = found.filter { $0.hasPrefix("v=STSv1") }
        }
        if texts.isEmpty { return record }
        guard texts.count == 1 else {
            record.standing = .wrong(.severalPolicies)
            return record
        }
        guard MTASTSRecord.identifier(in: texts) != nil else {
            record.standing = .wrong(.identifierUnreadable)
            return record
        }
        record.text = texts[0]
        record.standing = await standing(ofPolicyOf: domain, hosts)
        return record
    }

    private func standing(ofPolicyOf domain: String, _ hosts: [String]) async -> RecordStanding {
        guard let policies else { return .good }
        switch await policies.policy(of: domain) {
        case .failure: return .wrong(.policyNotFetched)
        case .success(let served) where served.mode == .none: return .advice(.policyOnlyTested)
        case .success(let served):
            guard hosts.allSatisfy(served.allows) else { return .wrong(.policyLacksHost) }
            return served.mode == .enforce ? .good : .advice(.policyOnlyTested)
        }
    }

    private func tlsReports(_ domain: String) async -> DomainRecord {
        var record = DomainRecord(
            purpose: .tlsReports,
            name: "_smtp._tls.\(domain)",
            text: "v=TLSRPTv1; rua=mailto:\(SenderDomains.transportReports)@\(domain)",
            standing: .advice(.reportsMissing)
        )
        switch await resolver.texts(of: record.name) {
        case .noSuchDomain, .noData: return record
        case .temporaryFailure(let failure): record.standing = .unknown(failure.rawValue)
        case .bogus: record.standing = .unknown(DNSFailure.bogus.rawValue)
        case .found(let texts, _):
            let policies = texts.filter { $0.hasPrefix("v=TLSRPTv1") }
            guard let policy = policies.first else { return record }
            guard policies.count == 1 else {
                record.standing = .wrong(.severalPolicies)
                return record
            }
            record.text = policy
            record.standing = Self.namesAddress(policy) ? .good : .wrong(.reportsUnreadable)
        }
        return record
    }

    /// Whether `rua` has a `mailto:` or `https:` address (RFC 8460 section 3).
    private static func namesAddress(_ policy: String) -> Bool {
        policy.split(separator: ";").dropFirst().contains { field in
            let parts = field.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].filter({ !$0.isWhitespace }) == "rua" else { return false }
            let addresses = parts[1].split(separator: ",").map { $0.filter { !$0.isWhitespace }.lowercased() }
            return !addresses.isEmpty
                && addresses.allSatisfy { address in
                    address.hasPrefix("mailto:") && address.contains("@") || address.hasPrefix("https://")
                }
        }
    }
}
