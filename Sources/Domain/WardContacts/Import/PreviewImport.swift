// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

/// One of the first rows of a file beside what was understood of it.
package struct PreviewRow: Hashable, Sendable {
    package let row: Int
    package let cells: [String]
    /// By column: what the cell would become; nil where it goes nowhere. Empty for FHIR, whose cells are `understood`
    /// by attribute.
    package let understood: [String?]
    /// `Birth date` → `1989-05-25`: the person or record as a whole, in the order of the definitions.
    package let values: [PreviewValue]
    /// Why the row would be rejected, or which cells would be left out.
    package let problems: [String]
    package let isRejected: Bool
}

/// One value of a previewed row.
package struct PreviewValue: Hashable, Sendable {
    package let label: String
    package let text: String
}

/// What Ward understood of an uploaded file, for the person who corrects it. The rows are protected.
package struct ImportPreview: Sendable {
    package let progress: ImportProgress
    package let columns: [ColumnProposal]
    package let mapping: ImportMapping
    /// About the file as a whole, in sentences.
    package let notes: [String]
    /// Names of the columns that will be treated as PHI.
    package let phiColumns: [String]
    /// What is wrong with the mapping; empty when the import can start.
    package let mappingProblems: [String]
    package let rows: Sensitive<[PreviewRow]>
}

extension Contacts {
    /// Shows the first rows of an upload beside what a mapping makes of them; without a mapping, the proposed one. It is
    /// a disclosure to the person who uploaded, and audited. Nil when there is no such import or its file was refused.
    package func preview(
        _ id: ImportID,
        mapping: ImportMapping? = nil,
        rows count: Int = 10,
        by requester: Requester
    ) async throws -> ImportPreview? {
        try requester.require(.importContacts)
        let organization = requester.organization
        let opened = try await store.write { tx -> (OpenedImport, [AttributeName: AttributeDefinition])? in
            guard let opened = try self.openImport(id, of: organization, in: tx), opened.settings.mapping != nil else {
                return nil
            }
            let entry = AuditEntry(
                .importPreview,
                object: AuditObject(kind: "contact_import", id),
                facts: ["rows": "\(count)"]
            )
            try self.audit.record(entry, by: requester, in: tx)
            return (opened, try self.definitions(of: organization, in: tx))
        }
        guard let (opened, definitions) = opened, let format = opened.settings.format,
            let used = mapping ?? opened.settings.mapping
        else { return nil }
        var source = ImportSource(id: id, organization: organization, format: format, batchSize: count + 1)
        let preparation = RowPreparation(
            settings: opened.settings,
            mapping: used,
            definitions: definitions,
            latestDay: latestDay
        )
        let rows = try await source.next(from: self).map { preparation.preview($0, limit: count) } ?? []
        return ImportPreview(
            progress: progress(of: opened),
            columns: opened.settings.proposals,
            mapping: used,
            notes: opened.settings.notes,
            phiColumns: Self.phiColumns(used, definitions),
            mappingProblems: used.problems,
            rows: Sensitive(rows)
        )
    }

    private static func phiColumns(
        _ mapping: ImportMapping,
        _ definitions: [AttributeName: AttributeDefinition]
    ) -> [String] {
        mapping.columns.filter { column in
            switch column.target {
            case .skip: false
            case .record: true
            case .newAttribute(let definition): definition.isPHI
            case .attribute(let name): definitions[name]?.isPHI ?? true
            }
        }.map(\.header)
    }
}

extension RowPreparation {
    func preview(_ batch: ImportSource.Batch, limit: Int) -> [PreviewRow] {
        switch batch {
        case .lines(let lines):
            return lines.prefix(limit).map { line in
                shown(patients.person(line.bytes, row: line.row), row: line.row, cells: [])
            }
        case .csv(let records):
            return records.dropFirst().prefix(limit).map { record in
                switch subject {
                case .people: shown(reader.person(record), row: record.row, cells: record.texts)
                case .records(let kind):
                    shown(reader.record(record, kind: kind), row: record.row, cells: record.texts)
                }
            }
        }
    }

    private func shown(_ reading: RowReading<IncomingPerson>, row: Int, cells: [String]) -> PreviewRow {
        switch reading {
        case .rejected(let problems): return rejected(problems, row: row, cells: cells)
        case .understood(let person):
            let understood = reader.mapping.columns.map { column -> String? in
                switch column.target {
                case .attribute(let name): person.attributes[name]?.display
                case .newAttribute(let definition): person.attributes[definition.name]?.display
                case .skip, .record: nil
                }
            }
            let values = AttributeDefinition.builtIns.compactMap { definition in
                person.attributes[definition.name].map { PreviewValue(label: definition.label, text: $0.display) }
            }
            return PreviewRow(
                row: row,
                cells: cells,
                understood: understood,
                values: values,
                problems: person.notes.map(\.description),
                isRejected: false
            )
        }
    }

    private func shown(_ reading: RowReading<IncomingRecord>, row: Int, cells: [String]) -> PreviewRow {
        switch reading {
        case .rejected(let problems): return rejected(problems, row: row, cells: cells)
        case .understood(let incoming):
            let record = incoming.record
            let understood = reader.mapping.columns.map { column -> String? in
                guard case .record(let field) = column.target else { return nil }
                switch field {
                case .recordNumber: return incoming.recordNumber
                case .start: return record.start.description
                case .end: return record.end?.description
                case .code: return record.code
                case .display: return record.display
                case .status: return record.status
                case .value: return record.value?.display
                case .unit: return record.unit
                }
            }
            return PreviewRow(
                row: row,
                cells: cells,
                understood: understood,
                values: [],
                problems: incoming.notes.map(\.description),
                isRejected: false
            )
        }
    }

    private func rejected(_ problems: [PlacedProblem], row: Int, cells: [String]) -> PreviewRow {
        PreviewRow(
            row: row,
            cells: cells,
            understood: reader.mapping.columns.map { _ in nil },
            values: [],
            problems: problems.map(\.description),
            isRejected: true
        )
    }
}
