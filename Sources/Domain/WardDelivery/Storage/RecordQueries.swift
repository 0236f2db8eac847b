// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum ContentQueries {
    static func insert(
        _ id: MessageContentID,
        campaign: CampaignID?,
        owner: ContactID?,
        sealed: [UInt8],
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO delivery_content (organization, id, campaign, owner, sealed, made_at)
            VALUES (\(organization), \(id), \(campaign), \(owner), \(sealed), \(now))
            """
        )
    }

    static func find(
        _ id: MessageContentID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> (owner: ContactID?, sealed: [UInt8])? {
        guard
            let row = try tx.row(
                "SELECT owner, sealed FROM delivery_content WHERE organization = \(organization) AND id = \(id)"
            )
        else { return nil }
        return (try row.optional("owner"), try row.value("sealed"))
    }
}

enum DecisionQueries {
    static func insert(
        _ id: GateDecisionID,
        of delivery: MessageID,
        verdict: String,
        decidedAt: Timestamp,
        sealed: [UInt8],
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO delivery_decision (organization, id, delivery, verdict, decided_at, sealed)
            VALUES (\(organization), \(id), \(delivery), \(verdict), \(decidedAt), \(sealed))
            """
        )
    }

    static func all(
        of delivery: MessageID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [(id: GateDecisionID, sealed: [UInt8])] {
        try tx.rows(
            """
            SELECT id, sealed FROM delivery_decision
            WHERE organization = \(organization) AND delivery = \(delivery) ORDER BY id LIMIT 200
            """
        ).map { (try $0.value("id"), try $0.value("sealed")) }
    }
}

enum AttemptQueries {
    struct Stored {
        var number: Int
        var beganAt: Timestamp
        var endedAt: Timestamp?
        var outcome: String
        var evidence: [UInt8]?
    }

    static func begin(
        _ number: Int,
        of delivery: MessageID,
        decision: GateDecisionID,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO delivery_attempt (organization, delivery, number, decision, began_at, outcome)
            VALUES (\(organization), \(delivery), \(number), \(decision), \(now), 'begun')
            """
        )
    }

    static func end(
        _ number: Int,
        of delivery: MessageID,
        outcome: String,
        evidence: [UInt8]?,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE delivery_attempt SET ended_at = \(now), outcome = \(outcome), evidence = \(evidence)
            WHERE organization = \(organization) AND delivery = \(delivery) AND number = \(number)
            """
        )
    }

    static func all(
        of delivery: MessageID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Stored] {
        try tx.rows(
            """
            SELECT number, began_at, ended_at, outcome, evidence FROM delivery_attempt
            WHERE organization = \(organization) AND delivery = \(delivery) ORDER BY number
            """
        ).map { row in
            Stored(
                number: try row.value("number"),
                beganAt: try row.value("began_at"),
                endedAt: try row.optional("ended_at"),
                outcome: try row.value("outcome"),
                evidence: try row.optional("evidence")
            )
        }
    }
}
