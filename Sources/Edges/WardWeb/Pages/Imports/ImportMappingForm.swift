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
            mapping.columns[number].target = target(choice, column, proposed.columns[number].target)
            if let order = DateOrder(rawValue: try fields.text("c\(number)-order")) {
                mapping.columns[number].dateOrder = order
            }
        }
        mapping.emailTemplate = EmailTemplate(try fields.text("email_template"))
        return mapping
    }

    private static func target(_ choice: String, _ column: ColumnProposal, _ proposed: ColumnTarget) -> ColumnTarget {
        let parts = choice.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.count == 2 ? parts[1] : "") {
        case ("attribute", let name): return AttributeName(rawValue: name).map { .attribute($0) } ?? .skip
        case ("record", let field): return RecordField(rawValue: field).map { .record($0) } ?? .skip
        case ("new", _): return proposed
        default: return .skip
        }
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
    static func page(_ visit: Visit, mapping: ImportMapping?, problems: [String] = []) async throws -> Page {
        let id: ImportID = try visit.identifier("import")
        let requester = try visit.requester
        guard let preview = try await visit.contacts.preview(id, mapping: mapping, by: requester) else {
            throw NotFound()
        }
        let attributes = try await visit.contacts.attributes(by: requester)
        let words = visit.words
        let all = problems + (mapping == nil ? [] : preview.mappingProblems)
        let content = content(visit, preview, attributes, all)
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
        _ problems: [String]
    ) -> ImportPreviewContent {
        let words = visit.words
        func value(_ name: String) -> String { visit.form.all(name).first ?? "" }
        let chosen = Set(visit.form.all("purpose"))
        return ImportPreviewContent(
            importIdentifier: "\(preview.progress.id)",
            summary: ErrorSummary(words, problems.map { ("source", words($0)) }),
            fileNotes: preview.notes.map { words($0) },
            rowTotal: words("{count} {count|row|rows}", count: preview.progress.rowTotal ?? 0),
            columns: columns(preview, attributes, words),
            headers: preview.columns.map(\.header),
            samples: preview.rows.expose(for: .disclosing) { $0.map(sample) },
            phiColumns: preview.phiColumns.joined(separator: ", "),
            emailTemplate: preview.mapping.emailTemplate?.text ?? "",
            source: FieldModel(
                "source",
                words("Name of the feed"),
                help: words(
                    "The same name for each file of the same system, such as lakeside-ehr: record numbers belong to it."
                ),
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

    private static func columns(
        _ preview: ImportPreview,
        _ attributes: [AttributeDefinition],
        _ words: Words
    ) -> [ImportPreviewContent.Column] {
        preview.columns.enumerated().map { number, column in
            let mapping =
                preview.mapping.columns.indices.contains(number) ? preview.mapping.columns[number] : column.mapping
            let isDate = column.type == .date || column.type == .dateTime
            return .init(
                columnNumber: number,
                columnHeader: column.header,
                columnType: words(column.type.label),
                columnFilled: Numbers.grouped(column.filled),
                isPHI: column.isPHI,
                targets: targets(mapping.target, preview.mapping.subject, attributes, words),
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
        _ subject: ImportSubject,
        _ attributes: [AttributeDefinition],
        _ words: Words
    ) -> [ChoiceModel] {
        var choices = [ChoiceModel("skip", words("leave out"), isChosen: target == .skip)]
        if case .newAttribute(let definition) = target {
            choices.append(ChoiceModel("new:", words("new: {name}", ["name": definition.label]), isChosen: true))
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
