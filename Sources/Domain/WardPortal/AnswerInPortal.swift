// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardDelivery
package import WardKernel
import WardStorage

/// What came of a person's answer.
package enum AnswerOutcome: Hashable, Sendable {
    /// It is kept, and staff sees it in Messages. Sending the same form again changes nothing.
    case kept
    case refused(AnswerText.Problem)
    /// This visit has written as many answers as one visit may.
    case tooMany
    /// The message was taken back or has expired: it can no longer be answered.
    case gone
}

extension Portal {
    /// Keeps a person's answer in the conversation and puts the conversation before staff.
    ///
    /// `identifier` is made with the form, so that a form sent twice is one answer.
    package func answer(
        _ typed: String,
        files: Sensitive<[ComposedAttachment]> = Sensitive([]),
        identifier: PortalMessageID,
        visit token: PortalToken,
        networkAddress: String?
    ) async throws -> VisitAnswer<AnswerOutcome> {
        try AnswerLimits.check(files)
        return try await store.write { [self] tx in
            guard let visit = try current(token, in: tx) else { return .over }
            let text: AnswerText
            do throws(AnswerText.Problem) {
                text = try AnswerText(typed)
            } catch {
                return .answered(.refused(error))
            }
            return .answered(
                try keep(text, files, identifier, visit: visit, of: token.organization, from: networkAddress, in: tx)
            )
        }
    }

    private func keep(
        _ text: AnswerText,
        _ files: Sensitive<[ComposedAttachment]>,
        _ identifier: PortalMessageID,
        visit: VisitRow,
        of organization: OrganizationID,
        from networkAddress: String?,
        in tx: any WriteTransaction
    ) throws -> AnswerOutcome {
        let now = surroundings.now()
        if let earlier = try MessageQueries.find(identifier, of: organization, in: tx) {
            return earlier.thread == visit.thread && earlier.direction == .fromPerson ? .kept : .gone
        }
        guard let linked = try MessageQueries.find(visit.message, of: organization, in: tx),
            isReadable(linked, by: visit, at: now)
        else { return .gone }
        let answers = try MessageQueries.countAnswers(in: visit.thread, since: visit.beganAt, of: organization, in: tx)
        guard answers < AnswerLimits.perVisit else { return .tooMany }
        let content = StoredContent(author: "", subject: "", text: text.text)
        let message = MessageRow(
            id: identifier,
            thread: visit.thread,
            contact: visit.contact,
            direction: .fromPerson,
            delivery: nil,
            sensitivity: linked.sensitivity,
            contentSealed: try sealing.seal(
                Sensitive(content),
                message: identifier,
                of: visit.contact,
                organization: organization,
                in: tx
            ),
            author: nil,
            writtenAt: now,
            expiresAt: nil
        )
        try MessageQueries.insert(message, of: organization, in: tx)
        try sealing.keep(files, of: message, organization: organization, in: tx)
        try ThreadQueries.noteAnswer(visit.thread, at: now, of: organization, in: tx)
        let requester = Requester.person(visit.contact, of: organization, session: visit.id, from: networkAddress)
        try audit.record(.portalAnswer, message, .success, [:], by: requester, in: tx)
        return .kept
    }

    /// Ends a visit. Signing out twice is no mistake.
    package func signOut(visit token: PortalToken, networkAddress: String?) async throws {
        try await store.write { [self] tx in
            let organization = token.organization
            guard let visit = try VisitQueries.find(hash: token.hash(as: .visit), of: organization, in: tx),
                visit.endedAt == nil,
                let message = try MessageQueries.find(visit.message, of: organization, in: tx)
            else { return }
            try VisitQueries.end(visit.id, at: surroundings.now(), of: organization, in: tx)
            let requester = Requester.person(visit.contact, of: organization, session: visit.id, from: networkAddress)
            try audit.record(.portalSignOut, message, .success, [:], by: requester, in: tx)
        }
    }
}
