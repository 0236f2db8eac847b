// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// Why the audit log does not do what was asked. When `record` throws, the caller's transaction must not commit.
package enum AuditError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A field that takes a fixed word got something else; it could have held a person's data.
    case unsafeWord(field: String)
    /// Another node holds the organization's audit tree.
    case leaseLost(OrganizationID)
    /// A checkpoint outside the database is newer than the log, or the log does not lead to it: the database was rolled
    /// back or rewritten. Nothing is sealed over it.
    case rolledBack(OrganizationID, outside: Int64, here: Int64)
    /// The checkpoint directory cannot be read or written.
    case checkpointDirectory(path: String, code: Int32)
    /// The export's folder exists already, or cannot be written.
    case exportFolder(path: String, code: Int32)
    /// The tree's stored parts do not fit together; `verify` says where.
    case damagedTree(OrganizationID)

    package var description: String {
        switch self {
        case .unsafeWord(let field):
            "audit.unsafe_word: the field \(field) takes letters, digits and . _ : + / - only, at most 128."
        case .leaseLost(let organization):
            "audit.lease_lost: another node seals the audit log of organization \(organization)."
        case .rolledBack(let organization, let outside, let here):
            "audit.rolled_back: a checkpoint kept outside says that the audit log of organization \(organization) had "
                + "\(outside) entries; the database has \(here), or others. Run ward audit verify and tell the privacy "
                + "official."
        case .checkpointDirectory(let path, let code):
            "audit.checkpoint_directory: \(path) cannot be used (errno \(code))."
        case .exportFolder(let path, let code):
            "audit.export_folder: \(path) cannot be written (errno \(code)); name a folder that does not exist yet."
        case .damagedTree(let organization):
            "audit.damaged_tree: the stored tree of organization \(organization) does not fit together. "
                + "Run ward audit verify."
        }
    }
}
