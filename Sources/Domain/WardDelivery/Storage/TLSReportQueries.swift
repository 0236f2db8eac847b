// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// Sessions by day, destination and kind.
enum TLSSessionQueries {
    struct Stored: Sendable {
        var kind: [UInt8]
        var sealed: [UInt8]
        var sessions: Int
    }

    /// One more of a kind that is counted already; false when there is none.
    static func addOne(
        _ kind: [UInt8],
        _ place: TLSReportQueries.Place,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE delivery_tls_session SET sessions = sessions + 1
            WHERE organization = \(place.organization) AND day = \(place.day) AND destination = \(place.destination)
                AND kind = \(kind)
            """
        ) > 0
    }

    /// The first of a kind; another node's first is added to.
    static func insert(
        _ kind: [UInt8],
        _ place: TLSReportQueries.Place,
        sealed: [UInt8],
        isSuccess: Bool,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO delivery_tls_session (organization, day, destination, kind, sealed, is_success, sessions)
            VALUES (\(place.organization), \(place.day), \(place.destination), \(kind), \(sealed), \(isSuccess), 1)
            ON CONFLICT (organization, day, destination, kind)
                DO UPDATE SET sessions = delivery_tls_session.sessions + 1
            """
        )
    }

    /// At most 2,000, those with the most sessions first.
    static func all(_ place: TLSReportQueries.Place, in tx: any ReadTransaction) throws -> [Stored] {
        try tx.rows(
            """
            SELECT kind, sealed, sessions FROM delivery_tls_session
            WHERE organization = \(place.organization) AND day = \(place.day) AND destination = \(place.destination)
            ORDER BY sessions DESC, kind LIMIT 2000
            """
        ).map { Stored(kind: try $0.value("kind"), sealed: try $0.value("sealed"), sessions: try $0.value("sessions")) }
    }

    static func purge(before day: Int, of organization: OrganizationID, in tx: any WriteTransaction) throws -> Int {
        try tx.execute("DELETE FROM delivery_tls_session WHERE organization = \(organization) AND day < \(day)")
    }
}

/// The report of each day and destination.
enum TLSReportQueries {
    /// What a report is about.
    struct Place: Sendable, Hashable {
        var organization: OrganizationID
        /// Days since 1970.
        var day: Int
        var destination: [UInt8]
    }

    struct Stored: Sendable {
        var place: Place
        var sealedDomain: [UInt8]
        var standing: TLSReportStanding
        var nextAt: Timestamp
        var firstTriedAt: Timestamp?
        var tries: Int
        var sealedPlace: [UInt8]?
        var message: MessageID?
        var changedAt: Timestamp
    }

    private static let columns: SQL = """
        day, destination, sealed_domain, standing, next_at, first_tried_at, tries, sealed_place, message, changed_at
        """

    /// The row of a day's first session; a row that is there stays as it is.
    static func open(
        _ place: Place,
        sealedDomain: [UInt8],
        nextAt: Timestamp,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO delivery_tls_report (organization, day, destination, sealed_domain, standing, next_at, tries,
                changed_at)
            VALUES (\(place.organization), \(place.day), \(place.destination), \(sealedDomain),
                \(TLSReportStanding.waiting.rawValue), \(nextAt), 0, \(now))
            ON CONFLICT (organization, day, destination) DO NOTHING
            """
        )
    }

    static func due(
        at now: Timestamp,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Stored] {
        try tx.rows(
            """
            SELECT \(fragment: columns) FROM delivery_tls_report
            WHERE organization = \(organization) AND standing = \(TLSReportStanding.waiting.rawValue)
                AND next_at <= \(now)
            ORDER BY next_at LIMIT \(limit)
            """
        ).map { try stored($0, organization) }
    }

    static func find(_ place: Place, in tx: any ReadTransaction) throws -> Stored? {
        try tx.row(
            """
            SELECT \(fragment: columns) FROM delivery_tls_report
            WHERE organization = \(place.organization) AND day = \(place.day) AND destination = \(place.destination)
            """
        ).map { try stored($0, place.organization) }
    }

    /// The newest of a destination.
    static func newest(
        _ destination: [UInt8],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Stored? {
        try tx.row(
            """
            SELECT \(fragment: columns) FROM delivery_tls_report
            WHERE organization = \(organization) AND destination = \(destination) ORDER BY day DESC LIMIT 1
            """
        ).map { try stored($0, organization) }
    }

    /// Takes a report that is due, so that no other node does; false when one has.
    static func claim(
        _ report: Stored,
        nextAt: Timestamp,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> Bool {
        let place = report.place
        return try tx.execute(
            """
            UPDATE delivery_tls_report SET next_at = \(nextAt), tries = tries + 1,
                first_tried_at = \(report.firstTriedAt ?? now), changed_at = \(now)
            WHERE organization = \(place.organization) AND day = \(place.day) AND destination = \(place.destination)
                AND standing = \(TLSReportStanding.waiting.rawValue) AND tries = \(report.tries)
            """
        ) > 0
    }

    /// Ends a report that waits; false when it has ended.
    static func end(
        _ place: Place,
        _ standing: TLSReportStanding,
        sealedPlace: [UInt8]? = nil,
        message: MessageID? = nil,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE delivery_tls_report SET standing = \(standing.rawValue), sealed_place = \(sealedPlace),
                message = \(message), changed_at = \(now)
            WHERE organization = \(place.organization) AND day = \(place.day) AND destination = \(place.destination)
                AND standing = \(TLSReportStanding.waiting.rawValue)
            """
        ) > 0
    }

    static func purge(before day: Int, of organization: OrganizationID, in tx: any WriteTransaction) throws -> Int {
        try tx.execute("DELETE FROM delivery_tls_report WHERE organization = \(organization) AND day < \(day)")
    }

    /// By day, within a day by the destination's hash.
    static func list(
        _ filter: TLSReportFilter,
        destination: [UInt8]?,
        after: TLSReportPosition?,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Stored] {
        var condition: SQL = "organization = \(organization)"
        if let destination { condition = "\(fragment: condition) AND destination = \(destination)" }
        if filter.onlyFailures {
            condition = """
                \(fragment: condition) AND EXISTS (SELECT 1 FROM delivery_tls_session s
                    WHERE s.organization = delivery_tls_report.organization AND s.day = delivery_tls_report.day
                        AND s.destination = delivery_tls_report.destination AND s.is_success = 0)
                """
        }
        if let after {
            let (day, hash) = (after.day.daysSince1970, after.key.hash)
            let beyond: SQL = filter.oldestFirst ? "day > \(day)" : "day < \(day)"
            condition = """
                \(fragment: condition) AND (\(fragment: beyond) OR day = \(day) AND destination > \(hash))
                """
        }
        let order: SQL = filter.oldestFirst ? "day, destination" : "day DESC, destination"
        return try tx.rows(
            """
            SELECT \(fragment: columns) FROM delivery_tls_report WHERE \(fragment: condition)
            ORDER BY \(fragment: order) LIMIT \(limit)
            """
        ).map { try stored($0, organization) }
    }

    static func counts(_ place: Place, in tx: any ReadTransaction) throws -> (successes: Int, failures: Int) {
        let row = try tx.row(
            """
            SELECT CAST(COALESCE(SUM(sessions * is_success), 0) AS BIGINT) AS successes,
                CAST(COALESCE(SUM(sessions * (1 - is_success)), 0) AS BIGINT) AS failures
            FROM delivery_tls_session
            WHERE organization = \(place.organization) AND day = \(place.day) AND destination = \(place.destination)
            """
        )
        return (try row?.value("successes") ?? 0, try row?.value("failures") ?? 0)
    }

    static func isOn(for organization: OrganizationID, in tx: any ReadTransaction) throws -> Bool {
        try tx.first("SELECT is_on FROM delivery_tls_report_setting WHERE organization = \(organization)") ?? true
    }

    static func put(isOn: Bool, at now: Timestamp, of organization: OrganizationID, in tx: any WriteTransaction) throws
    {
        try tx.execute(
            """
            INSERT INTO delivery_tls_report_setting (organization, is_on, changed_at)
            VALUES (\(organization), \(isOn), \(now))
            ON CONFLICT (organization) DO UPDATE SET is_on = excluded.is_on, changed_at = excluded.changed_at
            """
        )
    }

    private static func stored(_ row: Row, _ organization: OrganizationID) throws -> Stored {
        guard let standing = TLSReportStanding(rawValue: try row.value("standing")) else {
            throw StoreError(code: .decoding, detail: "standing")
        }
        return Stored(
            place: Place(
                organization: organization,
                day: try row.value("day"),
                destination: try row.value("destination")
            ),
            sealedDomain: try row.value("sealed_domain"),
            standing: standing,
            nextAt: try row.value("next_at"),
            firstTriedAt: try row.optional("first_tried_at"),
            tries: try row.value("tries"),
            sealedPlace: try row.optional("sealed_place"),
            message: try row.optional("message"),
            changedAt: try row.value("changed_at")
        )
    }
}
