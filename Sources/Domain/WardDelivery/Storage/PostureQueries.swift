// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum PostureQueries {
    struct Stored {
        var destination: [UInt8]
        var sealed: [UInt8]
        var level: DestinationPosture.Level
        var changes: Int
        var foundAt: Timestamp
        var lookedAt: Timestamp
        var alert: PostureAlert?
    }

    static func find(
        _ destination: [UInt8],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Stored? {
        try tx.row(
            """
            SELECT destination, sealed, level, changes, found_at, looked_at, alert_since, alert_level FROM delivery_posture
            WHERE organization = \(organization) AND destination = \(destination)
            """
        ).map(stored)
    }

    /// At most 1,000, in no order.
    static func all(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [Stored] {
        try tx.rows(
            """
            SELECT destination, sealed, level, changes, found_at, looked_at, alert_since, alert_level FROM delivery_posture
            WHERE organization = \(organization) LIMIT 1000
            """
        ).map(stored)
    }

    /// At most 100, in no order.
    static func alerts(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [Stored] {
        try tx.rows(
            """
            SELECT destination, sealed, level, changes, found_at, looked_at, alert_since, alert_level FROM delivery_posture
            WHERE organization = \(organization) AND alert_since > 0 LIMIT 100
            """
        ).map(stored)
    }

    static func put(_ stored: Stored, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            INSERT INTO delivery_posture (organization, destination, sealed, level, changes, found_at, looked_at,
                alert_since, alert_level)
            VALUES (\(organization), \(stored.destination), \(stored.sealed), \(stored.level.rawValue),
                \(stored.changes), \(stored.foundAt), \(stored.lookedAt), \(stored.alert?.since),
                \(stored.alert?.level.rawValue))
            ON CONFLICT (organization, destination) DO UPDATE SET sealed = excluded.sealed, level = excluded.level,
                changes = excluded.changes, found_at = excluded.found_at, looked_at = excluded.looked_at,
                alert_since = excluded.alert_since, alert_level = excluded.alert_level
            """
        )
    }

    static func looked(
        at destination: [UInt8],
        _ now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE delivery_posture SET looked_at = \(now)
            WHERE organization = \(organization) AND destination = \(destination)
            """
        )
    }

    static func append(
        _ number: Int,
        of destination: [UInt8],
        sealed: [UInt8],
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO delivery_posture_change (organization, destination, number, found_at, sealed)
            VALUES (\(organization), \(destination), \(number), \(now), \(sealed))
            """
        )
    }

    /// The newest 200, newest first.
    static func changes(
        of destination: [UInt8],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [(number: Int, foundAt: Timestamp, sealed: [UInt8])] {
        try tx.rows(
            """
            SELECT number, found_at, sealed FROM delivery_posture_change
            WHERE organization = \(organization) AND destination = \(destination) ORDER BY number DESC LIMIT 200
            """
        ).map { (try $0.value("number"), try $0.value("found_at"), try $0.value("sealed")) }
    }

    private static func stored(_ row: Row) throws -> Stored {
        guard let level = DestinationPosture.Level(rawValue: try row.value("level")) else {
            throw StoreError(code: .decoding, detail: "level")
        }
        let before = try row.optional("alert_level", as: Int.self).flatMap(DestinationPosture.Level.init(rawValue:))
        let since = try row.optional("alert_since", as: Timestamp.self)
        var alert: PostureAlert?
        if let before, let since { alert = PostureAlert(level: before, since: since) }
        return Stored(
            destination: try row.value("destination"),
            sealed: try row.value("sealed"),
            level: level,
            changes: try row.value("changes"),
            foundAt: try row.value("found_at"),
            lookedAt: try row.value("looked_at"),
            alert: alert
        )
    }
}

enum MTASTSPolicyQueries {
    static func find(
        _ destination: [UInt8],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> (sealed: [UInt8], fetchedAt: Timestamp)? {
        try tx.row(
            """
            SELECT sealed, fetched_at FROM delivery_mta_sts_policy
            WHERE organization = \(organization) AND destination = \(destination)
            """
        ).map { (try $0.value("sealed"), try $0.value("fetched_at")) }
    }

    /// Another node's newer policy stays.
    static func put(
        _ destination: [UInt8],
        sealed: [UInt8],
        fetchedAt: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO delivery_mta_sts_policy (organization, destination, sealed, fetched_at)
            VALUES (\(organization), \(destination), \(sealed), \(fetchedAt))
            ON CONFLICT (organization, destination) DO UPDATE SET sealed = excluded.sealed,
                fetched_at = excluded.fetched_at
            WHERE delivery_mta_sts_policy.fetched_at < excluded.fetched_at
            """
        )
    }
}
