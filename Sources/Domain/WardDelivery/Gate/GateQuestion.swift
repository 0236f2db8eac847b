// SPDX-License-Identifier: Apache-2.0

package import WardContentScan
package import WardKernel
package import WardStorage

/// The questions that this version of the gate asks, in the order in which the first refusal counts (DESIGN section 8).
/// Each must be wired: a question without an answerer refuses everything.
package enum GateQuestionName: String, CaseIterable, Sendable, Codable, Hashable {
    case suppression, audience, consent, person, authorization, agreements, contentScan, request, sensitivity
    case protection, transport

    /// The question in words.
    package var sentence: String {
        switch self {
        case .suppression: "May the address be written to?"
        case .audience: "Does the person still belong to the audience?"
        case .consent: "Does the person agree to mail of this kind?"
        case .person: "Is the person alive and active?"
        case .authorization: "Is there an authorization where the law asks for one?"
        case .agreements: "Is everybody on the way covered by an agreement?"
        case .contentScan: "What does a scan of the content demand?"
        case .request: "Has the person asked for unencrypted mail?"
        case .sensitivity: "Which methods does the sensitivity allow?"
        case .protection: "Which methods does the protection policy ask for?"
        case .transport: "Which methods can carry it?"
        }
    }

    /// The rule behind it.
    package var rule: String {
        switch self {
        case .suppression: "16 CFR 316; RFC 5321 section 4.2.1"
        case .audience: "45 CFR 164.502(b)"
        case .consent: "15 U.S.C. 7704; 45 CFR 164.506(b)"
        case .person: "45 CFR 164.502(f)"
        case .authorization: "45 CFR 164.508(a)(3)"
        case .agreements: "45 CFR 164.504(e)"
        case .contentScan: "45 CFR 164.308(a)(1)(ii)(B)"
        case .request: "45 CFR 164.522(b); 78 FR 5634"
        case .sensitivity: "45 CFR 164.312(e); 42 CFR Part 2"
        case .protection: "45 CFR 164.312(e)(1)"
        case .transport: "45 CFR 164.312(e)(2)(ii)"
        }
    }

    /// What this version does not ask yet; shown with every explanation, never taken as "yes".
    package static let notAsked = [
        "frequency caps", "quiet hours",
    ]
}

/// What the gate is asked about: one message to one recipient.
package struct GateSubject: Sendable {
    package var organization: OrganizationID
    /// Nil in a dry run.
    package var message: MessageID?
    package var recipient: MessageRecipient
    package var address: EmailAddress
    package var terms: MessageTerms
    /// SHA-256 of the composed message; nil in a dry run.
    package var digest: [UInt8]?
    /// SHA-256 of the message's stored protected form, with the method whose form it is.
    var protected: (method: SendMethod, digest: [UInt8])?
    /// The moment of asking, the same for all questions.
    package var now: Timestamp
    /// The protection policy in force, and its number (0: none was ever put into force).
    package var policy = ProtectionPolicy.standard
    package var policyNumber = 0
    /// What was agreed with the person about methods; nil: nothing.
    package var contactRule: ProtectionRule?
    /// What the content scan found; nil where nothing is composed yet.
    package var findings: [ContentFinding]?
    /// A person has looked at the findings.
    package var isReviewed = false
    /// What the person's own request permits; set by the gate from the answer to that question.
    var permitted: Set<SendMethod> = []

    package init(
        organization: OrganizationID,
        message: MessageID? = nil,
        recipient: MessageRecipient,
        address: EmailAddress,
        terms: MessageTerms,
        digest: [UInt8]? = nil,
        now: Timestamp
    ) {
        self.organization = organization
        self.message = message
        self.recipient = recipient
        self.address = address
        self.terms = terms
        self.digest = digest
        self.now = now
    }

    /// The digest of what the method sends; nil while its protected form has not been made.
    func digest(for method: SendMethod) -> [UInt8]? {
        guard method.needsRecipientKey else { return digest }
        return protected.flatMap { $0.method == method ? $0.digest : nil }
    }
}

/// One answer. `note` says why in a safe word or two (`granted`, `not_a_campaign`), never a value.
package enum GateAnswer: Sendable, Hashable, Codable {
    case passes(note: String)
    /// The question does not concern this message.
    case notApplicable(note: String)
    /// Passes, but only these methods may carry it.
    case allows(Set<SendMethod>, note: String)
    /// What can carry it now. `lost`: methods whose key the person has, and which has expired or was revoked.
    case carries(Set<SendMethod>, lost: Set<SendMethod>, note: String)
    /// The person asked for it: these methods may carry the message beside what sensitivity and policy allow.
    case permits(Set<SendMethod>, note: String)
    /// What the protection policy asks for; its order picks.
    case demands(ProtectionDemand)
    case holds(HoldReason, until: Timestamp?)
    case refuses(RefusalReason, note: String)
}

/// A question of the gate with whoever can answer it. Answers only from the transaction; no I/O.
package protocol GateQuestion: Sendable {
    var name: GateQuestionName { get }
    /// As many answers as subjects, in their order. A `StoreError` is passed on (nothing is decided); any other error
    /// refuses. All subjects of one call belong to one organization.
    func answers(_ subjects: [GateSubject], in tx: any ReadTransaction) throws -> [GateAnswer]
}
