// SPDX-License-Identifier: Apache-2.0

package import WardKernel

package enum AuditEntryTag {}
/// One entry of the audit log.
package typealias AuditEntryID = Identifier<AuditEntryTag>

/// The thing that an action was about, by reference: never its content.
package struct AuditObject: Hashable, Sendable {
    /// A fixed word such as `campaign`.
    package var kind: String
    package var identifier: [UInt8]

    package init(kind: String, identifier: [UInt8]) {
        self.kind = kind
        self.identifier = identifier
    }

    package init<Tag>(kind: String, _ identifier: Identifier<Tag>) {
        self.init(kind: kind, identifier: identifier.bytes)
    }
}

/// How the action ended.
package enum AuditOutcome: String, Sendable, Hashable, CaseIterable {
    case success
    /// The requester lacked a permission, or a rule said no.
    case denied
    /// It was allowed and did not succeed.
    case failed
}

/// That protected information went to somebody (45 CFR 164.528), how, and how it was protected.
package struct AuditDisclosure: Hashable, Sendable {
    /// Who got it, by reference; nil when it is the requester.
    package var recipient: AuditObject?
    /// A fixed word such as `email`, `portal`, `file`.
    package var channel: String
    /// A fixed word such as `tls1.3`, `portal`, `unencrypted-by-request`.
    package var protection: String

    package init(recipient: AuditObject? = nil, channel: String, protection: String) {
        self.recipient = recipient
        self.channel = channel
        self.protection = protection
    }
}

/// What one action leaves in the audit log (hipaa/rules.md section 5), beside what the requester already tells. Holds
/// references, fixed words and counts; the only free text is `reason`, which is sealed.
package struct AuditEntry: Sendable {
    package var action: AuditAction
    package var object: AuditObject?
    /// The person it was about.
    package var subject: SubjectID?
    /// A reference to the persons when there are many: a segment, an import.
    package var subjects: AuditObject?
    package var outcome: AuditOutcome
    /// Free text that a person gave. Sealed under the subject's key when there is one, else under the organization's.
    package var reason: Sensitive<String>?
    /// The names of the fields that were seen or changed, never their values.
    package var fields: [String]
    /// Kinds of protected information, such as `clinical`, `demographic`.
    package var categories: [String]
    /// Fixed words and counts by name, such as `rows: 1204`; 1 to 128 letters, digits, and `. _ : + / -` each.
    package var facts: [String: String]
    package var disclosure: AuditDisclosure?
    /// Keyed or plain hashes of the object before and after a change.
    package var beforeHash: [UInt8]?
    package var afterHash: [UInt8]?
    /// The person or account that the requester acted for.
    package var onBehalfOf: AuditObject?
    /// How the requester was authenticated, a fixed word such as `password`, `link`.
    package var authentication: String?
    /// What the requester's browser calls itself; sealed with the network address.
    package var device: Sensitive<String>?

    package init(
        _ action: AuditAction,
        object: AuditObject? = nil,
        subject: SubjectID? = nil,
        outcome: AuditOutcome = .success,
        reason: Sensitive<String>? = nil,
        fields: [String] = [],
        facts: [String: String] = [:]
    ) {
        self.action = action
        self.object = object
        self.subject = subject
        self.outcome = outcome
        self.reason = reason
        self.fields = fields
        self.facts = facts
        categories = []
    }
}
