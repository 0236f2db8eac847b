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
    let delivery: Delivery
    let reader: any AttachmentReader
    let certificateReader: ForeignMailReader
    let surroundings: Surroundings
    let throttle = FailureThrottle()
    let provenPasswords: ProvenPasswords
    let records: AccountRecords
    let writes: SubmissionWrites
    /// Messages that are ready at the same time are kept in one transaction.
    let gathered: GatheredWrites<ReadySubmission, SubmitOutcome>
    /// And so are sign-ins.
    let signIns: GatheredWrites<SignIn, SubmissionAccount?>
    /// Makes the salts of names that do not exist look like everybody's; it lives as long as the process.
    let decoy: [UInt8]

    package init(
        store: any Store,
        vault: Vault,
        audit: Audit,
        identity: Identity,
        people: any SubmissionPeople,
        delivery: Delivery,
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
        provenPasswords = ProvenPasswords(key: surroundings.randomBytes(Digest.byteCount))
        records = AccountRecords(vault: vault, identity: identity)
        writes = SubmissionWrites(delivery: delivery, audit: audit, surroundings: surroundings)
        gathered = GatheredWrites(store) { [writes] in try writes.keep($0, in: $1) }
        let signing = SignInRecords(accounts: records, audit: audit, surroundings: surroundings)
        signIns = GatheredWrites(store) { try signing.record($0, in: $1) }
    }
}

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
