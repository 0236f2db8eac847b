// SPDX-License-Identifier: Apache-2.0

import WardCampaigns
import WardDelivery
import WardKernel
import WardRender

struct ReportContent: PageModel {
    static let template = "campaigns/report"

    struct Row: Sendable {
        let rowTitle: StatusModel
        let rowMethod: String?
        let rowReason: String?
        let rowCount: String
        let rowHref: String
    }

    let campaignIdentifier: String
    let status: StatusModel
    let sentence: String
    let isRunning: Bool
    let mayPause: Bool
    let isScheduled: Bool
    let isPaused: Bool
    let isOver: Bool
    let maySend: Bool
    let progressContent: ProgressContent
    let chartMarkup: Markup
    let hasRows: Bool
    let rows: [Row]
    let doubts: String?
    let className: String?
    let subject: String
    let senderName: String
    let sensitivityName: String?
    let payer: String?
    let scheduled: MomentModel?
    let started: MomentModel?
    let finished: MomentModel?
    /// The rule for this campaign, for those who may set it.
    let protectionHref: String?
    /// How many arrived protected, by method; nil while none has arrived.
    let secured: String?
}

/// The part of the report that follows a running campaign.
struct ProgressContent: PageModel {
    static let template = "campaigns/progress"

    let done: Int
    let total: Int
    let progressText: String
    let progressIsRunning: Bool
}

/// What became of a campaign: a sentence, a picture, a table whose numbers lead to people.
enum ReportPages {
    static func progress(_ visit: Visit) async throws -> Reply {
        let id: CampaignID = try visit.identifier("campaign")
        let campaign = try await CampaignPages.find(id, visit)
        return .fragment(progress(try await report(id, visit), visit, isGoing: isGoing(campaign, visit)))
    }

    /// Whether something happens by itself now: it is being sent, or its time has come and a worker is about to begin.
    private static func isGoing(_ campaign: Campaign, _ visit: Visit) -> Bool {
        switch campaign.state {
        case .sending: true
        case .scheduled: campaign.scheduledAt.map { $0 <= visit.now } ?? false
        default: false
        }
    }

    static func page(_ visit: Visit, _ campaign: Campaign) async throws -> Page {
        let report = try await report(campaign.id, visit)
        let draft = campaign.draft
        let isGoing = isGoing(campaign, visit)
        let content = ReportContent(
            campaignIdentifier: "\(campaign.id)",
            status: CampaignWords.state(isGoing ? .sending : campaign.state, visit),
            sentence: sentence(report, visit, isGoing: isGoing),
            isRunning: isGoing,
            mayPause: campaign.state == .sending,
            isScheduled: campaign.state == .scheduled && !isGoing,
            isPaused: campaign.state == .paused,
            isOver: campaign.state.isOver,
            maySend: try visit.requester.may(.sendCampaigns),
            progressContent: progress(report, visit, isGoing: isGoing),
            chartMarkup: chart(report, visit),
            hasRows: !report.rows.isEmpty,
            rows: report.rows.sorted { $0.count > $1.count }.map { row($0, campaign.id, visit) },
            doubts: report.attemptsInDoubt == 0
                ? nil
                : visit.words(
                    "{count} {count|attempt was|attempts were} in doubt: their server may have taken the message before the "
                        + "connection broke. It was repeated once, byte for byte the same.",
                    count: report.attemptsInDoubt
                ),
            className: draft.messageClass.map { visit.words(CampaignWords.className($0)) },
            subject: draft.subject,
            senderName: draft.senderName,
            sensitivityName: draft.sensitivity.map { visit.words(CampaignWords.sensitivityName($0)) },
            payer: draft.payer.isEmpty ? nil : draft.payer,
            scheduled: campaign.scheduledAt.map(visit.moment),
            started: campaign.startedAt.map(visit.moment),
            finished: campaign.finishedAt.map(visit.moment),
            protectionHref: try protectionHref(campaign.id, visit),
            secured: secured(report, visit.words)
        )
        var page = Page(
            draft.name.isEmpty ? visit.words("Campaign") : draft.name,
            .staff(section: .campaigns),
            content: content
        )
        page.crumbs = [.init(label: visit.words("Campaigns"), href: visit.base + "/campaigns")]
        return page
    }

    static func protectionHref(_ id: CampaignID, _ visit: Visit) throws -> String? {
        guard try visit.requester.may(.manageSettings) else { return nil }
        let query = [("level", "campaign"), ("name", "\(id)"), ("campaign", "\(id)")]
        return visit.path("settings", "protection", query: query).text
    }

    /// How each message that arrived was encrypted, the most frequent method first.
    private static func secured(_ report: CampaignReport, _ words: Words) -> String? {
        var counts: [SendMethod: Int] = [:]
        for case .delivery(let count) in report.rows.map(\.source) {
            let hasArrived = [DeliveryStanding.delivered, .waitingInPortal, .openedInPortal].contains(count.standing)
            guard hasArrived, let method = count.method else { continue }
            counts[method, default: 0] += count.count
        }
        let all = counts.values.reduce(0, +)
        guard all > 0 else { return nil }
        let methods = counts.sorted { ($1.value, $0.key.rawValue) < ($0.value, $1.key.rawValue) }
            .map { "\(words($0.key.title)) \(Numbers.grouped($0.value))" }
        return words(
            "{secured} of {all} messages arrived protected: {methods}",
            [
                "secured": Numbers.grouped(all - (counts[.opportunisticTLS] ?? 0)), "all": Numbers.grouped(all),
                "methods": methods.joined(separator: ", "),
            ]
        )
    }

    private static func report(_ id: CampaignID, _ visit: Visit) async throws -> CampaignReport {
        do {
            return try await visit.facades.campaigns.report(id, requester: try visit.requester)
        } catch CampaignError.notFound {
            throw NotFound()
        }
    }

    private static func progress(_ report: CampaignReport, _ visit: Visit, isGoing: Bool) -> ProgressContent {
        let done = max(0, report.audience - report.pending)
        let text = visit.words(
            "{done} of {total} have a final state",
            ["done": Numbers.grouped(done), "total": Numbers.grouped(report.audience)]
        )
        return ProgressContent(
            done: done,
            total: max(1, report.audience),
            progressText: text,
            progressIsRunning: isGoing && (report.state == .scheduled || !report.isComplete)
        )
    }

    private static func sentence(_ report: CampaignReport, _ visit: Visit, isGoing: Bool) -> String {
        let words = visit.words
        if isGoing, report.state == .scheduled { return words("Everybody is checked once more, then it goes out.") }
        if report.state == .scheduled { return words("It goes out at the time below, and is checked again then.") }
        func part(_ text: String, _ count: Int) -> String? {
            count == 0 ? nil : words(text, ["count": Numbers.grouped(count)])
        }
        let parts = [
            part("{count} delivered to their mail server", report.delivered),
            part("{count} waiting in the portal", report.waitingInPortal),
            part("{count} opened in the portal", report.openedInPortal),
            part("{count} refused by their server", report.refused),
            part("{count} expired", report.expired),
            part("{count} kept back", report.held),
            part("{count} not sent", report.notSent),
            part("{count} cancelled", report.cancelled),
            part("{count} on their way", report.pending),
        ].compactMap { $0 }
        let people = words("{count} {count|person|people}", count: report.audience)
        if report.isStuck, !report.state.isOver {
            return words(
                "Sending failed again and again and has stopped. Pause the campaign and resume it to try anew."
            )
        }
        return parts.isEmpty ? people + "." : people + ": " + parts.joined(separator: ", ") + "."
    }

    private static func chart(_ report: CampaignReport, _ visit: Visit) -> Markup {
        guard report.audience > 0 else { return .empty }
        let words = visit.words
        let arrived = report.delivered + report.waitingInPortal + report.openedInPortal
        return Charts.funnel(
            [
                ChartValue(label: words("in the audience"), count: report.audience),
                ChartValue(label: words("cleared by the checks"), count: report.cleared),
                ChartValue(label: words("at their server or in the portal"), count: arrived, tone: .good),
                ChartValue(label: words("opened in the portal"), count: report.openedInPortal, tone: .good),
            ],
            title: words("From the audience to the portal"),
            tableHeading: (label: words("Stage"), count: words("People"))
        )
    }

    private static func row(_ row: ReportRow, _ id: CampaignID, _ visit: Visit) -> ReportContent.Row {
        var query: [(String, String)]
        let tone: StatusModel.Tone
        switch row.source {
        case .delivery(let count):
            query = [("of", "report"), ("standing", count.standing.rawValue)]
            if let reason = count.reason { query.append(("reason", reason)) }
            if let method = count.method { query.append(("method", method.rawValue)) }
            tone = self.tone(count.standing)
        case .noMessage(let word):
            query = [("of", "none"), ("reason", word)]
            tone = .bad
        }
        return .init(
            rowTitle: StatusModel(visit.words(row.title), tone),
            rowMethod: CampaignWords.method(row.method, visit),
            rowReason: row.sentence.map { visit.words($0) },
            rowCount: Numbers.grouped(row.count),
            rowHref: visit.path("campaigns", "\(id)", "people", query: query).text
        )
    }

    static func tone(_ standing: DeliveryStanding) -> StatusModel.Tone {
        switch standing {
        case .delivered, .waitingInPortal, .openedInPortal: .good
        case .refused, .expired, .notSent, .cancelled, .unknown: .bad
        case .held, .inDoubt: .warn
        case .queued, .attempting, .noticing: .plain
        }
    }
}
