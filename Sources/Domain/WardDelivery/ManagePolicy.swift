// SPDX-License-Identifier: Apache-2.0

package import WardAudit
package import WardKernel
import WardStorage

extension Delivery {
    /// The protection policy in force and the draft beside it.
    package func policies(by requester: Requester) async throws -> PolicyStanding {
        if requester.kind != .service, !requester.may(.viewAudit) { try requester.require(.manageSettings) }
        return try await store.read { tx in
            PolicyStanding(
                inForce: try self.policyInForce(of: requester.organization, in: tx),
                draft: try PolicyQueries.draft(of: requester.organization, in: tx)
            )
        }
    }

    /// Changes the draft; the first change makes one from the policy in force. Nothing is in force before `activate`.
    package func draft(
        by requester: Requester,
        _ change: @escaping @Sendable (inout ProtectionPolicy) -> PolicyProblem?
    ) async throws -> PolicyOutcome {
        try requester.require(.manageSettings)
        let organization = requester.organization
        return try await store.write { tx in
            let now = self.surroundings.now()
            let draft = try PolicyQueries.draft(of: organization, in: tx)
            var policy = try draft?.policy ?? self.policyInForce(of: organization, in: tx).policy
            if let problem = change(&policy) ?? policy.problem { return .refused(problem) }
            var number = draft?.number
            if draft == nil {
                number = try PolicyQueries.lastNumber(of: organization, in: tx) + 1
                try PolicyQueries.insertDraft(policy, number: number ?? 1, at: now, by: requester, in: tx)
            } else {
                try PolicyQueries.updateDraft(policy, at: now, by: requester, in: tx)
            }
            try self.dropTrial(of: organization, in: tx)
            try PolicyChangeQueries.clear(number ?? 1, of: organization, in: tx)
            try self.record(.policyDraft, number ?? 1, by: requester, in: tx)
            return .done
        }
    }

    /// Sets or removes (nil, or a rule that says nothing) the rule of a domain, member of staff or campaign in the draft.
    package func setRule(
        _ rule: ProtectionRule?,
        _ level: ProtectionLevel,
        named name: String,
        by requester: Requester
    ) async throws -> PolicyOutcome {
        try await draft(by: requester) { policy in
            let scoped = ScopedProtectionRule(level, name, rule ?? ProtectionRule())
            let count = policy.scoped.count
            policy.scoped.removeAll { $0.level == level && $0.name == scoped.name }
            guard rule != nil else { return policy.scoped.count == count ? .unknownRule : nil }
            if let problem = scoped.problem { return problem }
            policy.scoped.append(scoped)
            policy.scoped.sort { ($0.level.rawValue, $0.name) < ($1.level.rawValue, $1.name) }
            return nil
        }
    }

    /// Throws the draft away.
    package func discardDraft(by requester: Requester) async throws -> PolicyOutcome {
        try requester.require(.manageSettings)
        return try await store.write { tx in
            let draft = try PolicyQueries.draft(of: requester.organization, in: tx)
            guard let draft, try PolicyQueries.discardDraft(of: requester.organization, in: tx) else {
                return .refused(.noDraft)
            }
            try self.dropTrial(of: requester.organization, in: tx)
            try PolicyChangeQueries.clear(draft.number, of: requester.organization, in: tx)
            try self.record(.policyDiscard, draft.number, by: requester, in: tx)
            return .done
        }
    }

    /// Puts the draft into force, after it was run against past decisions and while the policy that it was compared with is
    /// still the one in force. Takes effect at the next decision; a message that waits is asked about again.
    package func activateDraft(why: String, by requester: Requester) async throws -> PolicyOutcome {
        try requester.require(.manageSettings)
        guard let why = Self.reason(why) else { return .refused(.reasonMissing) }
        let organization = requester.organization
        return try await store.write { tx in
            guard let draft = try PolicyQueries.draft(of: organization, in: tx) else {
                return .refused(.noDraft)
            }
            if let problem = draft.policy.problem { return .refused(problem) }
            guard let trial = draft.trial else { return .refused(.notSimulated) }
            guard trial.against == (try self.policyInForce(of: organization, in: tx).number) else {
                return .refused(.changedSince)
            }
            try PolicyQueries.activate(draft.number, at: self.surroundings.now(), of: organization, in: tx)
            try self.record(
                .policyActivate,
                draft.number,
                reason: why,
                ["instead_of": "\(trial.against)", "days": "\(trial.days)", "decisions": "\(trial.decisions)"],
                by: requester,
                in: tx
            )
            return .done
        }
    }

    /// What was agreed with a person about methods, and what holds for mail to that person's domain now.
    package func protection(
        of contact: ContactID,
        domain: String?,
        by requester: Requester
    ) async throws -> (rule: ProtectionRule?, effective: EffectiveProtection) {
        try requester.require(.viewContacts)
        return try await store.read { tx in
            let organization = requester.organization
            let rule = try PolicyQueries.contactRules(of: [contact], organization: organization, in: tx)[contact]
            let policy = try self.policyInForce(of: organization, in: tx).policy
            return (rule, policy.effective(domain: domain ?? "", contact: rule))
        }
    }

    /// What holds for a person without a rule of their own, whatever the domain.
    package func protectionWithoutOwnRule(by requester: Requester) async throws -> EffectiveProtection {
        try requester.require(.viewContacts)
        return try await store.read { tx in
            try self.policyInForce(of: requester.organization, in: tx).policy.effective(domain: "")
        }
    }

    /// Whether the policy in force has rules for domains, which a person's address may fall under.
    package func hasDomainRules(by requester: Requester) async throws -> Bool {
        try requester.require(.viewContacts)
        return try await store.read { tx in
            try self.policyInForce(of: requester.organization, in: tx).policy.scoped.contains { $0.level == .domain }
        }
    }

    /// Keeps what was agreed with a person about methods (45 CFR 164.522(b)); nil or a rule that says nothing: nothing was.
    package func setProtection(
        _ rule: ProtectionRule?,
        of contact: ContactID,
        why: String,
        by requester: Requester
    ) async throws -> PolicyOutcome {
        try requester.require(.editConsent)
        guard let why = Self.reason(why) else { return .refused(.reasonMissing) }
        let rule = rule?.saysNothing == true ? nil : rule
        if let problem = rule?.problem { return .refused(problem) }
        return try await store.write { tx in
            try PolicyQueries.putContactRule(
                rule,
                of: contact,
                at: self.surroundings.now(),
                organization: requester.organization,
                in: tx
            )
            try self.audit.record(
                AuditEntry(
                    .contactProtection,
                    object: AuditObject(kind: "contact", contact),
                    subject: contact,
                    reason: why,
                    facts: [
                        "order": rule?.order.map(Self.words) ?? "inherit",
                        "methods": rule?.methods.map(Self.words) ?? "inherit",
                        "tls_exclusive": rule?.isTLSExclusive.map { "\($0)" } ?? "inherit",
                    ]
                ),
                by: requester,
                in: tx
            )
            return .done
        }
    }

    /// The policy in force; before any was put into force, the standard one with the order set earlier.
    func policyInForce(of organization: OrganizationID, in tx: any ReadTransaction) throws -> NumberedPolicy {
        if let found = try PolicyQueries.inForce(of: organization, in: tx) { return found }
        let policy = try policyBeforeAny(of: organization, in: tx)
        return NumberedPolicy(number: 0, policy: policy, changedAt: nil, trial: nil)
    }

    func policyBeforeAny(of organization: OrganizationID, in tx: any ReadTransaction) throws -> ProtectionPolicy {
        var policy = ProtectionPolicy.standard
        let order = try RouteQueries.settings(of: organization, in: tx).methodOrder
        if order != ProtectionPolicy.standardOrder, !order.isEmpty { policy.organization.order = order }
        return policy
    }

    private func record(
        _ action: AuditAction,
        _ number: Int,
        reason: Sensitive<String>? = nil,
        _ facts: [String: String] = [:],
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try audit.record(
            AuditEntry(
                action,
                object: AuditObject(kind: "protection_policy", identifier: Array("\(number)".utf8)),
                reason: reason,
                facts: facts.merging(["policy": "\(number)"]) { $1 }
            ),
            by: requester,
            in: tx
        )
    }

    private static func words(_ methods: [SendMethod]) -> String { methods.map(\.rawValue).joined(separator: "+") }
}

extension AuditAction {
    /// The draft of a protection policy was changed.
    package static let policyDraft = AuditAction(rawValue: "policy.draft")
    /// The draft was thrown away.
    package static let policyDiscard = AuditAction(rawValue: "policy.discard")
    /// The draft was run against past decisions.
    package static let policyTry = AuditAction(rawValue: "policy.try")
    /// A policy was put into force.
    package static let policyActivate = AuditAction(rawValue: "policy.activate")
    /// Kept decisions were replayed.
    package static let decisionReplay = AuditAction(rawValue: "decision.replay")
    /// What was agreed with a person about methods was changed.
    package static let contactProtection = AuditAction(rawValue: "contact.protection")
    /// A message was declared free of health information.
    package static let sensitivityLower = AuditAction(rawValue: "sensitivity.lower")
    /// A subject mark raised a message.
    package static let sensitivityRaise = AuditAction(rawValue: "sensitivity.raise")
}
