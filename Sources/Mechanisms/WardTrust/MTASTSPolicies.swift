// SPDX-License-Identifier: Apache-2.0

package import WardDNS
package import WardKernel

/// What MTA-STS says about a domain now.
package enum MTASTSFinding: Sendable, Hashable {
    case policy(KnownMTASTSPolicy)
    case none
    /// A policy is announced and cannot be had, and none is known.
    case unfetched(MTASTSProblem)
    /// Nothing can be decided now: the domain's mail waits.
    case unavailable(DNSFailure)

    /// A safe word for records and counts.
    package var word: String {
        switch self {
        case .policy(let known): known.policy.mode.rawValue
        case .none: "none"
        case .unfetched(let problem): problem.word
        case .unavailable: "unavailable"
        }
    }
}

/// Fetches the text of a policy. `PolicyFetcher` asks the domain's web server.
package protocol PolicySource: Sendable {
    func policy(of domain: String) async -> Result<MTASTSPolicy, MTASTSProblem>
}

/// The policies of domains, looked up, fetched once for whoever asks at the same time, and remembered. What is to outlive
/// the process is the caller's to keep: it is given back as `known`.
package actor MTASTSPolicies {
    private struct Entry {
        var known: KnownMTASTSPolicy?
        var failedAt: Timestamp?
        var problem: MTASTSProblem?
    }

    /// Domains remembered before those without a policy that holds are let go.
    private static let limit = 50_000

    private let resolver: any Resolver
    private let source: any PolicySource
    private let surroundings: Surroundings
    private var entries: [String: Entry] = [:]
    private var nextSweep = MTASTSPolicies.limit
    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

    package init(resolver: any Resolver, source: any PolicySource, surroundings: Surroundings) {
        self.resolver = resolver
        self.source = source
        self.surroundings = surroundings
    }

    /// What was kept about a domain; an older policy than the remembered one changes nothing.
    package func recall(_ known: KnownMTASTSPolicy?, of domain: String) {
        var entry = entries[domain] ?? Entry()
        if let known, entry.known.map({ $0.fetchedAt < known.fetchedAt }) ?? true { entry.known = known }
        remember(entry, of: domain)
    }

    /// A policy that holds is never let go: nobody gives it back a second time.
    private func remember(_ entry: Entry, of domain: String) {
        entries[domain] = entry
        guard entries.count >= nextSweep else { return }
        let now = surroundings.now()
        entries = entries.filter { $0.value.known.map { now < $0.expiresAt } ?? false }
        nextSweep = max(Self.limit, entries.count * 2)
    }

    /// What holds for a domain now.
    package func finding(for domain: String) async -> MTASTSFinding {
        let record = await resolver.texts(of: "_mta-sts.\(domain)")
        while waiting[domain] != nil {
            await withCheckedContinuation { waiting[domain]?.append($0) }
        }
        let entry = entries[domain] ?? Entry()
        switch MTASTSDecision.step(
            known: entry.known,
            record: record,
            failedAt: entry.failedAt,
            now: surroundings.now()
        ) {
        case .use(let known): return .policy(known)
        case .wait(let failure): return .unavailable(failure)
        case .none:
            if case .found(let texts, _) = record, MTASTSRecord.identifier(in: texts) != nil,
                let problem = entry.problem
            {
                return .unfetched(problem)
            }
            return .none
        case .fetch(let identifier, let living):
            waiting[domain] = []
            let fetched = await source.policy(of: domain)
            let finding = keep(fetched, identifier, living, of: domain)
            for continuation in waiting.removeValue(forKey: domain) ?? [] { continuation.resume() }
            return finding
        }
    }

    private func keep(
        _ fetched: Result<MTASTSPolicy, MTASTSProblem>,
        _ identifier: String,
        _ living: KnownMTASTSPolicy?,
        of domain: String
    ) -> MTASTSFinding {
        var entry = entries[domain] ?? Entry()
        defer { remember(entry, of: domain) }
        switch fetched {
        case .success(let policy):
            let known = KnownMTASTSPolicy(identifier: identifier, policy: policy, fetchedAt: surroundings.now())
            entry = Entry(known: known)
            return .policy(known)
        case .failure(let problem):
            // A task that is being stopped says nothing about the web server.
            if !Task.isCancelled { (entry.failedAt, entry.problem) = (surroundings.now(), problem) }
            return living.map { .policy($0) } ?? .unfetched(problem)
        }
    }
}
