// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardRender
import WardSenderDomains

struct AlignmentContent: PageModel {
    static let template = "sending/alignment"

    struct Source: Sendable {
        let sourceAddress: String
        let sourcePassed: String
        let sourceFailed: String
        let sourceStopped: String
        let sourceState: StatusModel
    }

    struct Report: Sendable {
        let reportFrom: String
        let reportSpan: String
        let received: MomentModel
        let reportPolicy: String
        let reportProof: StatusModel
    }

    let spans: [FilterModel]
    let verdict: StatusModel
    let advice: String
    let chartMarkup: Markup
    let sources: [Source]
    let reports: [Report]
    let empty: EmptyModel?
    let transport: Transport?

    /// How others reached the domain's servers over TLS.
    struct Transport: Sendable {
        let transportState: StatusModel
        let transportFailures: [Failure]
        let hasFailures: Bool
        let transportReporters: String
    }

    struct Failure: Sendable {
        let failureResult: String
        let failureHost: String
        let failureSessions: String
    }
}

/// What receivers report about mail with the sender domain in From (DMARC aggregate reports).
enum AlignmentPages {
    private static let spans = [7, 30, 90, 365]

    static func show(_ visit: Visit) async throws -> Reply {
        let asked = Int(try visit.query.text("days")) ?? 30
        let days = spans.contains(asked) ? asked : 30
        let alignment = try await visit.facades.senderDomains.alignment(days: days, by: try visit.requester)
        let words = visit.words
        let content = AlignmentContent(
            spans: spans.map { span in
                FilterModel(
                    filterLabel: words("{count} {count|day|days}", count: span),
                    filterHref: visit.path("settings", "sending", "reports", query: [("days", "\(span)")]).text,
                    filterIsCurrent: span == days
                )
            },
            verdict: verdict(alignment, words),
            advice: words(advice(alignment)),
            chartMarkup: chart(alignment, visit),
            sources: alignment.sources.map { source($0, words) },
            reports: alignment.reports.map { report($0, visit) },
            empty: alignment.reports.isEmpty ? empty(alignment.domain, words) : nil,
            transport: transport(
                try await visit.facades.senderDomains.transport(days: days, by: try visit.requester),
                words
            )
        )
        var page = Page(
            words("Reports of receivers"),
            .staff(section: .settings),
            lede: words(
                "Who sent mail in the name of your domain, and whether receivers could tell that it is yours (DMARC)."
            ),
            content: content
        )
        page.crumbs = [
            .init(label: words("Settings"), href: visit.base + "/settings"),
            .init(label: words("Sending domain"), href: visit.base + "/settings/sending"),
        ]
        return .page(page)
    }

    private static func verdict(_ alignment: Alignment, _ words: Words) -> StatusModel {
        let all = alignment.passed + alignment.failed
        let text = words(
            "{passed} of {all} messages were recognised as yours",
            ["passed": Numbers.grouped(alignment.passed), "all": Numbers.grouped(all)]
        )
        return StatusModel(text, alignment.failed == 0 ? .good : alignment.failed * 20 <= all ? .warn : .bad)
    }

    private static func advice(_ alignment: Alignment) -> String {
        guard alignment.failed > 0 else {
            return
                "Nothing failed. When that stays so for some weeks, let DMARC ask receivers to refuse what is not yours "
                + "(p=reject)."
        }
        return
            "Look at the addresses below, those with the most failures first. A server of yours: send its mail through "
            + "Ward, or let it sign and name it in SPF. Nobody’s you know: somebody uses your name, and a DMARC policy of "
            + "quarantine or reject stops that."
    }

    /// At most 31 bars: weeks where days are too many.
    private static func chart(_ alignment: Alignment, _ visit: Visit) -> Markup {
        let width = alignment.days.count > 31 ? (alignment.days.count > 217 ? 28 : 7) : 1
        var values: [ChartValue] = []
        for start in stride(from: 0, to: alignment.days.count, by: width) {
            let days = alignment.days[start..<min(start + width, alignment.days.count)]
            let failed = days.reduce(0) { $0 + $1.failed }
            let count = days.reduce(0) { $0 + $1.passed } + failed
            guard let first = days.first else { continue }
            let day = visit.times.day(first.day)
            let label =
                failed == 0
                ? day : visit.words("{day}: {failed} failed", ["day": day, "failed": Numbers.grouped(failed)])
            values.append(ChartValue(label: label, count: count, tone: tone(failed, of: count)))
        }
        guard !values.isEmpty else { return .empty }
        return Charts.bars(
            values,
            title: visit.words("Messages by day, and those that failed"),
            tableHeading: (label: visit.words("Day"), count: visit.words("Messages"))
        )
    }

    /// One in twenty or fewer is a matter to look at, not an alarm.
    private static func tone(_ failed: Int, of count: Int) -> ChartValue.Tone {
        failed == 0 ? .good : failed * 20 <= count ? .warn : .bad
    }

    private static func source(_ source: Alignment.Source, _ words: Words) -> AlignmentContent.Source {
        .init(
            sourceAddress: source.address,
            sourcePassed: Numbers.grouped(source.passed),
            sourceFailed: Numbers.grouped(source.failed),
            sourceStopped: Numbers.grouped(source.stopped),
            sourceState: source.failed == 0
                ? StatusModel(words("recognised"), .good)
                : source.passed == 0
                    ? StatusModel(words("never recognised"), .bad)
                    : StatusModel(words("at times not recognised"), .warn)
        )
    }

    private static func report(_ report: Alignment.Report, _ visit: Visit) -> AlignmentContent.Report {
        .init(
            reportFrom: report.reporter,
            reportSpan: "\(visit.times.moment(report.begins)) – \(visit.times.moment(report.ends))",
            received: visit.moment(report.receivedAt),
            reportPolicy: report.policy,
            reportProof: report.isProved
                ? StatusModel(visit.words("sender proved"), .good)
                : StatusModel(visit.words("sender not proved"), .warn)
        )
    }

    private static func transport(_ standing: TransportStanding, _ words: Words) -> AlignmentContent.Transport? {
        guard !standing.reports.isEmpty else { return nil }
        let successes = standing.reports.reduce(0) { $0 + $1.successes }
        let failures = standing.reports.reduce(0) { $0 + $1.failures }
        return .init(
            transportState: StatusModel(
                words(
                    "{successes} of {all} connections to your servers were protected",
                    ["successes": Numbers.grouped(successes), "all": Numbers.grouped(successes + failures)]
                ),
                failures == 0 ? .good : .bad
            ),
            transportFailures: standing.failures.map {
                .init(failureResult: $0.result, failureHost: $0.host, failureSessions: Numbers.grouped($0.sessions))
            },
            hasFailures: !standing.failures.isEmpty,
            transportReporters: Set(standing.reports.map(\.reporter)).sorted().joined(separator: ", ")
        )
    }

    private static func empty(_ domain: String, _ words: Words) -> EmptyModel {
        EmptyModel(
            emptyTitle: words("No report yet"),
            emptyText: words(
                "Receivers send one a day once the DMARC record of {domain} names an address for them (rua). They come to "
                    + "{address}, or are read from a file: ward mail dmarc-reports keep FILE.",
                ["domain": domain, "address": "\(SenderDomains.alignmentReports)@\(domain)"]
            ),
            emptyAction: nil
        )
    }
}
