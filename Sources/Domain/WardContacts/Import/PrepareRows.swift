// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardKernel

/// Rows of a file, read by the mapping and ready to be written in one transaction.
struct PreparedRows: Sendable {
    /// A row that was not taken, with its cells for repair.
    struct Rejected: Sendable, Codable {
        var row: Int
        var cells: [String]
        var reasons: [Reason]
    }

    struct Reason: Sendable, Codable {
        var column: String?
        var message: String
    }

    var people: [IncomingPerson] = []
    var records: [IncomingRecord] = []
    var rejected: [Rejected] = []
    /// Cells by record number of rows of dated records, for those whose person turns out to be unknown.
    var cells: [Int: [String]] = [:]
    var rows = 0
    var nextOffset: Int64 = 0
    var lastRow = 0
}

/// Reads a batch by the mapping. Pure: it runs beside the transaction of the batch before.
struct RowPreparation: Sendable {
    let reader: RowReader
    let patients: FHIRPatientReader
    let subject: ImportSubject

    init(
        settings: ImportSettings,
        mapping: ImportMapping,
        definitions: [AttributeName: AttributeDefinition],
        latestDay: CalendarDate
    ) {
        var encoding = "UTF-8"
        if case .csv(let dialect) = settings.format { encoding = dialect.encoding.name }
        reader = RowReader(
            mapping: mapping,
            definitions: definitions,
            encodingName: encoding,
            latestDay: latestDay
        )
        patients = FHIRPatientReader(definitions: definitions, latestDay: latestDay)
        subject = mapping.subject
    }

    func prepare(_ batch: ImportSource.Batch) -> PreparedRows {
        var prepared = PreparedRows()
        switch batch {
        case .csv(let records):
            for record in records where record.row > 0 { take(record, &prepared) }
            prepared.lastRow = records.last?.row ?? 0
            prepared.nextOffset = records.last?.nextOffset ?? 0
            prepared.rows = records.count
        case .lines(let lines):
            for line in lines {
                switch patients.person(line.bytes, row: line.row) {
                case .understood(let person): prepared.people.append(person)
                case .rejected(let problems):
                    reject(line.row, [String(decoding: line.bytes, as: UTF8.self)], problems, &prepared)
                }
            }
            prepared.lastRow = lines.last?.row ?? 0
            prepared.nextOffset = lines.last?.nextOffset ?? 0
            prepared.rows = lines.count
        }
        return prepared
    }

    private func take(_ record: CSVRecord, _ prepared: inout PreparedRows) {
        switch subject {
        case .people:
            switch reader.person(record) {
            case .understood(let person): prepared.people.append(person)
            case .rejected(let problems): reject(record.row, record.texts, problems, &prepared)
            }
        case .records(let kind):
            switch reader.record(record, kind: kind) {
            case .understood(let dated):
                prepared.records.append(dated)
                prepared.cells[record.row] = record.texts
            case .rejected(let problems): reject(record.row, record.texts, problems, &prepared)
            }
        }
    }

    private func reject(
        _ row: Int,
        _ cells: [String],
        _ problems: [PlacedProblem],
        _ prepared: inout PreparedRows
    ) {
        let reasons = problems.map { PreparedRows.Reason(column: $0.column, message: $0.problem.message) }
        prepared.rejected.append(.init(row: row, cells: cells, reasons: reasons))
    }
}
