// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// The large providers, by the domains of their mailboxes: limits and reputations are theirs and not a domain's.
package enum MailProvider {
    /// Every provider without a plan of its own, counted together.
    package static let others = "*"
    package static let names = ["google", "microsoft", "yahoo", "apple"]

    private static let domains: [String: String] = [
        "gmail.com": "google", "googlemail.com": "google",
        "outlook.com": "microsoft", "hotmail.com": "microsoft", "live.com": "microsoft", "msn.com": "microsoft",
        "yahoo.com": "yahoo", "ymail.com": "yahoo", "rocketmail.com": "yahoo", "aol.com": "yahoo",
        "icloud.com": "apple", "me.com": "apple", "mac.com": "apple",
    ]

    /// The provider's name, else the domain itself.
    package static func name(of domain: String) -> String { domains[domain.lowercased()] ?? domain.lowercased() }
}

/// How much bulk mail a new sender domain sends to a provider each day: a first number that grows until it needs no limit.
package struct WarmUpPlan: Hashable, Sendable {
    /// The sender's domain.
    package let source: String
    /// A name of `MailProvider.names`, a recipient domain, or `*`.
    package let provider: String
    package let beganAt: Timestamp
    /// Messages of the first day.
    package let firstDay: Int
    /// How many percent each day has more than the one before; 50 makes 100, 150, 225 …
    package let growthPercent: Int
    /// From this number on the plan is over.
    package let ceiling: Int

    package init(
        source: String,
        provider: String,
        beganAt: Timestamp,
        firstDay: Int,
        growthPercent: Int,
        ceiling: Int
    ) {
        self.source = source.lowercased()
        self.provider = provider.lowercased()
        self.beganAt = beganAt
        self.firstDay = firstDay
        self.growthPercent = growthPercent
        self.ceiling = ceiling
    }

    /// What is wrong with it, as a rule; nil: nothing.
    package var problem: String? {
        if source.isEmpty || provider.isEmpty { return "a plan names a sender domain and a provider" }
        if firstDay < 1 { return "the first day has at least one message" }
        if ceiling < firstDay { return "the ceiling is at least the first day's number" }
        if growthPercent < 0 || growthPercent > 900 { return "the growth is 0 to 900 percent a day" }
        return nil
    }

    /// Whole days since the plan began.
    package func day(at now: Timestamp) -> Int {
        Int(max(0, now.since(beganAt).wholeMicroseconds) / Duration.days(1).wholeMicroseconds)
    }

    /// When the day of this number begins.
    package func start(ofDay day: Int) -> Timestamp {
        beganAt + .microseconds(Int64(day) * Duration.days(1).wholeMicroseconds)
    }

    /// The messages of a day; nil: no limit any more.
    package func budget(onDay day: Int) -> Int? {
        var budget = Double(firstDay)
        for _ in 0..<min(day, 10_000) where budget < Double(ceiling) { budget *= 1 + Double(growthPercent) / 100 }
        return budget >= Double(ceiling) ? nil : Int(budget)
    }

    /// Where its budget is counted.
    var scope: [UInt8] { Array("warm-up:\(source):\(provider)".utf8) }
}
