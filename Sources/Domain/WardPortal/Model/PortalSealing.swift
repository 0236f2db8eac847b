// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardStorage
package import WardVault

extension RecordKind {
    /// A message of a conversation: author, subject and text.
    package static let portalMessage = RecordKind(number: 130, name: "portal.message")
    /// A conversation's subject.
    package static let portalThread = RecordKind(number: 131, name: "portal.thread")
    /// The Argon2id hash of a passphrase: sealed, so that a copy of the database alone cannot be guessed against.
    package static let portalPassphrase = RecordKind(number: 132, name: "portal.passphrase")
}

extension KeyPurpose {
    /// Keys the hash of a passphrase, so that the database alone does not let anyone guess.
    static let portalPassphrase = KeyPurpose("portal.passphrase_pepper")
}

/// Sealing of the portal's columns, each under the key of the person it belongs to.
struct PortalSealing: Sendable {
    let vault: Vault

    private func place(
        _ kind: RecordKind,
        row: [UInt8],
        of contact: ContactID,
        organization: OrganizationID
    ) -> SealedPlace {
        SealedPlace(organization: organization, owner: .subject(contact), kind: kind, row: row)
    }

    func seal(
        _ content: Sensitive<StoredContent>,
        message: PortalMessageID,
        of contact: ContactID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        try vault.seal(
            content.map(\.encoded),
            at: place(.portalMessage, row: message.bytes, of: contact, organization: organization),
            in: tx
        )
    }

    func openContent(
        of message: MessageRow,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Sensitive<StoredContent> {
        let opened = try vault.open(
            message.contentSealed,
            at: place(.portalMessage, row: message.id.bytes, of: message.contact, organization: organization),
            in: tx
        )
        return try opened.map { bytes throws(PortalError) in
            guard let content = StoredContent(encoded: bytes) else { throw .contentUnreadable(message.id) }
            return content
        }
    }

    func sealSubject(
        _ subject: Sensitive<String>,
        thread: ThreadID,
        of contact: ContactID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        try vault.seal(
            subject.map { Array($0.utf8) },
            at: place(.portalThread, row: thread.bytes, of: contact, organization: organization),
            in: tx
        )
    }

    func openSubject(
        of thread: ThreadRow,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Sensitive<String> {
        try vault.open(
            thread.subjectSealed,
            at: place(.portalThread, row: thread.id.bytes, of: thread.contact, organization: organization),
            in: tx
        ).map { String(decoding: $0, as: UTF8.self) }
    }

    func sealMail(
        _ octets: Sensitive<[UInt8]>,
        of message: MessageRow,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        try vault.seal(
            octets,
            at: place(.portalMail, row: message.id.bytes, of: message.contact, organization: organization),
            in: tx
        )
    }

    func openMail(
        _ sealed: [UInt8],
        of message: MessageRow,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Sensitive<[UInt8]> {
        try vault.open(
            sealed,
            at: place(.portalMail, row: message.id.bytes, of: message.contact, organization: organization),
            in: tx
        )
    }

    func sealPassphrase(
        hash: String,
        of contact: ContactID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [UInt8] {
        try vault.seal(
            Sensitive(Array(hash.utf8)),
            at: place(.portalPassphrase, row: contact.bytes, of: contact, organization: organization),
            in: tx
        )
    }

    func openPassphrase(
        _ sealed: [UInt8],
        of contact: ContactID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Sensitive<String> {
        try vault.open(
            sealed,
            at: place(.portalPassphrase, row: contact.bytes, of: contact, organization: organization),
            in: tx
        ).map { String(decoding: $0, as: UTF8.self) }
    }
}
