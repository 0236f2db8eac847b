// SPDX-License-Identifier: Apache-2.0

// Durable work
//
// An item is enqueued in the transaction of what causes it, so that neither exists without the other. A worker claims a
// batch: each claimed item gets a new fence (a number that only grows), an owner, and a due time at the end of its lease.
// When a worker dies, its items become due again by themselves. What ends an item (finish, retry, park) happens in the
// transaction of its effect and checks the fence: a worker whose lease was taken over gets `LeaseLost`, its transaction
// rolls back, and the effect happens once. An item that fails for a reason that trying again does not mend is parked, with
// a reason code, until a person looks.

package import WardKernel
package import WardStorage

package struct Queue: Sendable {
    private let surroundings: Surroundings

    package init(surroundings: Surroundings) { self.surroundings = surroundings }

    /// Adds an item in the caller's transaction.
    ///
    /// - Parameter reference: what the work is about; at most 1,024 octets, never protected information.
    @discardableResult
    package func enqueue(
        _ kind: WorkKind,
        organization: OrganizationID,
        reference: [UInt8],
        runAt: Timestamp,
        priority: WorkPriority = .normal,
        in tx: any WriteTransaction
    ) throws -> WorkID {
        precondition(reference.count <= 1_024, "a work item's reference is an identifier, not a payload")
        let id: WorkID = surroundings.makeIdentifier()
        try WorkItemQueries.insert(
            id: id,
            kind: kind,
            organization: organization,
            reference: reference,
            dueAt: runAt,
            priority: priority,
            madeAt: surroundings.now(),
            in: tx
        )
        return id
    }

    /// Leases up to `limit` due items of the kinds to `owner`, across all organizations: urgent ones first, then by due
    /// time. Several workers and nodes may claim at once; no item goes to two.
    ///
    /// - Parameter except: items that the caller still works on although their leases may have ended.
    package func claimAcrossOrganizations(
        _ kinds: [WorkKind],
        limit: Int,
        lease: Duration,
        owner: [UInt8],
        except held: [WorkID] = [],
        priorities: [WorkPriority] = WorkPriority.allCases,
        from store: any Store
    ) async throws -> [WorkItem] {
        let now = surroundings.now()
        return try await store.write { tx in
            var claimed: [WorkItem] = []
            for priority in priorities.sorted().reversed() {
                for kind in kinds where claimed.count < limit {
                    claimed += try WorkItemQueries.claim(
                        kind,
                        priority,
                        now: now,
                        until: now + lease,
                        owner: owner,
                        except: held,
                        limit: limit - claimed.count,
                        in: tx
                    )
                }
            }
            return claimed
        }
    }

    /// Makes everything that `owner` has leased due at once, in every organization, and says how many items that were. For
    /// a process that knows that the owner is dead; nobody then waits for the leases to end.
    @discardableResult
    package func takeBackAcrossOrganizations(from owner: [UInt8], in tx: any WriteTransaction) throws -> Int {
        try WorkItemQueries.takeBack(from: owner, at: surroundings.now(), in: tx)
    }

    /// The work is done: removes the item. Throws `LeaseLost`.
    package func finish(_ item: WorkItem, in tx: any WriteTransaction) throws {
        try held(item, WorkItemQueries.remove(item, in: tx))
    }

    /// The work is to be tried again at a time. Throws `LeaseLost`.
    package func retry(_ item: WorkItem, at time: Timestamp, in tx: any WriteTransaction) throws {
        try held(item, WorkItemQueries.makeDue(item, at: time, in: tx))
    }

    /// The work goes on and needs longer. Throws `LeaseLost`.
    package func renew(_ item: WorkItem, lease: Duration, in tx: any WriteTransaction) throws {
        try held(item, WorkItemQueries.extend(item, until: surroundings.now() + lease, in: tx))
    }

    /// Gives the item up until a person looks. Throws `LeaseLost`.
    ///
    /// - Parameter reason: a code fixed in the source, such as `renderer.failed`.
    package func park(_ item: WorkItem, reason: StaticString, in tx: any WriteTransaction) throws {
        try held(item, WorkItemQueries.park(item, reason: "\(reason)", in: tx))
    }

    /// Removes all items of a kind about one thing, leased ones too, and returns how many there were.
    @discardableResult
    package func cancel(
        _ kind: WorkKind,
        organization: OrganizationID,
        reference: [UInt8],
        in tx: any WriteTransaction
    ) throws -> Int {
        try WorkItemQueries.removeAll(kind, organization: organization, reference: reference, in: tx)
    }

    /// Makes all waiting or parked items of a kind about one thing due at a time: retry now, resume.
    @discardableResult
    package func reschedule(
        _ kind: WorkKind,
        organization: OrganizationID,
        reference: [UInt8],
        at time: Timestamp,
        in tx: any WriteTransaction
    ) throws -> Int {
        try WorkItemQueries.rescheduleAll(kind, organization: organization, reference: reference, at: time, in: tx)
    }

    /// Whether work of these kinds about one thing was given up until a person looks.
    package func isParked(
        _ kinds: [WorkKind],
        organization: OrganizationID,
        reference: [UInt8],
        in tx: any ReadTransaction
    ) throws -> Bool {
        try kinds.contains {
            try WorkItemQueries.isParked($0, organization: organization, reference: reference, in: tx)
        }
    }

    /// What was given up until a person looks, of every kind, oldest first.
    package func parked(
        organization: OrganizationID,
        limit: Int,
        in tx: any ReadTransaction
    ) throws -> [ParkedItem] {
        try WorkItemQueries.parked(organization, limit: limit, in: tx)
    }

    /// How many items of every organization are parked, by kind: for the operator of the installation.
    package static func parkedCountsAcrossOrganizations(in tx: any ReadTransaction) throws -> [WorkKind: Int] {
        try WorkItemQueries.parkedCounts(in: tx)
    }

    package func counts(
        of kind: WorkKind,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> WorkCounts {
        try WorkItemQueries.counts(kind, organization: organization, in: tx)
    }

    /// When the next item of the kinds is due, in any organization; nil when none waits. A worker sleeps until then.
    package func nextDueAcrossOrganizations(_ kinds: [WorkKind], in tx: any ReadTransaction) throws -> Timestamp? {
        try kinds.compactMap { try WorkItemQueries.nextDue($0, in: tx) }.min()
    }

    private func held(_ item: WorkItem, _ changed: Int) throws {
        if changed == 0 { throw LeaseLost(id: item.id) }
    }
}
