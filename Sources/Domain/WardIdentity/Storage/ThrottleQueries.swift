// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// What failures are counted by.
enum ThrottleScope: String, SQLConvertible {
    /// The account, for network addresses from which it has not signed in lately: a stranger cannot lock its owner out.
    case stranger
    /// The account together with a network address that it has signed in from.
    case known
    /// The network address, whatever the account.
    case network
}

/// One row of `sign_in_throttle`.
struct ThrottleRow {
    let failures: Int
    let lastAttemptAt: Timestamp
}

enum ThrottleQueries {
    static func row(
        _ scope: ThrottleScope,
        _ subject: [UInt8],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> ThrottleRow? {
        try tx.row(
            """
            SELECT failures, last_attempt_at FROM sign_in_throttle
            WHERE organization = \(organization) AND scope = \(scope) AND subject = \(subject)
            """
        ).map { ThrottleRow(failures: try $0.value("failures"), lastAttemptAt: try $0.value("last_attempt_at")) }
    }

    static func store(
        _ scope: ThrottleScope,
        _ subject: [UInt8],
        of organization: OrganizationID,
        failures: Int,
        at now: Timestamp,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO sign_in_throttle (organization, scope, subject, failures, last_attempt_at)
            VALUES (\(organization), \(scope), \(subject), \(failures), \(now))
            ON CONFLICT (organization, scope, subject)
            DO UPDATE SET failures = excluded.failures, last_attempt_at = excluded.last_attempt_at
            """
        )
    }

    static func clear(
        _ scope: ThrottleScope,
        _ subject: [UInt8],
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            DELETE FROM sign_in_throttle
            WHERE organization = \(organization) AND scope = \(scope) AND subject = \(subject)
            """
        )
    }

    /// Forgets every failure of an account, from whatever network: its owner got a new link. `index` is its address's.
    static func clearAccount(
        _ index: [UInt8],
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try clear(.stranger, index, of: organization, in: tx)
        try tx.execute(
            """
            DELETE FROM sign_in_throttle WHERE organization = \(organization) AND scope = \(ThrottleScope.known)
                AND substr(subject, 1, CAST(\(index.count) AS INTEGER)) = \(index)
            """
        )
    }

    /// Takes one failure back that turned out to be none.
    static func giveBack(
        _ scope: ThrottleScope,
        _ subject: [UInt8],
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE sign_in_throttle SET failures = failures - 1
            WHERE organization = \(organization) AND scope = \(scope) AND subject = \(subject) AND failures > 0
            """
        )
    }

    /// Removes what no longer delays anybody, so that invented addresses do not fill the table. A count at the limit
    /// stays.
    static func prune(
        networksBefore: Timestamp,
        accountsBefore: Timestamp,
        below limit: Int,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            DELETE FROM sign_in_throttle WHERE organization = \(organization)
                AND ((scope = \(ThrottleScope.network) AND last_attempt_at < \(networksBefore))
                    OR (scope <> \(ThrottleScope.network) AND failures < \(limit)
                        AND last_attempt_at < \(accountsBefore)))
            """
        )
    }
}
