// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardKernel
import WardRender

struct QueueContent: PageModel {
    static let template = "queue/list"

    struct Row: Sendable {
        let rowMessage: String
        /// Why it went the way it went.
        let rowHref: String
        let rowPerson: ProtectedValueModel
        let standing: StatusModel
        let rowWhy: String?
        let attempts: String
        let made: MomentModel
        let nextAttempt: MomentModel?
        let orderHref: String
        let orders: [ChoiceModel]
        /// Nothing can be ordered, or this person may not.
        let hasOrders: Bool
    }

    struct Told: Sendable {
        let toldSentence: String
        let toldMessage: String
        let toldAt: MomentModel
    }

    struct GivenUp: Sendable {
        let workKind: String
        let workReason: String
        let workSince: MomentModel
    }

    let notices: [Told]
    let hasNotices: Bool
    let parked: [GivenUp]
    let filters: [FilterModel]
    let part: String
    let person: String?
    let domain: String
    let ages: [ChoiceModel]
    let orderings: [ChoiceModel]
    let isFiltered: Bool
    let rows: [Row]
    let nextHref: String?
    let empty: EmptyModel?
}

/// The mail queue: what waits, is held, is in doubt or failed, and orders about single messages.
enum QueuePages {
    static func list(_ visit: Visit) async throws -> Reply {
        .page(try await page(visit, QueueForm(visit.query)))
    }

    static func see(_ visit: Visit) async throws -> Reply {
        try await visit.facades.delivery.seeNotices(by: try visit.requester)
        return .seeOther(visit.path("queue"))
    }

    static func order(_ visit: Visit) async throws -> Reply {
        let id: MessageID = try visit.identifier("message")
        let form = try QueueForm(visit.form)
        guard let order = QueueOrder(rawValue: try visit.form.text("order")) else { throw NotFound() }
        let why = try visit.form.text("reason")
        let outcome: QueueOutcome
        do {
            outcome = try await order.give(id, why, visit)
        } catch DeliveryError.messageNotFound {
            throw NotFound()
        }
        let text: String
        switch outcome {
        case .done: return .seeOther(visit.path("queue", query: form.query))
        case .reasonMissing: text = visit.words("Give a reason. It is kept in the audit log.")
        case .notPossible(let standing):
            text = visit.words(
                "Nothing was changed: the message is “{standing}”.",
                ["standing": visit.words(standing.title)]
            )
        }
        let page = try await page(visit, form)
        return .page(page.with(.init(text: text, tone: .bad)), status: 422)
    }

    private static func page(_ visit: Visit, _ form: QueueForm) async throws -> Page {
        let (delivery, requester, words) = (visit.facades.delivery, try visit.requester, visit.words)
        let found = try await delivery.queue(form.filter, after: form.after, by: requester)
        let notices = try await delivery.senderNotices(limit: 20, by: requester)
        let parked = try await delivery.parkedWork(limit: 20, by: requester)
        let people = try await MessagesPages.names(of: Set(found.rows.compactMap(\.summary.recipient.contact)), visit)
        let mayOrder = requester.may(.answerMessages) || requester.may(.sendCampaigns)
        let content = QueueContent(
            notices: notices.map {
                .init(
                    toldSentence: words($0.kind.sentence),
                    toldMessage: "\($0.message)",
                    toldAt: visit.moment($0.raisedAt)
                )
            },
            hasNotices: !notices.isEmpty,
            parked: parked.map {
                .init(workKind: $0.kind, workReason: $0.reason, workSince: visit.moment($0.madeAt))
            },
            filters: QueuePart.allCases.map { part in
                FilterModel(
                    filterLabel: words(part.title),
                    filterHref: visit.path("queue", query: form.showing(part).query).text,
                    filterIsCurrent: part == form.part
                )
            },
            part: form.part.rawValue,
            person: form.person.map { "\($0)" },
            domain: form.domain,
            ages: form.ages(words),
            orderings: form.orderings(words),
            isFiltered: form.isFiltered,
            rows: found.rows.map { row($0, people, mayOrder: mayOrder, visit) },
            nextHref: found.next.map { visit.path("queue", query: form.query + [("after", "\($0)")]).text },
            empty: found.rows.isEmpty ? empty(form, words) : nil
        )
        return Page(
            words("Mail queue"),
            .staff(section: .messages),
            lede: words("What is on its way, what waits for somebody, and what did not arrive."),
            content: content
        )
    }

    private static func row(
        _ row: QueueRow,
        _ people: [ContactID: ProtectedValueModel],
        mayOrder: Bool,
        _ visit: Visit
    ) -> QueueContent.Row {
        let words = visit.words
        let title = words(row.summary.standing.title)
        let orders = mayOrder ? QueueOrder.possible(row) : []
        return .init(
            rowMessage: "\(row.summary.id)",
            rowHref: visit.path("queue", "\(row.summary.id)").text,
            rowPerson: row.summary.recipient.contact.flatMap { people[$0] } ?? .init(phiText: "••••", isMasked: true),
            standing: StatusModel(
                row.isNotice ? words("{standing} (notice)", ["standing": title]) : title,
                tone(row.summary.standing)
            ),
            rowWhy: row.sentence.map { words($0) },
            attempts: "\(row.attempts)",
            made: visit.moment(row.madeAt),
            nextAttempt: row.nextAttemptAt.map(visit.moment),
            orderHref: visit.path("queue", "\(row.summary.id)").text,
            orders: orders.map { ChoiceModel($0.rawValue, words($0.label)) },
            hasOrders: !orders.isEmpty
        )
    }

    private static func tone(_ standing: DeliveryStanding) -> StatusModel.Tone {
        switch standing {
        case .refused, .expired, .unknown: .bad
        case .held, .inDoubt: .warn
        default: .plain
        }
    }

    private static func empty(_ form: QueueForm, _ words: Words) -> EmptyModel {
        let text =
            switch form.part {
            case .waiting: words("Nothing waits: every message has been handed over, or is held or failed.")
            case .held:
                words("No message is held. The send gate holds what nothing may carry; staff can hold any message.")
            case .doubt: words("No message is in doubt: every server has said what became of each.")
            case .failed: words("No message failed.")
            }
        return EmptyModel(emptyTitle: words("Nothing here"), emptyText: text, emptyAction: nil)
    }
}

/// What staff can order about one message.
enum QueueOrder: String, CaseIterable {
    case hold, release, retry, cancel, retract

    var label: String {
        switch self {
        case .hold: "Hold it"
        case .release: "Let it go on"
        case .retry: "Try again now"
        case .cancel: "Cancel it"
        case .retract: "Take it back from the portal"
        }
    }

    /// Those that fit where the message stands.
    static func possible(_ row: QueueRow) -> [QueueOrder] {
        switch row.summary.standing {
        case .queued, .inDoubt: row.isNotice ? [.retry] : [.retry, .hold, .cancel]
        case .attempting: row.isNotice ? [] : [.hold, .cancel]
        case .held: [.release, .cancel]
        case .noticing, .waitingInPortal: [.retract]
        default: []
        }
    }

    func give(_ id: MessageID, _ why: String, _ visit: Visit) async throws -> QueueOutcome {
        let (delivery, requester) = (visit.facades.delivery, try visit.requester)
        return switch self {
        case .hold: try await delivery.hold(id, why: why, by: requester)
        case .release: try await delivery.releaseHeld(id, why: why, by: requester)
        case .retry: try await delivery.retryNow(id, why: why, by: requester)
        case .cancel: try await delivery.cancel(id, why: why, by: requester)
        case .retract: try await delivery.retract(id, why: why, by: requester)
        }
    }
}

/// The filter of the page, in its address and in each order's form. A person is named by identifier: no address is in a URL.
struct QueueForm {
    var part: QueuePart
    var domain: String
    var person: ContactID?
    var olderThan: String
    var ordering: String
    var after: MessageID?

    init(_ fields: Fields) throws {
        part = QueuePart(rawValue: try fields.text("part")) ?? .waiting
        domain = try fields.text("domain")
        person = try fields.optional("person").flatMap { ContactID($0) }
        olderThan = try fields.text("older")
        ordering = try fields.text("sort")
        after = try fields.optional("after").flatMap { MessageID($0) }
    }

    private static let agesInMinutes = ["60": 60, "240": 240, "1440": 1_440]

    var isFiltered: Bool { !domain.isEmpty || person != nil || Self.agesInMinutes[olderThan] != nil }

    var filter: QueueFilter {
        var filter = QueueFilter(part: part)
        filter.domain = domain.isEmpty ? nil : domain
        filter.recipients = person.map { [$0] } ?? []
        filter.olderThan = Self.agesInMinutes[olderThan].map { .minutes($0) }
        filter.isOldestFirst = ordering != "newest"
        return filter
    }

    /// Without the place in the list.
    var query: [(String, String)] {
        var query = [("part", part.rawValue)]
        if !domain.isEmpty { query.append(("domain", domain)) }
        if let person { query.append(("person", "\(person)")) }
        if Self.agesInMinutes[olderThan] != nil { query.append(("older", olderThan)) }
        if ordering == "newest" { query.append(("sort", ordering)) }
        return query
    }

    func showing(_ part: QueuePart) -> QueueForm {
        var form = self
        form.part = part
        return form
    }

    func ages(_ words: Words) -> [ChoiceModel] {
        [
            ("", words("any age")), ("60", words("older than an hour")), ("240", words("older than four hours")),
            ("1440", words("older than a day")),
        ].map { ChoiceModel($0.0, $0.1, isChosen: $0.0 == olderThan) }
    }

    func orderings(_ words: Words) -> [ChoiceModel] {
        [("", words("oldest first")), ("newest", words("newest first"))].map {
            ChoiceModel($0.0, $0.1, isChosen: $0.0 == ordering)
        }
    }
}
