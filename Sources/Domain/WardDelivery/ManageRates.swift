// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

/// What became of a change of rates.
package enum RateOutcome: Hashable, Sendable {
    case done
    /// There is no such limit or plan.
    case unknown
    /// Nothing was changed; the rule that was not met.
    case refused(String)
}

/// The rates of an organization and what they have left.
package struct RateReport: Sendable, Hashable {
    package let limits: [RateLimit]
    package let plans: [WarmUpStanding]
    package let brakes: [ComplaintBrake]
}

/// A warm-up plan with its day.
package struct WarmUpStanding: Sendable, Hashable {
    package let plan: WarmUpPlan
    /// 0 for the first.
    package let day: Int
    /// nil: the plan is over.
    package let budget: Int?
    package let used: Int
}

extension Delivery {
    /// Limits, warm-up plans and brakes.
    package func rates(by requester: Requester) async throws -> RateReport {
        try requester.require(.manageSettings)
        let organization = requester.organization
        return try await store.read { tx in
            let now = self.surroundings.now()
            return RateReport(
                limits: try RateLimitQueries.all(of: organization, in: tx),
                plans: try WarmUpQueries.all(of: organization, in: tx).map { plan in
                    let day = plan.day(at: now)
                    return WarmUpStanding(
                        plan: plan,
                        day: day,
                        budget: plan.budget(onDay: day),
                        used: try BudgetQueries.used(
                            scope: plan.scope,
                            period: plan.start(ofDay: day).microseconds,
                            organization: organization,
                            in: tx
                        )
                    )
                },
                brakes: try BrakeQueries.all(of: organization, in: tx)
            )
        }
    }

    /// Limits what a recipient domain gets in a minute, all processes together; nil lifts the limit.
    package func limit(
        _ domain: String,
        toPerMinute perMinute: Int?,
        why: String,
        by requester: Requester
    ) async throws -> RateOutcome {
        try requester.require(.manageSettings)
        guard let why = Self.reason(why) else { return .refused("a reason is given") }
        if let perMinute, perMinute < 1 { return .refused("a limit is at least one message a minute") }
        let domain = domain.lowercased()
        let organization = requester.organization
        return try await store.write { tx in
            if let perMinute {
                let hash = try self.destinations.hashes(of: [domain], organization: organization, in: tx)[domain] ?? []
                let limit = RateLimit(domain: domain, perMinute: perMinute, destination: hash)
                try RateLimitQueries.put(limit, at: self.surroundings.now(), of: organization, in: tx)
            } else if try !RateLimitQueries.remove(domain, of: organization, in: tx) {
                return .unknown
            }
            let facts = ["per_minute": perMinute.map { "\($0)" } ?? "none"]
            try self.recordRate("rate", domain, facts, why: why, by: requester, in: tx)
            return .done
        }
    }

    /// Begins a warm-up of a sender domain at a provider, or changes it.
    package func warmUp(_ plan: WarmUpPlan, why: String, by requester: Requester) async throws -> RateOutcome {
        try requester.require(.manageSettings)
        guard let why = Self.reason(why) else { return .refused("a reason is given") }
        if let problem = plan.problem { return .refused(problem) }
        return try await store.write { tx in
            try WarmUpQueries.put(plan, of: requester.organization, in: tx)
            let facts = [
                "provider": Self.word(plan.provider), "first_day": "\(plan.firstDay)",
                "growth": "\(plan.growthPercent)",
                "ceiling": "\(plan.ceiling)",
            ]
            try self.recordRate("warm_up", plan.source, facts, why: why, by: requester, in: tx)
            return .done
        }
    }

    /// Begins a warm-up now.
    package func warmUp(
        source: String,
        provider: String,
        firstDay: Int,
        growthPercent: Int,
        ceiling: Int,
        why: String,
        by requester: Requester
    ) async throws -> RateOutcome {
        let plan = WarmUpPlan(
            source: source,
            provider: provider,
            beganAt: surroundings.now(),
            firstDay: firstDay,
            growthPercent: growthPercent,
            ceiling: ceiling
        )
        return try await warmUp(plan, why: why, by: requester)
    }

    /// Ends a warm-up: what waits for it goes at its next turn.
    package func endWarmUp(
        of source: String,
        provider: String,
        why: String,
        by requester: Requester
    ) async throws -> RateOutcome {
        try requester.require(.manageSettings)
        guard let why = Self.reason(why) else { return .refused("a reason is given") }
        let (source, provider) = (source.lowercased(), provider.lowercased())
        return try await store.write { tx in
            let organization = requester.organization
            guard try WarmUpQueries.remove(source: source, provider: provider, of: organization, in: tx) else {
                return .unknown
            }
            try self.recordRate(
                "warm_up",
                source,
                ["provider": Self.word(provider), "change": "ended"],
                why: why,
                by: requester,
                in: tx
            )
            return .done
        }
    }

    /// The audit log takes no asterisk.
    private static func word(_ provider: String) -> String {
        provider == MailProvider.others ? "all_others" : provider
    }

    func recordRate(
        _ kind: StaticString,
        _ name: String,
        _ facts: [String: String],
        why: Sensitive<String>?,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try audit.record(
            AuditEntry(
                .rateChange,
                object: AuditObject(kind: "\(kind)", identifier: Array(name.utf8)),
                reason: why,
                facts: facts
            ),
            by: requester,
            in: tx
        )
    }

    /// Whether today's warm-up budget carries one more message of a campaign to this address; when not, when to ask again.
    /// Exact, in the transaction of the attempt: the numbers of a warm-up are small. A notice is counted and never waits.
    func warmUpWait(
        _ row: StoredDelivery,
        source: String,
        to address: EmailAddress,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Timestamp? {
        guard row.campaign != nil else { return nil }
        let provider = MailProvider.name(of: address.domain)
        guard let plan = try WarmUpQueries.plan(source: source, provider: provider, of: organization, in: tx) else {
            return nil
        }
        let day = plan.day(at: now)
        guard let budget = plan.budget(onDay: day) else { return nil }
        let period = plan.start(ofDay: day).microseconds
        if row.announces != nil {
            try BudgetQueries.add(1, scope: plan.scope, period: period, organization: organization, in: tx)
            return nil
        }
        let granted = try BudgetQueries.take(
            1,
            of: budget,
            scope: plan.scope,
            period: period,
            organization: organization,
            in: tx
        )
        if granted > 0 { return nil }
        // Spread over the first hours of the next day, so that what waits does not come all at once.
        let random = surroundings.randomBytes(2)
        let part = Int64(random[0]) << 8 | Int64(random[1])
        return plan.start(ofDay: day + 1) + .microseconds(Duration.hours(6).wholeMicroseconds / 65_536 * part)
    }
}
