// SPDX-License-Identifier: Apache-2.0
//
// What a program hands in becomes one message for each recipient, and each goes the one send path: the gate decides whether it
// leaves and how. All of it is one transaction, and so is the refusal of all of it: SMTP has one reply for a message, which
// cannot say that one recipient was refused and another was not.

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
    case alreadyProtected
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
    /// How long the same message counts as the same (reliability.md B2, rule 5).
    static let sameWithin: Duration = .minutes(10)

    /// Whether the account may write to this address: it is one person's.
    package func standing(of address: EmailAddress, for account: SubmissionAccount) async throws -> RecipientStanding {
        let count = try await store.read { [people] tx in
            try people.holders(of: address, organization: account.organization, in: tx).count
        }
        return count == 0 ? .unknown : count == 1 ? .known : .shared
    }

    /// Takes a message: when this returns `kept`, it survives whatever happens next.
    package func submit(
        _ octets: Sensitive<[UInt8]>,
        to recipients: [EmailAddress],
        by account: SubmissionAccount,
        from peer: String
    ) async throws -> SubmitOutcome {
        var requester = account.requester
        requester.networkAddress = peer
        do {
            var read = try await ProcessorThreads.shared.run {
                try octets.expose(for: .composing, SubmittedContent.init)
            }
            let composed = read.content.expose(for: .evaluating) { $0 }
            read.content = Sensitive(await composed.read(by: reader))
            return try await store.write { [self, requester, read] tx in
                try keep(read, to: recipients, by: account, requester, in: tx)
            }
        } catch let refusal as SubmitRefusal {
            return try await refuse(refusal, recipients.count, account, requester)
        }
    }

    private func keep(
        _ mail: SubmittedContent,
        to recipients: [EmailAddress],
        by account: SubmissionAccount,
        _ requester: Requester,
        in tx: any WriteTransaction
    ) throws -> SubmitOutcome {
        let organization = account.organization
        let now = surroundings.now()
        guard let row = try AccountQueries.find(account.name, of: organization, in: tx), row.id == account.id,
            row.disabledAt == nil
        else { throw SubmitRefusal.accountDisabled }
        guard recipients.count <= account.recipientsPerMessage else { throw SubmitRefusal.tooManyRecipients }
        let profile = try identity.organization(organization, in: tx)
        guard mail.sender.domain == profile.senderDomain.lowercased(),
            account.sender.map({ $0.normalized == mail.sender.normalized }) ?? true
        else { throw SubmitRefusal.foreignSender }
        if let digest = try digest(of: mail, recipients, organization: organization, in: tx),
            try !UsageQueries.note(
                digest,
                by: account.id,
                since: now + .microseconds(-Self.sameWithin.wholeMicroseconds),
                at: now,
                of: organization,
                in: tx
            )
        {
            return .alreadyKept
        }
        let hour = now.microseconds / 3_600_000_000
        let used = try UsageQueries.add(recipients.count, to: account.id, hour: hour, of: organization, in: tx)
        guard used <= account.messagesPerHour else { throw SubmitRefusal.tooManyMessages }
        let outcome = try send(mail, to: recipients, by: account, requester, in: tx)
        try record(outcome, recipients.count, account, requester, in: tx)
        return outcome
    }

    private func send(
        _ mail: SubmittedContent,
        to recipients: [EmailAddress],
        by account: SubmissionAccount,
        _ requester: Requester,
        in tx: any WriteTransaction
    ) throws -> SubmitOutcome {
        var terms = MessageTerms(
            messageClass: account.messageClass,
            sensitivity: account.sensitivity,
            sender: MailSender(name: mail.senderName, address: mail.sender, replyTo: mail.replyTo)
        )
        terms.priority = 1
        var (queued, held) = (0, 0)
        for (index, address) in recipients.enumerated() {
            let holders = try people.holders(of: address, organization: account.organization, in: tx)
            guard let contact = holders.first else { throw SubmitRefusal.unknownRecipient(position: index + 1) }
            guard holders.count == 1 else { throw SubmitRefusal.sharedAddress(position: index + 1) }
            let outcome: SubmissionOutcome
            do {
                outcome = try delivery.send(
                    mail.content,
                    terms: terms,
                    to: .contact(contact),
                    at: address,
                    by: requester,
                    in: tx
                )
            } catch is MailMessageError {
                throw SubmitRefusal.malformedHeader
            }
            switch outcome {
            case .queued, .alreadySubmitted: queued += 1
            case .held: held += 1
            case .notSent(_, let reason): throw SubmitRefusal.notSent(position: index + 1, reason)
            }
        }
        return .kept(queued: queued, held: held)
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
        try await store.write { [self] tx in
            try record(.refused(refusal), recipients, account, requester, in: tx)
        }
        return .refused(refusal)
    }

    private func record(
        _ outcome: SubmitOutcome,
        _ recipients: Int,
        _ account: SubmissionAccount,
        _ requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        var facts = ["recipients": "\(recipients)"]
        var isRefused = false
        switch outcome {
        case .kept(let queued, let held): facts.merge(["queued": "\(queued)", "held": "\(held)"]) { $1 }
        case .alreadyKept: facts["repeated"] = "true"
        case .refused(let refusal):
            facts["refused"] = refusal.word
            isRefused = true
        }
        try audit.record(
            AuditEntry(
                .submissionReceive,
                object: AuditObject(kind: "submission_account", account.id),
                outcome: isRefused ? .failed : .success,
                facts: facts
            ),
            by: requester,
            in: tx
        )
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
