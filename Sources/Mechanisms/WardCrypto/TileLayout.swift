// SPDX-License-Identifier: Apache-2.0
//
// C2SP tlog-tiles: a tree of size n is published as tiles of at most 256 hashes. The tile (level L, number N) holds the
// hashes of the complete subtrees of 256^L leaves with the indexes N * 256 … N * 256 + 255; only the last tile of a level
// may be partial. Paths:
//
//     tile/<L>/<N>            full
//     tile/<L>/<N>.p/<W>      partial, with W hashes
//     tile/entries/<N>[.p/<W>]  the leaves themselves, each as a 16-bit big-endian length and its octets
//
// N is written in groups of three digits, every group but the last with an `x` before it: 1234067 is x001/x234/067.

/// Where hashes stand in tiles, and what tiles are called.
package enum TileLayout {
    /// Hashes in a full tile.
    package static let width: Int64 = 256

    /// The tile's levels that a tree of this size has hashes in.
    package static func levels(size: Int64) -> Int {
        var levels = 0
        while levels < 8, size >> (8 * Int64(levels)) > 0 { levels += 1 }
        return levels
    }

    /// The hash of the complete subtree (level, index) from tiles that `tile` gives as concatenated hashes; nil when a tile
    /// is too short or missing.
    package static func hash<Failure: Error>(
        level: Int,
        index: Int64,
        tile: (_ level: Int, _ number: Int64) throws(Failure) -> [UInt8]?
    ) throws(Failure) -> [UInt8]? {
        // Inside its tile a subtree of 2^within hashes is hashed up from the tile's row.
        let within = level % 8
        let first = index << Int64(within)
        guard let bytes = try tile(level / 8, first / width) else { return nil }
        let start = Int(first % width) * MerkleHash.byteCount
        let end = start + MerkleHash.byteCount << within
        guard end <= bytes.count else { return nil }
        var row = stride(from: start, to: end, by: MerkleHash.byteCount).map { offset in
            Array(bytes[offset..<offset + MerkleHash.byteCount])
        }
        while row.count > 1 {
            row = stride(from: 0, to: row.count, by: 2).map { MerkleHash.node(row[$0], row[$0 + 1]) }
        }
        return row.first
    }

    /// The path of a tile of hashes; `count` is how many it holds.
    package static func path(level: Int, number: Int64, count: Int64) -> String {
        "tile/\(level)/\(path(number: number, count: count))"
    }

    /// The path of a bundle of entries; `count` is how many it holds.
    package static func entriesPath(number: Int64, count: Int64) -> String {
        "tile/entries/\(path(number: number, count: count))"
    }

    private static func path(number: Int64, count: Int64) -> String {
        var groups: [String] = []
        var rest = number
        repeat {
            let digits = String(rest % 1_000)
            let group = String(repeating: "0", count: 3 - digits.count) + digits
            groups.insert(groups.isEmpty ? group : "x" + group, at: 0)
            rest /= 1_000
        } while rest > 0
        return groups.joined(separator: "/") + (count < width ? ".p/\(count)" : "")
    }
}
