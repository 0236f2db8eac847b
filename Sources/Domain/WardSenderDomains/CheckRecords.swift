// SPDX-License-Identifier: Apache-2.0

package import WardDNS
package import WardKernel
import WardMailCrypto
import WardStorage
package import WardTrust

extension SenderDomains {
    /// The records to publish for the organization's sender domain, each looked up now.
    package func report(by requester: Requester) async throws -> DomainReport {
        try require(requester)
        let organization = requester.organization
        let (domain, keys) = try await store.read { [self] tx -> (String, [SigningKey]) in
            (try self.domain(of: organization, in: tx), try SigningKeyQueries.all(of: organization, in: tx))
        }
        return await RecordCheck(
            resolver: resolver,
            policies: policies,
            mailHostName: mailHostName,
            now: surroundings.now()
        ).report(domain, keys: keys)
    }

    func standing(of key: SigningKey) async -> RecordStanding {
        await RecordCheck(resolver: resolver, mailHostName: mailHostName, now: surroundings.now()).standing(of: key)
    }
}

/// Looks a sender domain's records up and compares them with what they should be.
package struct RecordCheck: Sendable {
    private static let longestWalk = 8
    let resolver: any Resolver
    let policies: (any PolicySource)?
    private let mailHostName: String
    private let now: Timestamp

    /// - Parameter policies: fetches the domain's own MTA-STS policy; nil: it is not looked at.
    package init(
        resolver: any Resolver,
        policies: (any PolicySource)? = nil,
        mailHostName: String,
        now: Timestamp
    ) {
        self.resolver = resolver
        self.policies = policies
        self.mailHostName = mailHostName.lowercased()
        self.now = now
    }

    /// All look-ups at the same time; each ends within the resolver's time limit.
    package func report(_ domain: String, keys: [SigningKey]) async -> DomainReport {
        let listed = keys.filter { key in
            key.domain == domain && (key.state != .retired || key.activatedAt != nil)
        }
        let dkim = await withTaskGroup(of: (Int, DomainRecord?).self) { group in
            for (position, key) in listed.enumerated() {
                group.addTask { (position, await record(of: key)) }
            }
            var found: [Int: DomainRecord] = [:]
            for await (position, record) in group { found[position] = record }
            return found.sorted { $0.key < $1.key }.map(\.value)
        }
        async let spf = spf(domain)
        async let dmarc = dmarc(domain)
        async let incoming = incoming(domain)
        let (protection, policy) = await incoming
        return DomainReport(
            domain: domain,
            mailHostName: mailHostName,
            keys: keys,
            records: dkim + [await spf, await dmarc] + protection,
            lookedAt: now,
            policyText: policy
        )
    }

    /// Whether the DNS holds the key's record and no other.
    package func standing(of key: SigningKey) async -> RecordStanding {
        switch await resolver.texts(of: key.recordName) {
        case .noSuchDomain, .noData: return .missing
        case .temporaryFailure(let failure): return .unknown(failure.rawValue)
        case .bogus: return .unknown(DNSFailure.bogus.rawValue)
        case .found(let texts, _):
            guard texts.count == 1, let text = texts.first else { return .wrong(.severalKeys) }
            guard let record = DKIMKeyRecord(text) else { return .wrong(.keyUnreadable) }
            let isSame = record.publicKey == key.publicKey && record.keyType == key.algorithm.keyType
            return isSame ? .good : .wrong(.keyDiffers)
        }
    }

    /// Nil for a retired key whose record is gone, as it should be.
    private func record(of key: SigningKey) async -> DomainRecord? {
        var standing = await standing(of: key)
        if key.state == .retired {
            let isNeeded = key.recordNeededUntil.map { now < $0 } ?? false
            switch standing {
            case .good: standing = isNeeded ? .advice(.stillNeeded) : .removable
            case .missing where !isNeeded: return nil
            default: if !isNeeded { return nil }
            }
        }
        return DomainRecord(purpose: .dkim(key), name: key.recordName, text: key.recordText, standing: standing)
    }

    private func spf(_ domain: String) async -> DomainRecord {
        var record = DomainRecord(
            purpose: .spf,
            name: domain,
            text: "v=spf1 a:\(mailHostName) -all",
            standing: .missing
        )
        guard mailHostName.contains(".") else {
            record.text = "v=spf1 a:mail.\(domain) -all"
            record.standing = .wrong(.hostNameNotFull)
            return record
        }
        let texts: [String]
        switch await resolver.texts(of: domain) {
        case .noSuchDomain, .noData: return record
        case .temporaryFailure(let failure):
            record.standing = .unknown(failure.rawValue)
            return record
        case .bogus:
            record.standing = .unknown(DNSFailure.bogus.rawValue)
            return record
        case .found(let found, _): texts = found
        }
        let policies = texts.compactMap { SPFRecord($0) }
        guard let policy = policies.first else { return record }
        record.text =
            policy.names(mailHostName, domain: domain)
            ? (["v=spf1"] + policy.terms).joined(separator: " ") : policy.adding(mailHostName)
        record.standing = standing(of: policies, domain)
        return record
    }

    private func standing(of policies: [SPFRecord], _ domain: String) -> RecordStanding {
        guard policies.count == 1, let policy = policies.first else { return .wrong(.severalPolicies) }
        switch policy.end {
        case "all", "+all": return .wrong(.everybodyMaySend)
        case nil: return .wrong(.hasNoEnd)
        default: return policy.names(mailHostName, domain: domain) ? .good : .advice(.hostNotNamed)
        }
    }

    /// The domain's own record, else the nearest above it (the tree walk of RFC 9989 section 4.10, at most eight names).
    private func dmarc(_ domain: String) async -> DomainRecord {
        var record = DomainRecord(
            purpose: .dmarc,
            name: "_dmarc.\(domain)",
            text: "v=DMARC1; p=none; rua=mailto:\(SenderDomains.alignmentReports)@\(domain)",
            standing: .missing
        )
        var labels = domain.split(separator: ".")[...]
        if labels.count > Self.longestWalk { labels = labels.suffix(Self.longestWalk) }
        var name = domain
        var isOwn = true
        while true {
            switch await resolver.texts(of: "_dmarc.\(name)") {
            case .temporaryFailure(let failure):
                record.standing = .unknown(failure.rawValue)
                return record
            case .bogus:
                record.standing = .unknown(DNSFailure.bogus.rawValue)
                return record
            case .noSuchDomain, .noData: break
            case .found(let texts, _):
                let policies = texts.filter { $0.hasPrefix("v=DMARC1") }
                guard !policies.isEmpty else { break }
                record.standing = Self.standing(of: policies, isOwn: isOwn)
                if isOwn, policies.count == 1 { record.text = policies[0] }
                return record
            }
            labels = labels.dropFirst()
            guard labels.count >= 2 else { return record }
            name = labels.joined(separator: ".")
            isOwn = false
        }
    }

    private static func standing(of policies: [String], isOwn: Bool) -> RecordStanding {
        guard policies.count == 1 else { return .wrong(.severalPolicies) }
        let policy = policies[0].split(separator: ";").map { $0.filter { !$0.isWhitespace }.lowercased() }
            .first { $0.hasPrefix("p=") }?.dropFirst(2)
        switch policy {
        case "quarantine", "reject": return isOwn ? .good : .advice(.policyInherited)
        case "none": return .advice(isOwn ? .policyOnlyWatches : .policyInherited)
        default: return .wrong(.policyUnreadable)
        }
    }
}
