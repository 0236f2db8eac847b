// SPDX-License-Identifier: Apache-2.0
//
// The questions about content and protection. Each answer is a pure function of the kept inputs and a policy, so that a
// decision can be replayed, and run against a policy that is not in force yet.

package import WardConsent
import WardContentScan
import WardKernel
package import WardStorage

/// What does the content scan demand? Findings were made when the message was prepared; the rules are those in force.
package struct ContentScanQuestion: GateQuestion {
    package var name: GateQuestionName { .contentScan }
    package init() {}

    package func answers(_ subjects: [GateSubject], in tx: any ReadTransaction) throws -> [GateAnswer] {
        subjects.map { Self.answer(for: DecisionInputs($0), under: $0.policy.scan) }
    }

    static func answer(for inputs: DecisionInputs, under rules: ScanRules) -> GateAnswer {
        guard !inputs.isWithoutContent else { return .notApplicable(note: "no_content_about_a_person") }
        guard let findings = inputs.findings else { return .notApplicable(note: "not_composed_yet") }
        guard let (finding, action) = rules.strictest(of: findings) else { return .passes(note: "nothing_found") }
        let note = "\(finding.kind.rawValue)_in_\(finding.place.rawValue)"
        if action == .refuse { return .refuses(.contentRefused, note: note) }
        if inputs.isReviewed { return .passes(note: "reviewed_" + note) }
        if action == .hold { return .holds(.contentReview, until: nil) }
        // Whoever declared it free of health information was wrong, or the scan is: a person looks.
        if inputs.isDeclaredFree { return .holds(.contentReview, until: nil) }
        return .passes(note: (action == .raise ? "raised_" : "noted_") + note)
    }
}

/// Has the person asked for unencrypted mail, informed of the risk (78 FR 5634; hipaa/rules.md 6.5)? A fact about that
/// person and that address; never for commercial or paid messages, never for restricted ones (42 CFR Part 2).
package struct UnencryptedRequestQuestion: GateQuestion {
    package var name: GateQuestionName { .request }
    let consent: Consent
    package init(consent: Consent) { self.consent = consent }

    package func answers(_ subjects: [GateSubject], in tx: any ReadTransaction) throws -> [GateAnswer] {
        guard let organization = subjects.first?.organization else { return [] }
        let candidates = subjects.filter { Self.obstacle($0.terms) == nil }.compactMap(\.recipient.contact)
        let requests = try consent.unencryptedRequests(of: candidates, organization: organization, in: tx)
        return try subjects.map { subject in
            if let obstacle = Self.obstacle(subject.terms) { return .notApplicable(note: obstacle) }
            guard let contact = subject.recipient.contact else { return .notApplicable(note: subject.recipient.kind) }
            guard let standing = requests[contact] else { return .notApplicable(note: "none_recorded") }
            let hash = try consent.requestHash(subject.address, of: contact, organization: organization, in: tx)
            guard standing.covers(hash, answering: subject.terms.answersRequest, with: subject.message) else {
                return .notApplicable(note: "another_address_or_request")
            }
            return .permits([.opportunisticTLS], note: "asked_for_by_the_person")
        }
    }

    /// Why no request can concern such a message; nil when one can.
    static func obstacle(_ terms: MessageTerms) -> String? {
        if terms.messageClass.isWithoutContent { return "no_content_about_a_person" }
        if terms.messageClass.isCommercial || terms.messageClass.needsAuthorization { return "never_for_marketing" }
        if terms.isPaidByThirdParty { return "never_for_paid_messages" }
        return terms.sensitivity == .restricted ? "never_for_restricted_messages" : nil
    }
}

/// Which methods does the protection policy ask for, in which order?
package struct ProtectionQuestion: GateQuestion {
    package var name: GateQuestionName { .protection }
    package init() {}

    package func answers(_ subjects: [GateSubject], in tx: any ReadTransaction) throws -> [GateAnswer] {
        subjects.map { Self.answer(for: DecisionInputs($0), under: $0.policy) }
    }

    static func answer(for inputs: DecisionInputs, under policy: ProtectionPolicy) -> GateAnswer {
        guard !inputs.isWithoutContent else { return .notApplicable(note: "no_content_about_a_person") }
        let effective = policy.effective(
            domain: inputs.domain,
            sender: inputs.author,
            campaign: inputs.campaign,
            contact: inputs.contactRule
        )
        return .demands(ProtectionDemand(effective, isDeclaredFree: inputs.isDeclaredFree))
    }
}
