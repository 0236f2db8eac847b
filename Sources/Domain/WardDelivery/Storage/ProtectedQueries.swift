// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage

enum ProtectedQueries {
    /// Takes the place of the message's form, where it has one.
    static func put(
        _ form: ProtectedForm,
        of message: MessageID,
        sealed: [UInt8],
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any WriteTransaction
    ) throws {
        try tx.execute("DELETE FROM delivery_protected WHERE organization = \(organization) AND delivery = \(message)")
        try tx.execute(
            """
            INSERT INTO delivery_protected (organization, delivery, method, recipient_key, digest, sealed, made_at, signer)
            VALUES (\(organization), \(message), \(form.method.rawValue), \(form.key), \(form.digest), \(sealed), \(now),
                \(form.signer))
            """
        )
    }

    /// Those of the messages that have a form.
    static func find(
        _ messages: [MessageID],
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [MessageID: StoredProtectedForm] {
        guard !messages.isEmpty else { return [:] }
        return try tx.rows(
            """
            SELECT delivery, method, recipient_key, digest, sealed, signer FROM delivery_protected
            WHERE organization = \(organization) AND delivery IN \(list: messages)
            """
        ).reduce(into: [:]) { found, row in
            guard let method = SendMethod(rawValue: try row.value("method")) else { return }
            found[try row.value("delivery")] = StoredProtectedForm(
                method: method,
                key: try row.value("recipient_key"),
                digest: try row.value("digest"),
                sealed: try row.value("sealed"),
                signer: try row.optional("signer")
            )
        }
    }
}
