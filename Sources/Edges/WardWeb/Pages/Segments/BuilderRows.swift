// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel
import WardRender
import WardSegments

/// One row of the builder as its controls.
struct BuilderRowModel: Sendable {
    let rowNumber: Int
    let rowShownNumber: Int
    let depth: Int
    let isGroup: Bool
    let joins: [ChoiceModel]
    let isNegated: Bool
    let subjects: [ChoiceModel]
    let isField: Bool
    let isRecord: Bool
    let hasWindow: Bool
    let tests: [ChoiceModel]
    let value: String
    let upper: String
    let isBetween: Bool
    let needsValue: Bool
    /// What an empty value means, where that is not plain.
    let valueHint: String?
    let code: String
    let display: String
    let state: String
    let windows: [ChoiceModel]
    let windowCount: String
    let units: [ChoiceModel]
    let each: String?
    let left: String?
    let rowIndentClass: String
}

/// Between the builder's form and its fields on the page.
enum BuilderRows {
    static let longest = 60

    /// The form as it was posted.
    static func form(_ fields: Fields) throws(BadRequest) -> BuilderForm {
        var form = BuilderForm(join: BuilderJoin(rawValue: try fields.text("join")) ?? .all)
        let count = min(Int(try fields.text("rows")) ?? 0, longest)
        for number in 0..<max(0, count) {
            func text(_ name: String) throws(BadRequest) -> String { try fields.text("r\(number)-\(name)") }
            let depth = min(max(0, Int(try text("depth")) ?? 0), 8)
            let content: BuilderRow.Content
            if let join = BuilderJoin(rawValue: try text("join")) {
                content = .group(join)
            } else {
                var line = BuilderLine(subject: try text("subject"), test: try text("test"), value: try text("value"))
                line.upper = try text("upper")
                line.code = try text("code").split(separator: ",").joined(separator: "\n")
                line.display = try text("display")
                line.status = try text("state")
                line.window = try text("window")
                line.windowCount = try text("window-count")
                line.windowUnit = try text("window-unit")
                if line.test == BuilderTest.oneOf.rawValue {
                    line.value = line.value.split(separator: ",").map { CellTrim.trimmed($0) }.joined(separator: "\n")
                }
                content = .line(line)
            }
            form.rows.append(BuilderRow(depth: depth, isNegated: fields.has("r\(number)-not"), content))
        }
        return form
    }

    static func models(
        _ form: BuilderForm,
        _ vocabulary: SegmentVocabulary,
        tally: SegmentTally?,
        _ words: Words
    ) -> [BuilderRowModel] {
        let lines = tally?.lines.count == form.rows.count ? tally?.lines : nil
        return form.rows.enumerated().map { number, row in
            model(row, number, vocabulary, lines?[number], words)
        }
    }

    private static func model(
        _ row: BuilderRow,
        _ number: Int,
        _ vocabulary: SegmentVocabulary,
        _ tally: LineTally?,
        _ words: Words
    ) -> BuilderRowModel {
        var line = BuilderLine(subject: "")
        var join: BuilderJoin?
        switch row.content {
        case .group(let value): join = value
        case .line(let value): line = value
        }
        let kind = kind(of: line.subject, vocabulary)
        let isRecord = DatedRecordKind(rawValue: line.subject) != nil
        let isWindow = line.test == BuilderTest.window.rawValue
        let isEvent = EngagementTerm.Event(rawValue: line.subject) != nil
        return BuilderRowModel(
            rowNumber: number,
            rowShownNumber: number + 1,
            depth: row.depth,
            isGroup: join != nil,
            joins: joins(join ?? .all, words),
            isNegated: row.isNegated,
            subjects: subjects(line.subject, vocabulary, words),
            isField: kind != nil,
            isRecord: isRecord,
            hasWindow: isRecord || isWindow || isEvent,
            tests: kind.map { tests(for: $0, line.test, words) } ?? [],
            value: line.value.replacing("\n", with: ", "),
            upper: line.upper,
            isBetween: line.test == BuilderTest.between.rawValue,
            needsValue: (kind != nil && !["missing", "present", "window"].contains(line.test))
                || line.subject == "list" || isEvent,
            valueHint: isEvent ? words("campaign, or empty for any") : nil,
            code: line.code.replacing("\n", with: ", "),
            display: line.display,
            state: line.status,
            windows: windows(line.window, looksAhead: !isEvent, words),
            windowCount: line.windowCount,
            units: choices(
                [("day", "days"), ("week", "weeks"), ("month", "months"), ("year", "years")],
                line.windowUnit,
                words
            ),
            each: tally.map { "\($0.each)" },
            left: tally?.left.map { "\($0)" },
            rowIndentClass: "indent-\(min(row.depth, 4))"
        )
    }

    /// Nobody knows yet who will open a message: events lie in the past.
    private static func windows(_ chosen: String, looksAhead: Bool, _ words: Words) -> [ChoiceModel] {
        let past = [("", "at any time"), ("within", "within the last")]
        return choices(looksAhead ? past + [("next", "in the next")] : past, chosen, words)
    }

    static func joins(_ join: BuilderJoin, _ words: Words) -> [ChoiceModel] {
        choices([("all", "ALL of"), ("any", "ANY of")], join.rawValue, words)
    }

    private static func kind(of subject: String, _ vocabulary: SegmentVocabulary) -> AttributeKind? {
        if subject == "age" { return .number }
        return vocabulary.fields.first { $0.name.rawValue == subject }?.kind
    }

    private static func subjects(_ chosen: String, _ vocabulary: SegmentVocabulary, _ words: Words) -> [ChoiceModel] {
        var options: [(String, String)] = [("", "choose …")]
        if !vocabulary.fields.contains(where: { $0.name.rawValue == "age" }) { options.append(("age", "Age")) }
        options += vocabulary.fields.map { ($0.name.rawValue, $0.label) }
        options += vocabulary.records.map { ($0.rawValue, "Record: \($0.rawValue)") }
        if !vocabulary.lists.isEmpty { options.append(("list", "On the list")) }
        options += vocabulary.events.map { ($0.rawValue, label($0)) }
        options.append(("everyone", "Everyone"))
        return choices(options, chosen, words)
    }

    private static func tests(for kind: AttributeKind, _ chosen: String, _ words: Words) -> [ChoiceModel] {
        choices(BuilderTest.offered(for: kind).map { ($0.rawValue, label($0)) }, chosen, words)
    }

    private static func label(_ event: EngagementTerm.Event) -> String {
        switch event {
        case .sent: "Was sent a message"
        case .delivered: "Their server took a message"
        case .opened: "Opened a message in the portal"
        case .refused: "Their server refused a message"
        case .clicked: "Followed a link"
        }
    }

    private static func label(_ test: BuilderTest) -> String {
        switch test {
        case .equal: "is"
        case .notEqual: "is not"
        case .less: "is less than"
        case .lessOrEqual: "is at most"
        case .greater: "is more than"
        case .greaterOrEqual: "is at least"
        case .between: "is between"
        case .oneOf: "is one of"
        case .contains: "contains"
        case .starts: "starts with"
        case .missing: "is missing"
        case .present: "is there"
        case .window: "falls"
        }
    }

    private static func choices(_ options: [(String, String)], _ chosen: String, _ words: Words) -> [ChoiceModel] {
        options.map { ChoiceModel($0.0, words($0.1), isChosen: $0.0 == chosen) }
    }
}

/// Spaces at both ends of a piece of text.
private enum CellTrim {
    static func trimmed(_ text: Substring) -> String {
        let start = text.drop(while: \.isWhitespace)
        return String(start.reversed().drop(while: \.isWhitespace).reversed())
    }
}
