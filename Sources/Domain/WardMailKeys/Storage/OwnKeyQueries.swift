// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardKernel
import WardMailCrypto
import WardStorage

enum OwnKeyQueries {
    private static let columns: SQL = """
        id, address, kind, algorithm, state, fingerprint, valid_from, valid_until, is_self_signed, public_form, chain,
        made_at, activated_at, retired_at
        """

    static func insert(
        _ key: OwnMailKey,
        sealed: [UInt8],
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute(
            """
            INSERT INTO own_mail_key (organization, \(fragment: columns), sealed)
            VALUES (\(organization), \(key.id), \(key.address), \(key.kind.rawValue), \(key.algorithm),
                \(key.state.rawValue), \(key.fingerprint), \(key.validFrom), \(key.validUntil),
                \(key.isSelfSigned ? 1 : 0), \(key.publicForm), \(try encoded(key.chain)), \(key.madeAt),
                \(key.activatedAt), \(key.retiredAt), \(sealed))
            """
        )
    }

    /// Writes everything that changes in a key's life; the secret half stays.
    static func update(_ key: OwnMailKey, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            """
            UPDATE own_mail_key SET state = \(key.state.rawValue), fingerprint = \(key.fingerprint),
                valid_from = \(key.validFrom), valid_until = \(key.validUntil),
                is_self_signed = \(key.isSelfSigned ? 1 : 0), public_form = \(key.publicForm),
                chain = \(try encoded(key.chain)), activated_at = \(key.activatedAt), retired_at = \(key.retiredAt)
            WHERE organization = \(organization) AND id = \(key.id)
            """
        )
    }

    /// The secret half goes.
    static func destroy(_ id: OwnMailKeyID, of organization: OrganizationID, in tx: any WriteTransaction) throws {
        try tx.execute(
            "UPDATE own_mail_key SET sealed = NULL WHERE organization = \(organization) AND id = \(id)"
        )
    }

    /// Oldest first.
    static func all(of organization: OrganizationID, in tx: any ReadTransaction) throws -> [OwnMailKey] {
        try tx.rows(
            "SELECT \(fragment: columns) FROM own_mail_key WHERE organization = \(organization) ORDER BY made_at, id"
        ).map(key)
    }

    /// The active keys of an address with what is sealed.
    static func active(
        _ address: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [(key: OwnMailKey, sealed: [UInt8])] {
        try tx.rows(
            """
            SELECT \(fragment: columns), sealed FROM own_mail_key
            WHERE organization = \(organization) AND address = \(address) AND state = \(OwnKeyState.active.rawValue)
                AND sealed IS NOT NULL
            ORDER BY id
            """
        ).map { (try key($0), try $0.value("sealed")) }
    }

    /// What is sealed of the newest keys of a kind that open mail, newest first.
    static func opening(
        _ kind: RecipientKeyKind,
        limit: Int,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [(id: OwnMailKeyID, sealed: [UInt8])] {
        try tx.rows(
            """
            SELECT id, sealed FROM own_mail_key
            WHERE organization = \(organization) AND kind = \(kind.rawValue) AND sealed IS NOT NULL
            ORDER BY id DESC LIMIT \(limit)
            """
        ).map { (try $0.value("id"), try $0.value("sealed")) }
    }

    static func sealed(
        _ id: OwnMailKeyID,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8]? {
        try tx.row("SELECT sealed FROM own_mail_key WHERE organization = \(organization) AND id = \(id)")
            .flatMap { try $0.optional("sealed") }
    }

    static func settings(of organization: OrganizationID, in tx: any ReadTransaction) throws -> MailKeySettings {
        let row = try tx.row(
            "SELECT signs_plain, offers_key FROM own_mail_setting WHERE organization = \(organization)"
        )
        guard let row else { return MailKeySettings() }
        return MailKeySettings(
            signsPlainMail: try row.value("signs_plain") == 1,
            offersKey: try row.value("offers_key") == 1
        )
    }

    static func put(
        _ settings: MailKeySettings,
        of organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute("DELETE FROM own_mail_setting WHERE organization = \(organization)")
        try tx.execute(
            """
            INSERT INTO own_mail_setting (organization, signs_plain, offers_key)
            VALUES (\(organization), \(settings.signsPlainMail ? 1 : 0), \(settings.offersKey ? 1 : 0))
            """
        )
    }

    private static func encoded(_ chain: [[UInt8]]) throws -> [UInt8] {
        Array(try JSONEncoder().encode(chain.map { Data($0) }))
    }

    private static func key(_ row: Row) throws -> OwnMailKey {
        guard let kind = RecipientKeyKind(rawValue: try row.value("kind")),
            let state = OwnKeyState(rawValue: try row.value("state"))
        else { throw StoreError(code: .decoding, detail: "own_mail_key") }
        let chain: [UInt8] = try row.value("chain")
        return OwnMailKey(
            id: try row.value("id"),
            address: try row.value("address"),
            kind: kind,
            algorithm: try row.value("algorithm"),
            state: state,
            fingerprint: try row.value("fingerprint"),
            validFrom: try row.value("valid_from"),
            validUntil: try row.optional("valid_until"),
            isSelfSigned: try row.value("is_self_signed") == 1,
            publicForm: try row.value("public_form"),
            chain: try JSONDecoder().decode([Data].self, from: Data(chain)).map { Array($0) },
            madeAt: try row.value("made_at"),
            activatedAt: try row.optional("activated_at"),
            retiredAt: try row.optional("retired_at")
        )
    }
}
