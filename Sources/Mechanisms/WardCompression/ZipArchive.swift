// SPDX-License-Identifier: Apache-2.0
//
// ZIP (PKWARE APPNOTE 6.3): the central directory says what is in the archive; stored and deflated entries are read. Encrypted
// entries, ZIP64 and archives in several parts are not: no office program writes them for mail.

/// A ZIP archive, read within bounds.
package struct ZipArchive {
    package struct Entry {
        package let name: String
        fileprivate let method: Int
        fileprivate let compressed: Int
        /// Octets once expanded, as the archive claims.
        package let size: Int
        fileprivate let headerAt: Int
    }

    private static let mostEntries = 5_000
    private let bytes: [UInt8]
    package let entries: [Entry]

    package init(_ bytes: [UInt8]) throws(Inflate.Problem) {
        self.bytes = bytes
        // The end record has 22 octets and a comment of at most 65,535.
        let lowest = max(0, bytes.count - 22 - 65_535)
        var end = bytes.count - 22
        while end >= lowest, !bytes[end...].starts(with: [0x50, 0x4b, 0x05, 0x06]) { end -= 1 }
        guard end >= lowest, end >= 0 else { throw .malformed }
        let count = Self.number(bytes, end + 10, 2)
        var position = Self.number(bytes, end + 16, 4)
        guard count <= Self.mostEntries else { throw .malformed }
        var entries: [Entry] = []
        for _ in 0..<count {
            guard position >= 0, position + 46 <= bytes.count,
                bytes[position...].starts(with: [0x50, 0x4b, 0x01, 0x02])
            else { throw .malformed }
            let isEncrypted = Self.number(bytes, position + 8, 2) & 1 != 0
            let nameLength = Self.number(bytes, position + 28, 2)
            let nameEnd = position + 46 + nameLength
            guard !isEncrypted, nameEnd <= bytes.count else { throw .malformed }
            entries.append(
                Entry(
                    name: String(decoding: bytes[(position + 46)..<nameEnd], as: UTF8.self),
                    method: Self.number(bytes, position + 10, 2),
                    compressed: Self.number(bytes, position + 20, 4),
                    size: Self.number(bytes, position + 24, 4),
                    headerAt: Self.number(bytes, position + 42, 4)
                )
            )
            position = nameEnd + Self.number(bytes, position + 30, 2) + Self.number(bytes, position + 32, 2)
        }
        self.entries = entries
    }

    /// An entry's octets, at most `limit`.
    package func content(of entry: Entry, limit: Int) throws(Inflate.Problem) -> [UInt8] {
        let header = entry.headerAt
        guard header >= 0, header + 30 <= bytes.count, bytes[header...].starts(with: [0x50, 0x4b, 0x03, 0x04]) else {
            throw .malformed
        }
        let start = header + 30 + Self.number(bytes, header + 26, 2) + Self.number(bytes, header + 28, 2)
        let end = start + entry.compressed
        guard start <= end, end <= bytes.count else { throw .malformed }
        switch entry.method {
        case 0:
            guard entry.compressed <= limit else { throw .tooLong }
            return Array(bytes[start..<end])
        case 8:
            return try Inflate.expand(bytes[start..<end], .none, limit: limit)
        default: throw .malformed
        }
    }

    /// Least significant octet first; 0 beyond the end.
    private static func number(_ bytes: [UInt8], _ position: Int, _ count: Int) -> Int {
        guard position >= 0, position + count <= bytes.count else { return 0 }
        return (0..<count).reduce(0) { $0 | Int(bytes[position + $1]) << (8 * $1) }
    }
}
