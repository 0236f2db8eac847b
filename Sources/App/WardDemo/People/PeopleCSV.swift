// SPDX-License-Identifier: Apache-2.0

package import WardContacts
import WardKernel

/// Writes invented people as the files that an import takes: one of people, one for each kind of dated record.
///
/// RFC 4180: commas, quotes where needed, CRLF; dates as `2026-01-31`, times in UTC.
package enum PeopleCSV {
    /// The columns of the file of people, by the names of their attributes.
    static let columns: [AttributeName] = [
        .recordNumber, .givenName, .familyName, .birthDate, .deathDate, .sex, .language, .email, .phone, .address,
        .city,
        .state, .county, .zip, .country, .race, .ethnicity, .maritalStatus, .education, .employment, .income,
        .insurance,
        .religion, .timeZone,
    ]

    /// The first line of the file of people.
    package static var peopleHeader: String { columns.map(\.rawValue).joined(separator: ",") + "\r\n" }

    /// A person's line.
    package static func line(of person: SyntheticPerson) -> String {
        var line = CSVLine()
        for column in columns { line.add(person.facts.attributes[column]) }
        line.end()
        return line.text
    }

    /// The first line of each file of dated records.
    package static let recordsHeader = "record_number,code,display,start,end,status,value,unit\r\n"

    /// The lines of a person's records of a kind.
    package static func lines(of person: SyntheticPerson, kind: DatedRecordKind) -> String {
        var line = CSVLine()
        for place in person.facts.records.indices where person.facts.records[place].kind == kind {
            let record = person.facts.records[place]
            line.add(person.recordNumber)
            line.add(record.code)
            line.add(record.display)
            if let time = record.startTime { line.add(time.description) } else { line.add(record.start) }
            if let end = record.end { line.add(end) } else { line.add("") }
            line.add(record.status ?? "")
            line.add(record.value)
            line.add(record.unit ?? "")
            line.end()
        }
        return line.text
    }

    /// The name of a kind's file, such as `conditions.csv`.
    package static func fileName(of kind: DatedRecordKind) -> String { kind.rawValue + "s.csv" }
}

/// Cells one after another, as bytes.
private struct CSVLine {
    private var bytes: [UInt8] = []
    private var isFirst = true

    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func add(_ value: AttributeValue?) {
        switch value {
        case nil: add("")
        case .text(let text), .code(let text): add(text)
        case .date(let date): add(date)
        case .number, .boolean: add(value?.display ?? "")
        }
    }

    mutating func add(_ date: CalendarDate) {
        separate()
        for power in [1_000, 100, 10, 1] { append(digit: date.year / power) }
        for part in [date.month, date.day] {
            bytes.append(UInt8(ascii: "-"))
            append(digit: part / 10)
            append(digit: part)
        }
    }

    mutating func add(_ text: String) {
        separate()
        let isSpecial = text.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
        guard isSpecial else { return bytes.append(contentsOf: text.utf8) }
        bytes.append(0x22)
        for byte in text.utf8 {
            if byte == 0x22 { bytes.append(byte) }
            bytes.append(byte)
        }
        bytes.append(0x22)
    }

    mutating func end() {
        bytes.append(0x0D)
        bytes.append(0x0A)
        isFirst = true
    }

    private mutating func separate() {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
    }

    private mutating func append(digit: Int) { bytes.append(UInt8(ascii: "0") + UInt8(digit % 10)) }
}
