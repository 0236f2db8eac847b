// SPDX-License-Identifier: Apache-2.0

/// Rejected rows on their way out, a page of at most 500 rows at a time: however many there are, one page is in memory.
package actor RejectedRowsExport {
    private let kept: [Int]
    private let isRepair: Bool
    private var waiting: [UInt8]?
    private var last = 0
    private let page: @Sendable (_ after: Int) async throws -> [PreparedRows.Rejected]

    init(header: [String], page: @escaping @Sendable (_ after: Int) async throws -> [PreparedRows.Rejected]) {
        isRepair = header.contains(NeutralizedCell.reasonHeader)
        kept = header.indices.filter { !Self.isOwnColumn(header[$0]) }
        waiting = NeutralizedCell.line(
            kept.map { header[$0] } + [NeutralizedCell.rowHeader, NeutralizedCell.reasonHeader]
        )
        self.page = page
    }

    /// The next bytes, the header's first; nil at the end.
    package func next() async throws -> [UInt8]? {
        if let header = waiting {
            waiting = nil
            return header
        }
        let rows = try await page(last)
        guard let newest = rows.last?.row else { return nil }
        last = newest
        return rows.flatMap { row in
            let cells = kept.map { position -> String in
                let cell = row.cells.indices.contains(position) ? row.cells[position] : ""
                return isRepair ? NeutralizedCell.original(cell) : cell
            }
            return NeutralizedCell.line(cells + ["\(row.row)", Self.sentence(row)])
        }
    }

    private static func isOwnColumn(_ header: String) -> Bool {
        header == NeutralizedCell.rowHeader || header == NeutralizedCell.reasonHeader
    }

    private static func sentence(_ row: PreparedRows.Rejected) -> String {
        row.reasons.map { ($0.column.map { "Column \($0): " } ?? "") + $0.message }.joined(separator: " ")
    }
}
