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

/// What is kept with a message whose sender lowered it.
package struct KeptLowering: Sendable, Hashable {
    /// What it would have been.
    package let from: Sensitivity
    /// In the sender's words; they stated with it that the message holds no health information.
    package let reason: Sensitive<String>
}

extension Delivery {
    /// The content and terms of a single message as its sender meant them: marks taken out of the subject and heeded, a
    /// lowering checked. `recordSensitivity` audits both once the message has its identifier.
    func classified(
        _ content: Sensitive<ComposedContent>,
        _ terms: MessageTerms,
        lowering: SensitivityLowering?,
        marks: [SubjectMark],
        by requester: Requester
    ) throws -> (Sensitive<ComposedContent>, MessageTerms) {
        var terms = terms
        if requester.kind == .staff { terms.author = StaffID(bytes: requester.identifier) }
        guard terms.messageClass.isChosenByStaff else { return (content, terms) }
        if let lowering {
            try requester.require(.lowerSensitivity)
            guard lowering.isComplete else { throw DeliveryError.loweringIncomplete }
            terms.lowering = KeptLowering(
                from: terms.sensitivity,
                reason: lowering.reason.map { String($0.prefix(500)) }
            )
            terms.sensitivity = .routine
            terms.isDeclaredFreeOfPHI = true
        }
        let (subject, raised) = content.expose(for: .evaluating) { marks.reading($0.subject) }
        guard let raised else { return (content, terms) }
        terms.sensitivity = max(terms.sensitivity, raised)
        // Whoever marks a message as in need of protection has not declared it free of anything.
        terms.isDeclaredFreeOfPHI = false
        let marked = content.map { content in
            var content = content
            content.subject = subject
            return content
        }
        return (marked, terms)
    }

    /// Audits, about the message itself, that its sender lowered or raised it.
    ///
    /// - Parameter asked: what the message was before.
    func recordSensitivity(
        of message: PreparedMessage,
        was asked: Sensitivity,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        func record(_ action: AuditAction, _ reason: Sensitive<String>?, _ facts: [String: String]) throws {
            try audit.record(
                AuditEntry(
                    action,
                    object: AuditObject(kind: "message", message.id),
                    subject: message.draft.recipient.contact,
                    reason: reason,
                    facts: facts
                ),
                by: requester,
                in: tx
            )
        }
        var before = asked
        if let lowering = message.terms.lowering {
            before = .routine
            let facts = ["from": lowering.from.rawValue, "to": before.rawValue, "attested": "contains_no_phi"]
            try record(.sensitivityLower, lowering.reason, facts)
        }
        let after = message.terms.sensitivity
        if after > before {
            try record(.sensitivityRaise, nil, ["from": before.rawValue, "to": after.rawValue])
        }
    }
}
