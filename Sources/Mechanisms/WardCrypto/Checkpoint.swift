// SPDX-License-Identifier: Apache-2.0
//
// C2SP tlog-checkpoint: the text of a signed note of at least three lines,
//
//     <origin>
//     <tree size, decimal without leading zeros>
//     <root hash, base64>
//
// Further lines are extensions, which Ward neither writes nor reads.

import Foundation

/// What a log says about itself at one moment: how many entries, and the root of their tree.
package struct Checkpoint: Hashable, Sendable {
    /// Names the log; equal to the name of the key that signs it.
    package let origin: String
    package let size: Int64
    /// 32 octets.
    package let root: [UInt8]

    package init(origin: String, size: Int64, root: [UInt8]) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    /// Reads the text of a note; throws `malformed`.
    package init(text: String) throws(CryptoError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count >= 4, lines.last == "", !lines[0].isEmpty, let size = Int64(lines[1]), size >= 0,
            String(size) == lines[1], let root = Data(base64Encoded: String(lines[2])),
            root.count == MerkleHash.byteCount
        else { throw CryptoError(.malformed) }
        self.init(origin: String(lines[0]), size: size, root: Array(root))
    }

    /// The note's text.
    package var text: String { "\(origin)\n\(size)\n\(Data(root).base64EncodedString())\n" }

    /// Reads a signed note and checks that it is this log's: throws `malformed` or `badSignature`.
    package init(note: String, verifier: NoteVerifier) throws(CryptoError) {
        try self.init(text: try verifier.open(note))
        guard origin == verifier.name else { throw CryptoError(.badSignature) }
    }
}
