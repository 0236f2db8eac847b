// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardQueue
import WardSegments
import WardStorage

extension Campaigns {
    /// Lets a campaign go out at a moment, or moves it to another; nothing may be missing from it.
    /// - Parameter time: at most two years ahead.
    package func schedule(_ id: CampaignID, at time: Timestamp, requester: Requester) async throws {
        let now = surroundings.now()
        guard time > now, time < now + .days(731) else { throw CampaignError.badTime }
        try await start(id, at: time, command: .schedule, requester: requester)
    }

    /// Lets a campaign go out now; nothing may be missing from it.
    package func sendNow(_ id: CampaignID, requester: Requester) async throws {
        try await start(id, at: surroundings.now(), command: .start, requester: requester)
    }

    private func start(
        _ id: CampaignID,
        at time: Timestamp,
        command: CampaignCommand,
        requester: Requester
    ) async throws {
        try requester.require(.sendCampaigns)
        let organization = requester.organization
        let segment = try await store.read { [self] tx in try row(id, of: organization, in: tx).segment }
        if let segment {
            // Whoever may not use the segment's rule may not send to it.
            _ = try await segments.audience(of: segment, by: requester)
        }
        try await store.write { [self] tx in
            let row = try row(id, of: organization, in: tx)
            guard row.state.after(command) != nil else { throw CampaignError.notPossible(command, in: row.state) }
            _ = try plan(row, for: requester, in: tx)
            // A campaign that goes now is scheduled for now: the worker does the rest, and a crash loses nothing.
            let isSet = try CampaignQueries.setState(
                .scheduled,
                from: row.state,
                id,
                scheduledAt: time,
                at: surroundings.now(),
                of: organization,
                in: tx
            )
            guard isSet else { throw CampaignError.notPossible(command, in: row.state) }
            try CampaignQueries.setStarter(requester.identifier, id, of: organization, in: tx)
            try queue.cancel(.campaignStart, organization: organization, reference: id.bytes, in: tx)
            try queue.enqueue(.campaignStart, organization: organization, reference: id.bytes, runAt: time, in: tx)
            let when = command == .start ? "now" : time.description
            try record(.campaignSchedule, id, facts: ["at": when], by: requester, in: tx)
        }
    }

    /// Makes a scheduled campaign a draft again.
    package func unschedule(_ id: CampaignID, requester: Requester) async throws {
        try requester.require(.sendCampaigns)
        try await change(
            id,
            .unschedule,
            .campaignUnschedule,
            requester: requester,
            control: { _ in }
        ) { [self] row, tx in
            let organization = requester.organization
            try queue.cancel(.campaignStart, organization: organization, reference: row.id.bytes, in: tx)
        }
    }

    /// Stops sending: no attempt begins from a second after the return on. Asking again is no mistake.
    package func pause(_ id: CampaignID, requester: Requester) async throws {
        try requester.require(.sendCampaigns)
        try await change(
            id,
            .pause,
            .campaignPause,
            from: .paused,
            requester: requester,
            control: { [self] tx in try delivery.pause(id, by: requester, in: tx) }
        )
    }

    /// Goes on sending. The gate asks everything again before each attempt.
    package func resume(_ id: CampaignID, requester: Requester) async throws {
        try requester.require(.sendCampaigns)
        try await change(
            id,
            .resume,
            .campaignResume,
            from: .sending,
            requester: requester,
            control: { [self] tx in try delivery.resume(id, by: requester, in: tx) }
        ) { [self] row, tx in
            try enqueueSending(row, of: requester.organization, in: tx)
        }
        // The worker does the same, should this process end here.
        try await delivery.releasePaused(of: id, by: requester)
    }

    /// Ends a campaign: what was not sent is never sent.
    package func cancel(_ id: CampaignID, requester: Requester) async throws {
        try requester.require(.sendCampaigns)
        let organization = requester.organization
        try await change(
            id,
            .cancel,
            .campaignCancel,
            from: .cancelled,
            requester: requester,
            control: { [self] tx in try delivery.cancel(id, by: requester, in: tx) }
        ) { [self] row, tx in
            for kind in [WorkKind.campaignStart, .campaignExpand, .campaignFinish] {
                try queue.cancel(kind, organization: organization, reference: row.id.bytes, in: tx)
            }
            try RecipientQueries.cancelPending(
                of: row.id,
                reason: NoMessage.campaignCancelled.word,
                at: surroundings.now(),
                organization: organization,
                in: tx
            )
        }
        try await delivery.cancelMessages(of: id, by: requester)
    }

    /// Puts the next work of a campaign that is sending into the queue, once.
    func enqueueSending(_ row: CampaignRow, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        let kind: WorkKind = row.expandedAt == nil ? .campaignStart : .campaignExpand
        let now = surroundings.now()
        for old in [kind, .campaignFinish] {
            try queue.cancel(old, organization: organization, reference: row.id.bytes, in: tx)
        }
        try queue.enqueue(kind, organization: organization, reference: row.id.bytes, runAt: now, in: tx)
    }

    /// - Parameters:
    ///   - reached: the state in which the command was already carried out: no mistake.
    ///   - control: tells the send path, in the same transaction, so that page and sending never contradict each other.
    ///   - also: what else the change needs.
    private func change(
        _ id: CampaignID,
        _ command: CampaignCommand,
        _ action: AuditAction,
        from reached: CampaignState? = nil,
        requester: Requester,
        control: @escaping @Sendable (any WriteTransaction) throws -> Void,
        _ also: @escaping @Sendable (CampaignRow, any WriteTransaction) throws -> Void = { _, _ in }
    ) async throws {
        let organization = requester.organization
        try await store.write { [self] tx in
            let row = try row(id, of: organization, in: tx)
            try control(tx)
            if row.state == reached { return }
            guard let after = row.state.after(command) else {
                throw CampaignError.notPossible(command, in: row.state)
            }
            let isSet = try CampaignQueries.setState(
                after,
                from: row.state,
                id,
                scheduledAt: after == .draft ? nil : row.scheduledAt,
                at: surroundings.now(),
                of: organization,
                in: tx
            )
            guard isSet else { throw CampaignError.notPossible(command, in: row.state) }
            try also(row, tx)
            try record(action, id, by: requester, in: tx)
        }
    }
}
