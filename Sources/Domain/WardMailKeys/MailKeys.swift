// SPDX-License-Identifier: Apache-2.0
//
// The life of a key of one's own, for one sender address
//
//     made, imported ──► waiting ──► active ──► former ──► destroyed
//                           │  a certificate is installed, or a person says so        ▲
//                           └──────────────────────────────────────────────────────────┘
//
// - The active key signs; of each address and kind one is active. When the next becomes active, the one before becomes
//   former in the same transaction.
// - Waiting, active and former keys open mail: people go on encrypting to the key that they have. Only a destroyed key opens
//   nothing any more, and what was encrypted to it and not opened before stays closed for good: so that takes a reason.
// - An OpenPGP key is active as soon as it is made. One for S/MIME waits for its authority, or for a person to say that its own
//   signature will do.

package import WardAudit
package import WardIdentity
package import WardKernel
package import WardMailCrypto
package import WardStorage
package import WardVault

/// The organization's own keys for S/MIME and OpenPGP.
package final class MailKeys: Sendable {
    let store: any Store
    let vault: Vault
    let audit: Audit
    let identity: Identity
    let reader: ForeignMailReader
    let surroundings: Surroundings
    let signers = OwnSignerCache()

    package init(
        store: any Store,
        vault: Vault,
        audit: Audit,
        identity: Identity,
        reader: ForeignMailReader,
        surroundings: Surroundings
    ) {
        self.store = store
        self.vault = vault
        self.audit = audit
        self.identity = identity
        self.reader = reader
        self.surroundings = surroundings
    }

    /// Staff needs the permission; the platform's own work needs none.
    func require(_ requester: Requester) throws {
        guard requester.kind != .service else { return }
        try requester.require(.manageSettings)
    }

    func record(
        _ action: AuditAction,
        _ key: OwnMailKey,
        why: Sensitive<String>?,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try audit.record(
            AuditEntry(
                action,
                object: AuditObject(kind: "mail_key", key.id),
                reason: why,
                facts: [
                    "kind": key.kind.rawValue, "algorithm": key.algorithm, "state": key.state.rawValue,
                    "fingerprint": key.fingerprint,
                ]
            ),
            by: requester,
            in: tx
        )
    }

    static func checked(_ reason: String) throws(MailKeyError) -> Sensitive<String> {
        guard !reason.allSatisfy(\.isWhitespace), reason.count <= 500 else { throw .reasonMissing }
        return Sensitive(reason)
    }

    static func place(of id: OwnMailKeyID, _ organization: OrganizationID) -> SealedPlace {
        SealedPlace(organization: organization, owner: .organization, kind: .ownMailKey, row: id.bytes)
    }

    /// The moment in the seconds that keys and certificates count in.
    var seconds: Int64 { surroundings.now().microseconds / 1_000_000 }
}

/// Why a key is not made, changed or shown.
package enum MailKeyError: Error, Hashable, Sendable, CustomStringConvertible {
    case keyUnknown
    /// The organization's mail does not come from there.
    case addressNotOwn
    /// Only a key for S/MIME has a certificate.
    case notForCertificates
    case keyDestroyed
    /// The key is active, or is former already.
    case nothingToChange
    case reasonMissing

    package var description: String {
        switch self {
        case .keyUnknown: "There is no such mail key."
        case .addressNotOwn: "Keys are made for addresses of the organization's sender domain."
        case .notForCertificates: "An OpenPGP key has no certificate: it is certified by itself."
        case .keyDestroyed: "The secret half of this key was destroyed."
        case .nothingToChange: "The key is in this state already."
        case .reasonMissing: "Say why in one sentence of at most 500 characters; it is kept in the audit log."
        }
    }
}

extension RecordKind {
    /// The secret half of a mail key of the organization.
    static let ownMailKey = RecordKind(number: 195, name: "own mail key")
}

extension AuditAction {
    /// A key for S/MIME or OpenPGP was made, or came from a file.
    package static let mailKeyMake = AuditAction(rawValue: "mail_key.make")
    /// A certificate was installed for a mail key.
    package static let mailKeyInstall = AuditAction(rawValue: "mail_key.install")
    /// A mail key signs from now on.
    package static let mailKeyActivate = AuditAction(rawValue: "mail_key.activate")
    /// A mail key signs no more.
    package static let mailKeyRetire = AuditAction(rawValue: "mail_key.retire")
    /// The secret half of a mail key was destroyed.
    package static let mailKeyDestroy = AuditAction(rawValue: "mail_key.destroy")
    /// What mail keys are used for was changed.
    package static let mailKeySettings = AuditAction(rawValue: "mail_key.settings")
}
