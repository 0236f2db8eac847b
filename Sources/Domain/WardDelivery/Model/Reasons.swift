// SPDX-License-Identifier: Apache-2.0

/// Why a message was not sent.
package enum RefusalReason: String, CaseIterable, Sendable, Codable, Hashable {
    case addressSuppressed = "address_suppressed"
    case leftAudience = "left_audience"
    case noConsent = "no_consent"
    case consentWithdrawn = "consent_withdrawn"
    case personUnknown = "person_unknown"
    case deceased
    case inactive
    case noAuthorization = "no_authorization"
    case authorizationExpired = "authorization_expired"
    case authorizationRevoked = "authorization_revoked"
    case authorizationLacksPayment = "authorization_lacks_payment"
    /// Only verified TLS may carry it, and the recipient's server does not offer it.
    case noTLS = "no_tls"
    /// A rule of the content scan refuses it.
    case contentRefused = "content_refused"
    /// A question of the gate had no answer, or answering it failed.
    case unanswered

    /// The reason in words.
    package var sentence: String {
        switch self {
        case .addressSuppressed: "The address is suppressed: it bounced, complained, or was put on the list."
        case .leftAudience: "The person no longer belongs to the audience."
        case .noConsent: "The person has not agreed to mail of this kind."
        case .consentWithdrawn: "The person has turned down mail of this kind."
        case .personUnknown: "The person is no longer on record."
        case .deceased: "The person is recorded as dead."
        case .inactive: "The person is recorded as inactive."
        case .noAuthorization: "There is no marketing authorization of the person."
        case .authorizationExpired: "The person's marketing authorization has expired."
        case .authorizationRevoked: "The person has revoked the marketing authorization."
        case .authorizationLacksPayment: "The person's authorization does not say that somebody pays for the message."
        case .noTLS: "Only verified TLS may carry it, and the recipient’s server does not offer it."
        case .contentRefused: "The content holds something that a rule of the organization refuses to send."
        case .unanswered: "A question that must be asked before sending had no answer."
        }
    }
}

/// Why a message waits.
package enum HoldReason: String, CaseIterable, Sendable, Codable, Hashable {
    /// The sets of allowed methods have nothing in common.
    case noMethod = "no_method"
    /// The portal is the only way, and the person has no birth date or passphrase on record.
    case noRecognition = "no_recognition"
    /// Forced TLS, and the recipient's server cannot be reached over verified TLS.
    case tlsNotPossible = "tls_not_possible"
    /// The campaign is paused.
    case paused
    /// The import that brought or changed the person is being undone.
    case importUndone = "import_undone"
    /// The content scan found something that a person must look at.
    case contentReview = "content_review"
    /// The message no longer composes to the bytes that were first meant to be sent; a person decides.
    case contentDiffers = "content_differs"
    /// The message failed to compose or be stored three times.
    case cannotCompose = "cannot_compose"
    /// The person's certificate or key has expired or was revoked: nothing goes in a weaker way because of that alone.
    case keyUnusable = "key_unusable"
    /// The person's key was held to be usable, and encrypting to it failed.
    case cannotEncrypt = "cannot_encrypt"
    /// Staff took it out of the queue.
    case byStaff = "held_by_staff"
    /// The sender domain is new to the provider, and today's budget is used up.
    case warmUp = "warm_up"
    /// Too many people complained about mail of the sender's domain.
    case complaints

    /// Whether it may pass without anybody doing anything about the message: a birth date is added, a server gets TLS, the
    /// order of methods changes, a new key is kept.
    var mayPass: Bool { [.noMethod, .noRecognition, .tlsNotPossible, .keyUnusable].contains(self) }

    /// The reason in words.
    package var sentence: String {
        switch self {
        case .noMethod: "No allowed method can carry the message."
        case .noRecognition: "There is no way to recognise the person in the portal."
        case .tlsNotPossible: "TLS is required, and the recipient's server does not offer it with a valid certificate."
        case .paused: "The campaign is paused."
        case .importUndone: "The import that brought the person is being undone."
        case .contentReview: "The content scan found something. A person must look at it first."
        case .contentDiffers: "The message no longer reads as when it was first to be sent."
        case .cannotCompose: "The message could not be put together."
        case .keyUnusable:
            "The person’s key has expired or was revoked. Keep a new one, or remove it to send in another way."
        case .cannotEncrypt: "The message could not be encrypted to the person’s key."
        case .byStaff: "A member of staff holds it."
        case .warmUp: "Today’s budget for this provider is used up; it goes on tomorrow."
        case .complaints: "Too many people complained about mail from this domain."
        }
    }
}
