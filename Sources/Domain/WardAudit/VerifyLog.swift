// SPDX-License-Identifier: Apache-2.0
//
// Verification of the live store. In this order, and the first finding at the lowest position is the answer:
//
//  1. Every entry is read by position. A gap is a missing entry; an entry whose leaf hash is not the one in its tile
//     differs.
//  2. The root over the entries as they are is compared with every signed checkpoint of the database at its size; each
//     signature is verified with the key that only the root key gives.
//  3. The head is compared with the newest checkpoint (truncation) and with every checkpoint kept outside (rollback,
//     replacement of the whole log). Where the database disagrees with itself, or with what is outside, everything up to
//     the largest checkpoint that agrees is vouched for.
//
// Entries are read in pages with short transactions; what is sealed meanwhile is left to the next verification.

import WardCrypto
package import WardKernel
package import WardStorage

extension Audit {
    /// Verifies an organization's log in the live store, and records that. Needs `viewAudit`, or the system itself.
    package func verify(by requester: Requester, in store: any Store) async throws -> AuditVerdict {
        if requester.kind != .service { try requester.require(.viewAudit) }
        var verification = LogVerification(audit: self, organization: requester.organization)
        let verdict = try await verification.run(in: store)
        var entry = AuditEntry(.auditVerify)
        switch verdict {
        case .intact(let proof): entry.facts = ["entries": "\(proof.size)", "verdict": "intact"]
        case .damaged(let position, _):
            entry.outcome = .failed
            entry.facts = ["position": "\(position)", "verdict": "damaged"]
        }
        let recorded = entry
        _ = try await store.write { try self.record(recorded, by: requester, in: $0) }
        return verdict
    }
}

/// One run of a verification: what has been read so far.
private struct LogVerification {
    let audit: Audit
    let organization: OrganizationID
    private var frontier = MerkleFrontier()
    /// The size of the largest checkpoint that the entries lead to.
    private var vouched: Int64 = 0
    private var checkpointsSeen = 0
    private var clock = ClockWatch()
    private var outsideRoots: [Int64: [UInt8]] = [:]

    init(audit: Audit, organization: OrganizationID) {
        self.audit = audit
        self.organization = organization
    }

    mutating func run(in store: any Store) async throws -> AuditVerdict {
        let audit = audit
        let organization = organization
        let (head, verifier) = try await store.read { tx in
            (
                try HeadQueries.head(of: organization, in: tx),
                try audit.signer(of: organization, in: tx).verifier
            )
        }
        let size = head?.size ?? 0
        guard let outside = try outside(verifier: verifier) else { return .damaged(at: 0, .badSignature(size: 0)) }
        outsideRoots = Dictionary(outside.map { ($0.size, []) }) { first, _ in first }
        while frontier.size < size {
            let start = frontier.size
            let page = try await store.read { try LogPage(from: start, to: size, of: organization, in: $0) }
            if let damage = compare(page, verifier: verifier) { return damage }
        }
        if let damage = try await compareHead(head, verifier: verifier, in: store) { return damage }
        for checkpoint in outside.sorted(by: { $0.size < $1.size }) {
            let root = checkpoint.size == 0 ? MerkleHash.empty : outsideRoots[checkpoint.size]
            guard checkpoint.size <= size, root == checkpoint.root else {
                return .damaged(at: vouched(by: outside, below: checkpoint.size), .rolledBack(outside: checkpoint.size))
            }
        }
        let unsealed = try await store.read { try HeadQueries.unsealedCount(of: organization, in: $0) }
        return .intact(
            AuditProof(
                size: size,
                root: frontier.root,
                checkpoints: checkpointsSeen + outside.count,
                outside: outside.count,
                unsealed: unsealed,
                backdated: clock.backdated,
                verifierKey: verifier.text
            )
        )
    }

    /// The checkpoints kept outside; nil when one is not signed by the log's key.
    private func outside(verifier: NoteVerifier) throws -> [Checkpoint]? {
        guard let directory = audit.configuration.checkpointDirectory else { return [] }
        var checkpoints: [Checkpoint] = []
        for note in try OutsideCheckpoints(directory: directory).notes(of: organization) {
            do {
                checkpoints.append(try LogName.checkpoint(note, verifier: verifier))
            } catch {
                return nil
            }
        }
        return checkpoints
    }

    /// The largest size below `limit` at which what is outside agrees with the entries.
    private func vouched(by outside: [Checkpoint], below limit: Int64) -> Int64 {
        outside.filter { $0.size < limit && outsideRoots[$0.size] == $0.root }.map(\.size).max() ?? 0
    }

    /// Takes a page of entries in; what is wrong with it, if anything.
    private mutating func compare(_ page: LogPage, verifier: NoteVerifier) -> AuditVerdict? {
        var checkpoints = page.checkpoints[...]
        for expected in page.start..<page.end {
            let offset = Int(expected - page.start)
            guard offset < page.entries.count, page.entries[offset].position == expected else {
                return .damaged(at: expected, .entryMissing)
            }
            guard let stored = page.hashes[offset] else { return .damaged(at: expected, .treeIncomplete) }
            let hash = MerkleHash.leaf(page.entries[offset].leaf(of: organization))
            guard hash == stored else { return .damaged(at: expected, .entryDiffers) }
            frontier.append(hash)
            clock.see(page.entries[offset].recordedAt)
            if outsideRoots[frontier.size] != nil { outsideRoots[frontier.size] = frontier.root }
            guard let checkpoint = checkpoints.first, checkpoint.size == frontier.size else { continue }
            checkpoints.removeFirst()
            if let damage = compare(checkpoint, verifier: verifier) { return damage }
        }
        return nil
    }

    private mutating func compare(
        _ checkpoint: TreeQueries.StoredCheckpoint,
        verifier: NoteVerifier
    ) -> AuditVerdict? {
        // A note that does not read is as good as none.
        guard let signed = try? LogName.checkpoint(checkpoint.note, verifier: verifier), signed.size == checkpoint.size
        else { return .damaged(at: vouched, .badSignature(size: checkpoint.size)) }
        guard signed.root == frontier.root, checkpoint.root == signed.root else {
            return .damaged(at: vouched, .differsFromCheckpoint(size: checkpoint.size))
        }
        vouched = checkpoint.size
        checkpointsSeen += 1
        return nil
    }

    /// Looks at what stands at and beyond the head.
    private func compareHead(
        _ head: HeadQueries.Head?,
        verifier: NoteVerifier,
        in store: any Store
    ) async throws -> AuditVerdict? {
        let organization = organization
        let size = head?.size ?? 0
        let (now, newest, beyond) = try await store.read { tx in
            let now = try HeadQueries.head(of: organization, in: tx)?.size ?? 0
            return (
                now, try TreeQueries.newest(of: organization, in: tx)?.size ?? 0,
                try HeadQueries.countBeyond(now, of: organization, in: tx)
            )
        }
        if newest > now { return .damaged(at: now, .truncated(checkpoint: newest)) }
        if beyond > 0 { return .damaged(at: now, .entryBeyondHead) }
        if let head, head.root != frontier.root { return .damaged(at: vouched, .differsFromCheckpoint(size: size)) }
        // The head is always written together with a checkpoint of its size.
        if vouched != size { return .damaged(at: vouched, .badSignature(size: size)) }
        return nil
    }
}

/// Entries from a position on with the hashes that the tree holds for them and the checkpoints among them.
private struct LogPage: Sendable {
    private static let length: Int64 = 1_024
    let start: Int64
    let end: Int64
    let entries: [AuditRecord]
    let hashes: [[UInt8]?]
    let checkpoints: [TreeQueries.StoredCheckpoint]

    init(from start: Int64, to size: Int64, of organization: OrganizationID, in tx: any ReadTransaction) throws {
        self.start = start
        end = min(start + Self.length, size)
        entries = try EntryQueries.sealed(from: start, limit: Int(end - start), of: organization, in: tx)
        checkpoints = try TreeQueries.checkpoints(above: start, limit: Int(Self.length), of: organization, in: tx)
        let tree = StoredTree(of: organization, in: tx)
        hashes = try (start..<end).map { index in
            let tile = try tree.tile(level: 0, number: index / TileLayout.width) ?? []
            let offset = Int(index % TileLayout.width) * MerkleHash.byteCount
            return offset + MerkleHash.byteCount <= tile.count
                ? Array(tile[offset..<offset + MerkleHash.byteCount]) : nil
        }
    }
}
