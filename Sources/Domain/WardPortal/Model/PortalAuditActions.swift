// SPDX-License-Identifier: Apache-2.0

package import WardAudit

extension AuditAction {
    /// A message was placed in the portal and a notice made.
    package static let portalDeposit = AuditAction(rawValue: "portal.deposit")
    /// A person showed (or failed to show) the fact beside the link.
    package static let portalRecognise = AuditAction(rawValue: "portal.recognise")
    /// The portal locked for a person after five wrong attempts.
    package static let portalLock = AuditAction(rawValue: "portal.lock")
    /// Staff let a person try again.
    package static let portalUnlock = AuditAction(rawValue: "portal.unlock")
    /// A recognised person read messages of a conversation.
    package static let portalRead = AuditAction(rawValue: "portal.read")
    /// A recognised person wrote an answer.
    package static let portalAnswer = AuditAction(rawValue: "portal.answer")
    /// A mail came into a conversation.
    package static let portalMail = AuditAction(rawValue: "portal.mail")
    /// Staff took a mail of a conversation as it came.
    package static let portalMailRead = AuditAction(rawValue: "portal.mail_read")
    /// A person signed out of the portal.
    package static let portalSignOut = AuditAction(rawValue: "portal.sign_out")
    /// A passphrase was agreed with a person, or taken back.
    package static let portalPassphrase = AuditAction(rawValue: "portal.passphrase")
    /// Staff took a message back.
    package static let portalRetract = AuditAction(rawValue: "portal.retract")
    /// How long messages are kept was changed.
    package static let portalSetting = AuditAction(rawValue: "portal.setting")
    /// Staff looked at the list of conversations.
    package static let threadList = AuditAction(rawValue: "thread.list")
    /// Staff read a conversation.
    package static let threadRead = AuditAction(rawValue: "thread.read")
    /// Staff answered in a conversation.
    package static let threadAnswer = AuditAction(rawValue: "thread.answer")
    /// A conversation was given to someone, or to nobody.
    package static let threadAssign = AuditAction(rawValue: "thread.assign")
    /// A conversation was marked as dealt with, or opened again.
    package static let threadHandled = AuditAction(rawValue: "thread.handled")
}
