// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// Statements that ask what happened with people's messages.
enum FactQueries {
    static func people(
        _ question: DeliveryFacts.Question,
        among contacts: [ContactID]?,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        if question.campaigns?.isEmpty ?? false { return [] }
        var conditions: [SQL] = []
        if let contacts { conditions.append("AND delivery.recipient IN \(list: contacts)") }
        if let campaigns = question.campaigns { conditions.append("AND delivery.campaign IN \(list: campaigns)") }
        if let ignored = question.ignoring {
            conditions.append("AND (delivery.campaign IS NULL OR delivery.campaign <> \(ignored))")
        }
        conditions.append(Self.happened(question.event, in: question.period))
        let rows = try tx.rows(
            """
            SELECT DISTINCT delivery.recipient FROM delivery
            WHERE delivery.organization = \(organization) AND delivery.recipient_kind = 'contact'
                AND delivery.announces IS NULL \(fragment: SQL.joined(conditions, separator: " "))
            """
        )
        return Set(try rows.map { try $0.value(at: 0) })
    }

    /// Delivered and refused messages never change again, and an opened one changed last when it was opened.
    private static func happened(_ event: DeliveryFacts.Event, in period: ClosedRange<Timestamp>?) -> SQL {
        let standing: DeliveryStanding
        switch event {
        case .sent: return handedOver(in: period)
        case .delivered: standing = .delivered
        case .opened: standing = .openedInPortal
        case .refused: standing = .refused
        }
        guard let period else { return "AND delivery.standing = \(standing.rawValue)" }
        return """
            AND delivery.standing = \(standing.rawValue)
            AND delivery.changed_at BETWEEN \(period.lowerBound) AND \(period.upperBound)
            """
    }

    /// What lies in the portal without its notice was not sent: nobody can know of it.
    private static func handedOver(in period: ClosedRange<Timestamp>?) -> SQL {
        let time: SQL =
            period.map { "AND attempt.ended_at BETWEEN \($0.lowerBound) AND \($0.upperBound)" } ?? ""
        let inPortal = [DeliveryStanding.waitingInPortal, .openedInPortal].map(\.rawValue)
        return """
            AND EXISTS (SELECT 1 FROM delivery_attempt AS attempt
            WHERE attempt.organization = delivery.organization AND attempt.delivery = delivery.id
                AND (attempt.outcome = 'accepted' OR attempt.outcome LIKE 'in_doubt%'
                    OR attempt.outcome = 'deposited' AND delivery.standing IN \(list: inPortal)) \(fragment: time))
            """
    }

    static func writtenTo(
        among contacts: [ContactID],
        since moment: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        let unsent = [DeliveryStanding.cancelled, .expired].map(\.rawValue)
        let rows = try tx.rows(
            """
            SELECT DISTINCT recipient FROM delivery WHERE organization = \(organization)
                AND recipient IN \(list: contacts) AND recipient_kind = 'contact' AND made_at >= \(moment)
                AND standing <> \(DeliveryStanding.notSent.rawValue)
                AND NOT (attempts = 0 AND standing IN \(list: unsent))
            """
        )
        return Set(try rows.map { try $0.value(at: 0) })
    }
}
