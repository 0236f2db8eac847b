// SPDX-License-Identifier: Apache-2.0
//
// Every decision is kept with its answers and inputs. The questions about content, sensitivity and policy are pure functions
// of these inputs and a policy, and so is the verdict: a kept decision can be replayed with the policy of its time (and
// must come out the same) or run against a draft (and shows what the draft would change).

import Foundation
import WardAudit
package import WardKernel
import WardStorage
import WardVault

extension GateDecision {
    /// The same decision under another policy: the answers that depend on a policy are made anew, the rest stands.
    package func replayed(under policy: ProtectionPolicy) -> GateDecision {
        guard let inputs else {
            let verdict = SendGate.verdict(of: answers, methodOrder: methodOrder)
            return GateDecision(verdict: verdict, answers: answers, methodOrder: methodOrder, decidedAt: decidedAt)
        }
        var permitted: Set<SendMethod> = []
        for case .permits(let methods, _) in answers.lazy.map(\.answer)
        where
            inputs.sensitivity(under: policy.scan) != .restricted
        {
            permitted.formUnion(methods)
        }
        let answers = self.answers.map { answered in
            AnsweredQuestion(
                question: answered.question,
                answer: Self.answer(answered, inputs, permitted: permitted, under: policy)
            )
        }
        return GateDecision(
            verdict: SendGate.verdict(of: answers, methodOrder: methodOrder),
            answers: answers,
            methodOrder: methodOrder,
            decidedAt: decidedAt,
            inputs: inputs
        )
    }

    private static func answer(
        _ answered: AnsweredQuestion,
        _ inputs: DecisionInputs,
        permitted: Set<SendMethod>,
        under policy: ProtectionPolicy
    ) -> GateAnswer {
        // A question that could not be answered then has no answer now.
        if case .refuses(.unanswered, _) = answered.answer { return answered.answer }
        switch answered.question {
        case .contentScan: return ContentScanQuestion.answer(for: inputs, under: policy.scan)
        case .sensitivity: return SensitivityQuestion.answer(for: inputs, under: policy.scan, permitted: permitted)
        case .protection: return ProtectionQuestion.answer(for: inputs, under: policy)
        case .request:
            guard case .permits = answered.answer, permitted.isEmpty else { return answered.answer }
            return .notApplicable(note: "never_for_restricted_messages")
        default: return answered.answer
        }
    }
}

extension Delivery {
    /// How many messages the draft would have treated otherwise, the most frequent first.
    package func draftChanges(by requester: Requester) async throws -> [PolicyChangeCount] {
        try requester.require(.manageSettings)
        return try await store.read { tx in
            guard let draft = try PolicyQueries.draft(of: requester.organization, in: tx) else { return [] }
            return try PolicyChangeQueries.counts(draft.number, of: requester.organization, in: tx)
        }
    }

    /// The messages behind the counts, by identifier; `after` is the last of the page before.
    package func draftChanges(
        after: MessageID?,
        limit: Int = 50,
        by requester: Requester
    ) async throws -> [PolicyChange] {
        try requester.require(.manageSettings)
        return try await store.read { tx in
            guard let draft = try PolicyQueries.draft(of: requester.organization, in: tx) else { return [] }
            return try PolicyChangeQueries.page(
                draft.number,
                after: after ?? MessageID(high: 0, low: 0),
                limit: min(max(limit, 1), 500),
                of: requester.organization,
                in: tx
            )
        }
    }

    /// Replays the kept decisions of the last days (1 … 3,650), each with the policy of its time.
    package func replay(
        days: Int,
        by requester: Requester,
        progress: @Sendable (Int) async -> Void = { _ in }
    ) async throws -> ReplayReport {
        if !requester.may(.viewAudit) { try requester.require(.manageSettings) }
        let organization = requester.organization
        var report = ReplayReport()
        var policies: [Int: ProtectionPolicy] = [:]
        var last = Self.first(at: surroundings.now() - .hours(24 * min(max(days, 1), 3_650)))
        var count = 0
        while true {
            let page = try await readDecisions(after: last, of: organization)
            guard let end = page.last?.kept.id else { break }
            last = end
            count += page.count
            for found in page {
                guard let decision = found.decision else {
                    report.unreadable += 1
                    continue
                }
                let number = decision.inputs?.policy ?? 0
                if policies[number] == nil {
                    policies[number] = try await store.read { tx in
                        try PolicyQueries.body(number, of: organization, in: tx)
                            ?? self.policyBeforeAny(of: organization, in: tx)
                    }
                }
                report.add(decision, policies[number] ?? .standard, of: found.kept.message)
            }
            await progress(count)
        }
        let facts = ["decisions": "\(count)", "different": "\(report.different.count)"]
        _ = try await store.write { tx in
            try self.audit.record(AuditEntry(.decisionReplay, facts: facts), by: requester, in: tx)
        }
        return report
    }

    /// - Parameter end: the first that is left out; nil: none is.
    func readDecisions(
        after: GateDecisionID,
        before end: GateDecisionID? = nil,
        of organization: OrganizationID
    ) async throws -> [(kept: DecisionPages.Kept, decision: GateDecision?)] {
        try await store.read { tx in
            try DecisionPages.page(
                after: after,
                before: end,
                limit: self.configuration.decisionsAtOnce,
                of: organization,
                in: tx
            ).map { kept in
                (kept, try self.decision(kept, of: organization, in: tx))
            }
        }
    }

    /// Nil when the person was erased since.
    private func decision(
        _ kept: DecisionPages.Kept,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> GateDecision? {
        do {
            return try open(kept.sealed, kept.id, kept.recipient, organization, in: tx)
        } catch VaultError.subjectErased {
            return nil
        }
    }

    /// Before every identifier that is made from this moment on (RFC 9562 section 5.7: milliseconds in the first 48 bits).
    static func first(at time: Timestamp) -> GateDecisionID {
        GateDecisionID(high: UInt64(max(0, time.microseconds / 1_000)) << 16, low: 0)
    }
}

extension ReplayReport {
    fileprivate mutating func add(_ decision: GateDecision, _ policy: ProtectionPolicy, of message: MessageID) {
        let replayed = decision.replayed(under: policy)
        let isSame = replayed.verdict == decision.verdict && replayed.answers == decision.answers
        if decision.inputs == nil { withoutInputs += 1 }
        if isSame { same += 1 } else { different.append(message) }
    }
}
