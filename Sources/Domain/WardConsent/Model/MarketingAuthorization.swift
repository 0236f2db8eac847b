// SPDX-License-Identifier: Apache-2.0
//
// An authorization for marketing (45 CFR 164.508). Valid only with every required element of 164.508(c): what is used, who
// may use it, who receives it, the purpose, an expiry (a date or an event), the person's signature and its date (and the
// representative's standing where one signs), and the three statements: the right to revoke, that treatment does not
// depend on it, and that what was disclosed may be disclosed again. Where somebody pays, it must say so (164.508(a)(3)(ii)).

package import WardKernel

package enum AuthorizationTag {}
package typealias AuthorizationID = Identifier<AuthorizationTag>

/// The elements of an authorization as they were signed. Sealed under the person's key.
package struct AuthorizationElements: Sendable, Codable, Hashable {
    /// What information is used or disclosed.
    package var information: String
    /// Who may make the use or disclosure.
    package var discloser: String
    /// To whom.
    package var recipient: String
    /// What for.
    package var purpose: String
    /// The name of whoever signed.
    package var signedBy: String
    /// What lets a representative act for the person; nil when the person signed.
    package var representativeAuthority: String?
    package var statesRightToRevoke: Bool
    package var statesTreatmentDoesNotDepend: Bool
    package var statesRedisclosure: Bool
    /// Whether it says that a third party pays.
    package var statesRemuneration: Bool

    package init(
        information: String,
        discloser: String,
        recipient: String,
        purpose: String,
        signedBy: String,
        representativeAuthority: String? = nil,
        statesRightToRevoke: Bool,
        statesTreatmentDoesNotDepend: Bool,
        statesRedisclosure: Bool,
        statesRemuneration: Bool
    ) {
        self.information = information
        self.discloser = discloser
        self.recipient = recipient
        self.purpose = purpose
        self.signedBy = signedBy
        self.representativeAuthority = representativeAuthority
        self.statesRightToRevoke = statesRightToRevoke
        self.statesTreatmentDoesNotDepend = statesTreatmentDoesNotDepend
        self.statesRedisclosure = statesRedisclosure
        self.statesRemuneration = statesRemuneration
    }

    /// The required elements that are missing; with any missing it is no authorization (164.508(b)(2)(ii)).
    package var missing: [AuthorizationElement] {
        func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }
        var missing: [AuthorizationElement] = []
        if isBlank(information) { missing.append(.information) }
        if isBlank(discloser) { missing.append(.discloser) }
        if isBlank(recipient) { missing.append(.recipient) }
        if isBlank(purpose) { missing.append(.purpose) }
        if isBlank(signedBy) { missing.append(.signature) }
        if let representativeAuthority, isBlank(representativeAuthority) { missing.append(.representativeAuthority) }
        if !statesRightToRevoke { missing.append(.rightToRevoke) }
        if !statesTreatmentDoesNotDepend { missing.append(.treatmentDoesNotDepend) }
        if !statesRedisclosure { missing.append(.redisclosure) }
        return missing
    }
}

/// A required element of an authorization.
package enum AuthorizationElement: String, CaseIterable, Sendable, Codable, Hashable {
    case information, discloser, recipient, purpose, signature
    case representativeAuthority = "representative_authority"
    case rightToRevoke = "right_to_revoke"
    case treatmentDoesNotDepend = "treatment_does_not_depend"
    case redisclosure
    case expiry
}

/// A stored authorization.
package struct MarketingAuthorization: Sendable, Hashable {
    package let id: AuthorizationID
    package let contact: ContactID
    package let signedAt: Timestamp
    package let expiresAt: Timestamp
    package let revokedAt: Timestamp?
    package let statesRemuneration: Bool

    /// Whether it lets a message go at `now`; `isPaid` when somebody else pays for that message.
    package func isValid(at now: Timestamp, isPaid: Bool) -> Bool {
        signedAt <= now && now < expiresAt && revokedAt == nil && (!isPaid || statesRemuneration)
    }
}

/// What the gate hears about a person's authorization.
package enum AuthorizationStanding: Sendable, Hashable {
    case valid(AuthorizationID)
    case none
    case expired
    case revoked
    /// One is valid, but does not say that somebody pays for it.
    case lacksRemunerationStatement
}
