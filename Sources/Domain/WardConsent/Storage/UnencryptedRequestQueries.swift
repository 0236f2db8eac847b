// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum UnencryptedRequestQueries {
    static func insert(
        _ id: UnencryptedRequestID,
        _ request: UnencryptedRequest,
        hash: [UInt8],
        sealed: [UInt8],
        at now: Timestamp,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO unencrypted_request (organization, id, contact, address_hash, sealed, warning_version, choice,
                scope, asked_by, asked_at, recorded_at, recorded_by_kind, recorded_by)
            VALUES (\(requester.organization), \(id), \(request.contact), \(hash), \(sealed),
                \(request.warningVersion), \(request.choice.rawValue), \(request.scope.rawValue),
                \(request.way.rawValue), \(request.askedAt), \(now), \(requester.kind.rawValue),
                \(requester.identifier))
            """
        )
    }

    static func withdraw(
        _ id: UnencryptedRequestID,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE unencrypted_request SET withdrawn_at = \(now)
            WHERE organization = \(organization) AND id = \(id) AND withdrawn_at IS NULL
            """
        ) > 0
    }

    /// Of the person's own, for one answer, not withdrawn, and answered by no other message.
    static func answer(
        _ id: UnencryptedRequestID,
        of contact: ContactID,
        with message: MessageID,
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE unencrypted_request SET answered_at = \(now), answered_by = \(message)
            WHERE organization = \(organization) AND id = \(id) AND contact = \(contact)
                AND scope = \(RequestScope.thisRequest.rawValue) AND choice = \(ProtectionChoice.unencrypted.rawValue)
                AND withdrawn_at IS NULL AND (answered_at IS NULL OR answered_by = \(message))
            """
        ) > 0
    }

    /// The message did not arrive, and never will.
    static func reopen(
        _ id: UnencryptedRequestID,
        notAnsweredWith message: MessageID,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws -> Bool {
        try tx.execute(
            """
            UPDATE unencrypted_request SET answered_at = NULL, answered_by = NULL
            WHERE organization = \(organization) AND id = \(id) AND answered_by = \(message)
            """
        ) > 0
    }

    static func all(
        of contacts: [ContactID],
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [Row] {
        try tx.rows(
            """
            SELECT id, contact, address_hash, sealed, warning_version, choice, scope, asked_by, asked_at, recorded_at,
                recorded_by_kind, recorded_by, withdrawn_at, answered_at, answered_by
            FROM unencrypted_request WHERE organization = \(organization) AND contact IN \(list: contacts)
            """
        )
    }

    static func contact(
        of id: UnencryptedRequestID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> ContactID? {
        try tx.first("SELECT contact FROM unencrypted_request WHERE organization = \(organization) AND id = \(id)")
    }
}
