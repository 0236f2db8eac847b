// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardCrypto
import WardKernel

/// Verification of an export by anyone who has its folder: no store, no network, no secret.
package enum AuditExport {
    /// - Parameters:
    ///   - folder: what `Audit.export` wrote.
    ///   - trustedKey: the verifier key as it was given another way; nil takes the folder's own, which then only shows
    ///     that the folder agrees with itself. The verdict's `verifierKey` says which was used.
    ///   - outside: signed notes that were kept elsewhere, which the export must lead to.
    /// - Throws: `AuditError.exportFolder` when the folder or one of its files cannot be read.
    package static func verify(
        _ folder: String,
        trustedKey: String? = nil,
        outside: [String] = []
    ) throws -> AuditVerdict {
        let root = URL(fileURLWithPath: folder, isDirectory: true)
        let keyText = try trustedKey ?? text(root, "key").trimmingCharacters(in: .newlines)
        guard let verifier = NoteVerifier(keyText) else { return .damaged(at: 0, .badSignature(size: 0)) }
        // A note that is not signed by the log's key proves nothing.
        guard let checkpoint = try? LogName.checkpoint(text(root, "checkpoint"), verifier: verifier) else {
            return .damaged(at: 0, .badSignature(size: 0))
        }
        let published = outside.compactMap { try? LogName.checkpoint($0, verifier: verifier) }
        guard published.count == outside.count else { return .damaged(at: 0, .badSignature(size: 0)) }
        var reading = ExportReading(root: root, outside: published)
        if let damage = try reading.read(checkpoint: checkpoint) { return damage }
        return reading.verdict(checkpoint: checkpoint, verifier: verifier)
    }

    fileprivate static func text(_ root: URL, _ name: String) throws(AuditError) -> String {
        let path = root.appending(path: name)
        do {
            return String(decoding: try Data(contentsOf: path), as: UTF8.self)
        } catch {
            throw .exportFolder(path: path.path(), code: ENOENT)
        }
    }
}

/// One pass over an export's entries.
private struct ExportReading {
    let root: URL
    let outside: [Checkpoint]
    private var frontier = MerkleFrontier()
    private var outsideRoots: [Int64: [UInt8]]
    private var clock = ClockWatch()
    private var tile: (number: Int64, hashes: [UInt8])?

    init(root: URL, outside: [Checkpoint]) {
        self.root = root
        self.outside = outside
        outsideRoots = Dictionary(outside.map { ($0.size, $0.size == 0 ? MerkleHash.empty : []) }) { first, _ in first }
    }

    mutating func read(checkpoint: Checkpoint) throws -> AuditVerdict? {
        let path = root.appending(path: "entries.jsonl")
        // A file that cannot be read is named by the error.
        guard let data = try? Data(contentsOf: path, options: .mappedIfSafe) else {
            throw AuditError.exportFolder(path: path.path(), code: ENOENT)
        }
        let content = Array(data)
        var start = content.startIndex
        while start < content.endIndex {
            let end = content[start...].firstIndex(of: UInt8(ascii: "\n")) ?? content.endIndex
            let position = frontier.size
            if position >= checkpoint.size { return .damaged(at: position, .entryBeyondHead) }
            guard let entry = ExportEntry(line: content[start..<end]),
                entry.organization == LogName.organization(in: checkpoint.origin)
            else { return .damaged(at: position, .unreadable) }
            if entry.position > position { return .damaged(at: position, .entryMissing) }
            if entry.position < position { return .damaged(at: position, .entryDiffers) }
            let hash = MerkleHash.leaf(entry.record.leaf(of: entry.organization))
            if let stored = storedHash(position, size: checkpoint.size), stored != hash {
                return .damaged(at: position, .entryDiffers)
            }
            frontier.append(hash)
            clock.see(entry.record.recordedAt)
            if outsideRoots[frontier.size] != nil { outsideRoots[frontier.size] = frontier.root }
            start = end == content.endIndex ? end : content.index(after: end)
        }
        return nil
    }

    func verdict(checkpoint: Checkpoint, verifier: NoteVerifier) -> AuditVerdict {
        func agreed(below limit: Int64) -> Int64 {
            outside.filter { $0.size < limit && outsideRoots[$0.size] == $0.root }.map(\.size).max() ?? 0
        }
        guard frontier.size == checkpoint.size else { return .damaged(at: frontier.size, .entryMissing) }
        guard frontier.root == checkpoint.root else {
            return .damaged(at: agreed(below: checkpoint.size), .differsFromCheckpoint(size: checkpoint.size))
        }
        let disagreeing = outside.filter { outsideRoots[$0.size] != $0.root }.min { $0.size < $1.size }
        if let disagreeing {
            return .damaged(at: agreed(below: disagreeing.size), .rolledBack(outside: disagreeing.size))
        }
        return .intact(
            AuditProof(
                size: checkpoint.size,
                root: checkpoint.root,
                checkpoints: 1 + outside.count,
                outside: outside.count,
                unsealed: 0,
                backdated: clock.backdated,
                verifierKey: verifier.text
            )
        )
    }

    /// The leaf hash that the export's tiles hold; nil when the tile is not there. Only for naming a position: what
    /// counts is the root.
    private mutating func storedHash(_ position: Int64, size: Int64) -> [UInt8]? {
        let number = position / TileLayout.width
        if tile?.number != number {
            let count = min(TileLayout.width, size - number * TileLayout.width)
            let path = root.appending(path: TileLayout.path(level: 0, number: number, count: count))
            // Without its tile a change still shows in the root.
            tile = (number, (try? Array(Data(contentsOf: path))) ?? [])
        }
        let offset = Int(position % TileLayout.width) * MerkleHash.byteCount
        guard let hashes = tile?.hashes, offset + MerkleHash.byteCount <= hashes.count else { return nil }
        return Array(hashes[offset..<offset + MerkleHash.byteCount])
    }
}
