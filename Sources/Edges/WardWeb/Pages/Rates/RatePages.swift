// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardIdentity
import WardKernel
import WardRender

struct RateContent: PageModel {
    static let template = "rates/rates"

    struct Limit: Sendable {
        let limitDomain: String
        let limitNumber: String
    }

    struct WarmUp: Sendable {
        let warmUpSource: String
        let warmUpProvider: String
        let providerName: String
        let dayText: String
        let usedText: String
        /// The day's budget and what of it went; nil: the plan is over.
        let bar: Bar?
    }

    struct Bar: Sendable {
        let barUsed: String
        let barBudget: String
    }

    struct Brake: Sendable {
        let brakeSource: String
        let brakeState: StatusModel
        let brakeNumbers: String
        let pulled: MomentModel
        let isPulled: Bool
    }

    let summary: ErrorSummary?
    let brakes: [Brake]
    let hasBrakes: Bool
    let limits: [Limit]
    let hasLimits: Bool
    let warmUps: [WarmUp]
    let hasWarmUps: Bool
    let limitFields: [FieldModel]
    let providers: [ChoiceModel]
    let source: FieldModel
    let warmUpFields: [FieldModel]
    let isLimitOpen: Bool
    let isWarmUpOpen: Bool
}

/// How fast mail goes to whom: limits, warm-ups and the brake of complaints.
enum RatePages {
    static func show(_ visit: Visit) async throws -> Reply { .page(try await page(visit)) }

    static func limit(_ visit: Visit) async throws -> Reply {
        let domain = try visit.form.text("domain").lowercased()
        guard EmailAddress("a@" + domain) != nil else {
            return try await again(visit, "domain", "Write one domain, such as clinic.example.")
        }
        guard let number = Int(try visit.form.text("number")), number > 0 else {
            return try await again(visit, "number", "Write a whole number above 0.")
        }
        return try await answer(visit, reason: "limit-reason") { delivery, requester, why in
            try await delivery.limit(domain, toPerMinute: number, why: why, by: requester)
        }
    }

    static func lift(_ visit: Visit) async throws -> Reply {
        let domain = try visit.form.text("domain")
        return try await answer(visit, reason: "limit-reason") { delivery, requester, why in
            try await delivery.limit(domain, toPerMinute: nil, why: why, by: requester)
        }
    }

    static func warmUp(_ visit: Visit) async throws -> Reply {
        let (source, provider) = (try visit.form.text("source"), try visit.form.text("provider"))
        guard EmailAddress("a@" + source) != nil else {
            return try await again(visit, "source", "Write one domain, such as clinic.example.")
        }
        var numbers: [Int] = []
        for name in ["first", "growth", "ceiling"] {
            guard let number = Int(try visit.form.text(name)), number >= 0 else {
                return try await again(visit, name, "Write a whole number above 0.")
            }
            numbers.append(number)
        }
        let (first, growth, ceiling) = (numbers[0], numbers[1], numbers[2])
        return try await answer(visit, reason: "warm-up-reason") { delivery, requester, why in
            try await delivery.warmUp(
                source: source,
                provider: provider.isEmpty ? MailProvider.others : provider,
                firstDay: first,
                growthPercent: growth,
                ceiling: ceiling,
                why: why,
                by: requester
            )
        }
    }

    static func endWarmUp(_ visit: Visit) async throws -> Reply {
        let (source, provider) = (try visit.form.text("source"), try visit.form.text("provider"))
        return try await answer(visit, reason: "warm-up-reason") { delivery, requester, why in
            try await delivery.endWarmUp(of: source, provider: provider, why: why, by: requester)
        }
    }

    static func release(_ visit: Visit) async throws -> Reply {
        let source = try visit.form.text("source")
        return try await answer(visit, reason: "brakes") { delivery, requester, why in
            try await delivery.releaseBrake(on: source, why: why, by: requester)
        }
    }

    /// - Parameter target: where the page leads when the façade refuses: all of its rules but the reason's are asked before.
    private static func answer(
        _ visit: Visit,
        reason target: String,
        _ order: (Delivery, Requester, String) async throws -> RateOutcome
    ) async throws -> Reply {
        let why = try visit.form.text("reason")
        switch try await order(visit.facades.delivery, try visit.requester, why) {
        case .done: return .seeOther(visit.path("settings", "rates"))
        case .unknown: throw NotFound()
        case .refused(let rule):
            let text = visit.words("Nothing was changed: {rule}.", ["rule": visit.words(rule)])
            return .page(try await page(visit, problem: (target, text)), status: 422)
        }
    }

    private static func again(_ visit: Visit, _ field: String, _ text: String) async throws -> Reply {
        .page(try await page(visit, problem: (field, visit.words(text))), status: 422)
    }
}

// MARK: The page's model

extension RatePages {
    private static func page(_ visit: Visit, problem: (field: String, text: String)? = nil) async throws -> Page {
        let words = visit.words
        let report = try await visit.facades.delivery.rates(by: try visit.requester)
        let content = RateContent(
            summary: ErrorSummary(words, problem.map { [$0] } ?? []),
            brakes: report.brakes.map { brake($0, visit) },
            hasBrakes: !report.brakes.isEmpty,
            limits: report.limits.map { .init(limitDomain: $0.domain, limitNumber: Numbers.grouped($0.perMinute)) },
            hasLimits: !report.limits.isEmpty,
            warmUps: report.plans.map { warmUp($0, words) },
            hasWarmUps: !report.plans.isEmpty,
            limitFields: limitFields(visit, problem),
            providers: providers(visit),
            source: field(
                visit,
                "source",
                words("Sender domain"),
                problem,
                standard: visit.organization.senderDomain,
                length: 253
            ),
            warmUpFields: warmUpFields(visit, problem),
            isLimitOpen: ["domain", "number", "limit-reason"].contains(problem?.field),
            isWarmUpOpen: ["source", "first", "growth", "ceiling", "warm-up-reason"].contains(problem?.field)
        )
        var page = Page(
            words("Rates and warm-up"),
            .staff(section: .settings),
            lede: words("How fast mail goes to whom, and what stops campaigns by itself."),
            content: content
        )
        page.crumbs = [.init(label: words("Settings"), href: visit.base + "/settings")]
        return page
    }

    private static func brake(_ brake: ComplaintBrake, _ visit: Visit) -> RateContent.Brake {
        let words = visit.words
        return .init(
            brakeSource: brake.source,
            brakeState: brake.isPulled
                ? StatusModel(words("campaigns wait"), .bad) : StatusModel(words("released"), .good),
            brakeNumbers: words(
                "{complaints} complaints about {delivered} messages of a day",
                [
                    "complaints": Numbers.grouped(brake.complaints), "delivered": Numbers.grouped(brake.delivered),
                ]
            ),
            pulled: visit.moment(brake.pulledAt),
            isPulled: brake.isPulled
        )
    }

    private static func warmUp(_ standing: WarmUpStanding, _ words: Words) -> RateContent.WarmUp {
        let plan = standing.plan
        let used = Numbers.grouped(standing.used)
        let next = plan.budget(onDay: standing.day + 1).map { Numbers.grouped($0) }
        return .init(
            warmUpSource: plan.source,
            warmUpProvider: plan.provider,
            providerName: providerName(plan.provider, words),
            dayText: words(
                "Day {day}, {growth} % more each day up to {ceiling}",
                [
                    "day": "\(standing.day + 1)", "growth": "\(plan.growthPercent)",
                    "ceiling": Numbers.grouped(plan.ceiling),
                ]
            ),
            usedText: standing.budget.map { budget in
                words(
                    "{used} of {budget} today; tomorrow {next}",
                    [
                        "used": used, "budget": Numbers.grouped(budget),
                        "next": next ?? words("without a limit"),
                    ]
                )
            } ?? words("Over: there is no limit any more."),
            bar: standing.budget.map { .init(barUsed: "\(min(standing.used, $0))", barBudget: "\($0)") }
        )
    }

    static func providerName(_ provider: String, _ words: Words) -> String {
        switch provider {
        case MailProvider.others: words("all others together")
        case "google": "Google"
        case "microsoft": "Microsoft"
        case "yahoo": "Yahoo"
        case "apple": "Apple"
        default: provider
        }
    }

    private static func providers(_ visit: Visit) -> [ChoiceModel] {
        let chosen = visit.form.all("provider").first ?? MailProvider.others
        return (MailProvider.names + [MailProvider.others]).map {
            ChoiceModel($0, providerName($0, visit.words), isChosen: $0 == chosen)
        }
    }

    private static func field(
        _ visit: Visit,
        _ name: String,
        _ label: String,
        _ problem: (field: String, text: String)?,
        help: String? = nil,
        standard: String = "",
        length: Int = 7
    ) -> FieldModel {
        FieldModel(
            name,
            label,
            help: help,
            error: problem?.field == name ? problem?.text : nil,
            value: visit.form.all(name).first ?? standard,
            maxLength: length
        )
    }

    private static func limitFields(_ visit: Visit, _ problem: (field: String, text: String)?) -> [FieldModel] {
        let words = visit.words
        return [
            field(visit, "domain", words("Domain of the recipients"), problem, length: 253),
            field(
                visit,
                "number",
                words("Messages a minute"),
                problem,
                help: words("Of all servers of this installation together.")
            ),
        ]
    }

    private static func warmUpFields(_ visit: Visit, _ problem: (field: String, text: String)?) -> [FieldModel] {
        let words = visit.words
        return [
            field(visit, "first", words("Messages on the first day"), problem, standard: "500"),
            field(visit, "growth", words("Percent more each day"), problem, standard: "50"),
            field(
                visit,
                "ceiling",
                words("Without a limit from so many a day on"),
                problem,
                standard: "100000",
                length: 9
            ),
        ]
    }
}
