// SPDX-License-Identifier: Apache-2.0
//
// A signing key's life
//
//     made ──► waiting for DNS ──► active ──► retired
//                    │  its record is seen, or a person says so with a reason
//                    └────────────────────────► retired (never used)
//
// - Only active keys sign. Of each algorithm one is active: when the next becomes active the one before is retired in the
//   same transaction.
// - A retired key's secret half is destroyed at once: messages keep their signatures, and nothing is signed twice. Its DNS
//   record has to stay for `SigningKey.recordStays` more, since messages that it signed may still be on their way.
// - Every change has a reason and its audit entry.

package import WardAudit
package import WardDNS
package import WardIdentity
package import WardKernel
import WardMailCrypto
package import WardStorage
package import WardTrust
package import WardVault

/// The domains that mail comes from: their signing keys, and what their DNS must say.
package final class SenderDomains: Sendable {
    /// The name that Ward's SMTP client gives: SPF is to allow it.
    package let mailHostName: String
    let store: any Store
    let vault: Vault
    let audit: Audit
    let identity: Identity
    let resolver: any Resolver
    let policies: (any PolicySource)?
    let surroundings: Surroundings
    let signers = SignerCache()

    /// - Parameter policies: fetches the sender domain's own MTA-STS policy for the report; nil: it is not looked at.
    package init(
        store: any Store,
        vault: Vault,
        audit: Audit,
        identity: Identity,
        resolver: any Resolver,
        policies: (any PolicySource)? = nil,
        mailHostName: String,
        surroundings: Surroundings
    ) {
        self.store = store
        self.vault = vault
        self.audit = audit
        self.identity = identity
        self.resolver = resolver
        self.policies = policies
        self.mailHostName = mailHostName
        self.surroundings = surroundings
    }

    /// Staff needs the permission; the platform's own work needs none.
    func require(_ requester: Requester) throws {
        guard requester.kind != .service else { return }
        try requester.require(.manageSettings)
    }

    func domain(of organization: OrganizationID, in tx: any ReadTransaction) throws -> String {
        try identity.organization(organization, in: tx).senderDomain.lowercased()
    }

    func record(
        _ action: AuditAction,
        _ key: SigningKey,
        why: Sensitive<String>,
        facts: [String: String] = [:],
        by requester: Requester,
        in tx: any WriteTransaction
    ) throws {
        var facts = facts
        facts["algorithm"] = key.algorithm.rawValue
        facts["selector"] = key.selector
        facts["domain"] = key.domain
        try audit.record(
            AuditEntry(action, object: AuditObject(kind: "signing_key", key.id), reason: why, facts: facts),
            by: requester,
            in: tx
        )
    }

    static func checked(_ reason: String) throws(SenderDomainError) -> Sensitive<String> {
        guard !reason.allSatisfy(\.isWhitespace), reason.count <= 500 else { throw .reasonMissing }
        return Sensitive(reason)
    }
}

/// Why a key is not made, activated or retired.
package enum SenderDomainError: Error, Hashable, Sendable, CustomStringConvertible {
    case keyUnknown(selector: String)
    /// Keys made before wait for their records still.
    case keysWaiting
    /// Only a waiting key becomes active.
    case keyNotWaiting(selector: String)
    case keyRetiredAlready(selector: String)
    case reasonMissing
    /// The organization's sender domain is no DNS name.
    case domainMalformed
    /// A file that was to be a TLS report is none, or is too large.
    case reportUnreadable

    package var description: String {
        switch self {
        case .keyUnknown: "There is no signing key with this selector."
        case .keysWaiting: "Keys are waiting for their DNS records already. Activate or retire them first."
        case .keyNotWaiting: "This key is not waiting: it is active or retired already."
        case .keyRetiredAlready: "This key is retired already."
        case .reasonMissing: "Say why in one sentence of at most 500 characters; it is kept in the audit log."
        case .domainMalformed: "The organization's sender domain is not a domain name. Correct it first."
        case .reportUnreadable: "The file is no TLS report (RFC 8460: JSON, also under gzip), or is over 4 MiB."
        }
    }
}

extension RecordKind {
    /// The secret half of a signing key.
    static let signingKey = RecordKind(number: 170, name: "mail signing key")
}

extension AuditAction {
    /// A signing key of the sender domain was made.
    package static let signingKeyMake = AuditAction(rawValue: "signing_key.make")
    /// A signing key signs from now on.
    package static let signingKeyActivate = AuditAction(rawValue: "signing_key.activate")
    /// A signing key signs no more; its secret half is destroyed.
    package static let signingKeyRetire = AuditAction(rawValue: "signing_key.retire")
}
