// SPDX-License-Identifier: Apache-2.0
//
// What is known of one domain's MTA-STS policy, as a value: what the TXT record says goes in, what to do comes out.

package import WardDNS
package import WardKernel

/// A policy with what is needed to know how long it holds and when to look again.
package struct KnownMTASTSPolicy: Sendable, Hashable {
    /// As the TXT record announced it when the text was fetched.
    package var identifier: String
    package var policy: MTASTSPolicy
    package var fetchedAt: Timestamp

    package init(identifier: String, policy: MTASTSPolicy, fetchedAt: Timestamp) {
        self.identifier = identifier
        self.policy = policy
        self.fetchedAt = fetchedAt
    }

    package var expiresAt: Timestamp { fetchedAt + .seconds(policy.maxAge) }
}

/// What to do about a domain's policy now.
package enum MTASTSStep: Sendable, Hashable {
    /// Take what is known.
    case use(KnownMTASTSPolicy)
    /// Ask the domain's web server; where that fails, take what is known and still holds.
    case fetch(identifier: String, orElse: KnownMTASTSPolicy?)
    /// The domain has none.
    case none
    /// Nothing that holds is known, and DNSSEC says that the answer is forged: nothing can be decided now.
    case wait(DNSFailure)
}

package enum MTASTSDecision {
    /// A policy that is known for longer is fetched again although its identifier is the same, so that one that is about to
    /// expire is renewed while it can be (RFC 8461 section 3.3).
    static let freshFor: Duration = .hours(24)
    /// After a fetch that failed (RFC 8461 section 3.3).
    static let pauseAfterFailure: Duration = .minutes(5)

    /// - Parameters:
    ///   - known: the policy that was fetched last, expired or not.
    ///   - record: the answer for `_mta-sts.DOMAIN`.
    ///   - failedAt: when a fetch failed last.
    package static func step(
        known: KnownMTASTSPolicy?,
        record: DNSAnswer<String>,
        failedAt: Timestamp?,
        now: Timestamp
    ) -> MTASTSStep {
        let living = known.flatMap { now < $0.expiresAt ? $0 : nil }
        let identifier: String?
        switch record {
        case .found(let texts, _): identifier = MTASTSRecord.identifier(in: texts)
        case .bogus where living == nil: return .wait(.bogus)
        case .noSuchDomain, .noData, .temporaryFailure, .bogus: identifier = nil
        }
        guard let identifier else { return living.map { .use($0) } ?? .none }
        if let living, living.identifier == identifier, now < living.fetchedAt + freshFor { return .use(living) }
        if let failedAt, now < failedAt + pauseAfterFailure { return living.map { .use($0) } ?? .none }
        return .fetch(identifier: identifier, orElse: living)
    }
}
