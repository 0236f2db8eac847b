// SPDX-License-Identifier: Apache-2.0
//
// The send gate (invariant I2). It asks every question in order and keeps each answer; the first refusal counts, then the
// first hold; else the sets of allowed methods are intersected and the organization's order picks. A question without an
// answerer, with a failing answerer or with the wrong number of answers refuses.
//
// A `Clearance` is made here and nowhere else: its initializer is private to this file. It binds the organization, the
// message, its digest, the recipient's address, the method, the kept decision and a time after which it is worth nothing.
// Nothing is transmitted or put into the portal without one.

package import WardKernel
package import WardStorage

/// The permission to send one message to one address by one method, until `expiresAt`.
package struct Clearance: Sendable {
    package let organization: OrganizationID
    package let message: MessageID
    /// SHA-256 of the bytes that may be sent.
    package let digest: [UInt8]
    package let address: EmailAddress
    package let method: SendMethod
    package let decision: GateDecisionID
    package let expiresAt: Timestamp

    fileprivate init(
        _ subject: GateSubject,
        message: MessageID,
        digest: [UInt8],
        method: SendMethod,
        id: GateDecisionID
    ) {
        organization = subject.organization
        self.message = message
        self.digest = digest
        address = subject.address
        self.method = method
        decision = id
        expiresAt = subject.now + SendGate.clearanceLifetime
    }

    /// Whether it covers these bytes to this address now.
    package func covers(digest: [UInt8], address: EmailAddress, at now: Timestamp) -> Bool {
        self.digest == digest && self.address == address && now < expiresAt
    }
}

/// Asks whether, and how, a message may leave.
package struct SendGate: Sendable {
    /// From the decision to the final dot. A slow server's attempt begins within seconds; RFC 5321 gives DATA minutes.
    package static let clearanceLifetime: Duration = .minutes(15)

    private let answerers: [GateQuestionName: any GateQuestion]

    /// Two answerers of one question are a mistake of wiring: neither is asked, so everything is refused.
    package init(questions: [any GateQuestion]) {
        let byName = Dictionary(grouping: questions, by: \.name)
        answerers = byName.compactMapValues { $0.count == 1 ? $0.first : nil }
    }

    /// The questions that nobody answers: everything is refused until they are wired.
    package var unanswered: [GateQuestionName] { GateQuestionName.allCases.filter { answerers[$0] == nil } }

    /// Decides about many messages of one organization without sending or keeping anything.
    package func decide(
        _ subjects: [GateSubject],
        methodOrder: [SendMethod],
        in tx: any ReadTransaction
    ) throws -> [GateDecision] {
        let inputs = subjects.map { DecisionInputs($0) }
        var subjects = subjects
        var columns: [(GateQuestionName, [GateAnswer])] = []
        for name in GateQuestionName.allCases {
            let answers = try ask(name, subjects, in: tx)
            columns.append((name, answers))
            for position in subjects.indices { subjects[position].hear(answers[position], to: name) }
        }
        return subjects.indices.map { position in
            let answers = columns.map { AnsweredQuestion(question: $0.0, answer: $0.1[position]) }
            return GateDecision(
                verdict: Self.verdict(of: answers, methodOrder: methodOrder),
                answers: answers,
                methodOrder: methodOrder,
                decidedAt: subjects[position].now,
                inputs: inputs[position]
            )
        }
    }

    /// Decides about messages of one organization right before an attempt of each; `keep` stores the decisions and names
    /// them, in their order.
    func clear(
        _ subjects: [GateSubject],
        methodOrder: [SendMethod],
        in tx: any WriteTransaction,
        keep: ([GateDecision]) throws -> [GateDecisionID]
    ) throws -> [(GateDecision, Clearance?)] {
        let decisions = try decide(subjects, methodOrder: methodOrder, in: tx)
        let identifiers = try keep(decisions)
        precondition(
            decisions.count == subjects.count && identifiers.count == subjects.count,
            "The gate answers every subject, and every decision is kept; look at SendGate.decide."
        )
        return subjects.indices.map { position in
            let (subject, decision) = (subjects[position], decisions[position])
            guard case .cleared(let method) = decision.verdict, let message = subject.message,
                let digest = subject.digest(for: method)
            else { return (decision, nil) }
            return (
                decision,
                Clearance(subject, message: message, digest: digest, method: method, id: identifiers[position])
            )
        }
    }

    private func ask(
        _ name: GateQuestionName,
        _ subjects: [GateSubject],
        in tx: any ReadTransaction
    ) throws -> [GateAnswer] {
        guard let answerer = answerers[name] else { return Self.refusing(subjects, note: "nobody_answers") }
        do {
            let answers = try answerer.answers(subjects, in: tx)
            return answers.count == subjects.count ? answers : Self.refusing(subjects, note: "wrong_number_of_answers")
        } catch let error as StoreError {
            throw error
        } catch {
            return Self.refusing(subjects, note: "answering_failed")
        }
    }

    private static func refusing(_ subjects: [GateSubject], note: String) -> [GateAnswer] {
        subjects.map { _ in .refuses(.unanswered, note: note) }
    }

    /// The verdict that follows from the answers in order: a pure function, so that a kept decision can be replayed.
    ///
    /// - Parameter methodOrder: the order where the policy does not concern the message (a notice, mail to staff).
    package static func verdict(of answered: [AnsweredQuestion], methodOrder: [SendMethod]) -> GateVerdict {
        for case .refuses(let reason, _) in answered.lazy.map(\.answer) { return .refuse(reason) }
        for case .holds(let reason, let until) in answered.lazy.map(\.answer) { return .hold(reason, until: until) }
        return MethodPick(answered, methodOrder: methodOrder).verdict
    }
}

/// The methods that the answers leave, and what the lack of one means.
private struct MethodPick {
    private var order: [SendMethod]
    private var permitted: Set<SendMethod> = []
    /// What rules allow, and what can carry the message now.
    private var allowed = Set(SendMethod.allCases)
    private var available = Set(SendMethod.allCases)
    /// What could carry it no more: the person's key has expired or was revoked.
    private var lost: Set<SendMethod> = []
    private var isTLSExclusive = false
    private var wasLimited = false

    init(_ answered: [AnsweredQuestion], methodOrder: [SendMethod]) {
        order = methodOrder
        for case .permits(let methods, _) in answered.lazy.map(\.answer) { permitted.formUnion(methods) }
        for answer in answered { take(answer) }
        // Whoever asked for plain mail gets it in the mailbox, protected on the way where that is possible.
        if !permitted.isEmpty { order = [.verifiedTLS] + permitted.byStrength + order }
    }

    private mutating func take(_ answered: AnsweredQuestion) {
        switch answered.answer {
        case .passes, .notApplicable, .permits, .holds, .refuses: return
        case .demands(let demand):
            order = demand.order
            // A person's own request comes before the organization's wish for TLS or nothing.
            isTLSExclusive = demand.isTLSExclusive && permitted.isEmpty
            allowed.formIntersection(permitted.union(permitted.isEmpty ? [] : [.verifiedTLS]).union(demand.methods))
        case .allows(let methods, _) where answered.question == .transport: available.formIntersection(methods)
        case .carries(let methods, let lost, _):
            available.formIntersection(methods)
            self.lost.formUnion(lost)
        case .allows(let methods, _): allowed.formIntersection(methods)
        }
        wasLimited = true
    }

    var verdict: GateVerdict {
        // Without any answer about methods nothing is known that would carry the message.
        guard wasLimited else { return .hold(.noMethod, until: nil) }
        let picked = order.first(where: allowed.intersection(available).contains)
        // A key that fails is no reason to send in a weaker way unasked; another key of the person's is as good.
        if picked?.needsRecipientKey != true, let missed = order.first(where: allowed.intersection(lost).contains),
            order.firstIndex(of: missed).map({ at in picked.flatMap(order.firstIndex).map { at < $0 } ?? true }) == true
        {
            return .hold(.keyUnusable, until: nil)
        }
        if let picked { return .cleared(picked) }
        let wanted = allowed.intersection(order)
        if isTLSExclusive, wanted.contains(.verifiedTLS) { return .refuse(.noTLS) }
        if wanted.contains(.portal) { return .hold(.noRecognition, until: nil) }
        return .hold(wanted.contains(.verifiedTLS) ? .tlsNotPossible : .noMethod, until: nil)
    }
}

extension GateSubject {
    /// Answers to earlier questions are facts for later ones: what the scan raises, what the person's request permits.
    fileprivate mutating func hear(_ answer: GateAnswer, to question: GateQuestionName) {
        switch question {
        case .contentScan: terms.sensitivity = DecisionInputs(self).sensitivity(under: policy.scan)
        case .request: if case .permits(let methods, _) = answer { permitted = methods }
        default: return
        }
    }
}
