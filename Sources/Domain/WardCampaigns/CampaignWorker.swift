// SPDX-License-Identifier: Apache-2.0
//
// How a campaign becomes messages, so that a process may be killed at any moment:
//
//     campaign.start    state becomes `sending` and the content is stored (one transaction); the audience is evaluated and
//                       written down in chunks, a row per person, adding nobody twice; then `expanded_at` is set and
//                       campaign.expand enqueued (one transaction)
//     campaign.expand   for each chunk of people without a message: merged outside a transaction while the chunk before it
//                       is written, then cleared, queued and noted in one transaction together with the lease's renewal. A
//                       chunk that was committed is not seen again; one that was not is made anew.
//                       `UNIQUE (organization, campaign, contact)` and the delivery's own key are what makes it exactly
//                       once. Nothing is put together far ahead of the attempts (`RenderedMessages`).
//     campaign.preflight asks without sending; see FollowPreflight.swift
//     campaign.finish   when every message has a final state, the campaign is finished
//
// A paused campaign's work ends at the next chunk; resuming enqueues it again.

import WardConsent
import WardContacts
import WardDelivery
import WardKernel
import WardQueue
import WardSegments
import WardStorage

/// Starts, expands and finishes campaigns. Any number of nodes may run one.
package final class CampaignWorker: Sendable {
    /// People of one transaction.
    static let chunk = 200
    static let audienceChunk = 1_000
    /// Chunks that are put together while the store writes.
    static let chunksAhead = 2
    static let lease: Duration = .minutes(2)

    /// What one worker takes. Asking about a large audience takes minutes, for which nothing that is due may wait.
    package enum Work: Sendable {
        case all
        case sending
        case preflights

        var kinds: [WorkKind] {
            let sending: [WorkKind] = [.campaignStart, .campaignExpand, .campaignFinish]
            return switch self {
            case .all: sending + [.campaignPreflight]
            case .sending: sending
            case .preflights: [.campaignPreflight]
            }
        }
    }

    let campaigns: Campaigns
    private let kinds: [WorkKind]
    /// Items taken at once: the lease of the last must outlast the work on those before it.
    private let limit: Int
    private let pollInterval: Duration
    private let owner: [UInt8]
    private var surroundings: Surroundings { campaigns.surroundings }

    /// - Parameter owner: the name under which it leases work; nil: one that nobody else has.
    package init(
        _ campaigns: Campaigns,
        work: Work = .all,
        pollInterval: Duration = .milliseconds(500),
        owner: [UInt8]? = nil
    ) {
        self.campaigns = campaigns
        kinds = work.kinds
        limit = if case .preflights = work { 1 } else { 4 }
        self.pollInterval = pollInterval
        self.owner = owner ?? campaigns.surroundings.randomBytes(16)
    }

    /// Works until the task is cancelled. While the database is away it waits, and then goes on with what it had.
    package func run() async throws {
        var wasAway = false
        while !Task.isCancelled {
            do {
                if wasAway { try await takeBack() }
                wasAway = false
                let isIdle = try await runOnce() == 0
                if isIdle { try await surroundings.wait(pollInterval) }
            } catch let error as StoreError where error.isTransient || error.code == .outcomeUnknown {
                wasAway = true
                try await surroundings.wait(pollInterval)
            }
        }
    }

    /// Between two rounds this worker works on nothing: what it still has was interrupted.
    private func takeBack() async throws {
        try await campaigns.store.write { [campaigns, owner] tx in
            _ = try campaigns.queue.takeBackAcrossOrganizations(from: owner, in: tx)
        }
    }

    /// Does what is due now and says how many items that were.
    @discardableResult
    package func runOnce() async throws -> Int {
        let items = try await campaigns.queue.claimAcrossOrganizations(
            kinds,
            limit: limit,
            lease: Self.lease,
            owner: owner,
            from: campaigns.store
        )
        for item in items {
            do {
                try await work(on: item)
            } catch is LeaseLost {
                continue  // another node has it now, or it was cancelled
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                try await later(item)
            }
        }
        return items.count
    }

    private func work(on item: WorkItem) async throws {
        guard let id = CampaignID(bytes: item.reference) else { return try await drop(item) }
        switch item.kind {
        case .campaignStart: try await begin(id, item)
        case .campaignExpand: try await expand(id, item)
        case .campaignFinish: try await finish(id, item)
        case .campaignPreflight: try await preflight(id, item)
        default: try await drop(item)
        }
    }

    private func drop(_ item: WorkItem) async throws {
        try await campaigns.store.write { [campaigns] tx in try campaigns.queue.finish(item, in: tx) }
    }

    /// Tries again after a while: 2 s, 4 s … at most 5 minutes; parked after twenty times, for a person to look at.
    private func later(_ item: WorkItem) async throws {
        let seconds = min(300, 1 << min(item.attempt, 9))
        let time = surroundings.now() + .seconds(seconds)
        try await campaigns.store.write { [campaigns] tx in
            if item.attempt >= 20 {
                try campaigns.queue.park(item, reason: "campaign.failed", in: tx)
            } else {
                try campaigns.queue.retry(item, at: time, in: tx)
            }
        }
    }
}

// MARK: Start

extension CampaignWorker {
    private func begin(_ id: CampaignID, _ item: WorkItem) async throws {
        let organization = item.organization
        let service = Requester.service("campaigns", of: organization)
        guard let segment = try await enter(id, item, service) else { return try await drop(item) }
        let audience = try await campaigns.segments.audience(of: segment, by: service)
        var position: ContactID?
        while true {
            let people = audience.page(after: position, limit: Self.audienceChunk)
            guard let last = people.last else { break }
            try await campaigns.store.writeAlone { [campaigns] tx in
                let now = campaigns.surroundings.now()
                try RecipientQueries.insertPending(people, of: id, at: now, organization: organization, in: tx)
                try campaigns.queue.renew(item, lease: Self.lease, in: tx)
            }
            position = last
        }
        try await campaigns.store.write { [campaigns] tx in
            let now = campaigns.surroundings.now()
            try CampaignQueries.noteExpanded(id, at: now, of: organization, in: tx)
            try campaigns.queue.finish(item, in: tx)
            try campaigns.queue.enqueue(
                .campaignExpand,
                organization: organization,
                reference: id.bytes,
                runAt: now,
                in: tx
            )
            let size = try RecipientQueries.count(of: id, organization: organization, in: tx)
            try campaigns.record(.campaignStart, id, facts: ["people": String(size)], by: service, in: tx)
        }
    }

    /// Moves a scheduled campaign to `sending` and stores what it says; the segment, or nil when there is nothing to do.
    private func enter(_ id: CampaignID, _ item: WorkItem, _ service: Requester) async throws -> SegmentID? {
        let organization = item.organization
        return try await campaigns.store.write { [campaigns] tx in
            guard let row = try CampaignQueries.find(id, of: organization, in: tx), let segment = row.segment else {
                return nil
            }
            if row.state == .sending, row.expandedAt == nil { return segment }
            guard row.state == .scheduled else { return nil }
            let plan = try campaigns.plan(row, for: service, in: tx)
            let content = try campaigns.delivery.content(
                plan.terms,
                template: try plan.template.encoded,
                for: nil,
                of: organization
            )
            try campaigns.delivery.store(content, in: tx)
            let now = campaigns.surroundings.now()
            _ = try CampaignQueries.setState(
                .sending,
                from: .scheduled,
                id,
                scheduledAt: row.scheduledAt,
                at: now,
                of: organization,
                in: tx
            )
            try CampaignQueries.noteStarted(id, content: content.id, at: now, of: organization, in: tx)
            return segment
        }
    }
}

// MARK: Expand

extension CampaignWorker {
    private func expand(_ id: CampaignID, _ item: WorkItem) async throws {
        let organization = item.organization
        let service = Requester.service("campaigns", of: organization)
        let found = try await campaigns.store.read { [campaigns] tx in
            try CampaignQueries.find(id, of: organization, in: tx).flatMap { row in
                row.state == .sending ? (try campaigns.plan(row, for: service, in: tx), row.content) : nil
            }
        }
        guard let (plan, contentID) = found, let contentID else { return try await drop(item) }
        let content = try await campaigns.delivery.content(contentID, of: organization)
        try await campaigns.delivery.releasePaused(of: id, by: service)
        let expansion = Expansion(plan: plan, content: content, item: item, service: service)
        try await withThrowingTaskGroup(of: (Int, Chunk).self) { group in
            try await expand(expansion, &group)
            group.cancelAll()
        }
    }

    /// The processors put the next messages together while the store writes those before them, in their order.
    private func expand(
        _ expansion: Expansion,
        _ group: inout ThrowingTaskGroup<(Int, Chunk), any Error>
    ) async throws {
        var (begun, written) = (0, 0)
        var ready: [Int: Chunk] = [:]
        var position: ContactID?
        while !Task.isCancelled {
            while begun - written < Self.chunksAhead, let people = try await people(of: expansion, after: position) {
                position = people.last
                group.addTask { [begun] in (begun, try await self.made(people, expansion)) }
                begun += 1
            }
            guard begun > written else {
                // Whoever was passed over, if anybody: the end is reached when nobody is left from the beginning.
                guard position != nil else { return try await endExpanding(expansion.plan.campaign, expansion.item) }
                position = nil
                continue
            }
            while ready[written] == nil, let (number, chunk) = try await group.next() { ready[number] = chunk }
            guard let chunk = ready.removeValue(forKey: written), try await hand(over: chunk, of: expansion) else {
                return
            }
            written += 1
        }
    }

    private struct Expansion: Sendable {
        var plan: MessagePlan
        var content: MessageContent
        var item: WorkItem
        var service: Requester
    }

    private struct People: Sendable {
        var contacts: [ContactID]
        var facts: [Sensitive<PersonFacts>]
        var last: ContactID
    }

    private struct Chunk: Sendable {
        var planned: [PlannedMessage]
        var prepared: [PreparedMessage]
    }

    /// The next people who have no message yet; nil when there are none.
    private func people(of expansion: Expansion, after position: ContactID?) async throws -> People? {
        let plan = expansion.plan
        try await campaigns.segments.prepareMembership(of: plan.organization, builds: true)
        return try await campaigns.store.read { [campaigns] tx in
            let contacts = try RecipientQueries.pending(
                of: plan.campaign,
                after: position,
                limit: Self.chunk,
                organization: plan.organization,
                in: tx
            )
            return try contacts.last.map { last in
                let facts = try campaigns.people.people(contacts, of: plan.organization, in: tx)
                return People(contacts: contacts, facts: facts, last: last)
            }
        }
    }

    private func made(_ people: People, _ expansion: Expansion) async throws -> Chunk {
        try await campaigns.delivery.waitWhileAmple()
        let drafts = try expansion.plan.plan(people.contacts, people: people.facts, surroundings: surroundings)
        let (planned, prepared) = try await campaigns.prepare(drafts, content: expansion.content)
        return Chunk(planned: planned, prepared: prepared)
    }

    /// Clears, queues and notes one chunk; false when the campaign no longer sends.
    private func hand(over chunk: Chunk, of expansion: Expansion) async throws -> Bool {
        let (plan, item) = (expansion.plan, expansion.item)
        return try await campaigns.store.writeAlone { [campaigns] tx in
            guard try campaigns.row(plan.campaign, of: plan.organization, in: tx).state == .sending else {
                try campaigns.queue.finish(item, in: tx)
                return false
            }
            try campaigns.queue.renew(item, lease: Self.lease, in: tx)
            let outcomes = try campaigns.delivery.submit(chunk.prepared, by: expansion.service, in: tx)
            try campaigns.note(chunk.planned, outcomes, plan: plan, in: tx)
            return true
        }
    }

    private func endExpanding(_ id: CampaignID, _ item: WorkItem) async throws {
        try await campaigns.store.write { [campaigns] tx in
            try campaigns.queue.finish(item, in: tx)
            try campaigns.queue.enqueue(
                .campaignFinish,
                organization: item.organization,
                reference: id.bytes,
                runAt: campaigns.surroundings.now(),
                in: tx
            )
        }
    }
}

extension Campaigns {
    /// Notes what became of each person of a chunk, in the transaction that queued the messages.
    fileprivate func note(
        _ planned: [PlannedMessage],
        _ outcomes: [SubmissionOutcome],
        plan: MessagePlan,
        in tx: any WriteTransaction
    ) throws {
        let now = surroundings.now()
        let organization = plan.organization
        var next = outcomes.makeIterator()
        for person in planned {
            switch person {
            case .nothing(let contact, let reason):
                try RecipientQueries.noteNotSent(
                    contact,
                    reason: reason.word,
                    of: plan.campaign,
                    at: now,
                    organization: organization,
                    in: tx
                )
            case .message(let contact, _, let token):
                guard let outcome = next.next() else { continue }
                _ = try RecipientQueries.noteSubmitted(
                    contact,
                    message: outcome.message,
                    of: plan.campaign,
                    at: now,
                    organization: organization,
                    in: tx
                )
                guard let token, let purpose = plan.unsubscribePurpose, outcome.message != nil else { continue }
                try consent.keep(token, for: contact, purpose: purpose, campaign: plan.campaign, in: tx)
            }
        }
    }
}

extension SubmissionOutcome {
    /// Nil when this person's message was in the queue before.
    fileprivate var message: MessageID? {
        switch self {
        case .queued(let id, _), .held(let id, _), .notSent(let id, _): id
        case .alreadySubmitted: nil
        }
    }
}

// MARK: Finish

extension CampaignWorker {
    private func finish(_ id: CampaignID, _ item: WorkItem) async throws {
        let organization = item.organization
        let service = Requester.service("campaigns", of: organization)
        let state = try await campaigns.store.read { tx in
            try CampaignQueries.find(id, of: organization, in: tx)?.state
        }
        guard state == .sending else { return try await drop(item) }
        let counts = try await campaigns.delivery.counts(of: id, by: service)
        guard counts.pending == 0 else {
            // Looking is no failure: a new item each time, so that only what fails is counted towards giving up.
            let time = surroundings.now() + .seconds(2)
            return try await campaigns.store.write { [campaigns] tx in
                try campaigns.queue.finish(item, in: tx)
                try campaigns.queue.enqueue(
                    .campaignFinish,
                    organization: organization,
                    reference: id.bytes,
                    runAt: time,
                    in: tx
                )
            }
        }
        try await campaigns.store.write { [campaigns] tx in
            let now = campaigns.surroundings.now()
            let row = try campaigns.row(id, of: organization, in: tx)
            try campaigns.queue.finish(item, in: tx)
            guard
                try CampaignQueries.setState(
                    .finished,
                    from: .sending,
                    id,
                    scheduledAt: row.scheduledAt,
                    at: now,
                    of: organization,
                    in: tx
                )
            else { return }
            try CampaignQueries.noteFinished(id, at: now, of: organization, in: tx)
            try campaigns.record(.campaignFinish, id, facts: ["messages": String(counts.total)], by: service, in: tx)
        }
    }
}
