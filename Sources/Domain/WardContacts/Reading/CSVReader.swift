// SPDX-License-Identifier: Apache-2.0
//
// Comma-separated values as they are met (RFC 4180 and what spreadsheets make of it).
//
// - A record ends with CRLF, LF or CR outside quotes; the last may lack its end. Lines without any byte are counted as
//   rows and skipped.
// - A cell that begins with `"` runs to the next lone `"`; `""` inside is one quotation mark; what follows the closing
//   mark up to the delimiter is kept as text. A `"` inside an unquoted cell is a character.
// - Bounded: a cell of at most 1 MiB, a record of at most 4 MiB, at most 1,000 columns. More is a `FileProblem` that
//   names row and column. Rows are counted as a spreadsheet does when each record is one row: the header is row 1.
// - The reader is fed pieces and remembers the place in the raw file where the next record begins, so that an import
//   can go on there after a crash (`init(…, resumingAt:row:)`).

/// How the cells of a file are set apart.
package struct CSVDialect: Sendable, Hashable, Codable {
    /// An ASCII character: comma, semicolon, tab or vertical bar.
    package var delimiter: UInt8
    package var encoding: TextEncoding
    package var markLength: Int

    package init(delimiter: UInt8, encoding: TextEncoding = .utf8, markLength: Int = 0) {
        self.delimiter = delimiter
        self.encoding = encoding
        self.markLength = markLength
    }

    package var delimiterName: String {
        switch delimiter {
        case UInt8(ascii: ","): "comma"
        case UInt8(ascii: ";"): "semicolon"
        case UInt8(ascii: "\t"): "tab"
        case UInt8(ascii: "|"): "vertical bar"
        default: "another character"
        }
    }
}

/// The most that a reader takes.
package struct CSVLimits: Sendable, Hashable {
    package var cell = 1 << 20
    package var record = 4 << 20
    package var columns = 1_000
    package init() {}
}

/// One row of cells, unquoted and in UTF-8.
package struct CSVRecord: Sendable {
    var bytes: [UInt8] = []
    var ends: [Int] = []
    /// As a spreadsheet counts: the header is 1.
    package var row = 0
    /// Where the next record begins in the raw file.
    package var nextOffset: Int64 = 0
    /// The last record of a file that does not end with a line's end.
    package var isUnended = false

    package var count: Int { ends.count }

    func cell(_ position: Int) -> ArraySlice<UInt8> {
        guard ends.indices.contains(position) else { return [] }
        return bytes[(position == 0 ? 0 : ends[position - 1])..<ends[position]]
    }

    func text(_ position: Int) -> String { String(decoding: cell(position), as: UTF8.self) }

    var texts: [String] { ends.indices.map(text) }
}

/// Reads records from pieces of a file, in bounded memory.
struct CSVReader {
    private enum State {
        case cellStart, unquoted, quoted, quoteInQuoted
    }

    private let dialect: CSVDialect
    private let limits: CSVLimits
    private var transcoder: Transcoder
    private var state = State.cellStart
    private var record = CSVRecord()
    private var cellStart = 0
    private var skipToMark: Int
    private var sawCarriageReturn: Bool
    private var hasBytes = false
    private var row: Int
    private var line: Int
    private var quoteLine = 0
    private var offset: Int64
    /// Names of the columns, for messages: the first record's cells, or what a reader that resumes is given.
    var header: [String] = []

    /// - Parameter afterReturn: the place resumed at follows a carriage return, so that a line feed there ends nothing.
    init(
        dialect: CSVDialect,
        limits: CSVLimits = CSVLimits(),
        resumingAt offset: Int64 = 0,
        row: Int = 0,
        afterReturn: Bool = false
    ) {
        sawCarriageReturn = afterReturn
        self.dialect = dialect
        self.limits = limits
        transcoder = Transcoder(from: dialect.encoding)
        skipToMark = offset == 0 ? dialect.markLength : 0
        self.offset = offset
        self.row = row
        line = row + 1
    }

    /// Takes the next piece of the raw file and appends the records that end in it.
    mutating func feed(_ raw: [UInt8], into records: inout [CSVRecord]) throws(FileProblem) {
        var raw = raw
        if skipToMark > 0 {
            let skipped = min(skipToMark, raw.count)
            raw.removeFirst(skipped)
            skipToMark -= skipped
            offset += Int64(skipped)
        }
        for byte in transcoder.feed(raw) {
            let ended = try step(byte)
            offset += rawLength(byte)
            if ended { finishRecord(into: &records) }
        }
    }

    /// The file has ended: appends the last record when it lacks its line's end.
    mutating func finish(into records: inout [CSVRecord]) throws(FileProblem) {
        if state == .quoted {
            throw .unterminatedQuote(row: row + 1, column: columnName, line: quoteLine)
        }
        if hasBytes {
            try endCell()
            record.isUnended = true
            finishRecord(into: &records)
        }
    }

    private func rawLength(_ byte: UInt8) -> Int64 {
        switch dialect.encoding {
        case .utf8: 1
        case .windows1252: byte & 0xC0 == 0x80 ? 0 : 1
        case .utf16LittleEndian, .utf16BigEndian: byte & 0xC0 == 0x80 ? 0 : byte >= 0xF0 ? 4 : 2
        }
    }

    /// True when this byte ends the record.
    private mutating func step(_ byte: UInt8) throws(FileProblem) -> Bool {
        let isFeed = byte == 0x0A
        let follows = sawCarriageReturn
        sawCarriageReturn = byte == 0x0D
        if isFeed || (byte == 0x0D) { line += isFeed && follows ? 0 : 1 }
        if state == .quoted {
            if byte == 0x22 { state = .quoteInQuoted } else { try append(byte) }
            return false
        }
        if state == .quoteInQuoted {
            if byte == 0x22 {
                state = .quoted
                try append(byte)
                return false
            }
            state = .unquoted
        }
        if isFeed || byte == 0x0D {
            // LF after CR ends nothing again; a line without bytes is no record.
            guard hasBytes else {
                if !(isFeed && follows) { row += 1 }
                return false
            }
            try endCell()
            return true
        }
        hasBytes = true
        if byte == dialect.delimiter {
            try endCell()
        } else if state == .cellStart && byte == 0x22 {
            state = .quoted
            quoteLine = line
        } else {
            state = .unquoted
            try append(byte)
        }
        return false
    }

    private mutating func append(_ byte: UInt8) throws(FileProblem) {
        record.bytes.append(byte)
        if record.bytes.count - cellStart > limits.cell {
            throw .cellTooLarge(row: row + 1, column: columnName, limit: limits.cell)
        }
        if record.bytes.count > limits.record { throw .rowTooLarge(row: row + 1, limit: limits.record) }
    }

    private mutating func endCell() throws(FileProblem) {
        record.ends.append(record.bytes.count)
        cellStart = record.bytes.count
        state = .cellStart
        if record.ends.count > limits.columns {
            if row == 0 { throw .tooManyColumns(limit: limits.columns) }
            throw .rowTooLarge(row: row + 1, limit: limits.record)
        }
    }

    private mutating func finishRecord(into records: inout [CSVRecord]) {
        row += 1
        record.row = row
        record.nextOffset = offset
        if header.isEmpty { header = record.texts.map { CSVDetection.shown(CellText.trimmed($0)) } }
        records.append(record)
        let (bytes, cells) = (record.bytes.count, record.ends.count)
        record = CSVRecord()
        record.bytes.reserveCapacity(bytes)
        record.ends.reserveCapacity(cells)
        cellStart = 0
        hasBytes = false
        state = .cellStart
    }

    private var columnName: String {
        let position = record.ends.count
        if header.indices.contains(position), !header[position].isEmpty { return header[position] }
        return "\(position + 1)"
    }
}
