// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardConsent
package import WardKernel
import WardStorage

/// What a sender says to treat a message as less sensitive than it would be: it holds no health information.
package struct SensitivityLowering: Sendable {
    package var reason: Sensitive<String>
    /// The sender's own statement "contains no PHI".
    package var attestsNoPHI: Bool

    package init(reason: Sensitive<String>, attestsNoPHI: Bool) {
        self.reason = reason
        self.attestsNoPHI = attestsNoPHI
    }

    /// Whether it says what it must.
    package var isComplete: Bool {
        attestsNoPHI && reason.expose(for: .evaluating) { !$0.allSatisfy(\.isWhitespace) }
    }
}

extension Delivery {
    /// The content and terms of a single message as its sender meant them: marks taken out of the subject and heeded, a
    /// lowering checked and audited, in the caller's transaction.
    func classified(
        _ content: Sensitive<ComposedContent>,
        _ terms: MessageTerms,
        lowering: SensitivityLowering?,
        to recipient: MessageRecipient,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> (Sensitive<ComposedContent>, MessageTerms) {
        var terms = terms
        if requester.kind == .staff { terms.author = StaffID(bytes: requester.identifier) }
        guard terms.messageClass.isChosenByStaff else { return (content, terms) }
        if let lowering {
            try requester.require(.lowerSensitivity)
            guard lowering.isComplete else { throw DeliveryError.loweringIncomplete }
            let facts = ["from": terms.sensitivity.rawValue, "to": Sensitivity.routine.rawValue]
            terms.sensitivity = .routine
            terms.isDeclaredFreeOfPHI = true
            try audit.record(
                AuditEntry(
                    .sensitivityLower,
                    subject: recipient.contact,
                    reason: lowering.reason.map { String($0.prefix(500)) },
                    facts: facts.merging(["attested": "contains_no_phi"]) { $1 }
                ),
                by: requester,
                in: tx
            )
        }
        let marks = try policyInForce(of: requester.organization, in: tx).policy.marks
        let (subject, raised) = content.expose(for: .evaluating) { marks.reading($0.subject) }
        guard let raised else { return (content, terms) }
        let before = terms.sensitivity
        terms.sensitivity = max(before, raised)
        // Whoever marks a message as in need of protection has not declared it free of anything.
        terms.isDeclaredFreeOfPHI = false
        if terms.sensitivity != before {
            try audit.record(
                AuditEntry(
                    .sensitivityRaise,
                    subject: recipient.contact,
                    facts: ["from": before.rawValue, "to": terms.sensitivity.rawValue]
                ),
                by: requester,
                in: tx
            )
        }
        let marked = content.map { content in
            var content = content
            content.subject = subject
            return content
        }
        return (marked, terms)
    }
}
