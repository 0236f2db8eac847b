// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardStorage

/// Numbers committed entries, extends each organization's tree, signs checkpoints and publishes them outside.
///
/// Any number of nodes may run one: per organization a lease says who seals, and its fencing number is checked by the
/// statement that advances the head.
package final class AuditSealer: Sendable {
    /// Entries per transaction.
    static let batch = 2_000
    /// How long a node that died keeps others from sealing.
    static let lease = Duration.seconds(10)
    /// Pause between rounds: an entry is sealed within a second.
    static let pause = Duration.milliseconds(250)

    package let audit: Audit
    private let store: any Store
    private let owner: [UInt8]
    /// Told of every failure of a round, by type; the server logs it.
    private let report: @Sendable (any Error) -> Void

    package init(audit: Audit, store: any Store, report: @escaping @Sendable (any Error) -> Void = { _ in }) {
        self.audit = audit
        self.store = store
        self.report = report
        owner = audit.surroundings.randomBytes(16)
    }

    /// Seals until the task is cancelled. A failing round is reported and tried again: nothing is lost by waiting.
    package func run() async throws {
        while !Task.isCancelled {
            do {
                try await sealAll()
            } catch let error as CancellationError {
                throw error
            } catch {
                report(error)
            }
            try await audit.surroundings.wait(Self.pause)
        }
    }

    /// Seals what has been committed so far, in every organization. One organization's failure does not keep the others
    /// from being sealed; the first one is thrown at the end.
    package func sealAll() async throws {
        let organizations = try await store.read {
            try HeadQueries.organizationsWithUnsealedEntriesAcrossAll(in: $0)
        }
        var failure: (any Error)?
        for organization in organizations {
            do {
                _ = try await sealHere(organization)
            } catch AuditError.leaseLost {
                // Another node is at it.
                continue
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
    }

    /// Returns once every entry that was committed before the call is in the tree and under a published checkpoint: what
    /// exports and outside disclosures wait for. Nil when the organization has no entries at all.
    @discardableResult
    package func sealNow(_ organization: OrganizationID) async throws -> SignedHead? {
        for _ in 0..<60 {
            do {
                if let head = try await sealHere(organization) { return head }
                return try await newestHead(of: organization)
            } catch AuditError.leaseLost {
                if try await isSealedByAnother(organization) { return try await newestHead(of: organization) }
                try await audit.surroundings.wait(Self.pause)
            }
        }
        throw AuditError.leaseLost(organization)
    }

    /// Another sealer, which may have died since, has sealed everything and published its head: there is nothing to wait
    /// for, whoever holds the lease.
    private func isSealedByAnother(_ organization: OrganizationID) async throws -> Bool {
        guard try await store.read({ try HeadQueries.unsealedCount(of: organization, in: $0) }) == 0 else {
            return false
        }
        guard let place = audit.configuration.checkpointDirectory else { return true }
        let newest = try await newestHead(of: organization)
        return try OutsideCheckpoints(directory: place).latest(of: organization) == newest?.note
    }

    private func newestHead(of organization: OrganizationID) async throws -> SignedHead? {
        let newest = try await store.read { try TreeQueries.newest(of: organization, in: $0) }
        return newest.map { SignedHead(size: $0.size, root: $0.root, note: $0.note) }
    }

    /// Seals batch after batch; the last head, nil when there was nothing to seal.
    private func sealHere(_ organization: OrganizationID) async throws -> SignedHead? {
        let audit = audit
        let owner = owner
        let directory = audit.configuration.checkpointDirectory.map(OutsideCheckpoints.init(directory:))
        var last: SignedHead?
        while true {
            let outside = try directory?.latest(of: organization)
            let head = try await store.writeAlone { tx in
                try audit.sealBatch(
                    of: organization,
                    owner: owner,
                    lease: Self.lease,
                    limit: Self.batch,
                    outside: outside,
                    in: tx
                )
            }
            guard let head else { break }
            try directory?.publish(head.note, of: organization, at: audit.surroundings.now())
            last = head
        }
        if last == nil { try await publishAgain(organization, to: directory) }
        return last
    }

    /// After a crash between COMMIT and publication the folder is behind the head.
    private func publishAgain(_ organization: OrganizationID, to directory: OutsideCheckpoints?) async throws {
        guard let directory else { return }
        let newest = try await store.read { try TreeQueries.newest(of: organization, in: $0) }
        guard let newest, try directory.latest(of: organization) != newest.note else { return }
        try directory.publish(newest.note, of: organization, at: audit.surroundings.now())
    }
}
