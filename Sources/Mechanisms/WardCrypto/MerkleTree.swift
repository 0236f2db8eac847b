// SPDX-License-Identifier: Apache-2.0
//
// The Merkle tree of RFC 6962 section 2.1 over SHA-256.
//
//     leaf hash      SHA-256(0x00 || leaf)
//     node hash      SHA-256(0x01 || left || right)
//     root of none   SHA-256()
//     root of n      node(root of the first k, root of the rest), k the largest power of two below n
//
// A complete subtree of 2^level leaves beginning at leaf index * 2^level is named (level, index) and its hash never
// changes once its leaves are there; proofs and roots are made from those alone.

import Crypto

/// The hashes of RFC 6962 section 2.1.
package enum MerkleHash {
    /// Octets in a hash.
    package static let byteCount = 32

    /// The root of a tree without leaves.
    package static let empty = Digest.sha256([])

    /// The hash of a leaf with this content.
    package static func leaf(_ content: [UInt8]) -> [UInt8] {
        var hasher = SHA256()
        hasher.update(data: [0x00] as [UInt8])
        hasher.update(data: content)
        return Array(hasher.finalize())
    }

    /// The hash of the node above two others.
    package static func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var input: [UInt8] = []
        input.reserveCapacity(1 + left.count + right.count)
        input.append(0x01)
        input.append(contentsOf: left)
        input.append(contentsOf: right)
        return Array(SHA256.hash(data: input))
    }
}

/// The right edge of a tree: as many hashes as its size has one-bits. Leaves are added in order; nothing else is kept.
package struct MerkleFrontier: Hashable, Sendable {
    /// How many leaves the tree has.
    package private(set) var size: Int64 = 0
    /// Roots of the complete subtrees from left to right, largest first.
    private var roots: [[UInt8]] = []

    /// A tree without leaves.
    package init() {}

    /// The frontier of a tree whose complete subtrees somebody stores; throws what `hash` throws.
    package init<Failure: Error>(
        size: Int64,
        hash: (_ level: Int, _ index: Int64) throws(Failure) -> [UInt8]
    ) throws(Failure) {
        self.size = size
        for subtree in MerkleTree.subtrees(from: 0, to: size) {
            roots.append(try hash(subtree.level, subtree.index))
        }
    }

    /// Adds a leaf's hash at the end. `completed` is called for each complete subtree that this makes, the leaf itself
    /// (level 0) first.
    package mutating func append(
        _ leafHash: [UInt8],
        completed: (_ level: Int, _ index: Int64, _ hash: [UInt8]) -> Void = { _, _, _ in }
    ) {
        var hash = leafHash
        var level = 0
        completed(0, size, hash)
        while size >> level & 1 == 1, let left = roots.popLast() {
            hash = MerkleHash.node(left, hash)
            level += 1
            completed(level, size >> level, hash)
        }
        roots.append(hash)
        size += 1
    }

    /// The tree's root hash.
    package var root: [UInt8] {
        guard var hash = roots.last else { return MerkleHash.empty }
        for left in roots.dropLast().reversed() { hash = MerkleHash.node(left, hash) }
        return hash
    }
}

/// Roots and proofs of a tree whose complete subtrees somebody stores.
package enum MerkleTree {
    /// The complete subtrees, from left to right, that together cover the leaves from `start` (inclusive, a multiple of
    /// the largest of them) to `end` (exclusive).
    package static func subtrees(from start: Int64, to end: Int64) -> [(level: Int, index: Int64)] {
        var result: [(level: Int, index: Int64)] = []
        var position = start
        while position < end {
            var level = position == 0 ? 62 : position.trailingZeroBitCount
            while Int64(1) << level > end - position { level -= 1 }
            result.append((level, position >> level))
            position += Int64(1) << level
        }
        return result
    }

    /// MTH(D[start:end]) of RFC 6962 for ranges that occur in proofs.
    static func rangeRoot<Failure: Error>(
        from start: Int64,
        to end: Int64,
        hash: (_ level: Int, _ index: Int64) throws(Failure) -> [UInt8]
    ) throws(Failure) -> [UInt8] {
        var root: [UInt8]?
        for subtree in subtrees(from: start, to: end).reversed() {
            let left = try hash(subtree.level, subtree.index)
            root = root.map { MerkleHash.node(left, $0) } ?? left
        }
        return root ?? MerkleHash.empty
    }

    /// The root of the first `size` leaves.
    package static func root<Failure: Error>(
        size: Int64,
        hash: (_ level: Int, _ index: Int64) throws(Failure) -> [UInt8]
    ) throws(Failure) -> [UInt8] {
        try rangeRoot(from: 0, to: size, hash: hash)
    }

    /// PATH(index, D[size]) of RFC 6962 section 2.1.1. `index` is below `size`.
    package static func inclusionProof<Failure: Error>(
        of index: Int64,
        size: Int64,
        hash: (_ level: Int, _ index: Int64) throws(Failure) -> [UInt8]
    ) throws(Failure) -> [[UInt8]] {
        var proof: [[UInt8]] = []
        var (start, end) = (Int64(0), size)
        while end - start > 1 {
            let middle = start + split(end - start)
            if index < middle {
                proof.append(try rangeRoot(from: middle, to: end, hash: hash))
                end = middle
            } else {
                proof.append(try rangeRoot(from: start, to: middle, hash: hash))
                start = middle
            }
        }
        return proof.reversed()
    }

    /// PROOF(old, D[size]) of RFC 6962 section 2.1.2. `old` is at least 1 and at most `size`.
    package static func consistencyProof<Failure: Error>(
        from old: Int64,
        to size: Int64,
        hash: (_ level: Int, _ index: Int64) throws(Failure) -> [UInt8]
    ) throws(Failure) -> [[UInt8]] {
        var proof: [[UInt8]] = []
        var (start, end) = (Int64(0), size)
        // Whether the subtree in view begins at 0, so that the verifier has its root already when it is the old tree.
        var isWhole = true
        while end > old {
            let middle = start + split(end - start)
            if old <= middle {
                proof.append(try rangeRoot(from: middle, to: end, hash: hash))
                end = middle
            } else {
                proof.append(try rangeRoot(from: start, to: middle, hash: hash))
                start = middle
                isWhole = false
            }
        }
        if !isWhole { proof.append(try rangeRoot(from: start, to: end, hash: hash)) }
        return proof.reversed()
    }

    /// The largest power of two below `count`, which is at least 2.
    private static func split(_ count: Int64) -> Int64 {
        Int64(1) << (63 - (count - 1).leadingZeroBitCount)
    }
}
