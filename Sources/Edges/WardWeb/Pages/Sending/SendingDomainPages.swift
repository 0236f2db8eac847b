// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardRender
import WardSenderDomains

struct SendingDomainContent: PageModel {
    static let template = "sending/domain"

    struct RecordRow: Sendable {
        let recordTitle: String
        let recordName: String
        let recordText: String
        /// The same for a zone file, where the text has more than 255 octets; nil where one string holds it.
        let recordStrings: String?
        let recordStatus: StatusModel
        let recordSentence: String
        let isShown: Bool
    }

    struct KeyRow: Sendable {
        let keySelector: String
        let keyAlgorithm: String
        let keyStatus: StatusModel
        let keySince: MomentModel
        let keyNeededUntil: MomentModel?
        let isWaiting: Bool
        let isLiving: Bool
    }

    let summary: ErrorSummary?
    let domain: String
    let mailHost: String
    let signing: StatusModel
    let lookedAt: MomentModel
    let recordRows: [RecordRow]
    /// The MTA-STS policy to serve.
    let policyText: String?
    let keyRows: [KeyRow]
    let hasKeys: Bool
    let mayMake: Bool
}

enum SendingDomainPages {
    static func show(_ visit: Visit) async throws -> Reply { .page(try await page(visit)) }

    static func make(_ visit: Visit) async throws -> Reply {
        try await change(visit) { domains, requester in
            _ = try await domains.makeKeys(why: try visit.form.text("reason"), by: requester)
            return nil
        }
    }

    static func activate(_ visit: Visit) async throws -> Reply {
        let selector = try selector(visit)
        return try await change(visit) { domains, requester in
            let reason = try visit.form.optional("reason")
            switch try await domains.activate(selector: selector, unseenBecause: reason, by: requester) {
            case .active: return nil
            case .recordNotSeen(let standing): return visit.words(standing.sentence)
            }
        }
    }

    static func retire(_ visit: Visit) async throws -> Reply {
        let selector = try selector(visit)
        return try await change(visit) { domains, requester in
            _ = try await domains.retire(selector: selector, why: try visit.form.text("reason"), by: requester)
            return nil
        }
    }

    /// Runs a change; what stands in its way is said on the page.
    private static func change(
        _ visit: Visit,
        _ body: (SenderDomains, Requester) async throws -> String?
    ) async throws -> Reply {
        do {
            guard let problem = try await body(visit.facades.senderDomains, try visit.requester) else {
                return .seeOther(visit.path("settings", "sending"))
            }
            return .page(try await page(visit, problem: problem), status: 422)
        } catch let error as SenderDomainError {
            if case .keyUnknown = error { throw NotFound() }
            return .page(try await page(visit, problem: visit.words(error.description)), status: 422)
        }
    }

    private static func selector(_ visit: Visit) throws(NotFound) -> String {
        guard let selector = visit.parameters["selector"] else { throw NotFound() }
        return selector
    }

    private static func page(_ visit: Visit, problem: String? = nil) async throws -> Page {
        let report = try await visit.facades.senderDomains.report(by: try visit.requester)
        let keys = report.keys.filter { $0.domain == report.domain }
        let content = SendingDomainContent(
            summary: ErrorSummary(visit.words, problem.map { [("keys", $0)] } ?? []),
            domain: report.domain,
            mailHost: report.mailHostName,
            signing: report.isSigning
                ? StatusModel(visit.words("Mail is signed"), .good)
                : StatusModel(visit.words("Mail leaves unsigned: no key is active"), .warn),
            lookedAt: visit.moment(report.lookedAt),
            recordRows: report.records.map { row($0, visit) },
            policyText: report.policyText,
            keyRows: keys.reversed().map { row($0, visit) },
            hasKeys: !keys.isEmpty,
            mayMake: !keys.contains { $0.state == .waiting }
        )
        var page = Page(
            visit.words("Sending domain"),
            .staff(section: .settings),
            lede: visit.words("What receivers look for before they believe that a message is yours."),
            content: content
        )
        page.crumbs = [.init(label: visit.words("Settings"), href: visit.base + "/settings")]
        return page
    }

    private static func row(_ record: DomainRecord, _ visit: Visit) -> SendingDomainContent.RecordRow {
        var title = record.purpose.word
        if case .dkim(let key) = record.purpose { title += " · " + key.selector }
        let strings = DomainRecord.zoneStrings(record.text)
        return .init(
            recordTitle: title,
            recordName: record.name,
            recordText: record.text,
            recordStrings: strings.count > 1 ? strings.map { "\"\($0)\"" }.joined(separator: " ") : nil,
            recordStatus: status(record.standing, visit),
            recordSentence: visit.words(record.standing.sentence),
            isShown: record.standing != .removable
        )
    }

    private static func row(_ key: SigningKey, _ visit: Visit) -> SendingDomainContent.KeyRow {
        .init(
            keySelector: key.selector,
            keyAlgorithm: key.algorithmWord,
            keyStatus: status(key.state, visit),
            keySince: visit.moment(key.retiredAt ?? key.activatedAt ?? key.madeAt),
            keyNeededUntil: key.recordNeededUntil.map(visit.moment),
            isWaiting: key.state == .waiting,
            isLiving: key.state != .retired
        )
    }

    private static func status(_ standing: RecordStanding, _ visit: Visit) -> StatusModel {
        switch standing {
        case .good: StatusModel(visit.words("published"), .good)
        case .advice: StatusModel(visit.words("published, see below"), .warn)
        case .removable: StatusModel(visit.words("no longer needed"), .plain)
        case .unknown: StatusModel(visit.words("no answer"), .warn)
        case .missing: StatusModel(visit.words("missing"), .bad)
        case .wrong: StatusModel(visit.words("wrong"), .bad)
        }
    }

    private static func status(_ state: SigningKeyState, _ visit: Visit) -> StatusModel {
        switch state {
        case .waiting: StatusModel(visit.words("waiting for DNS"), .warn)
        case .active: StatusModel(visit.words("signs"), .good)
        case .retired: StatusModel(visit.words("retired"), .plain)
        }
    }
}
