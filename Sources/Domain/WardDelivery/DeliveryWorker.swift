// SPDX-License-Identifier: Apache-2.0

import Synchronization
import WardConsent
import WardCrypto
import WardKernel
import WardMIME
import WardMailCrypto
import WardQueue
import WardStorage

/// Sends what is queued, for every organization: claims, clears again, transmits, commits. Any number of workers may run.
package final class DeliveryWorker: Sendable {
    private let delivery: Delivery
    private let owner: [UInt8]
    private let writes: AttemptWrites
    private let shares: Mutex<DestinationShares>
    /// When the leases of all that is held were last known to be good; nil: never.
    private let leasesKeptAt = Mutex<Timestamp?>(nil)
    /// When each organization's audience may be prepared again.
    private let prepared = Mutex<[OrganizationID: Timestamp]>([:])
    private let budgets: RateBudgets

    /// - Parameter owner: the name under which it leases work; nil: one that nobody else has.
    package init(_ delivery: Delivery, owner: [UInt8]? = nil) {
        self.delivery = delivery
        writes = AttemptWrites(delivery)
        self.owner = owner ?? delivery.surroundings.randomBytes(16)
        budgets = RateBudgets(store: delivery.store, surroundings: delivery.surroundings)
        shares = Mutex(
            DestinationShares(
                limit: delivery.configuration.concurrencyPerDestination,
                waitingLimit: delivery.configuration.concurrencyPerDestination * 5
            )
        )
    }

    /// Attempts under way.
    var running: Int { shares.withLock(\.running) }

    /// Works until the task is cancelled; then waits for the attempts under way, each of which ends at once unless its
    /// final dot has left.
    package func run() async throws {
        do {
            try await runUntilCancelled()
        } catch is CancellationError {
            // The end that was asked for.
        }
    }

    private func runUntilCancelled() async throws {
        leasesKeptAt.withLock { $0 = delivery.surroundings.now() }
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await self.keepLeases() }
            var nextLook = delivery.surroundings.now()
            while !Task.isCancelled {
                let free = delivery.configuration.concurrency - shares.withLock(\.running)
                let freeForAll = free - delivery.configuration.reserve
                var items: [WorkItem] = []
                if freeForAll > 0 {
                    items = try await claim(limit: freeForAll)
                } else if free > 0, delivery.surroundings.now() >= nextLook {
                    nextLook = delivery.surroundings.now() + delivery.configuration.pollInterval
                    items = try await claim(limit: free, priorities: [.normal, .urgent])
                }
                await prepare(for: items)
                for (item, admission) in admit(items) {
                    group.addTask { await self.work(on: item, admission) }
                }
                if items.isEmpty {
                    try await delivery.surroundings.wait(
                        freeForAll > 0 ? delivery.configuration.pollInterval : .milliseconds(5)
                    )
                }
            }
        }
    }

    /// Claims what is due once, works on it, and returns how many items there were: for commands and tests.
    package func runOnce() async throws -> Int {
        let items = try await claim(limit: delivery.configuration.concurrency)
        await prepare(for: items)
        await withDiscardingTaskGroup { group in
            for (item, admission) in admit(items) { group.addTask { await self.work(on: item, admission) } }
        }
        return items.count
    }

    /// Lets the gate's answers about audiences be quick, at most once a second for each organization.
    private func prepare(for items: [WorkItem]) async {
        let now = delivery.surroundings.now()
        let due = prepared.withLock { prepared in
            let due = Set(items.map(\.organization)).filter { now >= (prepared[$0] ?? now) }
            for organization in due { prepared[organization] = now + .seconds(1) }
            return due
        }
        for organization in due {
            do {
                try await delivery.audience.prepare(organization)
            } catch {
                // The answers are the same without it, only slower; what stands in the way shows itself there.
            }
        }
    }

    /// At once, so that the next round knows which places are taken.
    private func admit(_ items: [WorkItem]) -> [(WorkItem, DestinationShares.Admission)] {
        let now = delivery.surroundings.now()
        return shares.withLock { shares in items.map { ($0, shares.admit($0, at: now)) } }
    }

    private func claim(
        limit: Int,
        priorities: [WorkPriority] = WorkPriority.allCases
    ) async throws -> [WorkItem] {
        do {
            let items = try await delivery.queue.claimAcrossOrganizations(
                [.deliveryAttempt],
                limit: limit,
                lease: delivery.configuration.lease,
                owner: owner,
                except: overdue(),
                priorities: priorities,
                from: delivery.store
            )
            shares.withLock { $0.held.append(contentsOf: items) }
            return await withinRates(items)
        } catch let error as StoreError where error.isTransient || error.code == .outcomeUnknown {
            // The database is away: nothing is claimed, nothing is lost, and the next round asks again.
            return []
        }
    }

    /// Those that the rates of their destinations let begin now; the others come back in the next minute.
    private func withinRates(_ items: [WorkItem]) async -> [WorkItem] {
        do {
            let (now, later) = try await budgets.admit(items)
            for (item, time) in later { await giveBack(item, until: time) }
            return now
        } catch {
            // The database is away: they come back when their leases end, and no limit is passed.
            shares.withLock { shares in for item in items { shares.drop(item) } }
            return []
        }
    }

    /// What is held and may have become due meanwhile, because its leases could not be renewed: the attempts live on here
    /// and are not to be taken over from oneself.
    private func overdue() -> [WorkID] {
        let lease = delivery.configuration.lease
        let isKept = leasesKeptAt.withLock { $0.map { delivery.surroundings.now() < $0 + lease / 3 * 2 } ?? false }
        return isKept ? [] : shares.withLock { $0.held.map(\.id) }
    }

    /// Works on the item, then on those that wait for the same destination, one after another.
    private func work(on item: WorkItem, _ admission: DestinationShares.Admission) async {
        switch admission {
        case .waits: return
        case .comesBack(let time): await giveBack(item, until: time)
        case .runs:
            var next: WorkItem? = item
            while let current = next {
                var signal = PaceSignal.neutral
                if Task.isCancelled {
                    await giveBack(current, until: delivery.surroundings.now())
                } else {
                    signal = await attempt(current)
                }
                next = finished(current, signal)
                if next == nil { await giveBackThose(leftBehindBy: current) }
            }
        }
    }

    private func finished(_ item: WorkItem, _ signal: PaceSignal) -> WorkItem? {
        let now = delivery.surroundings.now()
        let chance = signal == .slowDown ? Double(delivery.surroundings.randomBytes(1)[0]) / 256 : 0
        return shares.withLock { shares in
            shares.learn(signal, from: item, at: now, chance: chance)
            return shares.finish(item, at: now)
        }
    }

    /// The destination asked to go slower: what waited in line for it comes back later.
    private func giveBackThose(leftBehindBy item: WorkItem) async {
        let now = delivery.surroundings.now()
        for (waiting, time) in shares.withLock({ $0.leftBehind(by: item, at: now) }) {
            await giveBack(waiting, until: time)
        }
    }

    /// Answers with what the attempt said about the destination's pace.
    private func attempt(_ item: WorkItem) async -> PaceSignal {
        do {
            return try await delivery.attempt(item, through: writes)
        } catch is LeaseLost {
            // Another worker has it.
        } catch is StoreError {
            // The database is away: everything rolled back, and the item comes back when its lease ends.
        } catch is CancellationError {
            // Stopped while the database was away: the next start finds the attempt as it stands there.
        } catch {
            await isolate(item)
        }
        return .neutral
    }

    private func giveBack(_ item: WorkItem, until time: Timestamp) async {
        do {
            try await delivery.giveBack(item, until: time)
        } catch {
            // It comes back when its lease ends.
        }
        shares.withLock { $0.drop(item) }
    }

    /// A message that cannot be worked on for a reason of its own is tried three times and then held for a person, so that
    /// the queue goes on (reliability.md Q11).
    private func isolate(_ item: WorkItem) async {
        guard item.attempt >= 3 else { return }
        do {
            try await delivery.hold(item, .cannotCompose)
        } catch {
            // It comes back when its lease ends and is held then.
        }
    }

    /// Says again and again that this worker lives, so that slow attempts keep their leases.
    private func keepLeases() async throws {
        let lease = delivery.configuration.lease
        while !Task.isCancelled {
            try await delivery.surroundings.wait(lease / 3)
            let began = delivery.surroundings.now()
            var isComplete = true
            for item in shares.withLock(\.held) {
                do {
                    try await delivery.store.write { [delivery] tx in
                        try delivery.queue.renew(item, lease: lease, in: tx)
                    }
                } catch is LeaseLost {
                    // Finished meanwhile, or taken over: the attempt's own commit finds out.
                } catch is StoreError {
                    // The database is away; the next round tries again.
                    isComplete = false
                }
            }
            if isComplete { leasesKeptAt.withLock { $0 = began } }
        }
    }
}

extension Delivery {
    /// One claimed item from the gate to the committed result.
    func attempt(_ item: WorkItem, through writes: AttemptWrites) async throws -> PaceSignal {
        guard let plan = try await plan(item, through: writes) else { return .neutral }
        let outcome = await transmit(plan, through: writes)
        try await keep(AttemptEnd(plan: plan, outcome: outcome), through: writes)
        guard case .transmitted(let transmitted) = outcome else { return .neutral }
        return transmitted.paceSignal
    }

    /// Begins an attempt; a message that needs its protected form gets that first, kept before anything leaves.
    private func plan(_ item: WorkItem, through writes: AttemptWrites) async throws -> AttemptPlan? {
        switch try await writes.begin(item) {
        case nil: return nil
        case .transmit(let plan): return plan
        case .protect(let plan):
            let form: ProtectedForm
            do {
                form = try await ProcessorThreads.shared.run { try self.protectedForm(plan) }
            } catch is MailProtectionError {
                try await hold(item, .cannotEncrypt)
                return nil
            } catch is CryptoError {
                try await hold(item, .cannotEncrypt)
                return nil
            }
            let next = try await writes.begin(ProtectedMessage(plan: plan, form: form))
            // Another key was put in its place meanwhile: the item comes back when its lease ends.
            guard case .transmit(let plan) = next else { return nil }
            return plan
        }
    }

    /// Commits how an attempt ended. What the other server answered is known here alone until then, so a database that is
    /// away is waited for: only the end of the process leaves the attempt in doubt.
    private func keep(_ end: AttemptEnd, through writes: AttemptWrites) async throws {
        var pause = Duration.milliseconds(100)
        while true {
            do {
                return try await writes.finish(end)
            } catch let error as StoreError where error.isTransient || error.code == .outcomeUnknown {
                try await surroundings.wait(pause)
                pause = min(pause * 2, .seconds(5))
            }
        }
    }

    /// Takes a message out of the queue until a person looks.
    func hold(_ item: WorkItem, _ reason: HoldReason) async throws {
        try await store.write { tx in
            guard let id = MessageID(bytes: item.reference.prefix(16)),
                var row = try DeliveryQueries.find(id, of: item.organization, in: tx)
            else { return try self.queue.finish(item, in: tx) }
            try self.settle(.gateHeld(reason, until: nil), &row, item, at: self.surroundings.now(), in: tx)
        }
    }

    /// Gives an item back, to be claimed again at a time.
    func giveBack(_ item: WorkItem, until time: Timestamp) async throws {
        try await store.write { tx in try self.queue.retry(item, at: time, in: tx) }
    }

    /// Composes again, compares with the stored digest, and transmits. Nothing but what the clearance covers leaves.
    private func transmit(_ plan: AttemptPlan, through writes: AttemptWrites) async -> AttemptEnd.Outcome {
        let bytes: [UInt8]
        do {
            let message =
                try plan.protected.map { OutgoingOctets($0.bytes) } ?? rendered.take(plan.message)
                ?? encoded(plan.content, address: plan.address, values: plan.values, frozen: plan.frozen)
            guard plan.clearance.covers(digest: message.digest, address: plan.address, at: surroundings.now()) else {
                return .doesNotCompose(.contentDiffers)
            }
            bytes = message.bytes
        } catch {
            return .doesNotCompose(.cannotCompose)
        }
        let transmission = Transmission(
            returnPath: plan.returnPath,
            recipient: plan.address,
            bytes: bytes,
            route: plan.route,
            isOpportunistic: plan.clearance.method.isOpportunistic,
            requiresTLSOnward: plan.content.terms.requiresTLSOnward,
            ignoresPolicies: plan.content.terms.messageClass == .transportReport
        )
        let outcome = await transmitter.transmit(transmission, clearance: plan.clearance) {
            try await writes.mark(plan)
        }
        let signer = plan.protected == nil ? plan.frozen.ownSignature?.signer : plan.protected?.signer
        guard plan.protected != nil || signer != nil else { return .transmitted(outcome) }
        return .transmitted(outcome.naming(key: plan.protected?.fingerprint, signer: signer))
    }
}
