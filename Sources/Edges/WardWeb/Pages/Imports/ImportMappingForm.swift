// SPDX-License-Identifier: Apache-2.0

import WardConsent
import WardContacts
import WardKernel
import WardRender

/// The choices of the preview, as posted.
enum ImportMappingForm {
    static func mapping(
        _ fields: Fields,
        _ columns: [ColumnProposal],
        _ proposed: ImportMapping
    ) throws(BadRequest) -> ImportMapping {
        var mapping = proposed
        for (number, column) in columns.enumerated() where mapping.columns.indices.contains(number) {
            guard let choice = try fields.optional("c\(number)-target") else { continue }
            mapping.columns[number].target = try target(choice, number, column, fields)
            if let order = DateOrder(rawValue: try fields.text("c\(number)-order")) {
                mapping.columns[number].dateOrder = order
            }
        }
        mapping.emailTemplate = EmailTemplate(try fields.text("email_template"))
        return mapping
    }

    /// Whether something was typed as the pattern for addresses that is none.
    static func isPatternBroken(_ fields: Fields) throws(BadRequest) -> Bool {
        let typed = try fields.text("email_template")
        return !typed.isEmpty && EmailTemplate(typed) == nil
    }

    private static func target(
        _ choice: String,
        _ number: Int,
        _ column: ColumnProposal,
        _ fields: Fields
    ) throws(BadRequest) -> ColumnTarget {
        let parts = choice.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.count == 2 ? parts[1] : "") {
        case ("attribute", let name): return AttributeName(rawValue: name).map { .attribute($0) } ?? .skip
        case ("record", let field): return RecordField(rawValue: field).map { .record($0) } ?? .skip
        case ("new", _):
            guard let proposed = column.newAttribute else { return .skip }
            return try created(proposed, number, fields)
        default: return .skip
        }
    }

    /// A new attribute as corrected. Whatever is not said to be unprotected is protected.
    private static func created(
        _ proposed: AttributeDefinition,
        _ number: Int,
        _ fields: Fields
    ) throws(BadRequest) -> ColumnTarget {
        var definition = proposed
        if let kind = AttributeKind(rawValue: try fields.text("c\(number)-kind")) { definition.kind = kind }
        definition.isPHI = try fields.text("c\(number)-phi") != "no"
        return .newAttribute(definition)
    }

    /// On what the people agreed; nil when no purpose is chosen.
    static func basis(_ visit: Visit) throws -> WritingBasis? {
        let purposes = visit.form.all("purpose").filter { Purpose(rawValue: $0) != nil }
        guard !purposes.isEmpty else { return nil }
        let day = CalendarDate(try visit.form.text("obtained")) ?? visit.times.date(of: visit.now)
        return WritingBasis(
            purposes: purposes,
            origin: try visit.form.text("origin"),
            wordingVersion: try visit.form.text("wording"),
            obtainedAt: visit.times.moment(on: day, minutes: 0)
        )
    }
}

/// The page between upload and start.
enum ImportPreviewPage {
    static func page(
        _ visit: Visit,
        mapping: ImportMapping?,
        problems: [ImportProblem] = []
    ) async throws -> Page {
        let id: ImportID = try visit.identifier("import")
        let requester = try visit.requester
        guard let preview = try await visit.contacts.preview(id, mapping: mapping, by: requester) else {
            throw NotFound()
        }
        let attributes = try await visit.contacts.attributes(by: requester)
        let words = visit.words
        // A start that was refused names the mapping's problems among its own.
        let found = problems.isEmpty ? preview.mappingProblems.map { ImportProblem(.columns, $0) } : problems
        let all = mapping == nil ? [] : found
        let isPatternBroken = try ImportMappingForm.isPatternBroken(visit.form)
        let content = content(visit, preview, attributes, all, isPatternBroken: isPatternBroken)
        var page = Page(
            preview.progress.fileName,
            .staff(section: .contacts),
            lede: words("This is what Ward understood. Correct it, then start."),
            content: content
        )
        page.crumbs = [
            .init(label: words("Contacts"), href: visit.base + "/contacts"),
            .init(label: words("Import people"), href: visit.base + "/imports"),
        ]
        return page
    }

    private static func content(
        _ visit: Visit,
        _ preview: ImportPreview,
        _ attributes: [AttributeDefinition],
        _ problems: [ImportProblem],
        isPatternBroken: Bool
    ) -> ImportPreviewContent {
        let words = visit.words
        let typedPattern = visit.form.all("email_template").first ?? preview.mapping.emailTemplate?.text ?? ""
        let patternError =
            isPatternBroken
            ? words("This is no pattern for addresses. It holds {first} or {last}, and one @ with a domain after it.")
            : nil
        let problems = problems.map { (field(of: $0), words($0.sentence)) }
        func error(_ field: String) -> String? { problems.first { $0.0 == field }?.1 }
        func value(_ name: String) -> String { visit.form.all(name).first ?? "" }
        let chosen = Set(visit.form.all("purpose"))
        return ImportPreviewContent(
            importIdentifier: "\(preview.progress.id)",
            summary: ErrorSummary(words, problems + (patternError.map { [("email_template", $0)] } ?? [])),
            fileNotes: preview.notes.map { words($0) },
            rowTotal: words("{count} {count|row|rows}", count: preview.progress.rowTotal ?? 0),
            columns: columns(preview, attributes, words),
            headers: preview.columns.map(\.header),
            samples: preview.rows.expose(for: .disclosing) { $0.map(sample) },
            phiColumns: preview.phiColumns.joined(separator: ", "),
            emailTemplate: FieldModel(
                "email_template",
                words("Pattern for missing e-mail addresses"),
                help: words("For made-up people only, such as {first}.{last}@tls.example"),
                error: patternError,
                value: typedPattern,
                isRequired: false,
                maxLength: 200
            ),
            source: FieldModel(
                "source",
                words("Name of the feed"),
                help: words(
                    "The same name for each file of the same system, such as lakeside-ehr: record numbers belong to it."
                ),
                error: error("source"),
                value: value("source"),
                maxLength: 100
            ),
            purposes: Purpose.allCases.map {
                ChoiceModel($0.rawValue, words(label($0)), isChosen: chosen.contains($0.rawValue))
            },
            origin: FieldModel(
                "origin",
                words("Where they agreed"),
                help: words("Such as: intake form of 2025."),
                error: error("origin"),
                value: value("origin"),
                isRequired: false
            ),
            wording: FieldModel(
                "wording",
                words("Version of the wording"),
                value: value("wording"),
                isRequired: false
            ),
            obtained: FieldModel("obtained", words("When"), .date, value: value("obtained"), isRequired: false)
        )
    }

    /// The field that a problem leads to.
    private static func field(of problem: ImportProblem) -> String {
        switch problem.place {
        case .columns: "c0-target"
        case .source, .list: "source"
        case .basis: "origin"
        }
    }

    private static func columns(
        _ preview: ImportPreview,
        _ attributes: [AttributeDefinition],
        _ words: Words
    ) -> [ImportPreviewContent.Column] {
        let protected = Set(preview.phiColumns)
        return preview.columns.enumerated().map { number, column in
            let mapping =
                preview.mapping.columns.indices.contains(number) ? preview.mapping.columns[number] : column.mapping
            let definition = newAttribute(mapping.target)
            let isDate = column.type == .date || column.type == .dateTime || definition?.kind == .date
            return .init(
                columnNumber: number,
                columnHeader: column.header,
                columnType: words(column.type.label),
                columnFilled: Numbers.grouped(column.filled),
                isPHI: protected.contains(column.header),
                targets: targets(mapping.target, column, preview.mapping.subject, attributes, words),
                created: definition.map { created($0, number, words) },
                dateOrders: isDate
                    ? [
                        ChoiceModel("monthFirst", words("month first"), isChosen: mapping.dateOrder == .monthFirst),
                        ChoiceModel("dayFirst", words("day first"), isChosen: mapping.dateOrder == .dayFirst),
                    ] : [],
                columnNotes: column.notes.map { words($0) }
            )
        }
    }

    private static func targets(
        _ target: ColumnTarget,
        _ column: ColumnProposal,
        _ subject: ImportSubject,
        _ attributes: [AttributeDefinition],
        _ words: Words
    ) -> [ChoiceModel] {
        var choices = [ChoiceModel("skip", words("leave out"), isChosen: target == .skip)]
        let isPeople = subject == .people
        if let new = column.newAttribute, isPeople, !attributes.contains(where: { $0.name == new.name }) {
            let isChosen = newAttribute(target) != nil
            choices.append(ChoiceModel("new:", words("new: {name}", ["name": new.label]), isChosen: isChosen))
        }
        if case .records = subject {
            return choices
                + RecordField.allCases.map {
                    ChoiceModel("record:\($0.rawValue)", words($0.rawValue), isChosen: target == .record($0))
                }
        }
        return choices
            + attributes.map {
                ChoiceModel("attribute:\($0.name)", words($0.label), isChosen: target == .attribute($0.name))
            }
    }

    private static func newAttribute(_ target: ColumnTarget) -> AttributeDefinition? {
        if case .newAttribute(let definition) = target { definition } else { nil }
    }

    /// What can be corrected about an attribute that the import makes.
    private static func created(
        _ definition: AttributeDefinition,
        _ number: Int,
        _ words: Words
    ) -> ImportPreviewContent.Created {
        .init(
            createdNumber: number,
            kinds: AttributeKind.allCases.map {
                ChoiceModel($0.rawValue, words(label($0)), isChosen: $0 == definition.kind)
            },
            protections: [
                ChoiceModel("yes", words("yes: shown in part until revealed"), isChosen: definition.isPHI),
                ChoiceModel("no", words("no: shown to everybody who sees people"), isChosen: !definition.isPHI),
            ]
        )
    }

    private static func label(_ kind: AttributeKind) -> String {
        switch kind {
        case .text: "text"
        case .number: "number"
        case .date: "date"
        case .boolean: "yes or no"
        case .code: "one of a few words"
        }
    }

    private static func sample(_ row: PreviewRow) -> ImportPreviewContent.Sample {
        .init(
            sampleRow: Numbers.grouped(row.row),
            cells: row.cells.enumerated().map { number, cell in
                let understood = row.understood.indices.contains(number) ? row.understood[number] : nil
                return .init(cellText: cell, understood: understood == cell ? nil : understood)
            },
            sampleProblems: row.problems,
            isRejected: row.isRejected
        )
    }

    private static func label(_ purpose: Purpose) -> String {
        switch purpose {
        case .care: "Care: treatment, coordination, refills"
        case .administrative: "Appointments, bills, notices"
        case .services: "Our own services and plan benefits"
        case .marketing: "Marketing"
        case .fundraising: "Fundraising"
        }
    }
}
