// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

/// A row of `delivery_incoming`, its content still sealed.
struct StoredIncoming: Sendable {
    var summary: IncomingSummary
    /// The keyed hash of the address that the message went to.
    var address: [UInt8]?
    var digest: [UInt8]
    var content: [UInt8]?
}

enum IncomingQueries {
    private static let columns: SQL = "id, message, kind, cause, status_code, octets, received_at"

    static func insert(_ row: StoredIncoming, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        let summary = row.summary
        try tx.execute(
            """
            INSERT INTO delivery_incoming (organization, \(fragment: columns), address, digest, content)
            VALUES (\(organization), \(summary.id), \(summary.message), \(summary.kind.rawValue), \(summary.cause),
                \(summary.statusCode), \(summary.octets), \(summary.receivedAt), \(row.address), \(row.digest),
                \(row.content))
            """
        )
    }

    static func isKept(_ digest: [UInt8], of organization: OrganizationID, in tx: any ReadTransaction) throws -> Bool {
        try tx.row(
            "SELECT id FROM delivery_incoming WHERE organization = \(organization) AND digest = \(digest)"
        ) != nil
    }

    /// How many messages to this address came back since then.
    static func bounced(
        _ address: [UInt8],
        causes: [String],
        since: Timestamp,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Int {
        try tx.first(
            """
            SELECT COUNT(DISTINCT message) FROM delivery_incoming
            WHERE organization = \(organization) AND address = \(address) AND received_at >= \(since)
                AND kind = \(IncomingKind.bounce.rawValue) AND cause IN \(list: causes)
            """
        ) ?? 0
    }

    static func about(
        _ message: MessageID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [IncomingSummary] {
        try tx.rows(
            """
            SELECT \(fragment: columns) FROM delivery_incoming
            WHERE organization = \(organization) AND message = \(message) ORDER BY received_at, id
            """
        ).map(summary)
    }

    static func newest(
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [IncomingSummary] {
        try tx.rows(
            """
            SELECT \(fragment: columns) FROM delivery_incoming
            WHERE organization = \(organization) ORDER BY received_at DESC, id DESC LIMIT \(limit)
            """
        ).map(summary)
    }

    static func find(
        _ id: IncomingMailID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> (summary: IncomingSummary, content: [UInt8]?)? {
        try tx.row(
            """
            SELECT \(fragment: columns), content FROM delivery_incoming
            WHERE organization = \(organization) AND id = \(id)
            """
        ).map { (try summary($0), try $0.optional("content")) }
    }

    private static func summary(_ row: Row) throws -> IncomingSummary {
        guard let kind = IncomingKind(rawValue: try row.value("kind")) else {
            throw StoreError(code: .decoding, detail: "delivery_incoming.kind")
        }
        return IncomingSummary(
            id: try row.value("id"),
            message: try row.optional("message"),
            kind: kind,
            cause: try row.optional("cause"),
            statusCode: try row.optional("status_code"),
            octets: try row.value("octets"),
            receivedAt: try row.value("received_at")
        )
    }
}
