// SPDX-License-Identifier: Apache-2.0

/// Why a whole file cannot be read, or not further: what, where, and what to do (invariant I11). Columns are named by
/// header; no value of the file is repeated.
package enum FileProblem: Error, Hashable, Sendable {
    case empty
    case headerOnly
    /// The bytes are not a table; the name of what they look like, when known.
    case binary(looksLike: String?)
    case unknownEncoding(byteOffset: Int64)
    case notInEncoding(name: String, row: Int)
    case noHeader
    case duplicateHeader(name: String, first: Int, second: Int)
    case tooManyColumns(limit: Int)
    case cellTooLarge(row: Int, column: String, limit: Int)
    case rowTooLarge(row: Int, limit: Int)
    case unterminatedQuote(row: Int, column: String, line: Int)
    case lineTooLarge(row: Int, limit: Int)
}

extension FileProblem: CustomStringConvertible {
    package var description: String {
        switch self {
        case .empty: "The file is empty. Export it again and upload it."
        case .headerOnly: "The file has a header but no row below it. Export it again with its rows."
        case .binary(let name):
            "The file is not a table in text form" + (name.map { ": it looks like \($0)" } ?? "")
                + ". Save it as CSV and upload that."
        case .unknownEncoding(let offset):
            "The file's encoding is none that Ward reads (UTF-8, UTF-16, Windows-1252): byte \(offset) fits none of "
                + "them. Save it as CSV UTF-8 and upload it again."
        case .notInEncoding(let name, let row):
            "Row \(row) is not valid \(name). Save the file as CSV UTF-8 and upload it again."
        case .noHeader:
            "The first row holds no column names. Add a first row that names each column and upload the file again."
        case .duplicateHeader(let name, let first, let second):
            "Row 1 names two columns \(name): columns \(first) and \(second). Rename one of them and upload the file "
                + "again."
        case .tooManyColumns(let limit):
            "Row 1 has more than \(limit) columns, which is the most that Ward reads. Export only the columns you "
                + "need, or check the delimiter."
        case .cellTooLarge(let row, let column, let limit):
            "Row \(row), column \(column): the cell is larger than \(limit / 1_024) KiB, the most that Ward reads. "
                + "Shorten it, or look for a quotation mark that is never closed, and upload the file again."
        case .rowTooLarge(let row, let limit):
            "Row \(row) is larger than \(limit / 1_024) KiB, the most that Ward reads. Shorten it and upload the file "
                + "again."
        case .unterminatedQuote(let row, let column, let line):
            "Row \(row), column \(column): a quotation mark opened on line \(line) is never closed. Close it, or "
                + "export the file again if it was cut off, and upload it."
        case .lineTooLarge(let row, let limit):
            "Line \(row) is larger than \(limit / 1_024) KiB, the most that Ward reads. Split the resource and upload "
                + "the file again."
        }
    }
}
