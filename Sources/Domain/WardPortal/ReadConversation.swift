// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardKernel
import WardStorage

/// What a visit's token answers: the thing asked for, or that the person must be recognised again.
package enum VisitAnswer<Value: Sendable>: Sendable {
    case answered(Value)
    /// The visit is over (or never was): 30 minutes without a request, 12 hours in all, signed out, or locked.
    case over
}

/// A conversation as its person reads it.
package struct Conversation: Sendable {
    package struct Message: Sendable {
        package let id: PortalMessageID
        package let direction: MessageDirection
        package let content: Sensitive<StoredContent>
        package let files: [PortalAttachment]
        package let writtenAt: Timestamp
    }

    package let organization: PortalOrganization
    package let language: PortalLanguage
    /// Oldest first; what was taken back, has expired, or needs a stronger fact than was shown is left out.
    package let messages: [Message]
    /// Until when the message of the link is kept; nil when it is gone.
    package let keptUntil: Timestamp?
    /// Whether another answer fits into this visit.
    package let mayAnswer: Bool
}

extension Portal {
    /// Reads the conversation of a visit: an audited disclosure that marks its messages as opened.
    package func read(visit token: PortalToken, networkAddress: String?) async throws -> VisitAnswer<Conversation> {
        try await store.write { [self] tx in
            guard let visit = try current(token, in: tx) else { return .over }
            return .answered(try conversation(of: visit, of: token.organization, from: networkAddress, in: tx))
        }
    }

    /// Whether a visit is on: asked before anything large is taken from whoever shows its token. Using it keeps it on.
    package func isOn(visit token: PortalToken) async throws -> Bool {
        try await store.write { [self] tx in try current(token, in: tx) != nil }
    }

    /// The visit of a token if it is still on; using it keeps it on.
    func current(_ token: PortalToken, in tx: any WriteTransaction) throws -> VisitRow? {
        let now = surroundings.now()
        let organization = token.organization
        guard let visit = try VisitQueries.find(hash: token.hash(as: .visit), of: organization, in: tx),
            limits.isOn(began: visit.beganAt, lastUsed: visit.lastUsedAt, ended: visit.endedAt, now: now)
        else { return nil }
        try VisitQueries.touch(visit.id, at: now, of: organization, in: tx)
        return visit
    }

    private func conversation(
        of visit: VisitRow,
        of organization: OrganizationID,
        from networkAddress: String?,
        in tx: any WriteTransaction
    ) throws -> Conversation {
        let now = surroundings.now()
        let rows = try MessageQueries.all(in: visit.thread, of: organization, in: tx)
        let readable = rows.filter { isReadable($0, by: visit, at: now) }
        let requester = Requester.person(visit.contact, of: organization, session: visit.id, from: networkAddress)
        for row in readable where row.direction == .toPerson && row.openedAt == nil {
            guard try MessageQueries.markOpened(row.id, at: now, of: organization, in: tx) else { continue }
            if let message = row.delivery { try delivery.portalOpened(message, of: organization, in: tx) }
        }
        try audit.record(
            AuditEntry(
                .portalRead,
                object: AuditObject(kind: "thread", visit.thread),
                subject: visit.contact,
                fields: ["author", "subject", "text"],
                facts: ["messages": String(readable.count)]
            ),
            by: requester,
            in: tx
        )
        let person = try people.portalPerson(visit.contact, of: organization, in: tx)
        let linked = rows.first { $0.id == visit.message }
        let keptUntil = linked.flatMap { isReadable($0, by: visit, at: now) ? $0.expiresAt : nil }
        let files = try listed(readable, organization: organization, in: tx)
        let answers = try MessageQueries.countAnswers(in: visit.thread, since: visit.beganAt, of: organization, in: tx)
        return Conversation(
            organization: try organizations.portalOrganization(organization, in: tx),
            language: person?.expose(for: .evaluating, \.language) ?? .english,
            messages: try readable.map { try disclosed($0, files[$0.id] ?? [], of: organization, in: tx) },
            keptUntil: keptUntil,
            mayAnswer: keptUntil != nil && answers < AnswerLimits.perVisit
        )
    }

    private func disclosed(
        _ row: MessageRow,
        _ files: [PortalAttachment],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Conversation.Message {
        Conversation.Message(
            id: row.id,
            direction: row.direction,
            content: try sealing.openContent(of: row, organization: organization, in: tx),
            files: files,
            writtenAt: row.writtenAt
        )
    }

    /// Readable only with the fact that its sensitivity asks for, whoever wrote it: an answer quotes what it answers. What
    /// the person wrote stays readable; what was sent to them is readable while it is in the portal.
    func isReadable(_ row: MessageRow, by visit: VisitRow, at now: Timestamp) -> Bool {
        guard visit.fact >= row.requiredFact else { return false }
        switch row.direction {
        case .fromPerson: return true
        case .toPerson:
            guard let standing = row.life?.standing(at: now) else { return false }
            return standing == .waiting || standing == .opened
        }
    }
}
