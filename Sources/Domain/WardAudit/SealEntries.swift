// SPDX-License-Identifier: Apache-2.0

import WardCrypto
package import WardKernel
package import WardStorage
import WardVault

/// A head of an organization's tree, signed.
package struct SignedHead: Hashable, Sendable {
    /// Entries in the tree.
    package let size: Int64
    package let root: [UInt8]
    /// The C2SP signed note.
    package let note: String
}

extension Audit {
    /// The verifier key (C2SP, text form) of an organization's checkpoints: give it to whoever checks exports.
    package func verifierKey(of organization: OrganizationID, in tx: any ReadTransaction) throws -> String {
        try signer(of: organization, in: tx).verifier.text
    }

    func signer(of organization: OrganizationID, in tx: any ReadTransaction) throws -> NoteSigner {
        let seed = try vault.checkpointSigningSeed(of: organization, in: tx)
        let origin = configuration.logName + LogName.suffix(of: organization)
        return try seed.expose(for: .evaluating) { try NoteSigner(name: origin, seed: $0) }
    }

    /// Numbers and hashes what has been committed, extends the tree and signs its new head; nil when there was nothing.
    /// Throws `leaseLost` while another node holds the tree.
    func sealBatch(
        of organization: OrganizationID,
        owner: [UInt8],
        lease: Duration,
        limit: Int,
        outside: String?,
        in tx: any WriteTransaction
    ) throws -> SignedHead? {
        let now = surroundings.now()
        try HeadQueries.makeIfMissing(of: organization, emptyRoot: MerkleHash.empty, in: tx)
        guard try HeadQueries.lease(of: organization, for: owner, at: now, until: now + lease, in: tx),
            let head = try HeadQueries.head(of: organization, in: tx)
        else { throw AuditError.leaseLost(organization) }
        let signer = try signer(of: organization, in: tx)
        let tree = StoredTree(of: organization, in: tx)
        try check(outside: outside, leadsTo: head, tree: tree, verifier: signer.verifier)
        let count = try HeadQueries.number(from: head.size, limit: limit, of: organization, in: tx)
        guard count > 0 else { return nil }
        let leaves = try EntryQueries.leafHashes(from: head.size, limit: count, of: organization, in: tx)
        guard leaves.map(\.position) == (0..<count).map({ head.size + Int64($0) }) else {
            throw AuditError.damagedTree(organization)
        }
        let frontier = try tree.append(leaves.map(\.hash), to: head.size)
        try tree.store(in: tx)
        let checkpoint = Checkpoint(origin: signer.verifier.name, size: frontier.size, root: frontier.root)
        let note = try signer.sign(checkpoint.text)
        try TreeQueries.insert(
            .init(size: checkpoint.size, root: checkpoint.root, note: note),
            at: now,
            of: organization,
            in: tx
        )
        guard
            try HeadQueries.advance(of: organization, from: head, to: checkpoint.size, root: checkpoint.root, in: tx)
        else { throw AuditError.leaseLost(organization) }
        return SignedHead(size: checkpoint.size, root: checkpoint.root, note: note)
    }

    /// Throws `rolledBack` unless the tree here begins with the tree that was published outside.
    private func check(
        outside note: String?,
        leadsTo head: HeadQueries.Head,
        tree: StoredTree,
        verifier: NoteVerifier
    ) throws {
        guard let note else { return }
        let published = try LogName.checkpoint(note, verifier: verifier)
        guard published.size <= head.size,
            try published.root == (published.size == head.size ? head.root : tree.root(size: published.size))
        else { throw AuditError.rolledBack(tree.organization, outside: published.size, here: head.size) }
    }
}
