// SPDX-License-Identifier: Apache-2.0

package import WardConsent
package import WardContentScan
package import WardKernel

/// What the gate decided from beside the answers of other modules: kept with the decision, sealed, so that it can be
/// replayed and run against another policy.
package struct DecisionInputs: Sendable, Codable, Hashable {
    /// The number of the policy in force; 0 before any was.
    package var policy: Int
    package var messageClass: MessageClass
    package var sensitivity: Sensitivity
    package var methods: MethodChoice
    package var isDeclaredFree: Bool
    /// The domain of the recipient's address.
    package var domain: String
    package var author: StaffID?
    package var campaign: CampaignID?
    /// What was agreed with the person.
    package var contactRule: ProtectionRule?
    /// Nil where there was no content: a dry run.
    package var findings: [ContentFinding]?
    /// A person has looked at the findings and let the message go on.
    package var isReviewed: Bool

    init(_ subject: GateSubject) {
        policy = subject.policyNumber
        messageClass = subject.terms.messageClass
        sensitivity = subject.terms.sensitivity
        methods = subject.terms.methods
        isDeclaredFree = subject.terms.isDeclaredFreeOfPHI
        domain = subject.address.domain
        author = subject.terms.author
        campaign = subject.terms.campaign
        contactRule = subject.contactRule
        findings = subject.findings
        isReviewed = subject.isReviewed
    }

    /// Whether it is made by the platform, without anything about a person's health: policy and scan do not concern it.
    var isWithoutContent: Bool { messageClass.isWithoutContent }

    /// The sensitivity after what the scan's rules raise.
    package func sensitivity(under rules: ScanRules) -> Sensitivity {
        guard !isWithoutContent, let findings, rules.raises(findings) else { return sensitivity }
        return max(sensitivity, .restricted)
    }

    /// What sensitivity and choice allow, with what a person's own request permits beside it.
    func allowedMethods(under rules: ScanRules, permitted: Set<SendMethod>) -> Set<SendMethod> {
        let allowed = MessageTerms.allowedMethods(
            messageClass,
            sensitivity(under: rules),
            methods,
            isDeclaredFree: isDeclaredFree
        )
        return methods == .automatic && !isWithoutContent ? allowed.union(permitted) : allowed
    }
}
