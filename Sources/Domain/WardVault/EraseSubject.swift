// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage

/// What became of a person's key.
package enum ErasureOutcome: Hashable, Sendable {
    /// The key is destroyed in this database; from the end of the running epoch on, in every backup too.
    case destroyed(at: Timestamp, epoch: Int64)
    /// There was no living key.
    case nothingToDestroy
}

extension Vault {
    /// Destroys a person's key: nothing sealed under it can be read again by anyone. The caller records it.
    ///
    /// Other nodes may hold the key in memory for up to a minute. Backups hold it, wrapped, until `startEpoch` and
    /// `destroyOldEpochs` have run, which must happen within 24 hours.
    package func destroySubject(
        _ subject: SubjectID,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> ErasureOutcome {
        let time = surroundings.now()
        let wasLiving = try SubjectKeyQueries.destroy(subject, of: organization, at: time, in: tx)
        subjects.forget(subject, of: organization)
        return wasLiving ? .destroyed(at: time, epoch: keys.newestEpoch) : .nothingToDestroy
    }

    /// Whether the person has a living key.
    package func hasLivingKey(
        _ subject: SubjectID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Bool {
        if case .living = try subjectKeyState(subject, of: organization, in: tx) { return true }
        return false
    }
}
