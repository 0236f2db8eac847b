// SPDX-License-Identifier: Apache-2.0

import WardKernel

/// One person as a file tells it.
struct IncomingPerson: Sendable {
    var row: Int
    var attributes: [AttributeName: AttributeValue] = [:]
    var isDeceased = false
    /// Cells that were not understood and left out.
    var notes: [PlacedProblem] = []

    func text(_ name: AttributeName) -> String? {
        if case .text(let text) = attributes[name] { text } else { nil }
    }

    var birthDate: CalendarDate? {
        if case .date(let date) = attributes[.birthDate] { date } else { nil }
    }
}

/// One dated record as a file tells it.
struct IncomingRecord: Sendable {
    var row: Int
    var recordNumber: String
    var record: DatedRecord
    var notes: [PlacedProblem] = []
}

/// What became of one row.
enum RowReading<Incoming: Sendable>: Sendable {
    case understood(Incoming)
    case rejected([PlacedProblem])
}

/// Reads the cells of a row by a mapping.
struct RowReader: Sendable {
    let mapping: ImportMapping
    let definitions: [AttributeName: AttributeDefinition]
    let encodingName: String
    /// The last day that is not in the future anywhere.
    let latestDay: CalendarDate
    /// The file is a download of rejected rows: the apostrophe that kept a cell from running is taken off again.
    let isRepaired: Bool

    init(
        mapping: ImportMapping,
        definitions: [AttributeName: AttributeDefinition],
        encodingName: String,
        latestDay: CalendarDate
    ) {
        self.mapping = mapping
        self.definitions = definitions
        self.encodingName = encodingName
        self.latestDay = latestDay
        isRepaired = mapping.columns.contains { $0.header == NeutralizedCell.reasonHeader }
    }

    /// Attributes by which people are recognized or kept from being written to: a cell that is not understood there
    /// rejects the row, anywhere else only the cell is left out.
    private static let decisive: Set<AttributeName> = [.recordNumber, .birthDate, .deathDate, .email]

    func person(_ record: CSVRecord) -> RowReading<IncomingPerson> {
        var person = IncomingPerson(row: record.row)
        var problems = structureProblems(record)
        guard problems.isEmpty else { return .rejected(problems) }
        for (position, column) in mapping.columns.enumerated() where column.target != .skip {
            let text = text(record, position)
            if text.isEmpty { continue }
            guard let definition = definition(column.target) else { continue }
            do throws(CellProblem) {
                try read(text, definition, column, into: &person)
            } catch {
                let placed = PlacedProblem(row: record.row, column: column.header, problem: error)
                if Self.decisive.contains(definition.name) || error == .containsNUL {
                    problems.append(placed)
                } else {
                    person.notes.append(placed)
                }
            }
        }
        if problems.isEmpty { problems = wholeProblems(of: person) }
        return problems.isEmpty ? .understood(person) : .rejected(problems)
    }

    func record(_ record: CSVRecord, kind: DatedRecordKind) -> RowReading<IncomingRecord> {
        var problems = structureProblems(record)
        guard problems.isEmpty else { return .rejected(problems) }
        var fields = RecordFields()
        for (position, column) in mapping.columns.enumerated() {
            guard case .record(let field) = column.target else { continue }
            let text = text(record, position)
            do throws(CellProblem) {
                if text.isEmpty {
                    if field == .recordNumber || field == .start { throw .missing }
                    continue
                }
                try fields.read(text, as: field, column, latestDay: latestDay)
            } catch {
                problems.append(PlacedProblem(row: record.row, column: column.header, problem: error))
            }
        }
        guard problems.isEmpty, let number = fields.recordNumber, let start = fields.start else {
            return .rejected(problems)
        }
        let dated = DatedRecord(
            kind: kind,
            code: fields.code ?? "",
            display: fields.display ?? "",
            start: start.day,
            startTime: start.time,
            end: fields.end,
            status: fields.status,
            value: fields.value,
            unit: fields.unit
        )
        return .understood(IncomingRecord(row: record.row, recordNumber: number, record: dated))
    }

    private func text(_ record: CSVRecord, _ position: Int) -> String {
        let text = CellText.trimmed(record.text(position))
        return isRepaired ? NeutralizedCell.original(text) : text
    }

    private func structureProblems(_ record: CSVRecord) -> [PlacedProblem] {
        let expected = mapping.columns.count
        if record.count < expected {
            let problem = CellProblem.tooFewCells(
                found: record.count,
                expected: expected,
                isLastRow: record.isUnended
            )
            return [PlacedProblem(row: record.row, column: nil, problem: problem)]
        }
        // Spreadsheets leave empty cells behind at the right edge.
        if record.count > expected, (expected..<record.count).contains(where: { !record.cell($0).isEmpty }) {
            let problem = CellProblem.tooManyCells(found: record.count, expected: expected)
            return [PlacedProblem(row: record.row, column: nil, problem: problem)]
        }
        if let position = (0..<expected).first(where: { record.cell($0).contains(0) }) {
            return [placed(record, position, .containsNUL)]
        }
        if record.bytes.contains(where: { $0 >= 0x80 }) {
            let invalid = (0..<expected).first { position in
                let cell = record.cell(position)
                return cell.contains { $0 >= 0x80 } && String(validating: cell, as: UTF8.self) == nil
            }
            if let invalid { return [placed(record, invalid, .invalidCharacters(encoding: encodingName))] }
        }
        return []
    }

    private func placed(_ record: CSVRecord, _ position: Int, _ problem: CellProblem) -> PlacedProblem {
        PlacedProblem(row: record.row, column: mapping.columns[position].header, problem: problem)
    }

    func wholeProblems(of person: IncomingPerson) -> [PlacedProblem] {
        let isKnowable =
            person.text(.recordNumber) != nil || person.text(.givenName) != nil
            || person.text(.familyName) != nil || person.text(.email) != nil
        guard isKnowable else { return [PlacedProblem(row: person.row, column: nil, problem: .nothingToKnowPersonBy)] }
        if case .date(let death) = person.attributes[.deathDate], let birth = person.birthDate, death < birth {
            return [PlacedProblem(row: person.row, column: nil, problem: .deathBeforeBirth)]
        }
        return []
    }

    private func definition(_ target: ColumnTarget) -> AttributeDefinition? {
        switch target {
        case .attribute(let name): AttributeDefinition.builtInsByName[name] ?? definitions[name]
        case .newAttribute(let definition): definition
        case .skip, .record: nil
        }
    }

    private func read(
        _ text: String,
        _ definition: AttributeDefinition,
        _ column: ColumnMapping,
        into person: inout IncomingPerson
    ) throws(CellProblem) {
        if definition.name == .deathDate {
            if DateReading.shape(text) == nil, let isDeceased = CodeReading.boolean(text) {
                person.isDeceased = isDeceased
                return
            }
            person.isDeceased = true
        }
        person.attributes[definition.name] = try ValueReading.read(text, definition, column, latestDay: latestDay)
    }
}

/// The fields of a dated record while its row is read.
private struct RecordFields {
    var recordNumber: String?
    var start: DateReading.Moment?
    var end: CalendarDate?
    var code: String?
    var display: String?
    var status: String?
    var value: AttributeValue?
    var unit: String?

    mutating func read(
        _ text: String,
        as field: RecordField,
        _ column: ColumnMapping,
        latestDay: CalendarDate
    ) throws(CellProblem) {
        switch field {
        case .recordNumber: recordNumber = text
        case .start: start = try DateReading.read(text, order: column.dateOrder)
        case .end: end = try DateReading.read(text, order: column.dateOrder).day
        case .code: code = text
        case .display: display = text
        case .status: status = text.lowercased()
        case .value:
            if NumberReading.shape(text) != nil {
                value = .number(try NumberReading.read(text, decimalComma: column.decimalComma))
            } else {
                value = .text(text)
            }
        case .unit: unit = text
        }
    }
}

/// Reads one cell as a value of one attribute.
enum ValueReading {
    static func read(
        _ text: String,
        _ definition: AttributeDefinition,
        _ column: ColumnMapping,
        latestDay: CalendarDate
    ) throws(CellProblem) -> AttributeValue {
        switch definition.name {
        case .email:
            guard let address = EmailAddress(text) else { throw .notAnEmailAddress }
            return .text(address.mailbox)
        case .phone:
            guard CellText.phoneDigits(text) != nil else { throw .notAPhoneNumber }
            return .text(text)
        case .sex:
            guard let sex = CodeReading.sex(text) else { throw .unknownCode }
            return .code(sex)
        case .language:
            guard let language = CodeReading.language(text) else { throw .unknownCode }
            return .code(language)
        case .maritalStatus: return .code(CodeReading.maritalStatus(text))
        case .race: return .code(CodeReading.race(text))
        case .ethnicity: return .code(CodeReading.ethnicity(text))
        case .zip:
            if column.repairsZIP, CodeReading.isZero(text) { throw .noZIP }
            return .text(column.repairsZIP ? CodeReading.zip(text) ?? text : text)
        case .birthDate, .deathDate:
            let day = try DateReading.read(text, order: column.dateOrder).day
            guard day <= latestDay else { throw .dateInFuture }
            return .date(day)
        default: return try byKind(text, definition.kind, column)
        }
    }

    private static func byKind(
        _ text: String,
        _ kind: AttributeKind,
        _ column: ColumnMapping
    ) throws(CellProblem) -> AttributeValue {
        switch kind {
        case .text: return .text(text)
        case .code: return .code(text.lowercased())
        case .number: return .number(try NumberReading.read(text, decimalComma: column.decimalComma))
        case .date: return .date(try DateReading.read(text, order: column.dateOrder).day)
        case .boolean:
            guard let value = CodeReading.boolean(text) else { throw .notABoolean }
            return .boolean(value)
        }
    }
}
