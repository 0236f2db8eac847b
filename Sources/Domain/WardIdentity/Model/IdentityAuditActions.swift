// SPDX-License-Identifier: Apache-2.0

package import WardAudit

extension AuditAction {
    /// An organization came into being.
    package static let organizationEstablished = AuditAction(rawValue: "organization.establish")
    /// An organization's name, addresses or time zone changed.
    package static let organizationChanged = AuditAction(rawValue: "organization.change")
    /// A staff account was made and a one-time link given out.
    package static let staffInvited = AuditAction(rawValue: "staff.invite")
    /// A further one-time link was given out for an account.
    package static let staffLinkMade = AuditAction(rawValue: "staff.link")
    /// A role was given.
    package static let staffRoleGiven = AuditAction(rawValue: "staff.role_give")
    /// A role was taken away.
    package static let staffRoleTaken = AuditAction(rawValue: "staff.role_take")
    package static let staffDisabled = AuditAction(rawValue: "staff.disable")
    package static let staffEnabled = AuditAction(rawValue: "staff.enable")
    /// A password was set through a one-time link or changed by its owner.
    package static let passwordSet = AuditAction(rawValue: "staff.password_set")
    /// Somebody signed in, or tried to.
    package static let signIn = AuditAction(rawValue: "session.sign_in")
    /// A session ended; the fact `end` says why.
    package static let sessionEnded = AuditAction(rawValue: "session.end")
    /// A person changed into another one, in the demonstration only.
    package static let personSwitched = AuditAction(rawValue: "session.switch_person")
    /// An operating-system user was mapped to a staff account for the command line.
    package static let systemUserMapped = AuditAction(rawValue: "staff.system_user")
}
