// SPDX-License-Identifier: Apache-2.0

/// Reads the lines of an NDJSON file from pieces, in bounded memory: a line of at most 4 MiB. Empty lines are skipped
/// but counted; a byte-order mark is skipped.
struct LineReader {
    struct Line: Sendable {
        var bytes: [UInt8]
        /// 1 for the first line of the file.
        var row: Int
        var nextOffset: Int64
    }

    private let limit: Int
    private var pending: [UInt8] = []
    private var row: Int
    private var offset: Int64

    init(limit: Int = 4 << 20, resumingAt offset: Int64 = 0, row: Int = 0) {
        self.limit = limit
        self.offset = offset
        self.row = row
    }

    mutating func feed(_ bytes: [UInt8], into lines: inout [Line]) throws(FileProblem) {
        for byte in bytes {
            offset += 1
            if byte == 0x0A {
                take(into: &lines)
            } else {
                pending.append(byte)
                if pending.count > limit { throw .lineTooLarge(row: row + 1, limit: limit) }
            }
        }
    }

    mutating func finish(into lines: inout [Line]) { if !pending.isEmpty { take(into: &lines) } }

    private mutating func take(into lines: inout [Line]) {
        row += 1
        if row == 1, pending.starts(with: [0xEF, 0xBB, 0xBF]) { pending.removeFirst(3) }
        if pending.last == 0x0D { pending.removeLast() }
        if !pending.isEmpty { lines.append(Line(bytes: pending, row: row, nextOffset: offset)) }
        pending.removeAll(keepingCapacity: true)
    }
}
