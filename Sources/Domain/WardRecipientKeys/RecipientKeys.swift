// SPDX-License-Identifier: Apache-2.0
//
// The certificates (S/MIME) and OpenPGP keys of people
//
//     uploaded ─────────────────────────────┐
//     signed mail, Autocrypt, directory ──► proposed ──► accepted by staff, or vouched for ──► in use ──► removed
//                                               └──► declined
//
// - All are read in the confined child and kept with their facts, sealed under the person's key.
// - Whether a key protects messages follows from its facts and the time, each time it is asked: usable, expired, revoked, …
//   An unusable key is kept and shown; the send gate takes its method out and says so, and nothing is sent in another way
//   under its name.
// - Of several usable keys of one kind the one that was added last is used.
// - What is kept of a key is what the child wrote out again, never the bytes that came from outside.

package import WardAudit
package import WardKernel
package import WardMailCrypto
package import WardStorage
package import WardTrust
package import WardVault

/// The addresses that a person has on record: answered by the module that keeps people.
package protocol PersonAddressSource: Sendable {
    /// In lower case; nil when there is no such person.
    func addresses(
        of contact: ContactID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<String>?
}

/// Where keys and words about them come from, besides staff.
package struct KeySources: Sendable {
    /// Certificates in PEM: a certificate that one of them leads to is used without being asked about. Empty: none.
    package var authorities: [UInt8]
    /// Nil: nothing is looked up, and no authority is asked.
    package var web: WebFetcher?

    package init(authorities: [UInt8] = [], web: WebFetcher? = nil) {
        self.authorities = authorities
        self.web = web
    }
}

/// People's own keys.
package final class RecipientKeys: Sendable {
    let store: any Store
    let vault: Vault
    let audit: Audit
    let people: any PersonAddressSource
    let reader: ForeignMailReader
    let sources: KeySources
    let surroundings: Surroundings

    package init(
        store: any Store,
        vault: Vault,
        audit: Audit,
        people: any PersonAddressSource,
        reader: ForeignMailReader,
        sources: KeySources = KeySources(),
        surroundings: Surroundings
    ) {
        self.store = store
        self.vault = vault
        self.audit = audit
        self.people = people
        self.reader = reader
        self.sources = sources
        self.surroundings = surroundings
    }

    func record(
        _ action: AuditAction,
        _ key: HeldKey,
        why: Sensitive<String>? = nil,
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        try audit.record(
            AuditEntry(
                action,
                object: AuditObject(kind: "recipient_key", key.id),
                subject: key.contact,
                reason: why,
                facts: [
                    "kind": key.facts.kind.rawValue, "standing": key.standing.word, "origin": key.origin.rawValue,
                    "acceptance": key.acceptance.rawValue,
                ]
            ),
            by: requester,
            in: tx
        )
    }

    static func place(
        of id: RecipientKeyID,
        _ contact: ContactID,
        _ organization: OrganizationID
    ) -> SealedPlace {
        SealedPlace(organization: organization, owner: .subject(contact), kind: .recipientKey, row: id.bytes)
    }
}

/// Why a key is not shown, taken or removed.
package enum RecipientKeysError: Error, Hashable, Sendable, CustomStringConvertible {
    case personUnknown(ContactID)
    case keyUnknown(RecipientKeyID)
    case reasonMissing

    package var description: String {
        switch self {
        case .personUnknown(let id): "recipient_keys.person_unknown: there is no contact \(id)."
        case .keyUnknown(let id): "recipient_keys.key_unknown: the contact has no key \(id)."
        case .reasonMissing: "recipient_keys.reason_missing: say why, in at most 500 characters."
        }
    }
}

extension RecordKind {
    /// A certificate or key of a person, with its facts.
    static let recipientKey = RecordKind(number: 190, name: "recipient key")
}

extension AuditAction {
    /// A certificate or key of a person was added.
    package static let recipientKeyAdd = AuditAction(rawValue: "recipient_key.add")
    /// A certificate or key of a person was removed.
    package static let recipientKeyRemove = AuditAction(rawValue: "recipient_key.remove")
    /// A proposed key was taken into use.
    package static let recipientKeyAccept = AuditAction(rawValue: "recipient_key.accept")
    /// A proposed key was declined.
    package static let recipientKeyDecline = AuditAction(rawValue: "recipient_key.decline")
    /// What is known of a certificate's revocation changed.
    package static let recipientKeyCheck = AuditAction(rawValue: "recipient_key.check")
    /// A person's domain was asked for their key.
    package static let recipientKeyLookUp = AuditAction(rawValue: "recipient_key.look_up")
    /// The organization's rules for people's keys were changed.
    package static let recipientKeyRules = AuditAction(rawValue: "recipient_key.rules")
}
