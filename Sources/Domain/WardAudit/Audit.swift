// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardStorage
package import WardVault

/// How an installation keeps its audit logs.
package struct AuditConfiguration: Hashable, Sendable {
    /// The installation's public host name: the first part of every checkpoint's origin line. It may change:
    /// older checkpoints keep the name that they were signed under, and verify.
    package var logName: String
    /// A folder outside the database and its backups, best on another disk, that gets each checkpoint; nil when none.
    package var checkpointDirectory: String?
    /// Ward's version, for the entries.
    package var version: String
    /// Where the clock's time comes from, a fixed word such as `ntp`, `system`.
    package var timeSource: String

    package init(
        logName: String,
        checkpointDirectory: String? = nil,
        version: String = "development",
        timeSource: String = "system"
    ) {
        self.logName = logName
        self.checkpointDirectory = checkpointDirectory
        self.version = version
        self.timeSource = timeSource
    }
}

/// The audit log: one Merkle tree of entries per organization (DESIGN section 7).
///
/// `record` writes an entry in the caller's transaction, so that without the entry the action does not happen (invariant
/// I4). `AuditSealer` numbers committed entries and signs checkpoints. `list`, `verify` and `export` read.
package final class Audit: Sendable {
    package let configuration: AuditConfiguration
    let vault: Vault
    let surroundings: Surroundings

    package init(vault: Vault, configuration: AuditConfiguration, surroundings: Surroundings) {
        self.vault = vault
        self.configuration = configuration
        self.surroundings = surroundings
    }
}
