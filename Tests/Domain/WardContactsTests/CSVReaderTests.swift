// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WardContacts

@Suite struct CSVReaderTests {
    private func read(_ text: String, delimiter: Character = ",", piece: Int = 3) throws -> [[String]] {
        try records(Array(text.utf8), .init(delimiter: delimiter.asciiValue ?? 0x2C), piece: piece).map(\.texts)
    }

    private func records(_ bytes: [UInt8], _ dialect: CSVDialect, piece: Int = 3) throws -> [CSVRecord] {
        var reader = CSVReader(dialect: dialect)
        var records: [CSVRecord] = []
        for start in stride(from: 0, to: bytes.count, by: piece) {
            try reader.feed(Array(bytes[start..<min(start + piece, bytes.count)]), into: &records)
        }
        try reader.finish(into: &records)
        return records
    }

    @Test func `line feeds, carriage returns and both end a row`() throws {
        for end in ["\n", "\r", "\r\n"] {
            #expect(try read("a,b\(end)c,d\(end)") == [["a", "b"], ["c", "d"]])
            #expect(try read("a,b\(end)c,d") == [["a", "b"], ["c", "d"]])
        }
    }

    @Test func `quotation marks keep delimiters, ends of lines and doubled marks`() throws {
        #expect(try read("\"a,\"\"x\"\"\r\ny\",b\n") == [["a,\"x\"\r\ny", "b"]])
        #expect(try read("\"\",\n") == [["", ""]])
        #expect(try read("5\" pipe,b\n") == [["5\" pipe", "b"]])
        #expect(try read("\"a\"b,c\n") == [["ab", "c"]])
    }

    @Test func `rows are counted as a spreadsheet counts them, empty lines included`() throws {
        let rows = try records(Array("h\n\n\r\nx\n".utf8), .init(delimiter: 0x2C))
        #expect(rows.map(\.row) == [1, 4])
        let returns = try records(Array("h\r\n\r\nx\r\n".utf8), .init(delimiter: 0x2C))
        #expect(returns.map(\.row) == [1, 3])
    }

    @Test(arguments: [TextEncoding.utf8, .utf16LittleEndian, .utf16BigEndian, .windows1252])
    func `reading goes on at any row's end as if it had never stopped`(encoding: TextEncoding) throws {
        let text = "id,name\r\n1,José\r\n\r\n2,\"Nuñez\r\nx\"\r\n3,Zoë\n4,€\n"
        let bytes = Self.encoded(text, encoding)
        let dialect = CSVDialect(delimiter: 0x2C, encoding: encoding)
        let whole = try records(bytes, dialect)
        #expect(whole.map { $0.text(1) } == ["name", "José", "Nuñez\r\nx", "Zoë", "€"])
        for stop in whole {
            let unit = encoding == .utf8 || encoding == .windows1252 ? 1 : 2
            let place = Int(stop.nextOffset)
            let before = bytes[max(0, place - unit)..<place]
            var reader = CSVReader(
                dialect: dialect,
                resumingAt: stop.nextOffset,
                row: stop.row,
                afterReturn: before.contains(0x0D)
            )
            var rest: [CSVRecord] = []
            try reader.feed(Array(bytes[place...]), into: &rest)
            try reader.finish(into: &rest)
            let expected = whole.filter { $0.row > stop.row }
            #expect(rest.map(\.texts) == expected.map(\.texts))
            #expect(rest.map(\.row) == expected.map(\.row))
            #expect(rest.map(\.nextOffset) == expected.map(\.nextOffset))
        }
    }

    static func encoded(_ text: String, _ encoding: TextEncoding) -> [UInt8] {
        switch encoding {
        case .utf8: Array(text.utf8)
        case .utf16LittleEndian: text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        case .utf16BigEndian: text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        case .windows1252: text.unicodeScalars.map { $0 == "€" ? 0x80 : UInt8($0.value) }
        }
    }

    @Test func `the delimiter is the one that gives every row the same number of cells`() {
        let utf8 = DetectedEncoding(encoding: .utf8, markLength: 0)
        for delimiter in [",", ";", "\t", "|"] {
            let rows = (0..<20).map { "id-\($0)\(delimiter)Gómez, José\(delimiter)x;y" }
            let quoted = rows.map { row in
                row.split(separator: Character(delimiter)).count > 3 ? row : row
            }
            let text = (["id\(delimiter)name\(delimiter)note"] + quoted).joined(separator: "\n")
            let wrapped =
                delimiter == "," || delimiter == ";"
                ? text.replacing("Gómez, José", with: "\"Gómez, José\"").replacing("x;y", with: "\"x;y\"") : text
            #expect(CSVDetection.delimiter(of: Array(wrapped.utf8), encoding: utf8) == delimiter.utf8.first)
        }
    }

    @Test func `a cell above the limit, too many columns and an open quotation mark are refused with their place`() {
        var limits = CSVLimits()
        limits.cell = 10
        limits.columns = 3
        func problem(_ text: String) -> FileProblem? {
            var reader = CSVReader(dialect: .init(delimiter: 0x2C), limits: limits)
            reader.header = ["ID", "NAME"]
            var records: [CSVRecord] = []
            do throws(FileProblem) {
                try reader.feed(Array(text.utf8), into: &records)
                try reader.finish(into: &records)
                return nil
            } catch { return error }
        }
        #expect(problem("ID,NAME\n1,abcdefghijk\n") == .cellTooLarge(row: 2, column: "NAME", limit: 10))
        #expect(problem("a,b,c,d\n") == .tooManyColumns(limit: 3))
        #expect(problem("ID,NAME\n1,x\n2,\"y\n3,z\n") == .unterminatedQuote(row: 3, column: "NAME", line: 3))
    }
}
