// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardKernel
import WardRender

struct TLSReportListContent: PageModel {
    static let template = "destinations/reports"

    struct Row: Sendable {
        let rowDay: String
        let rowDomain: String
        let rowHref: String
        let rowSuccesses: String
        let rowFailures: String
        let rowState: StatusModel
        let rowNext: MomentModel?
    }

    let summary: ErrorSummary?
    let setting: StatusModel
    let isOn: Bool
    let reason: FieldModel
    let filters: [FilterModel]
    let failed: String
    let domain: String
    let orderings: [ChoiceModel]
    let isFiltered: Bool
    let rows: [Row]
    let nextHref: String?
    let empty: EmptyModel?
}

struct TLSReportContent: PageModel {
    static let template = "destinations/report"

    struct Result: Sendable {
        let resultState: StatusModel
        let resultPolicy: String
        let resultHost: String
        let resultReason: String
        let resultSessions: String
    }

    let state: StatusModel
    let changed: MomentModel
    let next: MomentModel?
    let place: String?
    let messageHref: String?
    let fileName: String
    let results: [Result]
    let json: String
}

/// What was counted about TLS to other domains, and the reports about it.
enum TLSReportPages {
    static func list(_ visit: Visit) async throws -> Reply { .page(try await page(visit)) }

    static func change(_ visit: Visit) async throws -> Reply {
        let outcome = try await visit.facades.delivery.sendTLSReports(
            try visit.form.text("on") == "yes",
            why: try visit.form.text("reason"),
            by: try visit.requester
        )
        if case .done = outcome { return .seeOther(visit.path("settings", "tls-reports")) }
        let text = visit.words("Give a reason. It is kept in the audit log.")
        return .page(try await page(visit, problem: text), status: 422)
    }

    static func show(_ visit: Visit) async throws -> Reply {
        guard let key = visit.parameters["destination"].flatMap({ DestinationKey($0) }),
            let day = visit.parameters["day"].flatMap({ CalendarDate($0) }),
            let view = try await visit.facades.delivery.tlsReport(about: key, on: day, by: try visit.requester)
        else { throw NotFound() }
        let words = visit.words
        let content = TLSReportContent(
            state: status(view.row.standing, words),
            changed: visit.moment(view.row.changedAt),
            next: view.row.nextAt.map(visit.moment),
            place: view.row.place,
            messageHref: view.row.message.map { visit.path("queue", "\($0)").text },
            fileName: view.fileName,
            results: view.results.map { result($0, words) },
            json: view.json
        )
        var page = Page("\(view.row.domain), \(visit.times.day(day))", .staff(section: .settings), content: content)
        page.crumbs = [
            .init(label: words("Settings"), href: visit.base + "/settings"),
            .init(label: words("Reports about TLS"), href: visit.base + "/settings/tls-reports"),
        ]
        return .page(page)
    }

    private static func page(_ visit: Visit, problem: String? = nil) async throws -> Page {
        let (delivery, requester, words) = (visit.facades.delivery, try visit.requester, visit.words)
        let form = try TLSReportForm(visit.query)
        let found = try await delivery.tlsReports(form.filter, after: form.after, by: requester)
        let isOn = try await delivery.sendsTLSReports(by: requester)
        let content = TLSReportListContent(
            summary: ErrorSummary(words, problem.map { [("reason", $0)] } ?? []),
            setting: isOn
                ? StatusModel(words("Reports are sent to domains that ask for them"), .good)
                : StatusModel(words("Reports are turned off"), .warn),
            isOn: isOn,
            reason: FieldModel(
                "reason",
                words("Why? It is kept in the audit log."),
                error: problem,
                value: "",
                maxLength: 500
            ),
            filters: [false, true].map { onlyFailures in
                FilterModel(
                    filterLabel: onlyFailures ? words("With failures") : words("All days"),
                    filterHref: visit.path("settings", "tls-reports", query: form.showing(onlyFailures).query).text,
                    filterIsCurrent: onlyFailures == form.filter.onlyFailures
                )
            },
            failed: form.filter.onlyFailures ? "only" : "",
            domain: form.filter.domain ?? "",
            orderings: [("", words("newest first")), ("oldest", words("oldest first"))].map {
                ChoiceModel($0.0, $0.1, isChosen: ($0.0 == "oldest") == form.filter.oldestFirst)
            },
            isFiltered: form.filter.domain != nil,
            rows: found.rows.map { row($0, visit) },
            nextHref: found.next.map {
                visit.path("settings", "tls-reports", query: form.query + [("after", "\($0)")]).text
            },
            empty: found.rows.isEmpty ? empty(form, words) : nil
        )
        var page = Page(
            words("Reports about TLS"),
            .staff(section: .settings),
            lede: words("How connections to other domains’ mail servers fared, and what their owners are told."),
            content: content
        )
        page.crumbs = [
            .init(label: words("Settings"), href: visit.base + "/settings"),
            .init(label: words("Destinations"), href: visit.base + "/settings/destinations"),
        ]
        return page
    }

    private static func row(_ row: TLSReportRow, _ visit: Visit) -> TLSReportListContent.Row {
        .init(
            rowDay: visit.times.day(row.day),
            rowDomain: row.domain,
            rowHref: visit.path("settings", "tls-reports", "\(row.key)", "\(row.day)").text,
            rowSuccesses: Numbers.grouped(row.successes),
            rowFailures: Numbers.grouped(row.failures),
            rowState: status(row.standing, visit.words),
            rowNext: row.nextAt.map(visit.moment)
        )
    }

    private static func status(_ standing: TLSReportStanding, _ words: Words) -> StatusModel {
        switch standing {
        case .waiting: StatusModel(words("Waiting"), .plain)
        case .sent: StatusModel(words("Handed over"), .good)
        case .notAsked: StatusModel(words("Not asked for"), .plain)
        case .gaveUp: StatusModel(words("Given up after a day"), .bad)
        case .switchedOff: StatusModel(words("Turned off when it was due"), .warn)
        }
    }

    private static func result(_ result: TLSReportView.Result, _ words: Words) -> TLSReportContent.Result {
        .init(
            resultState: result.result.map { StatusModel($0, .bad) } ?? StatusModel(words("protected"), .good),
            resultPolicy: result.policy,
            resultHost: result.host ?? "",
            resultReason: result.reason ?? "",
            resultSessions: Numbers.grouped(result.sessions)
        )
    }

    private static func empty(_ form: TLSReportForm, _ words: Words) -> EmptyModel {
        let isNarrowed = form.filter.domain != nil || form.filter.onlyFailures
        return EmptyModel(
            emptyTitle: isNarrowed ? words("Nothing here") : words("No connection was counted yet"),
            emptyText: isNarrowed
                ? words("Nothing of this kind was counted in the last 30 days.")
                : words("With the first message to a domain its connections are counted here, day by day."),
            emptyAction: nil
        )
    }
}

/// What the list shows, in its address.
private struct TLSReportForm {
    var filter: TLSReportFilter
    var after: TLSReportPosition?

    init(_ fields: Fields) throws {
        let domain = try fields.text("domain")
        filter = TLSReportFilter(
            domain: domain.isEmpty ? nil : domain,
            onlyFailures: try fields.text("failed") == "only",
            oldestFirst: try fields.text("sort") == "oldest"
        )
        after = try fields.optional("after").flatMap { TLSReportPosition($0) }
    }

    /// Without the place in the list.
    var query: [(String, String)] {
        var query: [(String, String)] = []
        if let domain = filter.domain { query.append(("domain", domain)) }
        if filter.onlyFailures { query.append(("failed", "only")) }
        if filter.oldestFirst { query.append(("sort", "oldest")) }
        return query
    }

    func showing(_ onlyFailures: Bool) -> TLSReportForm {
        var form = self
        form.filter.onlyFailures = onlyFailures
        return form
    }
}
