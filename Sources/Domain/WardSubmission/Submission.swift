// SPDX-License-Identifier: Apache-2.0

import Foundation
package import WardAudit
import WardCrypto
package import WardDelivery
package import WardIdentity
package import WardKernel
package import WardMailCrypto
package import WardStorage
package import WardVault

/// Who has an address: asked of WardContacts.
package protocol SubmissionPeople: Sendable {
    /// The people on record with exactly this address; more than one where a family shares it.
    func holders(
        of address: EmailAddress,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [ContactID]
}

/// Mail that programs hand in over SMTP (RFC 6409): accounts, passwords, limits, and the way into the one send path.
package final class Submission: Sendable {
    let store: any Store
    let vault: Vault
    let audit: Audit
    let identity: Identity
    let people: any SubmissionPeople
    let delivery: any SubmissionDelivery
    let reader: any AttachmentReader
    let certificateReader: ForeignMailReader
    let surroundings: Surroundings
    let throttle = FailureThrottle()
    /// Makes the salts of names that do not exist look like everybody's; it lives as long as the process.
    let decoy: [UInt8]

    package init(
        store: any Store,
        vault: Vault,
        audit: Audit,
        identity: Identity,
        people: any SubmissionPeople,
        delivery: any SubmissionDelivery,
        reader: any AttachmentReader = UnreadAttachments(),
        certificateReader: ForeignMailReader,
        surroundings: Surroundings
    ) {
        self.store = store
        self.vault = vault
        self.audit = audit
        self.identity = identity
        self.people = people
        self.delivery = delivery
        self.reader = reader
        self.certificateReader = certificateReader
        self.surroundings = surroundings
        decoy = surroundings.randomBytes(Digest.byteCount)
    }

    /// What is sealed of an account.
    struct Secrets: Codable, Sendable {
        var keys: SCRAMKeys
        var sender: String?
    }

    func place(_ id: SubmissionAccountID, _ organization: OrganizationID) -> SealedPlace {
        SealedPlace(organization: organization, owner: .organization, kind: .submissionAccount, row: id.bytes)
    }

    func secrets(
        of row: AccountRow,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Sensitive<Secrets> {
        try vault.open(row.sealed, at: place(row.id, organization), in: tx)
            .map { try JSONDecoder().decode(Secrets.self, from: Data($0)) }
    }

    func account(
        _ row: AccountRow,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> SubmissionAccount {
        let sender = try secrets(of: row, organization: organization, in: tx).expose(for: .evaluating, \.sender)
        return SubmissionAccount(
            id: row.id,
            organization: organization,
            name: row.name,
            sender: sender.flatMap { EmailAddress($0) },
            messageClass: row.messageClass,
            sensitivity: row.sensitivity,
            messagesPerHour: row.messagesPerHour,
            recipientsPerMessage: row.recipientsPerMessage,
            signInRule: row.signInRule,
            madeAt: row.madeAt,
            disabledAt: row.disabledAt
        )
    }
}

/// The one send path, as far as submission needs it.
package protocol SubmissionDelivery: Sendable {
    /// Asks the gate and queues one message in the caller's transaction.
    func send(
        _ content: Sensitive<ComposedContent>,
        terms: MessageTerms,
        to recipient: MessageRecipient,
        at address: EmailAddress,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> SubmissionOutcome
}

extension Delivery: SubmissionDelivery {}

extension RecordKind {
    /// An account's SCRAM keys and its bound sender.
    static let submissionAccount = RecordKind(number: 180, name: "submission account")
}

extension KeyPurpose {
    /// Keys the digests by which a message that is handed in twice is known.
    static let submissionSeen = KeyPurpose("submission.seen")
}

extension AuditAction {
    /// An account signed in, or failed to.
    package static let submissionSignIn = AuditAction(rawValue: "submission.sign_in")
    /// An account was made.
    package static let submissionAccountMake = AuditAction(rawValue: "submission.account_make")
    /// An account was disabled.
    package static let submissionAccountDisable = AuditAction(rawValue: "submission.account_disable")
    /// A certificate was pinned for an account.
    package static let submissionCertificateAdd = AuditAction(rawValue: "submission.certificate_add")
    /// An account's certificate was removed.
    package static let submissionCertificateRemove = AuditAction(rawValue: "submission.certificate_remove")
    /// What an account signs in with was changed.
    package static let submissionSignInRule = AuditAction(rawValue: "submission.sign_in_rule")
    /// An account's message was kept, or refused as a whole.
    package static let submissionReceive = AuditAction(rawValue: "submission.receive")
}
