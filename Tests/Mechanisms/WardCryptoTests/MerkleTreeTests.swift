// SPDX-License-Identifier: Apache-2.0

import Testing
import WardCrypto

/// The leaves and roots that implementations of RFC 6962 share as test vectors (certificate-transparency).
private let leaves = [
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
].map(octets)
private let roots = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
].map(octets)

/// A tree kept whole, by the recursive definition of the RFC.
private struct WholeTree {
    var hashes: [[UInt8]]

    func root(_ start: Int, _ end: Int) -> [UInt8] {
        if start == end { return MerkleHash.empty }
        if end - start == 1 { return hashes[start] }
        var middle = 1
        while middle * 2 < end - start { middle *= 2 }
        return MerkleHash.node(root(start, start + middle), root(start + middle, end))
    }

    func subtree(level: Int, index: Int64) -> [UInt8] {
        root(Int(index) << level, (Int(index) + 1) << level)
    }
}

@Suite struct MerkleTreeTests {
    @Test func `roots are those of the shared vectors`() {
        var frontier = MerkleFrontier()
        #expect(frontier.root == octets("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
        for (leaf, root) in zip(leaves, roots) {
            frontier.append(MerkleHash.leaf(leaf))
            #expect(frontier.root == root)
        }
    }

    @Test func `inclusion proofs hold for their own leaf, index, size and root only`() {
        let tree = WholeTree(hashes: (0..<40).map { MerkleHash.leaf([UInt8($0)]) })
        for size in 1...40 {
            let root = tree.root(0, size)
            for index in 0..<size {
                let proof = MerkleTree.inclusionProof(of: Int64(index), size: Int64(size), hash: tree.subtree)
                func holds(_ leaf: Int, _ index: Int, _ proof: [[UInt8]]) -> Bool {
                    MerkleProof.isIncluded(
                        leafHash: tree.hashes[leaf],
                        index: Int64(index),
                        size: Int64(size),
                        root: root,
                        proof: proof
                    )
                }
                #expect(holds(index, index, proof))
                #expect(!holds((index + 1) % 40, index, proof))
                #expect(!holds(index, index, proof + [root]))
                if !proof.isEmpty { #expect(!holds(index, index, Array(proof.dropLast()))) }
            }
        }
    }

    @Test func `consistency proofs hold between every two sizes and for no other tree`() {
        let tree = WholeTree(hashes: (0..<33).map { MerkleHash.leaf([UInt8($0)]) })
        var forked = tree
        forked.hashes[0] = MerkleHash.leaf([99])
        for new in 1...33 {
            for old in 1...new {
                let proof = MerkleTree.consistencyProof(from: Int64(old), to: Int64(new), hash: tree.subtree)
                func holds(_ oldRoot: [UInt8]) -> Bool {
                    MerkleProof.isConsistent(
                        oldSize: Int64(old),
                        oldRoot: oldRoot,
                        newSize: Int64(new),
                        newRoot: tree.root(0, new),
                        proof: proof
                    )
                }
                #expect(holds(tree.root(0, old)))
                #expect(!holds(forked.root(0, old)))
            }
        }
    }

    @Test func `a frontier taken up from stored subtrees goes on to the same root`() {
        let tree = WholeTree(hashes: (0..<100).map { MerkleHash.leaf([UInt8($0)]) })
        for size in [0, 1, 2, 7, 64, 99] {
            var frontier = MerkleFrontier(size: Int64(size), hash: tree.subtree)
            for hash in tree.hashes[size...] { frontier.append(hash) }
            #expect(frontier.root == tree.root(0, 100))
        }
    }

    @Test func `hashes are found in tiles at every level`() throws {
        let count = 600
        let tree = WholeTree(hashes: (0..<count).map { MerkleHash.leaf([UInt8($0 & 255), UInt8($0 >> 8)]) })
        var tiles: [String: [UInt8]] = [:]
        var frontier = MerkleFrontier()
        for hash in tree.hashes {
            frontier.append(hash) { level, index, hash in
                if level % 8 == 0 { tiles["\(level / 8) \(index / 256)", default: []] += hash }
            }
        }
        let root = try MerkleTree.root(size: Int64(count)) { level, index in
            try #require(TileLayout.hash(level: level, index: index) { tiles["\($0) \($1)"] })
        }
        #expect(root == tree.root(0, count))
        #expect(TileLayout.levels(size: 600) == 2)
    }

    @Test func `tiles are named as the specification says`() {
        #expect(TileLayout.path(level: 0, number: 1_234_067, count: 256) == "tile/0/x001/x234/067")
        #expect(TileLayout.path(level: 1, number: 0, count: 3) == "tile/1/000.p/3")
        #expect(TileLayout.entriesPath(number: 273, count: 256) == "tile/entries/273")
    }
}

@Suite struct SignedNoteTests {
    /// The note and the key of golang.org/x/mod/sumdb/note's documentation.
    private let note = """
        If you think cryptography is the answer to your problem,
        then you don't know what your problem is.

        — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=

        """
    private let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

    @Test func `a note of another implementation verifies`() throws {
        let verifier = try #require(NoteVerifier(key))
        #expect(verifier.text == key)
        #expect(try verifier.open(note).hasPrefix("If you think"))
    }

    @Test func `a changed note, a foreign key, a foreign name or no signature is refused`() throws {
        let verifier = try #require(NoteVerifier(key))
        #expect(throws: CryptoError(.badSignature)) {
            try verifier.open(note.replacing("answer", with: "Answer"))
        }
        #expect(throws: CryptoError(.malformed)) { try verifier.open("no signature\n") }
        let other = try NoteSigner(name: "PeterNeumann", seed: Array(repeating: 1, count: 32))
        #expect(throws: CryptoError(.badSignature)) { try verifier.open(other.sign("text\n")) }
        #expect(NoteVerifier("PeterNeumann+00000000+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW") == nil)
    }

    @Test func `a checkpoint survives its text and is bound to its origin`() throws {
        let signer = try NoteSigner(name: "ward.example/audit/1", seed: Array(repeating: 1, count: 32))
        let checkpoint = Checkpoint(origin: "ward.example/audit/1", size: 42, root: MerkleHash.empty)
        let note = try signer.sign(checkpoint.text)
        #expect(try Checkpoint(note: note, verifier: signer.verifier) == checkpoint)
        let foreign = Checkpoint(origin: "ward.example/audit/2", size: 42, root: MerkleHash.empty)
        #expect(throws: CryptoError(.badSignature)) {
            try Checkpoint(note: signer.sign(foreign.text), verifier: signer.verifier)
        }
    }

    @Test(arguments: [
        "", "a\n1\n", "a\n01\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", "a\n-1\nAA==\n", "\n1\nAA==\n",
    ])
    func `a text that is no checkpoint is refused`(text: String) {
        #expect(throws: CryptoError(.malformed)) { try Checkpoint(text: text) }
    }
}
