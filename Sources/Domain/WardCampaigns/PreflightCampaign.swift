// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardContacts
import WardDelivery
package import WardKernel
import WardQueue
import WardSegments
import WardStorage

/// How a person of the audience would be reached.
package enum PreflightMethod: String, Hashable, Sendable, CaseIterable {
    /// Encrypted to the person's own certificate.
    case smime
    /// Encrypted to the person's own OpenPGP key.
    case openPGP = "openpgp"
    case verifiedTLS = "verified_tls"
    case portal
    /// As plain mail, which nothing proves to be protected on its way: the person asked for that, or the sender declared the
    /// message free of health information.
    case unproved = "opportunistic_tls"
    /// Kept, and waiting for a time or a person.
    case held
    case notAtAll = "not_at_all"

    /// Whether such people would be written to.
    var reaches: Bool {
        switch self {
        case .smime, .openPGP, .verifiedTLS, .portal, .unproved: true
        case .held, .notAtAll: false
        }
    }
}

/// People who would be reached the same way for the same reason.
package struct PreflightGroup: Hashable, Sendable {
    package let method: PreflightMethod
    /// A stored word; `sentence` says it.
    package let reason: String
    package let count: Int

    package init(method: PreflightMethod, reason: String, count: Int) {
        self.method = method
        self.reason = reason
        self.count = count
    }

    /// The reason in words, as it follows a number of people.
    package var sentence: String { PreflightReason.sentence(of: reason) }
}

/// What the send gate would say about everybody in the audience.
package struct PreflightReport: Hashable, Sendable {
    package let groups: [PreflightGroup]
    package let finishedAt: Timestamp
    /// Whether the draft is still the one that was asked about.
    package let isCurrent: Bool

    package var total: Int { groups.reduce(0) { $0 + $1.count } }
    package func count(_ method: PreflightMethod) -> Int {
        groups.reduce(0) { $0 + ($1.method == method ? $1.count : 0) }
    }
    /// People who would be written to.
    package var reached: Int { groups.reduce(0) { $0 + ($1.method.reaches ? $1.count : 0) } }
}

/// The stored words of a preflight beyond those of the gate and of `NoMessage`.
package enum PreflightReason {
    static let tlsKnown = "tls_known"
    static let tlsNotRuledOut = "tls_not_ruled_out"
    static let noVerifiedTLS = "no_verified_tls"
    static let sensitivity = "sensitivity"
    static let order = "method_order"
    static let askedForPlain = "asked_for_plain_mail"
    static let declaredFree = "declared_free"
    static let ownKey = "own_key"

    package static func sentence(of word: String) -> String {
        switch word {
        case tlsKnown, tlsNotRuledOut:
            return "Their provider’s servers offer verified TLS, or nothing speaks against it."
        case noVerifiedTLS: return "Their provider offers no verified TLS."
        case sensitivity: return "The message is for the portal alone."
        case askedForPlain: return "They asked for plain mail, informed of the risk."
        case ownKey: return "Their own key is on record."
        case declaredFree: return "The message was declared free of health information."
        case order: return "The portal comes first in your order of methods."
        default:
            return RefusalReason(rawValue: word)?.sentence ?? HoldReason(rawValue: word)?.sentence
                ?? NoMessage(word: word)?.sentence ?? "A reason that this version does not know."
        }
    }
}

extension Campaigns {
    /// Asks the send gate about everybody in the segment, without sending, and keeps the answers for the pages.
    ///
    /// The servers of the audience's domains are looked at first, once each, so that the answer about TLS is not a guess.
    package func preflight(_ id: CampaignID, requester: Requester) async throws -> PreflightReport {
        try requester.require(.viewCampaigns)
        return try await ask(try await question(about: id, requester: requester), requester: requester)
    }

    /// What a dry run asks about.
    struct PreflightQuestion: Sendable {
        let plan: MessagePlan
        let version: Int
        let audience: SegmentAudience
    }

    /// - Throws: `CampaignError.incomplete` when the draft lacks what a message needs.
    func question(about id: CampaignID, requester: Requester) async throws -> PreflightQuestion {
        let organization = requester.organization
        let (plan, row) = try await store.read { [self] tx -> (MessagePlan, CampaignRow) in
            let row = try self.row(id, of: organization, in: tx)
            return (try self.plan(row, for: requester, in: tx), row)
        }
        guard let segment = row.segment else { throw CampaignError.incomplete([]) }
        let audience = try await segments.audience(of: segment, by: requester)
        return PreflightQuestion(plan: plan, version: row.version, audience: audience)
    }

    /// Asks here and now, in the place of any dry run that is under way.
    func ask(_ question: PreflightQuestion, requester: Requester) async throws -> PreflightReport {
        let (id, organization) = (question.plan.campaign, requester.organization)
        let audience = question.audience
        try await store.write { [self] tx in
            try PreflightQueries.clear(id, of: organization, in: tx)
            try queue.cancel(.campaignPreflight, organization: organization, reference: id.bytes, in: tx)
        }
        var looked: Set<String> = []
        var position: ContactID?
        while true {
            let contacts = audience.page(after: position, limit: CampaignWorker.audienceChunk)
            guard let last = contacts.last else { break }
            let answers = try await answers(contacts, plan: question.plan, looked: &looked, requester: requester)
            try await store.writeAlone { tx in
                try PreflightQueries.insert(answers.map(\.row), of: id, organization: organization, in: tx)
            }
            position = last
        }
        let total = audience.count
        try await store.write { [self] tx in
            let now = surroundings.now()
            try PreflightQueries.noteRun(id, version: question.version, at: now, of: organization, in: tx)
            try record(.campaignPreflight, id, facts: ["people": String(total)], by: requester, in: tx)
        }
        return try await lastPreflight(id, requester: requester)
            ?? PreflightReport(groups: [], finishedAt: surroundings.now(), isCurrent: true)
    }

    /// The last dry run's answers; nil when there was none.
    package func lastPreflight(_ id: CampaignID, requester: Requester) async throws -> PreflightReport? {
        try requester.require(.viewCampaigns)
        let organization = requester.organization
        return try await store.read { [self] tx in
            let row = try self.row(id, of: organization, in: tx)
            guard let run = try PreflightQueries.run(of: id, organization: organization, in: tx) else { return nil }
            let groups = try PreflightQueries.groups(of: id, organization: organization, in: tx).compactMap { group in
                PreflightMethod(rawValue: group.method).map {
                    PreflightGroup(method: $0, reason: group.reason, count: group.count)
                }
            }
            return PreflightReport(groups: groups, finishedAt: run.finishedAt, isCurrent: run.version == row.version)
        }
    }

    /// The people of one group of the last dry run, after a position: an audited look.
    package func people(
        behind group: (method: PreflightMethod, reason: String),
        of id: CampaignID,
        after position: ContactID? = nil,
        limit: Int = 50,
        requester: Requester
    ) async throws -> [ContactID] {
        try requester.require(.viewCampaigns)
        try requester.require(.viewContacts)
        let organization = requester.organization
        let (method, reason) = (group.method.rawValue, group.reason)
        return try await store.write { [self] tx in
            let people = try PreflightQueries.people(
                method: method,
                reason: reason,
                of: id,
                after: position,
                limit: min(max(limit, 1), 200),
                organization: organization,
                in: tx
            )
            let facts = ["number": "preflight", "people": String(people.count)]
            try record(.campaignPeople, id, facts: facts, by: requester, in: tx)
            return people
        }
    }

    /// One person's answer.
    struct PreflightAnswer: Sendable {
        var contact: ContactID
        var method: PreflightMethod
        var reason: String

        var row: (contact: ContactID, method: String, reason: String) { (contact, method.rawValue, reason) }
    }

    /// - Parameter looked: the domains whose servers were looked at already; grows.
    func answers(
        _ contacts: [ContactID],
        plan: MessagePlan,
        looked: inout Set<String>,
        requester: Requester
    ) async throws -> [PreflightAnswer] {
        let organization = requester.organization
        let planned = try await store.read { [self] tx in
            let people = try self.people.people(contacts, of: organization, in: tx)
            return try makeable(plan.plan(contacts, people: people, surroundings: surroundings), of: plan)
        }
        var answers: [PreflightAnswer] = []
        var candidates: [DryRunCandidate] = []
        var asked: [ContactID] = []
        for person in planned {
            switch person {
            case .nothing(let contact, let reason):
                answers.append(PreflightAnswer(contact: contact, method: .notAtAll, reason: reason.word))
            case .message(let contact, let draft, _):
                asked.append(contact)
                candidates.append(DryRunCandidate(recipient: draft.recipient, address: draft.address))
            }
        }
        let domains = Set(candidates.map(\.address.domain)).subtracting(looked)
        if !domains.isEmpty { try await delivery.learnProtection(of: domains, by: requester) }
        looked.formUnion(domains)
        let decisions = try await delivery.dryRun(candidates, terms: plan.terms, by: requester)
        for (contact, decision) in zip(asked, decisions) {
            let (method, reason) = PreflightReason.reading(decision)
            answers.append(PreflightAnswer(contact: contact, method: method, reason: reason))
        }
        return answers
    }
}

extension PreflightReason {
    /// What a decision means for the preflight's groups.
    static func reading(_ decision: GateDecision) -> (PreflightMethod, String) {
        switch decision.verdict {
        case .refuse(let reason): return (.notAtAll, reason.rawValue)
        case .hold(let reason, _): return (.held, reason.rawValue)
        case .cleared(.smime): return (.smime, ownKey)
        case .cleared(.openPGP): return (.openPGP, ownKey)
        case .cleared(.verifiedTLS): return (.verifiedTLS, tlsKnown)
        case .cleared(.opportunisticTLS):
            let isAskedFor = decision.answers.contains { if case .permits = $0.answer { true } else { false } }
            return (.unproved, isAskedFor ? askedForPlain : declaredFree)
        case .cleared(.portal):
            func allowed(_ question: GateQuestionName) -> Set<SendMethod>? {
                for answer in decision.answers where answer.question == question {
                    switch answer.answer {
                    case .allows(let methods, _), .carries(let methods, _, _): return methods
                    default: continue
                    }
                }
                return nil
            }
            if let methods = allowed(.sensitivity), !methods.contains(.verifiedTLS) { return (.portal, sensitivity) }
            if let methods = allowed(.transport), !methods.contains(.verifiedTLS) { return (.portal, noVerifiedTLS) }
            if let methods = allowed(.agreements), !methods.contains(.verifiedTLS) { return (.portal, noVerifiedTLS) }
            return (.portal, order)
        }
    }
}
