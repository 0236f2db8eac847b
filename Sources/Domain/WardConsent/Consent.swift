// SPDX-License-Identifier: Apache-2.0

package import WardAudit
package import WardKernel
package import WardStorage
package import WardVault

/// Who may be written to for what: consent per person, purpose and channel, authorizations for marketing, suppressed
/// addresses, unsubscribing. It answers; the send gate of WardDelivery decides.
package final class Consent: Sendable {
    let store: any Store
    let vault: Vault
    let audit: Audit
    let surroundings: Surroundings

    package init(store: any Store, vault: Vault, audit: Audit, surroundings: Surroundings) {
        self.store = store
        self.vault = vault
        self.audit = audit
        self.surroundings = surroundings
    }

    /// Staff needs the permission; a patient acts for themself; the platform's own work needs none.
    func requireEditing(_ requester: Requester, of contact: ContactID?) throws {
        switch requester.kind {
        case .service: return
        case .patient where contact?.bytes == requester.identifier: return
        case .patient, .staff: try requester.require(.editConsent)
        }
    }
}

/// Why consent does not record what was asked. Descriptions hold no personal data.
package enum ConsentError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A field is empty, too long, or says something impossible.
    case invalid(field: String, rule: String)
    /// An authorization lacks elements that the law requires: it would be none.
    case incompleteAuthorization([AuthorizationElement])
    /// There is no such authorization of this organization.
    case authorizationNotFound
    /// There is no such request for unencrypted mail of this organization.
    case requestNotFound

    package var description: String {
        switch self {
        case .invalid(let field, let rule): "consent.invalid: \(field) \(rule)."
        case .incompleteAuthorization(let missing):
            "consent.incomplete_authorization: these required elements (45 CFR 164.508(c)) are missing: "
                + missing.map(\.rawValue).joined(separator: ", ") + "."
        case .requestNotFound: "consent.request_not_found: there is no such request."
        case .authorizationNotFound: "consent.authorization_not_found: there is no such authorization."
        }
    }
}

extension RecordKind {
    /// What else is known about a recorded choice.
    package static let consentNote = RecordKind(number: 80, name: "consent note")
    /// The elements of a signed marketing authorization.
    package static let authorizationElements = RecordKind(number: 81, name: "marketing authorization")
    /// The address and the note of a request for unencrypted mail.
    package static let unencryptedRequest = RecordKind(number: 90, name: "unencrypted request")
}

extension BlindIndexKind {
    /// The keyed hash under which an address is suppressed.
    package static let suppressedAddress = BlindIndexKind(number: 80, name: "suppressed address")
    /// The keyed hash of a person and an address to which that person asked for unencrypted mail.
    package static let requestAddress = BlindIndexKind(number: 90, name: "address of an unencrypted request")
}

extension AuditAction {
    /// A person's choice was recorded.
    package static let consentRecord = AuditAction(rawValue: "consent.record")
    /// The basis on which imported people may be written to was recorded.
    package static let consentImport = AuditAction(rawValue: "consent.import")
    /// A person unsubscribed by link or by the mail program's button.
    package static let consentUnsubscribe = AuditAction(rawValue: "consent.unsubscribe")
    /// A marketing authorization was recorded.
    package static let authorizationRecord = AuditAction(rawValue: "authorization.record")
    /// A marketing authorization was revoked.
    package static let authorizationRevoke = AuditAction(rawValue: "authorization.revoke")
    /// A person's choice about unencrypted mail was recorded.
    package static let unencryptedRequest = AuditAction(rawValue: "consent.unencrypted")
    /// A request for unencrypted mail was withdrawn.
    package static let unencryptedWithdraw = AuditAction(rawValue: "consent.unencrypted_withdraw")
    /// An address was suppressed.
    package static let addressSuppress = AuditAction(rawValue: "address.suppress")
    /// A suppression was lifted.
    package static let addressRelease = AuditAction(rawValue: "address.release")
}
