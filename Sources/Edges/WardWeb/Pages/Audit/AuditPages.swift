// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardIdentity
import WardKernel
import WardRender

enum AuditPages {
    static func list(_ visit: Visit) async throws -> Reply {
        let requester = try visit.requester
        let form = try AuditFilterForm(visit.query)
        let cursor = try visit.query.optional("before").flatMap { AuditEntryID($0) }
        let page = try await visit.facades.audit.list(form.filter(visit.times), before: cursor, by: requester)
        let state = try await visit.facades.audit.state(by: requester)
        let entries = try await entries(page.lines, visit)
        let (verdict, text) = describe(state, visit)
        let content = AuditContent(
            verdict: verdict,
            verdictText: text,
            entries: entries,
            groups: options(AuditFilterForm.groups.map { ($0.value, $0.label) }, form.group, visit),
            outcomes: options(
                [("success", "It was done"), ("denied", "It was refused"), ("failed", "It failed")],
                form.outcome,
                visit
            ),
            from: form.from?.description ?? "",
            until: form.until?.description ?? "",
            nextHref: page.next.map { visit.path("audit", query: form.query + [("before", "\($0)")]).text },
            mayExport: requester.may(.exportAudit),
            isFiltered: !form.isEmpty
        )
        let lede = visit.words("Who did what, when and from where. Nothing here can be changed or removed.")
        return .page(Page(visit.words("Audit"), .staff(section: .audit), lede: lede, content: content))
    }

    static func verify(_ visit: Visit) async throws -> Reply {
        _ = try await visit.facades.audit.verify(by: try visit.requester)
        return .seeOther(visit.path("audit"))
    }

    /// A table of the filtered entries, in pages as the browser takes them.
    static func export(_ visit: Visit) async throws -> Reply {
        let requester = try visit.requester
        let filter = try AuditFilterForm(visit.form).filter(visit.times)
        try await visit.facades.audit.recordExport(of: filter, by: requester)
        let pages = ExportPages(visit: visit, filter: filter, requester: requester)
        let name = DownloadName("audit-\(visit.times.date(of: visit.now))", extension: "csv")
        return Reply(
            content: .download(
                name,
                contentType: "text/csv; charset=utf-8",
                body: .pieces { try await pages.next() }
            )
        )
    }

    // MARK: Models

    static func entries(_ lines: [AuditLine], _ visit: Visit) async throws -> [AuditContent.Entry] {
        let names = try await names(lines, visit)
        return lines.map { line in
            let record = line.record
            var details = [
                AuditContent.Detail(term: visit.words("Action"), value: record.action.rawValue),
                AuditContent.Detail(
                    term: visit.words("Position in the log"),
                    value: record.position.map { Numbers.grouped(Int($0)) } ?? visit.words("not sealed yet")
                ),
                AuditContent.Detail(term: visit.words("Entry"), value: "\(record.id)"),
            ]
            if !record.content.facts.isEmpty {
                details.insert(.init(term: visit.words("Facts"), value: record.content.facts), at: 1)
            }
            return AuditContent.Entry(
                sentence: AuditSentences.sentence(record, names, visit.words),
                at: visit.moment(record.recordedAt),
                networkAddress: line.networkAddress?.expose(for: .disclosing) { $0.isEmpty ? nil : $0 },
                reason: line.reason?.expose(for: .disclosing) { $0 },
                isReasonErased: line.isReasonErased,
                outcome: record.outcome == .success
                    ? nil
                    : StatusModel(visit.words(record.outcome == .denied ? "refused" : "failed"), .bad),
                details: details
            )
        }
    }

    private static func names(_ lines: [AuditLine], _ visit: Visit) async throws -> AuditNames {
        let actors = lines.filter { $0.record.actorKind == .staff }.compactMap { StaffID(bytes: $0.record.actor) }
        let objects = lines.compactMap(\.record.object).filter { $0.kind == "staff" }
            .compactMap { StaffID(bytes: $0.identifier) }
        let names = try await visit.facades.identity.names(
            of: Set(actors + objects),
            in: visit.organization.id
        )
        return AuditNames(
            actor: { kind, bytes in kind == .staff ? StaffID(bytes: bytes).flatMap { names[$0] } : nil },
            object: { object in object.kind == "staff" ? StaffID(bytes: object.identifier).flatMap { names[$0] } : nil }
        )
    }

    private static func describe(_ state: AuditState, _ visit: Visit) -> (StatusModel, String) {
        let words = visit.words
        let size = words("{count} {count|entry|entries} sealed.", count: Int(state.size))
        let outside = words(
            state.isKeptOutside
                ? "Checkpoints are kept outside the database too." : "Checkpoints are kept in the database only."
        )
        guard let at = state.verifiedAt else {
            return (StatusModel(words("not verified yet"), .warn), "\(size) \(outside)")
        }
        let when = words("Last verified {moment}.", ["moment": visit.times.moment(at)])
        let verdict =
            state.wasIntact
            ? StatusModel(words("intact"), .good) : StatusModel(words("damaged: tell the privacy official"), .bad)
        return (verdict, "\(size) \(when) \(outside)")
    }

    private static func options(
        _ options: [(String, String)],
        _ chosen: String,
        _ visit: Visit
    ) -> [AuditContent.FilterOption] {
        ([("", "All")] + options).map { value, label in
            .init(optionValue: value, optionLabel: visit.words(label), isSelected: value == chosen)
        }
    }
}

/// Hands out an export page by page; an actor, since the response asks while it writes.
private actor ExportPages {
    private let visit: Visit
    private let filter: AuditFilter
    private let requester: Requester
    private var cursor: AuditEntryID?
    private var hasBegun = false
    private var isAtEnd = false

    init(visit: Visit, filter: AuditFilter, requester: Requester) {
        self.visit = visit
        self.filter = filter
        self.requester = requester
    }

    func next() async throws -> String? {
        if isAtEnd { return nil }
        let page = try await visit.facades.audit.list(filter, before: cursor, limit: 500, by: requester)
        cursor = page.next
        isAtEnd = page.next == nil
        let entries = try await AuditPages.entries(page.lines, visit)
        var text = hasBegun ? "" : CSVCell.row(["time", "sentence", "reason", "network address", "action", "entry"])
        hasBegun = true
        for (entry, line) in zip(entries, page.lines) {
            text += CSVCell.row([
                entry.at.momentExact, entry.sentence, entry.reason ?? "", entry.networkAddress ?? "",
                line.record.action.rawValue, "\(line.record.id)",
            ])
        }
        return text
    }
}
