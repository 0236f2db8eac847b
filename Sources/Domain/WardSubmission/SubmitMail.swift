// SPDX-License-Identifier: Apache-2.0
//
// What a program hands in becomes one message for each recipient, and each goes the one send path: the gate decides whether it
// leaves and how. All of a message is kept in one transaction, and so is the refusal of all of it: SMTP has one reply for a
// message, which cannot say that one recipient was refused and another was not.
//
// Reading, scanning, encoding and signing are done before that transaction, and the messages that are ready at the same time are
// kept in one (WardStorage, `GatheredWrites`). One that is refused rolls them all back; each is then kept alone.

import Foundation
import WardAudit
import WardCrypto
package import WardDelivery
import WardIdentity
package import WardKernel
import WardMIME
import WardStorage
import WardVault

/// What came of a message that was handed in.
package enum SubmitOutcome: Hashable, Sendable {
    /// Kept for good: so many go out, so many wait for a time or a person.
    case kept(queued: Int, held: Int)
    /// The same message was kept within the last ten minutes; nothing was added.
    case alreadyKept
    case refused(SubmitRefusal)
}

/// Why nothing of a message was kept. Positions of recipients count from 1.
package enum SubmitRefusal: Hashable, Sendable, Error {
    /// It cannot be read, or exceeds the limits of what is read.
    case unreadable
    /// There is neither text nor a file in it.
    case empty
    /// More files than are carried, or larger ones.
    case attachments
    /// It is encrypted, or signed within another part or in another form than `multipart/signed`.
    case alreadyProtected
    /// What was signed would not arrive as it is: octets over 127, or lines over 998 octets.
    case signedNotSevenBit
    /// What was signed has a text in a character set or an encoding that the content scan does not read.
    case signedNotReadable
    /// What was signed names its recipients, and it is for several.
    case signedNamesRecipients
    /// `From` is missing, or there is more than one.
    case noSender
    /// `From` is not an address of the organization, or not the account's.
    case foreignSender
    /// A header cannot be carried: control characters, or too long.
    case malformedHeader
    case unknownRecipient(position: Int)
    /// More than one person has this address.
    case sharedAddress(position: Int)
    /// The gate refused.
    case notSent(position: Int, RefusalReason)
    case tooManyRecipients
    /// The account's messages of this hour are used up; later it may go.
    case tooManyMessages
    case accountDisabled
}

/// What is known of a recipient before the message is here.
package enum RecipientStanding: Hashable, Sendable {
    case known
    case unknown
    case shared
}

extension Submission {
    /// Whether the account may write to this address: it is one person's.
    package func standing(of address: EmailAddress, for account: SubmissionAccount) async throws -> RecipientStanding {
        let count = try await store.read { [people] tx in
            try people.holders(of: address, organization: account.organization, in: tx).count
        }
        return count == 0 ? .unknown : count == 1 ? .known : .shared
    }

    /// Takes a message: when this returns `kept`, it survives whatever happens next.
    ///
    /// - Parameter requiresTLSOnward: MAIL said REQUIRETLS (RFC 8689).
    package func submit(
        _ octets: Sensitive<[UInt8]>,
        to recipients: [EmailAddress],
        requiresTLSOnward: Bool = false,
        by account: SubmissionAccount,
        from peer: String
    ) async throws -> SubmitOutcome {
        var requester = account.requester
        requester.networkAddress = peer
        do {
            return try await gathered.write(
                try await ready(octets, recipients, requiresTLSOnward: requiresTLSOnward, account, requester)
            )
        } catch let refusal as SubmitRefusal {
            return try await refuse(refusal, recipients.count, account, requester)
        }
    }

    /// Removes what is remembered of earlier submissions and no longer counts.
    package func purge(_ organization: OrganizationID) async throws {
        let now = surroundings.now()
        try await store.write { tx in
            try UsageQueries.purge(
                before: now + .microseconds(-SubmissionWrites.sameWithin.wholeMicroseconds),
                hour: now.microseconds / 3_600_000_000,
                of: organization,
                in: tx
            )
        }
    }

    /// Reads the message, finds its recipients, puts theirs together and signs them: outside of any writing transaction.
    private func ready(
        _ octets: Sensitive<[UInt8]>,
        _ recipients: [EmailAddress],
        requiresTLSOnward: Bool,
        _ account: SubmissionAccount,
        _ requester: Requester
    ) async throws -> ReadySubmission {
        guard recipients.count <= account.recipientsPerMessage else { throw SubmitRefusal.tooManyRecipients }
        var mail = try await ProcessorThreads.shared.run { try octets.expose(for: .composing, SubmittedContent.init) }
        guard !mail.namesRecipients || recipients.count == 1 else { throw SubmitRefusal.signedNamesRecipients }
        let composed = mail.content.expose(for: .evaluating) { $0 }
        mail.content = Sensitive(await composed.read(by: reader))
        var terms = terms(of: mail, account)
        terms.requiresTLSOnward = requiresTLSOnward
        do {
            let (people, known, basis) = try await store.read { [self, mail, terms] tx in
                try requireOwn(mail, account, in: tx)
                return (
                    try drafts(to: recipients, of: account.organization, in: tx),
                    try digest(of: mail, recipients, organization: account.organization, in: tx),
                    try delivery.basis(mail.content, terms: terms, by: requester, in: tx)
                )
            }
            return ReadySubmission(
                account: account,
                requester: requester,
                digest: known,
                sendings: try await delivery.prepare(basis, to: people)
            )
        } catch is MailMessageError {
            throw SubmitRefusal.malformedHeader
        }
    }

    private func terms(of mail: SubmittedContent, _ account: SubmissionAccount) -> MessageTerms {
        var terms = MessageTerms(
            messageClass: account.messageClass,
            sensitivity: account.sensitivity,
            sender: MailSender(name: mail.senderName, address: mail.sender, replyTo: mail.replyTo)
        )
        terms.priority = 1
        return terms
    }

    private func requireOwn(
        _ mail: SubmittedContent,
        _ account: SubmissionAccount,
        in tx: any ReadTransaction
    ) throws {
        let profile = try identity.organization(account.organization, in: tx)
        guard mail.sender.domain == profile.senderDomain.lowercased(),
            account.sender.map({ $0.normalized == mail.sender.normalized }) ?? true
        else { throw SubmitRefusal.foreignSender }
    }

    private func drafts(
        to recipients: [EmailAddress],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [MessageDraft] {
        try recipients.enumerated().map { index, address in
            let holders = try people.holders(of: address, organization: organization, in: tx)
            guard let contact = holders.first else { throw SubmitRefusal.unknownRecipient(position: index + 1) }
            guard holders.count == 1 else { throw SubmitRefusal.sharedAddress(position: index + 1) }
            return MessageDraft(recipient: .contact(contact), address: address)
        }
    }

    /// Nil where the message has no identifier: then nothing says that a second one is the same.
    private func digest(
        of mail: SubmittedContent,
        _ recipients: [EmailAddress],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8]? {
        guard let identifier = mail.messageIdentifier else { return nil }
        let key = try vault.purposeKey(.submissionSeen, of: organization, in: tx)
        let names = recipients.map(\.mailbox).sorted().joined(separator: ",")
        let text = Array("\(identifier)\n\(names)\n".utf8) + mail.bodyDigest
        return key.expose(for: .blindIndexing) { SCRAM.code($0, text) }
    }

    /// A refusal undid everything but itself.
    private func refuse(
        _ refusal: SubmitRefusal,
        _ recipients: Int,
        _ account: SubmissionAccount,
        _ requester: Requester
    ) async throws -> SubmitOutcome {
        try await store.write { [writes] tx in
            try writes.record(.refused(refusal), recipients, account, requester, in: tx)
        }
        return .refused(refusal)
    }
}

extension SubmitRefusal {
    /// For the audit log: a fixed word.
    var word: String {
        switch self {
        case .unreadable: "unreadable"
        case .empty: "empty"
        case .attachments: "attachments"
        case .alreadyProtected: "already_protected"
        case .signedNotSevenBit: "signed_not_seven_bit"
        case .signedNotReadable: "signed_not_readable"
        case .signedNamesRecipients: "signed_names_recipients"
        case .noSender: "no_sender"
        case .foreignSender: "foreign_sender"
        case .malformedHeader: "malformed_header"
        case .unknownRecipient: "unknown_recipient"
        case .sharedAddress: "shared_address"
        case .notSent(_, let reason): reason.rawValue
        case .tooManyRecipients: "too_many_recipients"
        case .tooManyMessages: "too_many_messages"
        case .accountDisabled: "account_disabled"
        }
    }
}
