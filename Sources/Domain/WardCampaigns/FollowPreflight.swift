// SPDX-License-Identifier: Apache-2.0
//
// A dry run over a large audience does not fit into a request: it is a row and a work item.
//
//     begin      the audience is evaluated with the requester's rights and counted; the row and campaign.preflight are kept
//                in one transaction
//     each step  the answers of some people, how far it is, and the lease's renewal commit together: a process that dies is
//                followed by another from the last step
//     end        the run becomes the last preflight; the row and the work item go
//
// A draft that changes meanwhile ends the run at its next step, since its answers would be about two messages.

import WardAudit
package import WardKernel
import WardQueue
import WardSegments
import WardStorage

/// How far a dry run is.
package struct PreflightProgress: Hashable, Sendable {
    package let done: Int
    package let total: Int
    /// People a second since it began; nil before the first were asked about.
    package let rate: Double?
}

/// What came of asking for a dry run.
package enum PreflightStart: Hashable, Sendable {
    case finished(PreflightReport)
    /// The worker asks; `preflightProgress` tells how far it is.
    case running(PreflightProgress)
}

extension Campaigns {
    /// Asks the send gate about everybody in the segment, without sending: a small audience at once, a large one in the
    /// background. One that runs already goes on.
    package func beginPreflight(_ id: CampaignID, requester: Requester) async throws -> PreflightStart {
        try requester.require(.viewCampaigns)
        if let running = try await preflightProgress(id, requester: requester) { return .running(running) }
        let question = try await question(about: id, requester: requester)
        let total = question.audience.count
        guard total > immediatePreflight else {
            return .finished(try await ask(question, requester: requester))
        }
        let organization = requester.organization
        return try await store.write { [self] tx in
            let now = surroundings.now()
            let began = try PreflightWorkQueries.begin(
                id,
                version: question.version,
                people: total,
                at: now,
                of: organization,
                in: tx
            )
            // Somebody else was quicker: theirs goes on.
            guard began else { return .running(PreflightProgress(done: 0, total: total, rate: nil)) }
            try PreflightQueries.clearAnswers(id, of: organization, in: tx)
            try queue.enqueue(
                .campaignPreflight,
                organization: organization,
                reference: id.bytes,
                runAt: now,
                in: tx
            )
            let facts = ["people": String(total), "step": "begin"]
            try record(.campaignPreflight, id, facts: facts, by: requester, in: tx)
            return .running(PreflightProgress(done: 0, total: total, rate: nil))
        }
    }

    /// How far the dry run is that is under way; nil when none is.
    package func preflightProgress(_ id: CampaignID, requester: Requester) async throws -> PreflightProgress? {
        try requester.require(.viewCampaigns)
        let organization = requester.organization
        let now = surroundings.now()
        return try await store.read { tx in
            try PreflightWorkQueries.find(id, of: organization, in: tx).map { work in
                let seconds = Double(now.since(work.beganAt).wholeMicroseconds) / 1_000_000
                let rate = work.done > 0 && seconds > 0 ? Double(work.done) / seconds : nil
                return PreflightProgress(done: work.done, total: work.people, rate: rate)
            }
        }
    }

    /// Gives a dry run up that is under way, and its answers. False when none was.
    @discardableResult
    package func cancelPreflight(_ id: CampaignID, requester: Requester) async throws -> Bool {
        try requester.require(.viewCampaigns)
        let organization = requester.organization
        return try await store.write { [self] tx in
            guard try PreflightWorkQueries.find(id, of: organization, in: tx) != nil else { return false }
            try PreflightQueries.clear(id, of: organization, in: tx)
            try queue.cancel(.campaignPreflight, organization: organization, reference: id.bytes, in: tx)
            try record(.campaignPreflight, id, facts: ["step": "cancel"], by: requester, in: tx)
            return true
        }
    }
}

// MARK: The worker's part

extension CampaignWorker {
    /// Asks on from where the run was left.
    func preflight(_ id: CampaignID, _ item: WorkItem) async throws {
        let organization = item.organization
        let service = Requester.service("campaigns", of: organization)
        guard let work = try await work(of: id, item) else { return }
        let question = try await campaigns.question(about: id, requester: service)
        var position = work.position
        var looked: Set<String> = []
        while !Task.isCancelled {
            let contacts = question.audience.page(after: position, limit: Self.chunk)
            guard let last = contacts.last else { return try await end(work, of: id, item, service) }
            let answers = try await campaigns.answers(
                contacts,
                plan: question.plan,
                looked: &looked,
                requester: service
            )
            let goesOn = try await campaigns.store.writeAlone { [campaigns] tx in
                guard try Self.isCurrent(work, of: id, organization, in: tx) else {
                    try PreflightQueries.clear(id, of: organization, in: tx)
                    try campaigns.queue.finish(item, in: tx)
                    return false
                }
                try campaigns.queue.renew(item, lease: Self.lease, in: tx)
                try PreflightQueries.insert(answers.map(\.row), of: id, organization: organization, in: tx)
                try PreflightWorkQueries.advance(id, by: contacts.count, to: last, of: organization, in: tx)
                return true
            }
            guard goesOn else { return }
            position = last
        }
    }

    /// The run as it stands; nil, and the item dropped, when it was given up or the draft changed.
    private func work(of id: CampaignID, _ item: WorkItem) async throws -> PreflightWork? {
        let organization = item.organization
        return try await campaigns.store.write { [campaigns] tx in
            if let work = try PreflightWorkQueries.find(id, of: organization, in: tx),
                try Self.isCurrent(work, of: id, organization, in: tx)
            {
                return work
            }
            try PreflightQueries.clear(id, of: organization, in: tx)
            try campaigns.queue.finish(item, in: tx)
            return nil
        }
    }

    private static func isCurrent(
        _ work: PreflightWork,
        of id: CampaignID,
        _ organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Bool {
        let row = try CampaignQueries.find(id, of: organization, in: tx)
        return row?.version == work.version && row?.state == .draft
    }

    private func end(
        _ work: PreflightWork,
        of id: CampaignID,
        _ item: WorkItem,
        _ service: Requester
    ) async throws {
        let organization = item.organization
        try await campaigns.store.write { [campaigns] tx in
            try campaigns.queue.finish(item, in: tx)
            let now = campaigns.surroundings.now()
            let done = try PreflightWorkQueries.find(id, of: organization, in: tx)?.done ?? work.done
            try PreflightWorkQueries.remove(id, of: organization, in: tx)
            try PreflightQueries.noteRun(id, version: work.version, at: now, of: organization, in: tx)
            let facts = ["people": String(done), "step": "end"]
            try campaigns.record(.campaignPreflight, id, facts: facts, by: service, in: tx)
        }
    }
}
