// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// A run of a draft against past decisions that is under way.
struct PolicyTrialWork: Sendable, Hashable {
    /// The draft's number.
    var number: Int
    var days: Int
    /// The number of the policy that was in force when it began.
    var against: Int
    /// How many decisions there were when it began.
    var total: Int
    var done: Int
    /// The last decision that was looked at.
    var position: GateDecisionID
    /// The first decision that was made too late to be part of it.
    var until: GateDecisionID
    var beganAt: Timestamp
}

enum PolicyTrialQueries {
    static func insert(
        _ work: PolicyTrialWork,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO delivery_policy_trial
                (organization, number, days, against, total, done, position, until, began_at)
            VALUES (\(organization), \(work.number), \(work.days), \(work.against), \(work.total), \(work.done),
                \(work.position), \(work.until), \(work.beganAt))
            """
        )
    }

    static func find(of organization: OrganizationID, in tx: any ReadTransaction) throws -> PolicyTrialWork? {
        try tx.row(
            """
            SELECT number, days, against, total, done, position, until, began_at FROM delivery_policy_trial
            WHERE organization = \(organization)
            """
        ).map { row in
            PolicyTrialWork(
                number: try row.value("number"),
                days: try row.value("days"),
                against: try row.value("against"),
                total: try row.value("total"),
                done: try row.value("done"),
                position: try row.value("position"),
                until: try row.value("until"),
                beganAt: try row.value("began_at")
            )
        }
    }

    static func advance(
        by count: Int,
        to position: GateDecisionID,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE delivery_policy_trial SET done = done + \(count), position = \(position)
            WHERE organization = \(organization)
            """
        )
    }

    /// - Returns: false when none was under way.
    static func remove(of organization: OrganizationID, in tx: any WriteTransaction) throws -> Bool {
        try tx.execute("DELETE FROM delivery_policy_trial WHERE organization = \(organization)") > 0
    }
}
