// SPDX-License-Identifier: Apache-2.0

/// Verification of proofs, as RFC 9162 sections 2.1.3.2 and 2.1.4.2 put the algorithms for the tree of RFC 6962.
package enum MerkleProof {
    /// Whether the leaf hash stands at `index` in the tree with this size and root.
    package static func isIncluded(
        leafHash: [UInt8],
        index: Int64,
        size: Int64,
        root: [UInt8],
        proof: [[UInt8]]
    ) -> Bool {
        guard index >= 0, index < size else { return false }
        var node = index
        var last = size - 1
        var hash = leafHash
        for sibling in proof {
            if last == 0 { return false }
            if node & 1 == 1 || node == last {
                hash = MerkleHash.node(sibling, hash)
                while node & 1 == 0, node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                hash = MerkleHash.node(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && Digest.isEqual(hash, root)
    }

    /// Whether the tree with the new size and root begins with the tree that had the old size and root.
    package static func isConsistent(
        oldSize: Int64,
        oldRoot: [UInt8],
        newSize: Int64,
        newRoot: [UInt8],
        proof: [[UInt8]]
    ) -> Bool {
        guard oldSize >= 0, oldSize <= newSize else { return false }
        if oldSize == newSize { return proof.isEmpty && Digest.isEqual(oldRoot, newRoot) }
        if oldSize == 0 { return proof.isEmpty && Digest.isEqual(oldRoot, MerkleHash.empty) }
        var path = proof[...]
        if oldSize & (oldSize - 1) == 0 { path = ([oldRoot] + proof)[...] }
        guard var first = path.popFirst() else { return false }
        var second = first
        var node = oldSize - 1
        var last = newSize - 1
        while node & 1 == 1 {
            node >>= 1
            last >>= 1
        }
        for hash in path {
            if last == 0 { return false }
            if node & 1 == 1 || node == last {
                first = MerkleHash.node(hash, first)
                second = MerkleHash.node(hash, second)
                while node & 1 == 0, node != 0 {
                    node >>= 1
                    last >>= 1
                }
            } else {
                second = MerkleHash.node(second, hash)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && Digest.isEqual(first, oldRoot) && Digest.isEqual(second, newRoot)
    }
}
