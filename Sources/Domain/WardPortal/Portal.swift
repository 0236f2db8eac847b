// SPDX-License-Identifier: Apache-2.0

package import WardAudit
package import WardDelivery
package import WardIdentity
package import WardKernel
package import WardStorage
package import WardVault

/// Messages that wait behind a link and a second step, the conversations they begin, and what staff does with them.
///
/// People come with a `PortalToken` (of a link or of a visit) and never with a `Requester`; staff comes with one.
package final class Portal: Sendable {
    let store: any Store
    let sealing: PortalSealing
    let audit: Audit
    let delivery: any ReplyDelivery
    let passwords: any PasswordHashing
    let people: any PortalPeople
    let organizations: any PortalOrganizations
    let reader: any AttachmentReader
    let opener: any ReplyOpener
    let surroundings: Surroundings
    let limits: VisitLimits
    let replies: ReplyAddresses

    package init(
        store: any Store,
        vault: Vault,
        audit: Audit,
        delivery: any ReplyDelivery,
        passwords: any PasswordHashing,
        people: any PortalPeople,
        organizations: any PortalOrganizations,
        reader: any AttachmentReader = UnreadAttachments(),
        opener: any ReplyOpener = UnopenedReplies(),
        surroundings: Surroundings,
        limits: VisitLimits = VisitLimits()
    ) {
        self.store = store
        sealing = PortalSealing(vault: vault)
        self.audit = audit
        self.delivery = delivery
        self.passwords = passwords
        self.people = people
        self.organizations = organizations
        self.reader = reader
        self.opener = opener
        self.surroundings = surroundings
        self.limits = limits
        replies = ReplyAddresses(vault: vault)
    }
}

/// What the portal cannot do; the description is safe to show.
package enum PortalError: Error, Hashable, Sendable, CustomStringConvertible {
    case threadNotFound(ThreadID)
    case messageNotFound(PortalMessageID)
    case notInPortal(PortalMessageID)
    case reasonMissing
    case passphraseTooShort(minimum: Int)
    case contentUnreadable(PortalMessageID)
    /// The person has no address that mail can reach.
    case noAddress
    /// More files, or larger ones, than come with one answer.
    case filesTooLarge

    package var description: String {
        switch self {
        case .threadNotFound: "There is no such conversation."
        case .messageNotFound: "There is no such message."
        case .notInPortal: "This message is not in the portal, or its time there is over."
        case .reasonMissing: "Give a reason. It is kept in the audit log."
        case .passphraseTooShort(let minimum): "A passphrase has at least \(minimum) characters."
        case .filesTooLarge: "At most 10 files of together 20 MB come with one answer."
        case .noAddress: "This person has no e-mail address on record."
        case .contentUnreadable: "The stored message is of a form that this version does not know."
        }
    }
}
