// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardIdentity
import WardKernel
import WardRender

struct RetentionContent: PageModel {
    static let template = "rates/retention"

    let summary: ErrorSummary?
    let keptText: String
    let oldestText: String
    let years: FieldModel
    let reason: FieldModel
}

/// For how long sent messages are kept, and what is kept of them.
enum RetentionPages {
    static func show(_ visit: Visit) async throws -> Reply { .page(try await page(visit)) }

    static func change(_ visit: Visit) async throws -> Reply {
        guard let years = Int(try visit.form.text("years")), MessageRetention.years.contains(years) else {
            let text = visit.words("Messages are kept for 1 to 100 years.")
            return .page(try await page(visit, problem: ("years", text)), status: 422)
        }
        let outcome = try await visit.facades.delivery.keepMessages(
            forYears: years,
            why: try visit.form.text("reason"),
            by: try visit.requester
        )
        switch outcome {
        case .done: return .seeOther(visit.path("settings", "retention"))
        case .unknown: throw NotFound()
        case .refused:
            let text = visit.words("Give a reason. It is kept in the audit log.")
            return .page(try await page(visit, problem: ("reason", text)), status: 422)
        }
    }

    private static func page(_ visit: Visit, problem: (field: String, text: String)? = nil) async throws -> Page {
        let words = visit.words
        let years = try await visit.facades.delivery.retentionYears(by: try visit.requester)
        let content = RetentionContent(
            summary: ErrorSummary(words, problem.map { [$0] } ?? []),
            keptText: words(
                "Sent messages are kept for {count} {count|year|years} after they were made.",
                count: years
            ),
            oldestText: words(
                "Messages made before {day} are removed with the next purge.",
                ["day": visit.times.longDay(visit.times.date(of: visit.now - .hours(years * 8_766)))]
            ),
            years: FieldModel(
                "years",
                words("Years"),
                .number,
                help: words("HIPAA asks for six years (45 CFR 164.316). A state or a contract may ask for more."),
                error: problem?.field == "years" ? problem?.text : nil,
                value: visit.form.all("years").first ?? "\(years)",
                maxLength: 3
            ),
            reason: FieldModel(
                "reason",
                words("Why? It is kept in the audit log."),
                error: problem?.field == "reason" ? problem?.text : nil,
                value: visit.form.all("reason").first ?? "",
                maxLength: 500
            )
        )
        var page = Page(
            words("Keeping of messages"),
            .staff(section: .settings),
            lede: words("What was sent can be shown exactly for as long as it is kept."),
            content: content
        )
        page.crumbs = [.init(label: words("Settings"), href: visit.base + "/settings")]
        return page
    }
}
