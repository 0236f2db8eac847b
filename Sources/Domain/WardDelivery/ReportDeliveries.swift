// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
import WardConsent
package import WardKernel
import WardStorage
import WardVault

extension Delivery {
    /// How many of a campaign's messages stand where. Notices are not counted; they show in the message they announce.
    package func counts(of campaign: CampaignID, by requester: Requester) async throws -> DeliveryCounts {
        if requester.kind != .service { try requester.require(.viewCampaigns) }
        return try await store.read { tx in
            let rows = try DeliveryQueries.counts(of: campaign, organization: requester.organization, in: tx)
            return DeliveryCounts(
                rows: try rows.map { row in
                    DeliveryCount(
                        standing: try Self.standing(row),
                        reason: try row.optional("reason"),
                        method: try row.optional("method", as: String.self).flatMap(SendMethod.init(rawValue:)),
                        count: try row.value("messages")
                    )
                }.sorted { ($0.standing.rawValue, $0.reason ?? "") < ($1.standing.rawValue, $1.reason ?? "") },
                attemptsInDoubt: try rows.reduce(0) { $0 + (try $1.optional("doubts", as: Int.self) ?? 0) }
            )
        }
    }

    /// The people behind a number of `counts`, by identifier; `after` is the last of the page before.
    package func people(
        behind count: DeliveryCount,
        of campaign: CampaignID,
        after: MessageID? = nil,
        limit: Int = 50,
        by requester: Requester
    ) async throws -> [DeliverySummary] {
        try requester.require(.viewCampaigns)
        return try await store.read { tx in
            try DeliveryQueries.page(
                count,
                campaign: campaign,
                after: after ?? MessageID(high: 0, low: 0),
                limit: min(max(limit, 1), 500),
                organization: requester.organization,
                in: tx
            ).map(DeliverySummary.init)
        }
    }

    /// The newest messages to one person, at most `limit`.
    package func messages(
        to contact: ContactID,
        limit: Int = 50,
        by requester: Requester
    ) async throws -> [DeliverySummary] {
        try requester.require(.viewContacts)
        return try await store.read { tx in
            try DeliveryQueries.recent(
                to: .contact(contact),
                limit: min(max(limit, 1), 500),
                organization: requester.organization,
                in: tx
            ).map(DeliverySummary.init)
        }
    }

    /// Where one message stands; nil when there is none.
    package func summary(of id: MessageID, by requester: Requester) async throws -> DeliverySummary? {
        if requester.kind != .service, !requester.may(.viewMessages) { try requester.require(.viewCampaigns) }
        return try await store.read { tx in
            try DeliveryQueries.find(id, of: requester.organization, in: tx).map(DeliverySummary.init)
        }
    }

    /// Why a message went the way it went: every decision with every answer, every attempt with its evidence. Reading it
    /// is audited.
    package func explain(_ id: MessageID, by requester: Requester) async throws -> DeliveryExplanation {
        if !requester.may(.viewMessages) { try requester.require(.viewCampaigns) }
        let organization = requester.organization
        return try await store.write { tx in
            guard let row = try DeliveryQueries.find(id, of: organization, in: tx) else {
                throw DeliveryError.messageNotFound(id)
            }
            try self.audit.record(
                AuditEntry(
                    .messageExplain,
                    object: AuditObject(kind: "message", id),
                    subject: row.recipient.contact
                ),
                by: requester,
                in: tx
            )
            let terms = try self.terms(of: row, organization: organization, in: tx)
            return DeliveryExplanation(
                summary: DeliverySummary(row),
                messageClass: row.messageClass.rawValue,
                sensitivity: row.sensitivity,
                loweredFrom: terms?.lowering?.from,
                loweringReason: requester.may(.viewMessages) ? terms?.lowering?.reason : nil,
                isTimeCritical: terms?.isTimeCritical ?? false,
                answersRequest: terms?.answersRequest,
                decisions: try self.decisions(of: id, recipient: row.recipient, organization: organization, in: tx),
                attempts: try self.attempts(of: row, organization: organization, in: tx),
                notice: try DeliveryQueries.notice(announcing: id, of: organization, in: tx).map(DeliverySummary.init),
                incoming: try IncomingQueries.about(id, of: organization, in: tx),
                notAsked: GateQuestionName.notAsked
            )
        }
    }

    /// Nil when the person was erased since, and the content with them.
    private func terms(
        of row: StoredDelivery,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> MessageTerms? {
        do {
            return try content(row.content, of: organization, in: tx).terms
        } catch VaultError.subjectErased {
            return nil
        }
    }

    func attempts(
        of row: StoredDelivery,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [AttemptSummary] {
        try AttemptQueries.all(of: row.id, organization: organization, in: tx).map { stored in
            AttemptSummary(
                number: stored.number,
                beganAt: stored.beganAt,
                endedAt: stored.endedAt,
                outcome: stored.outcome,
                evidence: try stored.evidence.map { sealed in
                    let place = Self.evidencePlace(row, stored.number, organization)
                    return try vault.open(sealed, at: place, in: tx).expose(for: .disclosing) {
                        try JSONDecoder().decode(AttemptEvidence.self, from: Data($0))
                    }
                }
            )
        }
    }

    private static func standing(_ row: Row) throws -> DeliveryStanding {
        guard let standing = DeliveryStanding(rawValue: try row.value("standing")) else {
            throw StoreError(code: .decoding, detail: "standing")
        }
        return standing
    }
}

extension DeliverySummary {
    init(_ row: StoredDelivery) {
        self.init(
            id: row.id,
            recipient: row.recipient,
            standing: row.life.standing,
            reason: row.life.reason,
            method: row.life.method,
            changedAt: row.changedAt
        )
    }
}
