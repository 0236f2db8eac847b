// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import WardCommands

@Suite struct TableTests {
    private func table(_ rows: [[String]]) -> Table {
        var table = Table([("name", .left), ("people", .right)])
        for row in rows { table.add(row) }
        return table
    }

    @Test func `numbers stand under one another, and no line ends with a blank`() {
        #expect(
            table([["Everybody", 12_345.grouped], ["Few", "7"]]).lines(width: 80) == [
                "name       people",
                "─────────  ──────",
                "Everybody  12,345",
                "Few             7",
            ]
        )
    }

    @Test func `wide characters, marks and pictures take the columns that a terminal gives them`() {
        let rows = table([["東京の人", "1"], ["Jose\u{301} Mun\u{303}oz", "22"], ["👩‍⚕️ nurses", "3"], ["한국어", "4"]])
        #expect(
            rows.lines(width: 80) == [
                "name        people",
                "──────────  ──────",
                "東京の人         1",
                "Jose\u{301} Mun\u{303}oz      22",
                "👩‍⚕️ nurses        3",
                "한국어           4",
            ]
        )
        #expect(Set(rows.lines(width: 80).map(\.columns)) == [18])
    }

    @Test func `a cell that is written from right to left is kept apart from its neighbours`() {
        let lines = table([["דנה רייס", "12"], ["Dana Reyes", "3"]]).lines(width: 80)
        #expect(
            lines == [
                "name        people",
                "──────────  ──────",
                "\u{2068}דנה רייס\u{2069}        12",
                "Dana Reyes       3",
            ]
        )
        // The isolates take no column.
        #expect(Set(lines.map(\.columns)) == [18])
    }

    @Test func `a name can neither drive the terminal nor turn the line round`() {
        let lines = table([["a\u{1b}[2Jb\u{9b}c\nd", "1"], ["\u{202e}evil\u{2066}", "2"], ["x\u{2028}y", "3"]]).lines(
            width: 80
        )
        #expect(
            lines.dropFirst(2) == [
                "a·[2Jb·c·d       1",
                "·evil·           2",
                "x·y              3",
            ]
        )
    }

    @Test func `a cell that is too long ends with an ellipsis, wide characters counted`() {
        let long = table([[String(repeating: "x", count: 60), "1"]]).lines(width: 40)
        #expect(long[2] == String(repeating: "x", count: 31) + "…       1")
        let wide = table([[String(repeating: "東", count: 60), "1"]]).lines(width: 40)
        #expect(wide[2] == String(repeating: "東", count: 15) + "…        1")
        #expect(wide.allSatisfy { $0.columns <= 40 })
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (-12_345_678, "-12,345,678")])
    func `thousands are separated`(number: Int, text: String) {
        #expect(number.grouped == text)
    }

    @Test func `text with quotes, line ends and slashes stays one line of JSON`() {
        #expect(JSONText.object(["b": "\"x\"\n/", "a": "東"]) == #"{"a":"東","b":"\"x\"\n/"}"#)
    }
}
