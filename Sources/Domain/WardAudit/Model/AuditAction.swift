// SPDX-License-Identifier: Apache-2.0

/// What was done, as one dotted lower-case name such as `contact.reveal`: the thing, then the verb.
///
/// Each module declares its own in an extension, with a doc comment that says when it is written. Names are permanent.
package struct AuditAction: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }
}

extension AuditAction {
    /// Somebody asked for a page or a command without the permission it needs; always an outcome `denied`.
    package static let accessRequest = AuditAction(rawValue: "access.request")
    /// Somebody read the audit log.
    package static let auditView = AuditAction(rawValue: "audit.view")
    /// Somebody took an export of the audit log out of the system.
    package static let auditExport = AuditAction(rawValue: "audit.export")
    /// Somebody had the audit log verified.
    package static let auditVerify = AuditAction(rawValue: "audit.verify")
    /// An organization's keys were made.
    package static let keyEstablish = AuditAction(rawValue: "key.establish")
    /// A person's key was destroyed: the erasure of that person.
    package static let keyDestroy = AuditAction(rawValue: "key.destroy")
    /// A new epoch of key files began, or an old one's key was destroyed.
    package static let keyRotate = AuditAction(rawValue: "key.rotate")
    /// An organization's keys were wrapped by a new root key.
    package static let keyRotateRoot = AuditAction(rawValue: "key.rotate_root")
    /// A person cannot come back from any backup any more: the erasure's certificate, with its moment.
    package static let keyCertify = AuditAction(rawValue: "key.certify")
    /// Somebody looked at which keys there are.
    package static let keyView = AuditAction(rawValue: "key.view")
}
