// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// Budgets of periods: rows, so that a limit holds for all processes and nodes together (DESIGN section 14).
enum BudgetQueries {
    /// Takes up to `wanted` of what the period has left; 0: nothing is left.
    static func take(
        _ wanted: Int,
        of limit: Int,
        scope: [UInt8],
        period: Int64,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Int {
        let used = try used(scope: scope, period: period, organization: organization, in: tx)
        let granted = max(0, min(wanted, limit - used))
        guard granted > 0 else { return 0 }
        try add(granted, scope: scope, period: period, organization: organization, in: tx)
        return granted
    }

    static func used(
        scope: [UInt8],
        period: Int64,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Int {
        try tx.first(
            """
            SELECT used FROM delivery_budget
            WHERE organization = \(organization) AND scope = \(scope) AND period = \(period)
            """
        ) ?? 0
    }

    /// Counts what is sent whatever is left.
    static func add(
        _ count: Int,
        scope: [UInt8],
        period: Int64,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO delivery_budget (organization, scope, period, used)
            VALUES (\(organization), \(scope), \(period), \(count))
            ON CONFLICT (organization, scope, period) DO UPDATE SET used = delivery_budget.used + excluded.used
            """
        )
    }

    /// Forgets periods that are long over.
    static func forget(
        scope: [UInt8],
        before period: Int64,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            DELETE FROM delivery_budget
            WHERE organization = \(organization) AND scope = \(scope) AND period < \(period)
            """
        )
    }
}

/// A rate that an administrator set.
package struct RateLimit: Hashable, Sendable {
    /// The recipients' domain.
    package let domain: String
    package let perMinute: Int
    let destination: [UInt8]
}

enum RateLimitQueries {
    static func all(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [RateLimit] {
        try tx.rows(
            "SELECT domain, destination, per_minute FROM delivery_rate WHERE organization = \(organization) ORDER BY domain"
        ).map { row in
            RateLimit(
                domain: try row.value("domain"),
                perMinute: try row.value("per_minute"),
                destination: try row.value("destination")
            )
        }
    }

    static func put(
        _ limit: RateLimit,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO delivery_rate (organization, domain, destination, per_minute, changed_at)
            VALUES (\(organization), \(limit.domain), \(limit.destination), \(limit.perMinute), \(now))
            ON CONFLICT (organization, domain) DO UPDATE SET per_minute = excluded.per_minute,
                changed_at = excluded.changed_at
            """
        )
    }

    static func remove(_ domain: String, of organization: OrganizationID, in tx: any WriteTransaction) throws -> Bool {
        try tx.execute("DELETE FROM delivery_rate WHERE organization = \(organization) AND domain = \(domain)") > 0
    }
}

enum WarmUpQueries {
    static func all(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [WarmUpPlan] {
        try tx.rows(
            """
            SELECT source, provider, began_at, first_day, growth_percent, ceiling FROM delivery_warm_up
            WHERE organization = \(organization) ORDER BY source, provider
            """
        ).map(plan)
    }

    /// The provider's own plan, else that of all others.
    static func plan(
        source: String,
        provider: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> WarmUpPlan? {
        let plans = try tx.rows(
            """
            SELECT source, provider, began_at, first_day, growth_percent, ceiling FROM delivery_warm_up
            WHERE organization = \(organization) AND source = \(source)
                AND provider IN \(list: [provider, MailProvider.others])
            """
        ).map(plan)
        return plans.first { $0.provider == provider } ?? plans.first
    }

    static func put(_ plan: WarmUpPlan, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            INSERT INTO delivery_warm_up (organization, source, provider, began_at, first_day, growth_percent, ceiling)
            VALUES (\(organization), \(plan.source), \(plan.provider), \(plan.beganAt), \(plan.firstDay),
                \(plan.growthPercent), \(plan.ceiling))
            ON CONFLICT (organization, source, provider) DO UPDATE SET began_at = excluded.began_at,
                first_day = excluded.first_day, growth_percent = excluded.growth_percent, ceiling = excluded.ceiling
            """
        )
    }

    static func remove(
        source: String,
        provider: String,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            DELETE FROM delivery_warm_up
            WHERE organization = \(organization) AND source = \(source) AND provider = \(provider)
            """
        ) > 0
    }

    private static func plan(_ row: Row) throws -> WarmUpPlan {
        WarmUpPlan(
            source: try row.value("source"),
            provider: try row.value("provider"),
            beganAt: try row.value("began_at"),
            firstDay: try row.value("first_day"),
            growthPercent: try row.value("growth_percent"),
            ceiling: try row.value("ceiling")
        )
    }
}
