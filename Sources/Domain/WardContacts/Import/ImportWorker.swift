// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardQueue
import WardStorage

/// Takes started imports from the queue, one at a time, and runs them to their end. Any number may run, on any node.
package struct ImportWorker: Sendable {
    private let contacts: Contacts
    private let owner: [UInt8]
    private let pause: Duration
    private static let lease = Duration.seconds(60)

    /// - Parameters:
    ///   - owner: tells this worker from others, such as its node's name.
    ///   - pause: between two looks at an empty queue.
    package init(contacts: Contacts, owner: [UInt8], pause: Duration = .seconds(1)) {
        self.contacts = contacts
        self.owner = owner
        self.pause = pause
    }

    /// Works until the task is cancelled. While the database is away it waits; what was leased comes back by itself.
    package func run() async throws {
        while !Task.isCancelled {
            do {
                if try await runOne() == nil { try await contacts.surroundings.wait(pause) }
            } catch let error as StoreError where error.isTransient || error.code == .outcomeUnknown {
                try await contacts.surroundings.wait(pause * 5)
            }
        }
    }

    /// Runs one waiting import to its end; nil when none waits. A failure that may pass is tried again in half a minute;
    /// any other leaves the import where it is, parked, until a person looks.
    package func runOne() async throws -> ImportProgress? {
        let items = try await contacts.queue.claimAcrossOrganizations(
            [.contactsImport],
            limit: 1,
            lease: Self.lease,
            owner: owner,
            from: contacts.store
        )
        guard let item = items.first else { return nil }
        guard let id = ImportID(bytes: item.reference) else {
            try await contacts.store.write { tx in
                try contacts.queue.park(item, reason: "contacts.import_reference", in: tx)
            }
            return nil
        }
        do {
            let progress = try await contacts.run(id, of: item.organization) { tx in
                try contacts.queue.renew(item, lease: Self.lease, in: tx)
            }
            try await contacts.store.write { tx in try contacts.queue.finish(item, in: tx) }
            return progress
        } catch is LeaseLost {
            return nil
        } catch let error as StoreError where error.isTransient || error.code == .outcomeUnknown {
            return try await tryAgain(item)
        } catch ImportInterruption.overtaken {
            return try await tryAgain(item)
        } catch ImportInterruption.notFound {
            try await contacts.store.write { tx in try contacts.queue.finish(item, in: tx) }
            return nil
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            try await contacts.store.write { tx in
                try contacts.queue.park(item, reason: "contacts.import_failed", in: tx)
            }
            return nil
        }
    }

    private func tryAgain(_ item: WorkItem) async throws -> ImportProgress? {
        try await contacts.store.write { tx in
            try contacts.queue.retry(item, at: contacts.surroundings.now() + .seconds(30), in: tx)
        }
        return nil
    }
}
