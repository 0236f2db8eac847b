// SPDX-License-Identifier: Apache-2.0

import Synchronization
package import WardKernel
package import WardStorage

/// That a person cannot come back from any backup.
package struct ErasureCertificate: Hashable, Sendable {
    package let organization: OrganizationID
    package let subject: SubjectID
    /// When the person's key was destroyed.
    package let destroyedAt: Timestamp
    /// The epoch whose key could have opened it in a backup.
    package let epoch: Int64
    /// At the latest then, that epoch's key was gone too.
    package let certifiedAt: Timestamp
}

/// Turns epochs within a day of an erasure: begins a new one, wraps the living anew, destroys the old key, and certifies.
/// It may be killed anywhere and goes on at its next look.
package final class EpochWorker: Sendable {
    private let vault: Vault
    private let store: any Store
    private let schedule: EpochSchedule
    private let turn: Mutex<EpochTurn>
    private let certify: @Sendable (ErasureCertificate, any WriteTransaction) throws -> Void
    private let failed: @Sendable (any Error) -> Void

    /// - Parameters:
    ///   - certify: writes the audit entry of one certificate, in the transaction that keeps it.
    ///   - failed: told about a round that did not work; the next one tries again.
    package init(
        _ vault: Vault,
        in store: any Store,
        schedule: EpochSchedule = EpochSchedule(),
        certify: @escaping @Sendable (ErasureCertificate, any WriteTransaction) throws -> Void,
        failed: @escaping @Sendable (any Error) -> Void = { _ in }
    ) {
        self.vault = vault
        self.store = store
        self.schedule = schedule
        turn = Mutex(EpochTurn(schedule: schedule))
        self.certify = certify
        self.failed = failed
    }

    /// Works until the task is cancelled.
    package func run() async throws {
        while !Task.isCancelled {
            do {
                try await runOnce()
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                failed(error)
            }
            try await vault.surroundings.wait(schedule.pause)
        }
    }

    /// Does what is due now.
    package func runOnce() async throws {
        let lowest = vault.keys.epochNumbers.first ?? 1
        let oldest = try await store.read { try ErasureQueries.oldestAcrossAll(fromEpoch: lowest, in: $0) }
        let now = vault.surroundings.now()
        let epochs = vault.keys.epochNumbers.count
        switch turn.withLock({ $0.next(epochs: epochs, oldestErasure: oldest, at: now) }) {
        case .rest: break
        case .rewrap: _ = try await vault.startEpoch(in: store)
        case .destroyOld:
            _ = try await vault.startEpoch(in: store)
            _ = try await vault.destroyOldEpochs(in: store)
        }
        try await certifyErasures()
    }

    /// Those whose epoch key is gone, also when a run died between destroying it and saying so.
    private func certifyErasures() async throws {
        let lowest = vault.keys.epochNumbers.first ?? 1
        let organizations = try await store.read { try OrganizationKeyQueries.organizationsAcrossAll(in: $0) }
        for organization in organizations {
            var count = Vault.subjectsPerStatement
            while count == Vault.subjectsPerStatement {
                count = try await store.writeAlone { [vault, certify] tx in
                    let page = try ErasureQueries.uncertified(
                        belowEpoch: lowest,
                        limit: Vault.subjectsPerStatement,
                        at: vault.surroundings.now(),
                        of: organization,
                        in: tx
                    )
                    for certificate in page {
                        try ErasureQueries.insert(certificate, in: tx)
                        try certify(certificate, tx)
                    }
                    return page.count
                }
            }
        }
    }
}
