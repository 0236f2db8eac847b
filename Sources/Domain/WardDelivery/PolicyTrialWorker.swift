// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardQueue
import WardStorage

/// Runs drafts against past decisions, one at a time. Any number may run, on any node.
package final class PolicyTrialWorker: Sendable {
    static let lease: Duration = .minutes(1)

    private let delivery: Delivery
    private let owner: [UInt8]
    private let pause: Duration
    private var surroundings: Surroundings { delivery.surroundings }

    /// - Parameters:
    ///   - owner: the name under which it leases work; nil: one that nobody else has.
    ///   - pause: between two looks at an empty queue.
    package init(_ delivery: Delivery, owner: [UInt8]? = nil, pause: Duration = .seconds(1)) {
        self.delivery = delivery
        self.owner = owner ?? delivery.surroundings.randomBytes(16)
        self.pause = pause
    }

    /// Works until the task is cancelled. While the database is away it waits; what was leased comes back by itself.
    package func run() async throws {
        while !Task.isCancelled {
            do {
                if try await !runOne() { try await surroundings.wait(pause) }
            } catch let error as StoreError where error.isTransient || error.code == .outcomeUnknown {
                try await surroundings.wait(pause * 5)
            }
        }
    }

    /// Takes a run that waits and brings it to its end.
    ///
    /// - Parameter onStep: called after each step.
    /// - Returns: false when none waits.
    func runOne(onStep: () async throws -> Void = {}) async throws -> Bool {
        let items = try await delivery.queue.claimAcrossOrganizations(
            [.policyTrial],
            limit: 1,
            lease: Self.lease,
            owner: owner,
            from: delivery.store
        )
        guard let item = items.first else { return false }
        do {
            try await finish(item, onStep)
        } catch is LeaseLost {
            // Somebody else has it, or it was given up.
            return true
        } catch is CancellationError {
            throw CancellationError()
        } catch let error as StoreError where error.isTransient || error.code == .outcomeUnknown {
            throw error
        } catch {
            try await later(item)
        }
        return true
    }

    private func finish(_ item: WorkItem, _ onStep: () async throws -> Void) async throws {
        let (organization, queue) = (item.organization, delivery.queue)
        while !Task.isCancelled {
            let step = try await delivery.stepTrial(of: organization, by: Delivery.service(organization)) { tx in
                try queue.renew(item, lease: Self.lease, in: tx)
            }
            switch step {
            case .more: try await onStep()
            case .ended: return  // the item went with the row
            case .gone: return try await delivery.store.write { tx in try queue.finish(item, in: tx) }
            }
        }
    }

    /// Tried again in half a minute; parked after ten times, for a person to look at.
    private func later(_ item: WorkItem) async throws {
        let time = surroundings.now() + .seconds(30)
        try await delivery.store.write { [queue = delivery.queue] tx in
            if item.attempt >= 10 {
                try queue.park(item, reason: "delivery.trial_failed", in: tx)
            } else {
                try queue.retry(item, at: time, in: tx)
            }
        }
    }
}
