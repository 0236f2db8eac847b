// SPDX-License-Identifier: Apache-2.0
//
// ZIP (PKWARE APPNOTE 6.3): the central directory says what is in the archive; stored and deflated entries are read. Encrypted
// entries, ZIP64 and archives in several parts are not: no office program writes them for mail.

import WardCompression

struct ZipArchive {
    struct Entry {
        let name: String
        fileprivate let method: Int
        fileprivate let compressed: Int
        let size: Int
        fileprivate let headerAt: Int
    }

    private static let mostEntries = 5_000
    private let bytes: [UInt8]
    let entries: [Entry]

    init(_ bytes: [UInt8]) throws(UnreadableDocument) {
        self.bytes = bytes
        // The end record has 22 octets and a comment of at most 65,535.
        let lowest = max(0, bytes.count - 22 - 65_535)
        var end = bytes.count - 22
        while end >= lowest, !bytes[end...].starts(with: [0x50, 0x4b, 0x05, 0x06]) { end -= 1 }
        guard end >= lowest, end >= 0 else { throw UnreadableDocument() }
        let count = Self.number(bytes, end + 10, 2)
        var position = Self.number(bytes, end + 16, 4)
        guard count <= Self.mostEntries else { throw UnreadableDocument() }
        var entries: [Entry] = []
        for _ in 0..<count {
            guard position >= 0, position + 46 <= bytes.count,
                bytes[position...].starts(with: [0x50, 0x4b, 0x01, 0x02])
            else { throw UnreadableDocument() }
            let isEncrypted = Self.number(bytes, position + 8, 2) & 1 != 0
            let nameLength = Self.number(bytes, position + 28, 2)
            let nameEnd = position + 46 + nameLength
            guard !isEncrypted, nameEnd <= bytes.count else { throw UnreadableDocument() }
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
    func content(of entry: Entry, limit: Int) throws(UnreadableDocument) -> [UInt8] {
        let header = entry.headerAt
        guard header >= 0, header + 30 <= bytes.count, bytes[header...].starts(with: [0x50, 0x4b, 0x03, 0x04]) else {
            throw UnreadableDocument()
        }
        let start = header + 30 + Self.number(bytes, header + 26, 2) + Self.number(bytes, header + 28, 2)
        let end = start + entry.compressed
        guard start <= end, end <= bytes.count else { throw UnreadableDocument() }
        switch entry.method {
        case 0:
            guard entry.compressed <= limit else { throw UnreadableDocument() }
            return Array(bytes[start..<end])
        case 8:
            do throws(Inflate.Problem) {
                return try Inflate.expand(bytes[start..<end], .none, limit: limit)
            } catch { throw UnreadableDocument() }
        default: throw UnreadableDocument()
        }
    }

    /// Least significant octet first; 0 beyond the end.
    private static func number(_ bytes: [UInt8], _ position: Int, _ count: Int) -> Int {
        guard position >= 0, position + count <= bytes.count else { return 0 }
        return (0..<count).reduce(0) { $0 | Int(bytes[position + $1]) << (8 * $1) }
    }
}
