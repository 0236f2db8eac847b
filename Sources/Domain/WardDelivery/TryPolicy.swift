// SPDX-License-Identifier: Apache-2.0
//
// Running a draft against past decisions does not fit into a request when there are many: it is a row and a work item.
//
//     begin      the draft's earlier result is forgotten, the decisions are counted, the row and delivery.trial are kept,
//                in one transaction; where there are few, the steps follow at once, before the item is due
//     each step  what a page of decisions would have become, how far it is, and the lease's renewal commit together: a
//                process that dies is followed by another from the last step
//     end        the draft is noted as tried; the row and the item go
//
// A change of the draft takes the row and the item away in its own transaction: a result is always about the draft as it is.

import WardAudit
package import WardKernel
import WardQueue
import WardStorage

/// How far a run of a draft is.
package struct PolicyTrialProgress: Hashable, Sendable {
    /// Decisions that were looked at.
    package let done: Int
    package let total: Int
    package let days: Int
}

/// What came of asking for a run.
package enum PolicyTrialStart: Hashable, Sendable {
    case finished
    /// The worker goes on with it; `policyTrial` tells how far it is.
    case running(PolicyTrialProgress)
    case refused(PolicyProblem)
}

extension Delivery {
    /// Runs the draft against the decisions of the last days, and keeps which messages it would have treated otherwise: few
    /// at once, many in the background. A run that is under way goes on.
    ///
    /// - Parameter days: 1 … 365.
    package func beginTrial(days: Int, by requester: Requester) async throws -> PolicyTrialStart {
        try requester.require(.manageSettings)
        guard (1...365).contains(days) else { return .refused(.daysInvalid) }
        let organization = requester.organization
        let start = try await store.write { tx -> PolicyTrialStart in
            if let running = try PolicyTrialQueries.find(of: organization, in: tx) {
                return .running(PolicyTrialProgress(running))
            }
            guard let draft = try PolicyQueries.draft(of: organization, in: tx) else {
                return .refused(.noDraft)
            }
            let work = try self.makeTrial(of: draft, days: days, organization: organization, in: tx)
            try self.recordTrial(of: draft.number, ["step": "begin", "days": "\(days)"], by: requester, in: tx)
            let isImmediate = work.total <= self.configuration.immediateTrial
            try self.queue.enqueue(
                .policyTrial,
                organization: organization,
                reference: Self.trialReference,
                // For when this process dies in the middle of the steps that follow at once.
                runAt: isImmediate ? work.beganAt + .seconds(30) : work.beganAt,
                in: tx
            )
            return isImmediate ? .finished : .running(PolicyTrialProgress(work))
        }
        if start == .finished {
            // A change of the draft in between took the row away: then there is nothing to say about it.
            guard try await finishTrial(of: organization, by: requester) else { return .refused(.changedSince) }
        }
        return start
    }

    /// How far the run is that is under way; nil when none is.
    package func policyTrial(by requester: Requester) async throws -> PolicyTrialProgress? {
        try requester.require(.manageSettings)
        return try await store.read { tx in
            try PolicyTrialQueries.find(of: requester.organization, in: tx).map(PolicyTrialProgress.init)
        }
    }

    /// Gives a run up that is under way, and what it found. False when none was.
    @discardableResult
    package func cancelTrial(by requester: Requester) async throws -> Bool {
        try requester.require(.manageSettings)
        return try await store.write { tx in
            guard let work = try PolicyTrialQueries.find(of: requester.organization, in: tx) else { return false }
            try self.dropTrial(of: requester.organization, in: tx)
            try PolicyChangeQueries.clear(work.number, of: requester.organization, in: tx)
            try self.recordTrial(of: work.number, ["step": "cancel"], by: requester, in: tx)
            return true
        }
    }

    /// Begins a run, or follows one that is under way, and waits for its end; works on it where nobody else does.
    ///
    /// - Parameter progress: told now and then how far it is.
    package func tryDraft(
        days: Int,
        by requester: Requester,
        progress: @Sendable (PolicyTrialProgress) async -> Void = { _ in }
    ) async throws -> PolicyOutcome {
        switch try await beginTrial(days: days, by: requester) {
        case .finished: return .done
        case .refused(let problem): return .refused(problem)
        case .running: break
        }
        let worker = PolicyTrialWorker(self)
        func tell() async throws -> Bool {
            guard let current = try await policyTrial(by: requester) else { return false }
            await progress(current)
            return true
        }
        while try await tell() {
            if try await !worker.runOne(onStep: { _ = try await tell() }) {
                try await surroundings.wait(.milliseconds(200))
            }
        }
        let draft = try await policies(by: requester).draft
        return draft?.trial == nil ? .refused(.changedSince) : .done
    }

    /// Takes the row and the work item away: at the end of a run, and when the draft changes, since what is being found is
    /// about another one then.
    func dropTrial(of organization: OrganizationID, in tx: any WriteTransaction) throws {
        guard try PolicyTrialQueries.remove(of: organization, in: tx) else { return }
        try queue.cancel(.policyTrial, organization: organization, reference: Self.trialReference, in: tx)
    }

    /// An organization has one run at a time.
    static let trialReference: [UInt8] = Array("draft".utf8)

    private func makeTrial(
        of draft: NumberedPolicy,
        days: Int,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> PolicyTrialWork {
        let now = surroundings.now()
        let (position, until) = (Self.first(at: now - .hours(24 * days)), Self.first(at: now + .milliseconds(1)))
        let work = PolicyTrialWork(
            number: draft.number,
            days: days,
            against: try policyInForce(of: organization, in: tx).number,
            total: try DecisionPages.count(after: position, before: until, of: organization, in: tx),
            done: 0,
            position: position,
            until: until,
            beganAt: now
        )
        try PolicyChangeQueries.clear(draft.number, of: organization, in: tx)
        try PolicyQueries.forgetTrial(of: organization, in: tx)
        try PolicyTrialQueries.insert(work, of: organization, in: tx)
        return work
    }

    private func finishTrial(of organization: OrganizationID, by requester: Requester) async throws -> Bool {
        while true {
            switch try await stepTrial(of: organization, by: requester, { _ in }) {
            case .more: continue
            case .ended: return true
            case .gone: return false
            }
        }
    }

    enum TrialStep { case more, ended, gone }

    /// One page of decisions.
    ///
    /// - Parameter hold: called in the step's transaction, before it changes anything.
    func stepTrial(
        of organization: OrganizationID,
        by requester: Requester,
        _ hold: @escaping @Sendable (any WriteTransaction) throws -> Void
    ) async throws -> TrialStep {
        let begun = try await store.read { tx in
            (
                try PolicyTrialQueries.find(of: organization, in: tx),
                try PolicyQueries.draft(of: organization, in: tx)
            )
        }
        guard let work = begun.0, let draft = begun.1, draft.number == work.number else { return .gone }
        let page = try await readDecisions(after: work.position, before: work.until, of: organization)
        let differences = page.map { found -> (DecisionPages.Kept, String, String) in
            guard let decision = found.decision else { return (found.kept, "", "") }
            return (found.kept, decision.verdict.word, decision.replayed(under: draft.policy).verdict.word)
        }
        return try await store.writeAlone { tx in
            guard try PolicyTrialQueries.find(of: organization, in: tx) == work else { return .gone }
            try hold(tx)
            guard let last = page.last?.kept.id else {
                try self.endTrial(work, of: organization, by: requester, in: tx)
                return .ended
            }
            for (kept, before, after) in differences {
                try PolicyChangeQueries.put(
                    kept,
                    before: before,
                    after: after,
                    number: work.number,
                    organization: organization,
                    in: tx
                )
            }
            try PolicyTrialQueries.advance(by: page.count, to: last, of: organization, in: tx)
            return .more
        }
    }

    private func endTrial(
        _ work: PolicyTrialWork,
        of organization: OrganizationID,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        let trial = PolicyTrial(
            triedAt: surroundings.now(),
            days: work.days,
            against: work.against,
            decisions: work.done
        )
        try PolicyQueries.noteTrial(trial, of: work.number, organization: organization, in: tx)
        try dropTrial(of: organization, in: tx)
        let facts = ["step": "end", "days": "\(work.days)", "decisions": "\(work.done)"]
        try recordTrial(of: work.number, facts, by: requester, in: tx)
    }

    private func recordTrial(
        of number: Int,
        _ facts: [String: String],
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try audit.record(
            AuditEntry(
                .policyTry,
                object: AuditObject(kind: "protection_policy", identifier: Array("\(number)".utf8)),
                facts: facts.merging(["policy": "\(number)"]) { $1 }
            ),
            by: requester,
            in: tx
        )
    }
}

extension PolicyTrialProgress {
    fileprivate init(_ work: PolicyTrialWork) {
        self.init(done: min(work.done, work.total), total: work.total, days: work.days)
    }
}
