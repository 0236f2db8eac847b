// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardConsent
package import WardDelivery
package import WardKernel
import WardStorage

/// What came of an answer by staff.
package enum ReplyOutcome: Hashable, Sendable {
    /// The gate cleared it; it goes this way.
    case sent(PortalMessageID, SendMethod)
    /// The gate holds it: it is kept and waits for a person.
    case held(PortalMessageID, HoldReason)
    /// The gate refused it; it is kept with the reason and never goes.
    case notSent(PortalMessageID, RefusalReason)
    case refused(AnswerText.Problem)
    /// The same form was sent before: nothing was written or sent again.
    case alreadyKept(PortalMessageID)
}

/// What the writer of an answer says of it beside its sensitivity.
package struct AnswerWishes: Sendable {
    /// It holds no health information: needs a permission, a reason and that statement.
    package var lowering: SensitivityLowering?
    /// Somebody waits for it: after an hour of attempts it goes to the portal.
    package var isTimeCritical: Bool
    /// The person's request for unencrypted mail that it answers; a request allows one answer.
    package var answersRequest: UnencryptedRequestID?

    package init(
        lowering: SensitivityLowering? = nil,
        isTimeCritical: Bool = false,
        answersRequest: UnencryptedRequestID? = nil
    ) {
        self.lowering = lowering
        self.isTimeCritical = isTimeCritical
        self.answersRequest = answersRequest
    }
}

extension Portal {
    /// Answers in a conversation through the one send path: the gate decides how it goes, or whether.
    /// - Parameters:
    ///   - author: the name that the person reads, such as “Dana Reyes, RN”.
    ///   - identifier: made with the form, so that a form sent twice is one answer.
    ///   - sensitivity: how much the answer would give away; it decides the method and the second step.
    ///   - wishes: what else its writer says of it.
    package func answer(
        _ thread: ThreadID,
        _ typed: String,
        files: Sensitive<[ComposedAttachment]> = Sensitive([]),
        identifier: PortalMessageID,
        author: String,
        sensitivity: Sensitivity,
        wishes: AnswerWishes = AnswerWishes(),
        requester: Requester
    ) async throws -> ReplyOutcome {
        try requester.require(.answerMessages)
        let text: AnswerText
        do throws(AnswerText.Problem) {
            text = try AnswerText(typed)
        } catch {
            return .refused(error)
        }
        try AnswerLimits.check(files)
        let reply = Reply(
            identifier: identifier,
            text: text,
            files: Sensitive(await files.expose(for: .evaluating) { $0 }.read(by: reader)),
            author: author,
            sensitivity: wishes.lowering == nil ? sensitivity : .routine,
            wishes: wishes
        )
        return try await store.write { [self] tx in
            guard let row = try ThreadQueries.find(thread, of: requester.organization, in: tx) else {
                throw PortalError.threadNotFound(thread)
            }
            if let earlier = try MessageQueries.find(identifier, of: requester.organization, in: tx) {
                guard earlier.thread == thread, earlier.direction == .toPerson else {
                    throw PortalError.threadNotFound(thread)
                }
                return .alreadyKept(identifier)
            }
            return try send(reply, in: row, by: requester, in: tx)
        }
    }

    private struct Reply: Sendable {
        var identifier: PortalMessageID
        var text: AnswerText
        var files: Sensitive<[ComposedAttachment]>
        var author: String
        var sensitivity: Sensitivity
        var wishes: AnswerWishes
    }

    private func send(
        _ reply: Reply,
        in thread: ThreadRow,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> ReplyOutcome {
        let organization = requester.organization
        let person = try people.portalPerson(thread.contact, of: organization, in: tx)
        guard let person, let address = person.expose(for: .transmitting, \.address) else {
            throw PortalError.noAddress
        }
        let profile = try organizations.portalOrganization(organization, in: tx)
        let language = person.expose(for: .evaluating, \.language)
        // Over TLS the subject travels in the clear part: it names the organization alone, whatever the thread's is.
        let subject = NoticeWording.answerSubject(organization: profile, language: language)
        var terms = MessageTerms(
            messageClass: .treatment,
            sensitivity: reply.sensitivity,
            sender: profile.sender
        )
        terms.portalReference = thread.id.bytes
        terms.isTimeCritical = reply.wishes.isTimeCritical
        terms.answersRequest = reply.wishes.answersRequest
        terms.sender.replyTo = try replies.address(
            of: thread.id,
            domain: profile.sender.address.domain,
            organization: organization,
            in: tx
        )
        let outcome = try delivery.send(
            reply.files.map { files in
                ComposedContent(subject: subject, text: reply.text.text + "\n\n" + reply.author + "\n", files: files)
            },
            terms: terms,
            lowering: reply.wishes.lowering,
            to: .contact(thread.contact),
            at: address,
            by: requester,
            in: tx
        )
        return try keep(reply, subject: subject, outcome: outcome, in: thread, by: requester, in: tx)
    }

    private func keep(
        _ reply: Reply,
        subject: String,
        outcome: SubmissionOutcome,
        in thread: ThreadRow,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws -> ReplyOutcome {
        let organization = requester.organization
        let now = surroundings.now()
        let id = reply.identifier
        let delivered: (MessageID?, ReplyOutcome) =
            switch outcome {
            case .queued(let message, let method): (message, .sent(id, method))
            case .held(let message, let reason): (message, .held(id, reason))
            case .notSent(let message, let reason): (message, .notSent(id, reason))
            case .alreadySubmitted: (nil, .sent(id, .portal))
            }
        let content = StoredContent(author: reply.author, subject: subject, text: reply.text.text)
        let message = MessageRow(
            id: id,
            thread: thread.id,
            contact: thread.contact,
            direction: .toPerson,
            delivery: delivered.0,
            sensitivity: reply.sensitivity,
            contentSealed: try sealing.seal(
                Sensitive(content),
                message: id,
                of: thread.contact,
                organization: organization,
                in: tx
            ),
            author: requester.kind == .staff ? StaffID(bytes: requester.identifier) : nil,
            writtenAt: now,
            expiresAt: nil
        )
        try MessageQueries.insert(message, of: organization, in: tx)
        try sealing.keep(reply.files, of: message, organization: organization, in: tx)
        if case .sent = delivered.1 { try ThreadQueries.noteReply(thread.id, at: now, of: organization, in: tx) }
        let facts = ["sensitivity": reply.sensitivity.rawValue]
        try audit.record(.threadAnswer, message, .success, facts, by: requester, in: tx)
        return delivered.1
    }
}
