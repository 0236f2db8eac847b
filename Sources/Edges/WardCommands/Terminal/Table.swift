// SPDX-License-Identifier: Apache-2.0

/// A table for people: a header, a rule, rows; numbers right-aligned with thousands separated.
package struct Table: Sendable {
    package enum Alignment: Sendable { case left, right }

    private let header: [String]
    private let alignments: [Alignment]
    private var rows: [[String]] = []

    /// - Parameter columns: title and alignment of each column.
    package init(_ columns: [(String, Alignment)]) {
        header = columns.map(\.0)
        alignments = columns.map(\.1)
    }

    package mutating func add(_ cells: [String]) { rows.append(cells.map(Self.printable)) }

    package var isEmpty: Bool { rows.isEmpty }

    /// The table's lines, cells that are too long cut with an ellipsis so that a line fits `width`.
    package func lines(width: Int) -> [String] {
        let all = [header] + rows
        var widths = header.indices.map { column in all.map { $0[column].columns }.max() ?? 0 }
        let excess = widths.reduce(0, +) + 2 * (widths.count - 1) - max(width, 40)
        if excess > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }) {
            widths[widest] = max(8, widths[widest] - excess)
        }
        let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
        let body = rows.map { line($0, widths) }
        return [line(header, widths), rule] + body
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = cells.indices.map { column in
            let cut = Self.cut(cells[column], to: widths[column])
            let space = String(repeating: " ", count: max(0, widths[column] - cut.columns))
            let cell = Self.isolated(cut)
            return alignments[column] == .left ? cell + space : space + cell
        }
        var text = padded.joined(separator: "  ")
        while text.last == " " { text.removeLast() }
        return text
    }

    private static func cut(_ text: String, to width: Int) -> String {
        text.columns <= width ? text : text.prefix(columns: max(0, width - 1)) + "…"
    }

    /// Keeps a cell that is written from right to left from turning the cells beside it round (UAX #9, isolates).
    private static func isolated(_ text: String) -> String {
        text.holdsRightToLeft ? "\u{2068}\(text)\u{2069}" : text
    }

    /// Control characters would let a stored name drive the terminal, and those of direction (UAX #9) rearrange the line:
    /// they are shown as a dot.
    static func printable(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isDirection =
                switch scalar.value {
                case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true
                default: false
                }
            let isControl = [.control, .lineSeparator, .paragraphSeparator].contains(scalar.properties.generalCategory)
            result.append(isControl || isDirection ? "·" : scalar)
        }
        return String(result)
    }
}

extension BinaryInteger {
    /// The number with thousands separated by commas, such as `1,204`.
    package var grouped: String {
        let digits = String(magnitude)
        var result = ""
        for (position, digit) in digits.enumerated() {
            if position > 0, (digits.count - position) % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return self < 0 ? "-" + result : result
    }
}
