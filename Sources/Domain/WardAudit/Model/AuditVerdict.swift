// SPDX-License-Identifier: Apache-2.0

import WardKernel

/// What a verification of the audit log found.
package enum AuditVerdict: Hashable, Sendable {
    /// Every entry is there, unchanged and in order, up to a signed head.
    case intact(AuditProof)
    /// The first position (from 0) at which the log is not what was signed; everything before it is.
    case damaged(at: Int64, AuditDamage)
}

/// What an intact log was held against.
package struct AuditProof: Hashable, Sendable {
    /// Entries in the tree.
    package var size: Int64
    package var root: [UInt8]
    /// The signed checkpoints, inside and outside the database, that the entries lead to.
    package var checkpoints: Int
    /// Of those, how many were kept outside.
    package var outside: Int
    /// Entries that were committed a moment ago and have no position yet.
    package var unsealed: Int
    /// Entries whose time lies more than five minutes before that of an entry sealed earlier: the clock was set back, or
    /// somebody back-dated.
    package var backdated: Int
    /// The verifier key in C2SP's text form.
    package var verifierKey: String
}

/// How the log differs from what was signed.
package enum AuditDamage: Hashable, Sendable {
    /// The entry here is not the one whose hash is in the tree: changed, exchanged, inserted or duplicated.
    case entryDiffers
    /// No entry has this position.
    case entryMissing
    /// An entry has a position that the tree does not reach.
    case entryBeyondHead
    /// The line is not an entry in Ward's form.
    case unreadable
    /// A tile of the tree is missing or too short.
    case treeIncomplete
    /// The entries do not lead to the root that a checkpoint of this size signed.
    case differsFromCheckpoint(size: Int64)
    /// A checkpoint's signature is missing or is not by the log's key.
    case badSignature(size: Int64)
    /// A checkpoint in the database speaks of more entries than the log has: its end was cut off.
    case truncated(checkpoint: Int64)
    /// A checkpoint outside speaks of more entries than the log has, or of others: the database was rolled back or
    /// rewritten.
    case rolledBack(outside: Int64)
}

extension AuditDamage: CustomStringConvertible {
    package var description: String {
        switch self {
        case .entryDiffers: "the entry is not the one that was sealed (changed, exchanged, inserted or duplicated)"
        case .entryMissing: "the entry is missing"
        case .entryBeyondHead: "there is an entry beyond the end of the tree"
        case .unreadable: "the line is not an entry in Ward's form"
        case .treeIncomplete: "the stored hashes of the tree are incomplete"
        case .differsFromCheckpoint(let size): "the entries do not lead to the signed checkpoint of \(size) entries"
        case .badSignature(let size): "the checkpoint of \(size) entries is not signed by the log's key"
        case .truncated(let checkpoint): "the end was cut off: a checkpoint of \(checkpoint) entries was signed"
        case .rolledBack(let outside):
            "the database was rolled back or rewritten: a checkpoint of \(outside) entries was published outside"
        }
    }
}

extension AuditVerdict: CustomStringConvertible {
    package var description: String {
        switch self {
        case .intact(let proof):
            "The audit log is intact: \(proof.size) entries, in order and unchanged, under \(proof.checkpoints) signed "
                + "checkpoints, \(proof.outside) of them kept outside."
                + (proof.backdated == 0 ? "" : " \(proof.backdated) entries bear a time before an earlier entry's.")
        case .damaged(let position, let damage):
            "The audit log is damaged from entry \(position) on: \(damage). Every entry before it is as it was signed."
        }
    }
}

/// Counts entries that bear a time well before an earlier entry's.
struct ClockWatch {
    private var latest = Timestamp(microseconds: .min)
    private(set) var backdated = 0

    mutating func see(_ time: Timestamp) {
        if time.microseconds < latest.microseconds, latest.since(time) > .minutes(5) { backdated += 1 }
        latest = max(latest, time)
    }
}
