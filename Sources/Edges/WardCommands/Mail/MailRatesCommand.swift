// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import WardDelivery
import WardKernel

struct MailRatesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rates",
        abstract:
            "Limit what domains get in a minute, warm up a new sender domain, and release the brake of complaints.",
        subcommands: [
            MailRatesListCommand.self, MailRatesLimitCommand.self, MailRatesWarmUpCommand.self,
            MailRatesReleaseCommand.self,
        ]
    )
}

struct MailRatesListCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List limits, warm-ups with today's budget, and sender domains whose campaigns wait.",
        discussion: "  ward mail rates list --data /var/lib/ward"
    )

    @OptionGroup var common: CommonOptions

    func run(with session: CommandSession) async throws -> ExitStatus {
        let report = try await session.facades.delivery.rates(by: session.requester)
        var table = Table([
            ("kind", .left), ("domain", .left), ("provider", .left), ("limit", .right), ("used", .right),
            ("note", .left),
        ])
        for limit in report.limits { table.add(["limit", limit.domain, "", "\(limit.perMinute)/min", "", ""]) }
        for standing in report.plans {
            let budget = standing.budget.map { "\($0)/day" } ?? "none any more"
            table.add([
                "warm-up", standing.plan.source, standing.plan.provider, budget, "\(standing.used)",
                "day \(standing.day + 1), \(standing.plan.growthPercent) % more each day",
            ])
        }
        for brake in report.brakes where brake.isPulled {
            table.add([
                "brake", brake.source, "", "0", "",
                "\(brake.complaints) complaints, \(brake.delivered) delivered, since \(brake.pulledAt)",
            ])
        }
        if common.json {
            await session.output.line(JSONText.text(Self.rows(report)))
        } else if table.isEmpty {
            await session.output.line("There are no limits, no warm-ups and no brakes.")
        } else {
            for line in table.lines(width: session.output.width) { await session.output.line(line) }
        }
        return .done
    }

    private static func rows(_ report: RateReport) -> [[String: String]] {
        report.limits.map { ["kind": "limit", "domain": $0.domain, "per_minute": "\($0.perMinute)"] }
            + report.plans.map {
                [
                    "kind": "warm_up", "domain": $0.plan.source, "provider": $0.plan.provider, "day": "\($0.day)",
                    "budget": $0.budget.map { "\($0)" } ?? "", "used": "\($0.used)",
                ]
            }
            + report.brakes.filter(\.isPulled).map {
                [
                    "kind": "brake", "domain": $0.source, "complaints": "\($0.complaints)",
                    "delivered": "\($0.delivered)",
                ]
            }
    }
}

struct MailRatesLimitCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "limit",
        abstract:
            "Limit what a recipient domain gets in a minute, all nodes together; without a number, lift the limit.",
        discussion:
            "  ward mail rates limit clinic.example --per-minute 60 --data /var/lib/ward --reason \"They asked\""
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The recipients' domain.") var domain: String
    @Option(help: "Messages in a minute.") var perMinute: Int?
    @Option(help: "Why, for the audit log.") var reason: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let outcome = try await session.facades.delivery.limit(
            domain,
            toPerMinute: perMinute,
            why: reason,
            by: session.requester
        )
        let done = perMinute.map { "Mail to \(domain) is limited to \($0) messages a minute." }
        return await session.tell(outcome, done ?? "Mail to \(domain) has no limit.", asJSON: common.json)
    }
}

struct MailRatesWarmUpCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "warm-up",
        abstract:
            "Begin or end the warm-up of a sender domain: campaigns send so much a day, and a little more each day.",
        discussion: """
            Providers are google, microsoft, yahoo, apple, a recipient domain, or * for all others together. What passes a
            day's budget waits for the next day; messages to one person never wait.

              ward mail rates warm-up lakeside.example --provider google --first-day 500 --ceiling 100000 \\
                --data /var/lib/ward --reason "A new domain"
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The sender domain.") var domain: String
    @Option(help: "google, microsoft, yahoo, apple, a domain, or *.") var provider: String = "*"
    @Option(help: "Messages of the first day; without it the warm-up ends.") var firstDay: Int?
    @Option(help: "How many percent each day has more than the one before.") var growth: Int = 50
    @Option(help: "From so many a day on there is no limit any more.") var ceiling: Int = 100_000
    @Option(help: "Why, for the audit log.") var reason: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let delivery = session.facades.delivery
        guard let firstDay else {
            let outcome = try await delivery.endWarmUp(
                of: domain,
                provider: provider,
                why: reason,
                by: session.requester
            )
            return await session.tell(outcome, "The warm-up of \(domain) is over.", asJSON: common.json)
        }
        let outcome = try await delivery.warmUp(
            source: domain,
            provider: provider,
            firstDay: firstDay,
            growthPercent: growth,
            ceiling: ceiling,
            why: reason,
            by: session.requester
        )
        let done = "\(domain) begins with \(firstDay) messages a day at \(provider)."
        return await session.tell(outcome, done, asJSON: common.json)
    }
}

struct MailRatesReleaseCommand: FacadeCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Let the campaigns of a sender domain go on that wait because too many people complained.",
        discussion: "  ward mail rates release lakeside.example --data /var/lib/ward --reason \"The list was cleaned\""
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "The sender domain.") var domain: String
    @Option(help: "Why, for the audit log.") var reason: String

    func run(with session: CommandSession) async throws -> ExitStatus {
        let outcome = try await session.facades.delivery.releaseBrake(on: domain, why: reason, by: session.requester)
        return await session.tell(outcome, "Campaigns of \(domain) go on.", asJSON: common.json)
    }
}

extension CommandSession {
    fileprivate func tell(_ outcome: RateOutcome, _ done: String, asJSON: Bool) async -> ExitStatus {
        switch outcome {
        case .done: return await say(done, asJSON: asJSON)
        case .unknown:
            await output.problem("There is nothing of that name; nothing was changed.")
            return .negative
        case .refused(let rule):
            await output.problem("Nothing was changed: \(rule).")
            return .negative
        }
    }
}
