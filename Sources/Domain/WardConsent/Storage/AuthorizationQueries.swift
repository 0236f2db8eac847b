// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum AuthorizationQueries {
    static func insert(
        _ authorization: MarketingAuthorization,
        elements: [UInt8],
        recordedAt: Timestamp,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO marketing_authorization (organization, id, contact, elements, states_remuneration, signed_at,
                expires_at, revoked_at, recorded_at, recorded_by_kind, recorded_by)
            VALUES (\(requester.organization), \(authorization.id), \(authorization.contact), \(elements),
                \(authorization.statesRemuneration), \(authorization.signedAt), \(authorization.expiresAt),
                \(authorization.revokedAt), \(recordedAt), \(requester.kind.rawValue), \(requester.identifier))
            """
        )
    }

    static func revoke(
        _ id: AuthorizationID,
        at time: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE marketing_authorization SET revoked_at = \(time)
            WHERE organization = \(organization) AND id = \(id) AND revoked_at IS NULL
            """
        ) > 0
    }

    static func find(
        _ id: AuthorizationID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> MarketingAuthorization? {
        try tx.row(
            """
            SELECT id, contact, states_remuneration, signed_at, expires_at, revoked_at FROM marketing_authorization
            WHERE organization = \(organization) AND id = \(id)
            """
        ).map(authorization)
    }

    static func all(
        of contacts: [ContactID],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [MarketingAuthorization] {
        try tx.rows(
            """
            SELECT id, contact, states_remuneration, signed_at, expires_at, revoked_at FROM marketing_authorization
            WHERE organization = \(organization) AND contact IN \(list: contacts)
            """
        ).map(authorization).sorted { $0.id < $1.id }
    }

    private static func authorization(_ row: Row) throws -> MarketingAuthorization {
        MarketingAuthorization(
            id: try row.value("id"),
            contact: try row.value("contact"),
            signedAt: try row.value("signed_at"),
            expiresAt: try row.value("expires_at"),
            revokedAt: try row.optional("revoked_at"),
            statesRemuneration: try row.value("states_remuneration")
        )
    }
}
