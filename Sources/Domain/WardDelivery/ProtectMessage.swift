// SPDX-License-Identifier: Apache-2.0
//
// The stored protected form of a message. Encryption draws a new content key each time, so the same message encrypted twice
// is two messages; a retry has to be the same bytes (reliability.md B2). So:
//
//     begin      the gate clears S/MIME or OpenPGP, and no form is kept that is encrypted to the key held now
//                → nothing is begun; the caller makes the form outside the transaction
//     make       compose, sign with the organization's own key where the sender address has one, encrypt, sign with DKIM over
//                the encrypted form: on a processor thread
//     keep       the form is stored, sealed under the recipient's key, and the attempt begins, in one transaction
//
// Every attempt sends the stored bytes; the clearance binds their digest. A form is made anew only when its key may no longer
// be used or the gate picks another method, and never while an attempt is in doubt: then a person decides.

import WardCrypto
import WardKernel
import WardMailCrypto
import WardQueue
import WardStorage
import WardVault

/// A message as it leaves: encrypted and signed.
struct ProtectedForm: Sendable, Hashable {
    let method: SendMethod
    /// The key that it is encrypted to.
    let key: [UInt8]
    /// SHA-256 of the bytes that are sent.
    let digest: [UInt8]
    let bytes: [UInt8]
    let fingerprint: String
    /// The fingerprint of the organization's own key that signed it; nil: nobody did.
    let signer: String?
}

/// Everything for making a protected form outside of a transaction.
struct ProtectionPlan: Sendable {
    let item: WorkItem
    let message: MessageID
    let recipient: MessageRecipient
    let content: MessageContent
    let address: EmailAddress
    let values: Sensitive<[UInt8]>
    let frozen: FrozenMessage
    let method: SendMethod
    let key: ProtectingKey
    let signers: MessageSigners
    let now: Timestamp
}

/// A protected form that was made, and what from.
struct ProtectedMessage: Sendable {
    let plan: ProtectionPlan
    let form: ProtectedForm
}

extension RecordKind {
    /// The encrypted form of one message as it is sent.
    static let protectedMessage = RecordKind(number: 115, name: "protected message")
}

extension Delivery {
    /// Encrypts and signs: about a third of a millisecond for S/MIME, some milliseconds for OpenPGP. Throws
    /// `MailProtectionError` when the key cannot be used after all.
    func protectedForm(_ plan: ProtectionPlan) throws -> ProtectedForm {
        var own = plan.signers.own
        var frozen = plan.frozen
        frozen.autocrypt = own.autocrypt
        let composed = try composed(plan.content, values: plan.values)
        if composed.isSigned { (own.smime, own.openPGP) = (nil, nil) }
        let plain = try Self.octets(composed, plan.content.terms.sender, address: plan.address, frozen: frozen)
        let encrypted: [UInt8]
        let signer: String?
        switch plan.key.key.facts.kind {
        case .smime:
            signer = own.smime?.certificate.facts.fingerprint
            encrypted = try SMIME.encrypted(
                plain,
                to: try certificates.certificate(plan.key.key.bytes),
                signedBy: own.smime,
                boundary: "=_\(plan.frozen.boundary)_s"
            )
        case .openPGP:
            signer = own.openPGP?.fingerprint
            encrypted = try OpenPGP.encrypted(
                plain,
                to: plan.key.key.bytes,
                at: plan.now.microseconds / 1_000_000,
                signedBy: own.openPGP?.secret,
                boundary: "=_\(plan.frozen.boundary)_p",
                contexts: openPGP
            )
        }
        let domain = plan.content.terms.sender.address.domain
        let signatures = try DKIM.signatures(of: encrypted, by: plan.signers.dkim, at: plan.frozen.date)
        let message = OutgoingOctets(try DKIM.fields(signatures, domain: domain, of: encrypted) + encrypted)
        return ProtectedForm(
            method: plan.method,
            key: plan.key.id,
            digest: message.digest,
            bytes: message.bytes,
            fingerprint: plan.key.key.facts.fingerprint,
            signer: signer
        )
    }

    /// Stores the form in place of one that may no longer be sent.
    func keep(
        _ form: ProtectedForm,
        of plan: ProtectionPlan,
        in tx: any WriteTransaction
    ) throws {
        let organization = plan.item.organization
        let place = Self.place(.protectedMessage, of: plan.message, plan.recipient, organization)
        try ProtectedQueries.put(
            form,
            of: plan.message,
            sealed: try vault.seal(Sensitive(form.bytes), at: place, in: tx),
            at: surroundings.now(),
            organization: organization,
            in: tx
        )
    }

    /// The stored forms whose keys are still those that the people hold.
    func usableForms(
        of rows: [StoredDelivery],
        at now: Timestamp,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [MessageID: StoredProtectedForm] {
        let stored = try ProtectedQueries.find(rows.map(\.id), of: organization, in: tx)
        guard !stored.isEmpty else { return [:] }
        return try rows.reduce(into: [:]) { usable, row in
            guard var form = stored[row.id], let contact = row.recipient.contact,
                let key = try keySource.key(
                    of: contact,
                    for: form.method,
                    at: now,
                    organization: organization,
                    in: tx
                ), key.id == form.key
            else { return }
            form.fingerprint = key.key.facts.fingerprint
            usable[row.id] = form
        }
    }

    /// The bytes of a stored form.
    func opened(
        _ stored: StoredProtectedForm,
        of row: StoredDelivery,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> ProtectedForm {
        let place = Self.place(.protectedMessage, of: row.id, row.recipient, organization)
        let bytes = try vault.open(stored.sealed, at: place, in: tx).expose(for: .transmitting) { $0 }
        return ProtectedForm(
            method: stored.method,
            key: stored.key,
            digest: stored.digest,
            bytes: bytes,
            fingerprint: stored.fingerprint,
            signer: stored.signer
        )
    }
}

/// A row of `delivery_protected`, its bytes sealed.
struct StoredProtectedForm: Sendable {
    let method: SendMethod
    let key: [UInt8]
    let digest: [UInt8]
    let sealed: [UInt8]
    let signer: String?
    var fingerprint = ""
}
