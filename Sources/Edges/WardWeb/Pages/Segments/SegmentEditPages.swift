// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel
import WardRender
import WardSegments

struct SegmentEditContent: PageModel {
    static let template = "segments/edit"

    struct Mistake: Sendable {
        let message: String
        let line: String
        let caret: String
        let suggestion: String?
    }

    let formHref: String
    let version: String
    let summary: ErrorSummary?
    let name: FieldModel
    let isRows: Bool
    let rowsNote: String?
    let rowCount: Int
    let joins: [ChoiceModel]
    let builderRows: [BuilderRowModel]
    let rule: String
    let mistake: Mistake?
    /// Whether the text stands open: there are no rows, or it was the text that was counted or saved.
    let isTextOpen: Bool
    let countText: String?
    let populationText: String
    let lines: [SegmentContent.Line]
}

/// Making and changing a segment: rows to click or text to type, two views of one rule; each button re-reads the page.
enum SegmentEditPages {
    static func showNew(_ visit: Visit) async throws -> Reply {
        let form = BuilderForm(rows: [BuilderRow(.line(BuilderLine(subject: "age", test: "between")))])
        return .page(try await page(visit, Draft(name: "", form: form, rule: "", version: nil)))
    }

    static func postNew(_ visit: Visit) async throws -> Reply { try await post(visit, segment: nil) }

    static func show(_ visit: Visit) async throws -> Reply {
        let segment: Segment
        do {
            segment = try await visit.segments.segment(visit.identifier("segment"), by: try visit.requester)
        } catch SegmentsError.noSuchSegment {
            throw NotFound()
        }
        guard let rule = segment.rule?.expose(for: .disclosing, { $0 }) else { throw Failure.denied }
        let draft = Draft(name: segment.name, form: form(of: rule), rule: rule, version: segment.version)
        return .page(try await page(visit, draft, counting: rule))
    }

    static func post(_ visit: Visit) async throws -> Reply {
        try await post(visit, segment: visit.identifier("segment"))
    }

    /// What the page holds while somebody edits.
    struct Draft: Sendable {
        var name: String
        /// Nil when rows cannot say the rule.
        var form: BuilderForm?
        var rule: String
        var version: Int64?
        var problems: [(field: String, text: String)] = []
        var mistake: SegmentSyntaxError?
        /// The rule came from the text, not from the rows.
        var isTyped = false
    }

    private static func post(_ visit: Visit, segment: SegmentID?) async throws -> Reply {
        var draft = Draft(
            name: try visit.form.text("name"),
            form: try BuilderRows.form(visit.form),
            rule: try visit.form.text("rule"),
            version: Int64(try visit.form.text("version"))
        )
        let action = try visit.form.text("do")
        draft.isTyped = action.hasSuffix("-text")
        if edit(&draft, action) { return .page(try await page(visit, draft)) }
        if action.hasSuffix("-rows") {
            let vocabulary = try await visit.segments.vocabulary(by: try visit.requester)
            do {
                let expression = try draft.form?.expression(vocabulary)
                draft.rule = expression.map(SegmentLanguage.print) ?? ""
            } catch {
                draft.problems = [("row-\((error.row ?? 0) + 1)", visit.words(error.description))]
                return .page(try await page(visit, draft), status: action.hasPrefix("save") ? 422 : 200)
            }
        }
        guard action.hasPrefix("save") else {
            draft.form = form(of: draft.rule)
            return .page(try await page(visit, draft, counting: draft.rule))
        }
        return try await save(visit, segment, draft)
    }

    private static func save(_ visit: Visit, _ segment: SegmentID?, _ draft: Draft) async throws -> Reply {
        var draft = draft
        let segments = visit.segments
        let requester = try visit.requester
        do {
            if let segment {
                let old = try await segments.segment(segment, by: requester)
                if old.name != draft.name { try await segments.rename(segment, to: draft.name, by: requester) }
                _ = try await segments.update(
                    segment,
                    from: draft.version ?? old.version,
                    rule: draft.rule,
                    by: requester
                )
                return .seeOther(visit.path("segments", "\(segment)"))
            }
            let made = try await segments.create(name: draft.name, rule: draft.rule, by: requester)
            return .seeOther(visit.path("segments", "\(made.id)"))
        } catch let error as SegmentSyntaxError {
            draft.mistake = error
            draft.problems = [("rule", error.explanation.expose(for: .disclosing) { $0.message })]
        } catch let error as SegmentsError {
            if case .noSuchSegment = error { throw NotFound() }
            draft.problems = [(isAboutName(error) ? "name" : "rule", visit.words(error.description))]
        }
        return .page(try await page(visit, draft), status: 422)
    }

    private static func isAboutName(_ error: SegmentsError) -> Bool { error == .nameTaken || error == .badName }

    /// Adds or removes a row; false when the button is another one.
    private static func edit(_ draft: inout Draft, _ action: String) -> Bool {
        var form = draft.form ?? BuilderForm()
        let parts = action.split(separator: ":")
        let number = parts.count == 2 ? Int(parts[1]) : nil
        switch (parts.first, number) {
        case ("add-line", let after):
            insert(BuilderRow(.line(BuilderLine(subject: ""))), after: after, in: &form)
        case ("add-group", _):
            form.rows.append(BuilderRow(.group(.any)))
            form.rows.append(BuilderRow(depth: 1, .line(BuilderLine(subject: ""))))
        case ("remove", let row?):
            guard form.rows.indices.contains(row) else { return true }
            let depth = form.rows[row].depth
            let end = form.rows[(row + 1)...].firstIndex { $0.depth <= depth } ?? form.rows.count
            form.rows.removeSubrange(row..<end)
        case ("update", _): break
        default: return false
        }
        draft.form = form
        return true
    }

    /// At the end, or as the first row of the group at `after`.
    private static func insert(_ row: BuilderRow, after: Int?, in form: inout BuilderForm) {
        guard form.rows.count < BuilderRows.longest else { return }
        guard let after, form.rows.indices.contains(after) else { return form.rows.append(row) }
        var row = row
        row.depth = form.rows[after].depth + 1
        form.rows.insert(row, at: after + 1)
    }

    private static func form(of rule: String) -> BuilderForm? {
        // A text that is no rule has no rows; the mistake is shown where it is counted or saved.
        (try? SegmentLanguage.parse(rule)).flatMap(BuilderForm.init)
    }

    private static func page(_ visit: Visit, _ draft: Draft, counting rule: String? = nil) async throws -> Page {
        var draft = draft
        let words = visit.words
        let requester = try visit.requester
        let vocabulary = try await visit.segments.vocabulary(by: requester)
        var tally: SegmentTally?
        if let rule, !rule.isEmpty {
            do {
                tally = try await visit.segments.count(rule: rule, by: requester)
            } catch let error as SegmentSyntaxError {
                draft.mistake = error
                draft.problems.append(("rule", error.explanation.expose(for: .disclosing) { $0.message }))
            } catch let error as SegmentsError {
                draft.problems.append(("rule", words(error.description)))
            }
        }
        let isNew = visit.parameters["segment"] == nil
        let content = content(visit, draft, tally, vocabulary)
        let title = isNew ? words("Make a segment") : words("Change the segment")
        var page = Page(title, .staff(section: .segments), content: content)
        page.crumbs = [.init(label: words("Segments"), href: visit.base + "/segments")]
        return page
    }

    private static func content(
        _ visit: Visit,
        _ draft: Draft,
        _ tally: SegmentTally?,
        _ vocabulary: SegmentVocabulary
    ) -> SegmentEditContent {
        let words = visit.words
        let form = draft.form
        let nameError = draft.problems.first { $0.field == "name" }?.text
        return SegmentEditContent(
            formHref: visit.base + "/segments/" + (visit.parameters["segment"].map { $0 + "/edit" } ?? "new"),
            version: draft.version.map(String.init) ?? "",
            summary: ErrorSummary(words, draft.problems),
            name: FieldModel("name", words("Name"), error: nameError, value: draft.name, maxLength: 120),
            isRows: form != nil,
            rowsNote: form == nil ? words("This rule cannot be shown as lines. Change it as text below.") : nil,
            rowCount: form?.rows.count ?? 0,
            joins: BuilderRows.joins(form?.join ?? .all, words),
            builderRows: form.map { BuilderRows.models($0, vocabulary, tally: tally, words) } ?? [],
            rule: draft.rule,
            mistake: draft.mistake?.explanation.expose(for: .disclosing) {
                .init(message: $0.message, line: $0.line, caret: $0.caret, suggestion: $0.suggestion)
            },
            isTextOpen: form == nil || draft.isTyped || draft.mistake != nil,
            countText: tally.map { "\($0.count)" },
            populationText: tally.map { words("of {count} people", count: $0.population) } ?? "",
            lines: (tally?.lines ?? []).map(SegmentPages.line)
        )
    }
}
