// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardMailCrypto
import WardStorage

enum SigningKeyQueries {
    private static let columns: SQL = """
        id, domain, selector, algorithm, state, public_key, made_at, activated_at, retired_at
        """

    static func insert(
        _ key: SigningKey,
        sealed: [UInt8],
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO sender_domain_key (organization, \(fragment: columns), sealed)
            VALUES (\(organization), \(key.id), \(key.domain), \(key.selector), \(key.algorithm.rawValue),
                \(key.state.rawValue), \(key.publicKey), \(key.madeAt), \(key.activatedAt), \(key.retiredAt), \(sealed))
            """
        )
    }

    static func activate(
        _ id: SigningKeyID,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE sender_domain_key SET state = \(SigningKeyState.active.rawValue), activated_at = \(now)
            WHERE organization = \(organization) AND id = \(id)
            """
        )
    }

    /// The secret half goes with it.
    static func retire(
        _ id: SigningKeyID,
        at now: Timestamp,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            UPDATE sender_domain_key SET state = \(SigningKeyState.retired.rawValue), retired_at = \(now), sealed = NULL
            WHERE organization = \(organization) AND id = \(id)
            """
        )
    }

    /// Oldest first.
    static func all(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [SigningKey] {
        try tx.rows(
            """
            SELECT \(fragment: columns) FROM sender_domain_key WHERE organization = \(organization) ORDER BY id
            """
        ).map(key)
    }

    /// The domain's active keys with what is sealed.
    static func active(
        _ domain: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [(key: SigningKey, sealed: [UInt8])] {
        try tx.rows(
            """
            SELECT \(fragment: columns), sealed FROM sender_domain_key
            WHERE organization = \(organization) AND domain = \(domain) AND state = \(SigningKeyState.active.rawValue)
            ORDER BY algorithm DESC, id
            """
        ).map { (try key($0), try $0.value("sealed")) }
    }

    private static func key(_ row: Row) throws -> SigningKey {
        guard let algorithm = DKIMAlgorithm(rawValue: try row.value("algorithm")),
            let state = SigningKeyState(rawValue: try row.value("state"))
        else { throw StoreError(code: .decoding, detail: "sender_domain_key") }
        return SigningKey(
            id: try row.value("id"),
            domain: try row.value("domain"),
            selector: try row.value("selector"),
            algorithm: algorithm,
            state: state,
            publicKey: try row.value("public_key"),
            madeAt: try row.value("made_at"),
            activatedAt: try row.optional("activated_at"),
            retiredAt: try row.optional("retired_at")
        )
    }
}
