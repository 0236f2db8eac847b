// SPDX-License-Identifier: Apache-2.0
//
// A message to one person (an answer, a program's mail, a sign-in link) in three steps, so that what takes processor time
// is done outside of the transaction that every writer waits for:
//
//     read      the sender's marks, the policy's scan rules, the keys that sign        a read transaction, or the caller's
//     put       the content scanned, the message encoded, signed and digested          no transaction, processor threads
//     keep      content and message sealed, the gate asked, queued, recorded           the writing transaction
//
// What was read may have changed when the message is kept. The gate is asked anew, with the policy then in force, here and
// before each attempt; a signature by a key that was retired in between still verifies, its record stays published.

import Foundation
import WardConsent
import WardCrypto
package import WardKernel
package import WardStorage
import WardVault

/// A message to one person, put together and signed; `Delivery.send` asks the gate and queues it.
package struct PreparedSending: Sendable {
    let content: MessageContent
    /// The content as it will be stored, not sealed yet: the recipients of one sending share it.
    let stored: Sensitive<[UInt8]>
    let message: PreparedMessage
    /// The sensitivity before marks and lowering.
    fileprivate let asked: Sensitivity
    fileprivate let requester: Requester

    /// Whether its domain signs it (DKIM).
    var isSigned: Bool { !message.frozen.signatures.isEmpty }
}

/// What is read before messages of one content are put together.
package struct SendingBasis: Sendable {
    fileprivate var content: Sensitive<ComposedContent>
    fileprivate var terms: MessageTerms
    fileprivate var asked: Sensitivity
    fileprivate var signers: MessageSigners
    fileprivate var scanner: PreparedScanner?
    fileprivate var requester: Requester
}

/// What the recipients of one sending share.
private struct SingleTemplate: Sendable {
    let octets: Sensitive<[UInt8]>
    let stored: Sensitive<[UInt8]>
}

extension Delivery {
    /// Reads what putting messages together takes: the policy's marks and scan rules, the keys that sign. A mark in the
    /// subject raises the message; a lowering needs a permission, a reason and an attestation.
    package func basis(
        _ content: Sensitive<ComposedContent>,
        terms: MessageTerms,
        lowering: SensitivityLowering? = nil,
        by requester: Requester,
        in tx: any ReadTransaction
    ) throws -> SendingBasis {
        try requireSending(requester)
        let organization = requester.organization
        let policy = try policyInForce(of: organization, in: tx).policy
        var (composed, classified) = try classified(
            content,
            terms,
            lowering: lowering,
            marks: policy.marks,
            by: requester
        )
        classified.composer = LiteralComposer.name
        return SendingBasis(
            content: composed,
            terms: classified,
            asked: terms.sensitivity,
            signers: try signers(for: terms.sender.address, of: organization, in: tx),
            scanner: PreparedScanner(policy, for: classified, at: surroundings.now()),
            requester: requester
        )
    }

    /// Puts one message together for each recipient, outside of any transaction; nothing is kept yet.
    ///
    /// Errors: `MailMessageError` when a header cannot be carried.
    package func prepare(_ basis: SendingBasis, to drafts: [MessageDraft]) async throws -> [PreparedSending] {
        // Most are for one person: the whole on one thread then, without a way there and back for each half.
        if let only = drafts.first, drafts.count == 1 {
            return [
                try await ProcessorThreads.shared.run { try self.made(basis, try Self.template(of: basis), for: only) }
            ]
        }
        let template = try await ProcessorThreads.shared.run { try Self.template(of: basis) }
        return try await ProcessorThreads.shared.map(drafts, piece: 1) { try self.made(basis, template, for: $0) }
    }

    /// Reads, and puts together.
    func prepare(
        _ content: Sensitive<ComposedContent>,
        terms: MessageTerms,
        lowering: SensitivityLowering? = nil,
        to drafts: [MessageDraft],
        by requester: Requester
    ) async throws -> [PreparedSending] {
        let basis = try await store.read { tx in
            try self.basis(content, terms: terms, lowering: lowering, by: requester, in: tx)
        }
        return try await prepare(basis, to: drafts)
    }

    /// Asks the gate about messages that were put together, keeps and queues them, in the caller's transaction; the answers
    /// are in their order. A request for one answer that the terms name must be open.
    package func send(_ sendings: [PreparedSending], in tx: any WriteTransaction) throws -> [SubmissionOutcome] {
        var outcomes: [MessageID: SubmissionOutcome] = [:]
        for group in Self.askedTogether(sendings) {
            let organization = group[0].requester.organization
            for sending in group {
                try requireOpen(sending, in: tx)
            }
            try store(group.map { ($0.content, $0.stored) }, of: organization, in: tx)
            let answers = try insert(group.map(\.message), announces: nil, of: organization, in: tx)
            for (sending, outcome) in zip(group, answers) {
                outcomes[sending.message.id] = outcome
                try recordSubmission([outcome], of: sending.message, by: sending.requester, in: tx)
                try recordSensitivity(of: sending.message, was: sending.asked, by: sending.requester, in: tx)
            }
        }
        return sendings.compactMap { outcomes[$0.message.id] }
    }

    /// Composes, submits and queues one message to one recipient, in the caller's transaction, with nothing lowered.
    package func send(
        _ content: Sensitive<ComposedContent>,
        terms: MessageTerms,
        to recipient: MessageRecipient,
        at address: EmailAddress,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> SubmissionOutcome {
        try send(content, terms: terms, lowering: nil, to: recipient, at: address, by: requester, in: tx)
    }

    /// Composes, submits and queues one message to one recipient, in the caller's transaction: some milliseconds with
    /// signatures, for what must be kept together with something else.
    package func send(
        _ content: Sensitive<ComposedContent>,
        terms: MessageTerms,
        lowering: SensitivityLowering?,
        to recipient: MessageRecipient,
        at address: EmailAddress,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> SubmissionOutcome {
        let draft = MessageDraft(recipient: recipient, address: address)
        // Before anything is signed; `send` asks again what it keeps.
        if let request = terms.answersRequest {
            try requireOpen(request, for: recipient, at: address, of: requester.organization, in: tx)
        }
        let made = try made(content, terms: terms, lowering: lowering, for: draft, by: requester, in: tx)
        return try send([made], in: tx)[0]
    }

    /// Puts one message together inside a transaction.
    func made(
        _ content: Sensitive<ComposedContent>,
        terms: MessageTerms,
        lowering: SensitivityLowering? = nil,
        for draft: MessageDraft,
        by requester: Requester,
        in tx: any ReadTransaction
    ) throws -> PreparedSending {
        let basis = try basis(content, terms: terms, lowering: lowering, by: requester, in: tx)
        return try made(basis, try Self.template(of: basis), for: draft)
    }

    /// Sends one message to one recipient, in a transaction of its own, with nothing lowered.
    package func send(
        _ content: Sensitive<ComposedContent>,
        terms: MessageTerms,
        to recipient: MessageRecipient,
        at address: EmailAddress,
        by requester: Requester
    ) async throws -> SubmissionOutcome {
        try await send(content, terms: terms, lowering: nil, to: recipient, at: address, by: requester)
    }

    /// Sends one message to one recipient, in a transaction of its own.
    package func send(
        _ content: Sensitive<ComposedContent>,
        terms: MessageTerms,
        lowering: SensitivityLowering?,
        to recipient: MessageRecipient,
        at address: EmailAddress,
        by requester: Requester
    ) async throws -> SubmissionOutcome {
        let draft = MessageDraft(recipient: recipient, address: address)
        let made = try await prepare(content, terms: terms, lowering: lowering, to: [draft], by: requester)
        return try await store.write { tx in try self.send(made, in: tx)[0] }
    }

    private static func template(of basis: SendingBasis) throws -> SingleTemplate {
        let template = try LiteralComposer.template(of: basis.content)
        return SingleTemplate(octets: template, stored: try storedForm(basis.terms, template: template))
    }

    /// Reads nothing, and keeps nothing but the rendered message for its first attempt.
    private func made(
        _ basis: SendingBasis,
        _ template: SingleTemplate,
        for draft: MessageDraft
    ) throws -> PreparedSending {
        let content = try content(
            basis.terms,
            template: template.octets,
            for: draft.recipient.contact,
            of: basis.requester.organization
        )
        return PreparedSending(
            content: content,
            stored: template.stored,
            message: try put(draft, content, composed: basis.content, basis.signers, basis.scanner),
            asked: basis.asked,
            requester: basis.requester
        )
    }

    private func requireOpen(_ sending: PreparedSending, in tx: any WriteTransaction) throws {
        guard let request = sending.message.terms.answersRequest else { return }
        let (draft, organization) = (sending.message.draft, sending.requester.organization)
        try requireOpen(request, for: draft.recipient, at: draft.address, of: organization, in: tx)
    }

    /// The gate answers for one organization and one order of methods at a time, which depends on the class.
    private static func askedTogether(_ sendings: [PreparedSending]) -> [[PreparedSending]] {
        struct Asked: Hashable {
            let organization: OrganizationID
            let messageClass: MessageClass
        }
        let groups = Dictionary(grouping: sendings) { sending in
            Asked(organization: sending.requester.organization, messageClass: sending.message.terms.messageClass)
        }
        return Array(groups.values)
    }
}
