// SPDX-License-Identifier: Apache-2.0

import WardCrypto
package import WardKernel
package import WardStorage

/// What a change of epoch did.
package struct EpochReport: Hashable, Sendable {
    package var epoch: Int64
    /// Living subject keys that were re-wrapped.
    package var rewrapped: Int
}

/// What became of the old epochs' keys.
package enum OldEpochOutcome: Hashable, Sendable {
    /// These epochs' key files are gone: what was erased before cannot come back from any backup.
    case destroyed(epochs: [Int64], at: Timestamp)
    /// So many living persons still hang on an old epoch: run `startEpoch` again.
    case stillInUse(Int)
    case nothingOld
}

extension Vault {
    /// Begins a new epoch and re-wraps every living subject key under it, in chunks. After an interruption it goes on
    /// with the newest epoch instead of making another one.
    package func startEpoch(in store: any Store) async throws -> EpochReport {
        let isUnfinished = keys.epochNumbers.count > 1
        let epoch = isUnfinished ? keys.newestEpoch : try keys.addEpoch(surroundings: surroundings)
        let organizations = try await store.read { try OrganizationKeyQueries.organizationsAcrossAll(in: $0) }
        var rewrapped = 0
        for organization in organizations {
            while true {
                let count = try await store.writeAlone { tx in
                    try self.rewrapPage(of: organization, into: epoch, in: tx)
                }
                rewrapped += count
                if count < Self.subjectsPerStatement { break }
            }
        }
        return EpochReport(epoch: epoch, rewrapped: rewrapped)
    }

    /// Destroys the key files of every epoch but the newest, once no living key needs them. The caller lets at least the
    /// longest transaction's time pass after `startEpoch`, so that no key wrapped before is still on its way.
    package func destroyOldEpochs(in store: any Store) async throws -> OldEpochOutcome {
        let newest = keys.newestEpoch
        let old = keys.epochNumbers.filter { $0 < newest }
        guard !old.isEmpty else { return .nothingOld }
        let living = try await store.writeAlone { try SubjectKeyQueries.livingBelowAcrossAll(epoch: newest, in: $0) }
        guard living == 0 else { return .stillInUse(living) }
        for epoch in old { try keys.destroyEpoch(epoch) }
        return .destroyed(epochs: old, at: surroundings.now())
    }

    private func rewrapPage(
        of organization: OrganizationID,
        into epoch: Int64,
        in tx: any WriteTransaction
    ) throws -> Int {
        let page = try SubjectKeyQueries.pageBelow(
            epoch: epoch,
            limit: Self.subjectsPerStatement,
            of: organization,
            in: tx
        )
        guard !page.isEmpty else { return 0 }
        let organizationKeys = try organizationKeys(organization, in: tx)
        let wrapping = KeyWrapping.subjectWrappingKey(
            epochKey: try keys.epochKey(epoch),
            organization: organizationKeys
        )
        for row in page {
            let previous = KeyWrapping.subjectWrappingKey(
                epochKey: try keys.epochKey(row.epoch),
                organization: organizationKeys
            )
            guard let key = try unwrap(row, under: previous, of: organization) else { continue }
            let wrapped = try sealer.seal(
                key.bytes,
                key: wrapping,
                header: SealedHeader(keyVersion: UInt32(clamping: epoch)),
                associated: KeyWrapping.subjectPlace(row.subject, of: organization)
            )
            try SubjectKeyQueries.rewrap(
                .init(subject: row.subject, epoch: epoch, wrapped: wrapped, createdAt: row.createdAt),
                of: organization,
                in: tx
            )
        }
        return page.count
    }
}
