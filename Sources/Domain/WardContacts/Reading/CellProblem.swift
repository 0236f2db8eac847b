// SPDX-License-Identifier: Apache-2.0

/// Why one cell or one row could not be understood. The text never repeats the cell's value.
package enum CellProblem: Error, Hashable, Sendable {
    case notADate
    case twoDigitYear
    case dateInFuture
    case deathBeforeBirth
    case notANumber
    case mangledNumber
    case notABoolean
    case notAnEmailAddress
    case notAPhoneNumber
    case unknownCode
    case noZIP
    case containsNUL
    case invalidCharacters(encoding: String)
    case missing
    case tooFewCells(found: Int, expected: Int, isLastRow: Bool)
    case tooManyCells(found: Int, expected: Int)
    case nothingToKnowPersonBy
    case unknownPerson(source: String)
    case malformed(what: String)

    /// What is wrong and what to do, as the sentence after `Row 7, column BIRTHDATE:`.
    package var message: String {
        switch self {
        case .notADate: "this is not a date. Write it as 1989-05-25."
        case .twoDigitYear: "the year has two digits, so that the century is unknown. Write four."
        case .dateInFuture: "this day lies in the future. Correct it."
        case .deathBeforeBirth: "this day of death lies before the birth date. Correct one of them."
        case .notANumber: "this is not a number."
        case .mangledNumber:
            "a spreadsheet mangled this number: its dots stand at every third digit, so that the decimal point is lost. "
                + "Export the column again as text."
        case .notABoolean: "this is neither yes nor no."
        case .notAnEmailAddress: "this is not an e-mail address. Correct it, or empty the cell."
        case .notAPhoneNumber: "this is not a phone number."
        case .unknownCode: "this code is not known. Write a word such as female, male, other or unknown."
        case .noZIP: "this is no ZIP code but a zero, as exports write an unknown one. It is left out."
        case .containsNUL: "the cell holds a NUL character, which no text has. Export the row again."
        case .invalidCharacters(let encoding):
            "some characters are not valid \(encoding). Save the file as CSV UTF-8 and upload it again."
        case .missing: "the cell is empty, and the row means nothing without it."
        case .tooFewCells(let found, let expected, let isLastRow):
            "the row has \(found) of \(expected) cells"
                + (isLastRow ? " and is the last: the file seems to be cut off. Export it again." : ".")
        case .tooManyCells(let found, let expected):
            "the row has \(found) cells where the header names \(expected). Look for a delimiter inside a cell that is "
                + "not in quotation marks."
        case .nothingToKnowPersonBy:
            "the row has neither a record number nor a name. Give one, so that the person can be recognized."
        case .unknownPerson(let source):
            "no person has this record number in the source \(source). Import the people first, then this row again."
        case .malformed(let what): what
        }
    }
}

/// A problem with its place, as it is reported and kept.
package struct PlacedProblem: Hashable, Sendable, CustomStringConvertible {
    package var row: Int
    /// The header's name of the column or the field's path; nil when the whole row is meant.
    package var column: String?
    package var problem: CellProblem

    package init(row: Int, column: String?, problem: CellProblem) {
        self.row = row
        self.column = column
        self.problem = problem
    }

    package var description: String {
        "Row \(row)" + (column.map { ", column \($0)" } ?? "") + ": \(problem.message)"
    }
}
