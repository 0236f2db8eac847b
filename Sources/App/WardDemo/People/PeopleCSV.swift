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
        columns.map { cell(person.facts.attributes[$0]?.csv ?? "") }.joined(separator: ",") + "\r\n"
    }

    /// The first line of each file of dated records.
    package static let recordsHeader = "record_number,code,display,start,end,status,value,unit\r\n"

    /// The lines of a person's records of a kind.
    package static func lines(of person: SyntheticPerson, kind: DatedRecordKind) -> String {
        var text = ""
        for record in person.facts.records where record.kind == kind {
            let start = record.startTime.map(\.description) ?? record.start.description
            let cells = [
                person.recordNumber, record.code, record.display, start, record.end?.description ?? "",
                record.status ?? "",
                record.value?.csv ?? "", record.unit ?? "",
            ]
            text += cells.map(cell).joined(separator: ",") + "\r\n"
        }
        return text
    }

    /// The name of a kind's file, such as `conditions.csv`.
    package static func fileName(of kind: DatedRecordKind) -> String { kind.rawValue + "s.csv" }

    private static func cell(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}

extension AttributeValue {
    /// As a cell of a file.
    fileprivate var csv: String { display }
}
