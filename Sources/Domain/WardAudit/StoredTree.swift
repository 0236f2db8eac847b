// SPDX-License-Identifier: Apache-2.0

import WardCrypto
import WardKernel
import WardStorage

/// One organization's tree as a transaction sees it. Reads each tile once.
final class StoredTree {
    private struct TileName: Hashable {
        let level: Int
        let number: Int64
    }

    let organization: OrganizationID
    private let tx: any ReadTransaction
    private var tiles: [TileName: [UInt8]] = [:]
    private var changed: Set<TileName> = []

    init(of organization: OrganizationID, in tx: any ReadTransaction) {
        self.organization = organization
        self.tx = tx
    }

    /// The hash of a complete subtree; throws `damagedTree` when its tile lacks it.
    func hash(level: Int, index: Int64) throws -> [UInt8] {
        let found = try TileLayout.hash(level: level, index: index) { level, number in
            try tile(level: level, number: number)
        }
        guard let found else { throw AuditError.damagedTree(organization) }
        return found
    }

    /// The root of the first `size` leaves.
    func root(size: Int64) throws -> [UInt8] { try MerkleTree.root(size: size, hash: hash) }

    /// Adds leaves to a tree of `size` and keeps the tiles that change in memory.
    func append(_ leaves: [[UInt8]], to size: Int64) throws -> MerkleFrontier {
        var frontier = try MerkleFrontier(size: size, hash: hash)
        var completed: [(level: Int, index: Int64, hash: [UInt8])] = []
        for leaf in leaves {
            frontier.append(leaf) { level, index, hash in
                if level % 8 == 0 { completed.append((level / 8, index, hash)) }
            }
        }
        for part in completed {
            let name = TileName(level: part.level, number: part.index / TileLayout.width)
            let place = Int(part.index % TileLayout.width) * MerkleHash.byteCount
            // What a tile holds beyond the tree's size would be the remains of somebody's tampering.
            var hashes = try tile(level: name.level, number: name.number) ?? []
            guard hashes.count == place else { throw AuditError.damagedTree(organization) }
            hashes.append(contentsOf: part.hash)
            tiles[name] = hashes
            changed.insert(name)
        }
        return frontier
    }

    /// Writes the tiles that `append` changed.
    func store(in tx: any WriteTransaction) throws {
        for name in changed {
            guard let hashes = tiles[name] else { continue }
            try TreeQueries.store(hashes, level: name.level, number: name.number, of: organization, in: tx)
        }
        changed = []
    }

    func tile(level: Int, number: Int64) throws -> [UInt8]? {
        let name = TileName(level: level, number: number)
        if let known = tiles[name] { return known }
        guard let hashes = try TreeQueries.tile(level: level, number: number, of: organization, in: tx) else {
            return nil
        }
        tiles[name] = hashes
        return hashes
    }
}
