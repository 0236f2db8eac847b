// SPDX-License-Identifier: Apache-2.0

/// Finds the delimiter and reads the header.
enum CSVDetection {
    static let delimiters: [UInt8] = [
        UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|"),
    ]

    /// The delimiter under which the first rows have the same number of cells, more than one; the one with the most
    /// cells among them. A file of one column has none: comma.
    ///
    /// - Parameter start: the file's first bytes, raw.
    static func delimiter(of start: [UInt8], encoding: DetectedEncoding) -> UInt8 {
        var best: (delimiter: UInt8, score: Int) = (UInt8(ascii: ","), 0)
        for delimiter in delimiters {
            let dialect = CSVDialect(
                delimiter: delimiter,
                encoding: encoding.encoding,
                markLength: encoding.markLength
            )
            var reader = CSVReader(dialect: dialect)
            var records: [CSVRecord] = []
            // A problem in the sample (an open quote at its cut, a huge cell) is met again, with its place, later.
            try? reader.feed(start, into: &records)
            if records.isEmpty { try? reader.finish(into: &records) }
            guard let width = records.first?.count, width > 1 else { continue }
            let agreeing = records.prefix(50).count { $0.count == width }
            let score = width * agreeing * agreeing / max(1, records.prefix(50).count)
            if score > best.score { best = (delimiter, score) }
        }
        return best.delimiter
    }

    /// The column names of a header row, trimmed; refused when a name stands twice or the row holds values.
    static func header(_ record: CSVRecord) throws(FileProblem) -> [String] {
        let names = record.texts.map { CellText.trimmed($0) }
        guard names.contains(where: { !$0.isEmpty }) else { throw .noHeader }
        let values = names.count { looksLikeValue($0) }
        if values * 2 >= names.count, values > 0 { throw .noHeader }
        var seen: [String: Int] = [:]
        for (position, name) in names.enumerated() where !name.isEmpty {
            if let first = seen[name.lowercased()] {
                throw .duplicateHeader(name: shown(name), first: first + 1, second: position + 1)
            }
            seen[name.lowercased()] = position
        }
        return names
    }

    /// A header name as messages repeat it: cut to 40 characters, controls taken out.
    static func shown(_ name: String) -> String {
        let printable = name.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }
        let text = String(String.UnicodeScalarView(printable))
        return text.count > 40 ? String(text.prefix(40)) + "…" : text
    }

    private static func looksLikeValue(_ name: String) -> Bool {
        if name.isEmpty { return false }
        if name.utf8.contains(UInt8(ascii: "@")) { return true }
        if let first = name.utf8.first, first < 0x80, name.allSatisfy({ $0.isNumber || "-/.:,+ ".contains($0) }) {
            return true
        }
        return false
    }
}
