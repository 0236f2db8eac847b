// SPDX-License-Identifier: Apache-2.0

/// A cell of a CSV file that Ward writes: quoted, and with an apostrophe before what a spreadsheet would run (OWASP, CSV
/// injection; full-width variants and leading blanks included).
package struct NeutralizedCell: Hashable, Sendable {
    /// The columns that a download of rejected rows adds.
    static let reasonHeader = "ward_reason"
    static let rowHeader = "ward_row"

    /// Ready to stand between two delimiters.
    package let text: String

    package init(_ value: String) {
        let safe = CellText.startsLikeFormula(value) ? "'" + value : value
        text = "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }

    /// One line, with its end (RFC 4180).
    static func line(_ values: [String]) -> [UInt8] {
        Array((values.map { NeutralizedCell($0).text }.joined(separator: ",") + "\r\n").utf8)
    }

    /// The value that was neutralized.
    static func original(_ text: String) -> String {
        guard text.first == "'" else { return text }
        let rest = String(text.dropFirst())
        return CellText.startsLikeFormula(rest) ? rest : text
    }
}
