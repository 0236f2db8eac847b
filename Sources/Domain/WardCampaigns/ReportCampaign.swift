// SPDX-License-Identifier: Apache-2.0

import WardAudit
package import WardDelivery
package import WardKernel
import WardQueue
import WardStorage

/// One number of a report, with the people behind it.
package struct ReportRow: Hashable, Sendable {
    /// What is counted: messages in the delivery queue's book, or people who never had a message.
    package enum Source: Hashable, Sendable {
        case delivery(DeliveryCount)
        /// A stored word of `NoMessage`.
        case noMessage(String)
    }

    package let source: Source
    package let count: Int

    package init(source: Source, count: Int) {
        self.source = source
        self.count = count
    }

    package var title: String {
        switch source {
        case .delivery(let count): count.standing.title
        case .noMessage: DeliveryStanding.notSent.title
        }
    }

    /// The reason in words; nil where there is none.
    package var sentence: String? {
        switch source {
        case .delivery(let count): count.sentence
        case .noMessage(let word): NoMessage(word: word)?.sentence
        }
    }

    /// How it went, or would have.
    package var method: SendMethod? {
        if case .delivery(let count) = source { count.method } else { nil }
    }
}

/// What became of a campaign, so far or at last. “Delivered” is their server's word, never a reader's.
package struct CampaignReport: Hashable, Sendable {
    package let campaign: CampaignID
    package let state: CampaignState
    /// Everybody in the audience when sending began.
    package let audience: Int
    /// False while the audience is still being written down.
    package let isAudienceKnown: Bool
    /// People whose message is still to be made.
    package let toBeMade: Int
    package let rows: [ReportRow]
    /// Attempts that were in doubt, whatever became of the message later.
    package let attemptsInDoubt: Int
    /// Its work failed so often that nothing more happens by itself; pausing and resuming begins anew.
    package let isStuck: Bool
    package let askedAt: Timestamp

    package func count(_ standings: DeliveryStanding...) -> Int {
        rows.reduce(0) { sum, row in
            guard case .delivery(let count) = row.source, standings.contains(count.standing) else { return sum }
            return sum + row.count
        }
    }
    /// Taken by their server over verified TLS.
    package var delivered: Int { count(.delivered) }
    package var waitingInPortal: Int { count(.waitingInPortal) }
    package var openedInPortal: Int { count(.openedInPortal) }
    package var refused: Int { count(.refused) }
    package var expired: Int { count(.expired, .unknown) }
    package var held: Int { count(.held) }
    package var cancelled: Int { count(.cancelled) }
    /// The gate refused, or no message could be made.
    package var notSent: Int {
        count(.notSent)
            + rows.reduce(0) { sum, row in if case .noMessage = row.source { sum + row.count } else { sum } }
    }
    /// On its way, or still to be made.
    package var pending: Int { toBeMade + count(.queued, .attempting, .inDoubt, .noticing) }
    /// Cleared by the gate, whatever became of it.
    package var cleared: Int { delivered + waitingInPortal + openedInPortal + refused + expired + pending - toBeMade }
    /// Whether every message has a final state, and there is nobody left to whom one is still to be made.
    package var isComplete: Bool { pending == 0 && (isAudienceKnown || state == .cancelled) }
}

/// One person behind a number.
package struct ReportPerson: Hashable, Sendable {
    package let contact: ContactID
    /// Nil when no message was made.
    package let message: MessageID?
    package let changedAt: Timestamp?

    package init(contact: ContactID, message: MessageID?, changedAt: Timestamp?) {
        self.contact = contact
        self.message = message
        self.changedAt = changedAt
    }
}

/// Why one person's message went the way it went.
package enum PersonDecision: Sendable {
    case message(DeliveryExplanation)
    case noMessage(NoMessage)
    /// In the audience, and the message is still to be made.
    case toBeMade
    case notInAudience
}

extension Campaigns {
    /// The numbers of a campaign.
    package func report(_ id: CampaignID, requester: Requester) async throws -> CampaignReport {
        try requester.require(.viewCampaigns)
        let organization = requester.organization
        let row = try await store.read { [self] tx in try self.row(id, of: organization, in: tx) }
        let (own, isStuck) = try await store.read { [self] tx in
            (
                try RecipientQueries.counts(of: id, organization: organization, in: tx),
                try queue.isParked(
                    [.campaignStart, .campaignExpand, .campaignFinish],
                    organization: organization,
                    reference: id.bytes,
                    in: tx
                )
            )
        }
        let counts = try await delivery.counts(of: id, by: requester)
        var rows = counts.rows.map { ReportRow(source: .delivery($0), count: $0.count) }
        for count in own where count.state == .notSent {
            rows.append(ReportRow(source: .noMessage(count.reason ?? ""), count: count.people))
        }
        return CampaignReport(
            campaign: id,
            state: row.state,
            audience: own.reduce(0) { $0 + $1.people },
            isAudienceKnown: row.expandedAt != nil,
            toBeMade: own.reduce(0) { $0 + ($1.state == .pending ? $1.people : 0) },
            rows: rows,
            attemptsInDoubt: counts.attemptsInDoubt,
            isStuck: isStuck,
            askedAt: surroundings.now()
        )
    }

    /// The people behind one number, after a position: an audited look.
    package func people(
        behind row: ReportRow.Source,
        of id: CampaignID,
        after position: ReportPerson? = nil,
        limit: Int = 50,
        requester: Requester
    ) async throws -> [ReportPerson] {
        try requester.require(.viewCampaigns)
        try requester.require(.viewContacts)
        let limit = min(max(limit, 1), 200)
        let organization = requester.organization
        let people: [ReportPerson]
        switch row {
        case .delivery(let count):
            let found = try await delivery.people(
                behind: count,
                of: id,
                after: position?.message,
                limit: limit,
                by: requester
            )
            people = found.compactMap { summary in
                summary.recipient.contact.map {
                    ReportPerson(contact: $0, message: summary.id, changedAt: summary.changedAt)
                }
            }
        case .noMessage(let reason):
            let found = try await store.read { tx in
                try RecipientQueries.notSent(
                    reason: reason,
                    of: id,
                    after: position?.contact,
                    limit: limit,
                    organization: organization,
                    in: tx
                )
            }
            people = found.map { ReportPerson(contact: $0, message: nil, changedAt: nil) }
        }
        let shown = String(people.count)
        try await store.write { [self] tx in
            try record(.campaignPeople, id, facts: ["number": "report", "people": shown], by: requester, in: tx)
        }
        return people
    }

    /// The decision about one person with all its questions and answers; an audited look.
    package func decision(
        about contact: ContactID,
        in id: CampaignID,
        requester: Requester
    ) async throws -> PersonDecision {
        try requester.require(.viewCampaigns)
        try requester.require(.viewContacts)
        let organization = requester.organization
        let found = try await store.write { [self] tx in
            try record(.campaignPeople, id, subject: contact, facts: ["number": "decision"], by: requester, in: tx)
            return try RecipientQueries.find(contact, in: id, organization: organization, in: tx)
        }
        guard let found else { return .notInAudience }
        if let message = found.message { return .message(try await delivery.explain(message, by: requester)) }
        if let reason = found.reason.flatMap(NoMessage.init(word:)) { return .noMessage(reason) }
        return .toBeMade
    }
}
