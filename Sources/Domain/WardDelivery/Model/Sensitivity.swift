// SPDX-License-Identifier: Apache-2.0

/// How much a message would give away. Routine: a flu-shot reminder. Sensitive: results, bills. Restricted: substance use
/// disorder records (42 CFR Part 2), psychotherapy notes.
package enum Sensitivity: String, CaseIterable, Sendable, Codable, Hashable, Comparable {
    case routine, sensitive, restricted

    /// The methods that may carry a message of this sensitivity.
    package var allowedMethods: Set<SendMethod> {
        switch self {
        case .routine, .sensitive: [.smime, .openPGP, .verifiedTLS, .portal]
        case .restricted: [.smime, .openPGP, .portal]
        }
    }

    private var rank: Int { self == .routine ? 0 : self == .sensitive ? 1 : 2 }
    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// How a message travels.
package enum SendMethod: String, CaseIterable, Sendable, Codable, Hashable {
    /// Encrypted to the person's certificate (RFC 8551): protected to the inbox and in it, whatever the servers do.
    case smime
    /// Encrypted to the person's OpenPGP key (RFC 9580, RFC 3156): as S/MIME.
    case openPGP = "openpgp"
    /// Ordinary mail over TLS whose certificate was verified; protects the way between mail servers and ends at the inbox.
    case verifiedTLS = "verified_tls"
    /// The content waits in the portal; only a notice without content is mailed.
    case portal
    /// TLS when the other side offers it, without proof. For notices without content, which must also reach a server that has
    /// none; for what its sender declared free of health information; for what a person asked to get as plain mail.
    case opportunisticTLS = "opportunistic_tls"

    /// The method in words, for reports.
    package var title: String {
        switch self {
        case .smime: "S/MIME"
        case .openPGP: "OpenPGP"
        case .verifiedTLS: "Verified TLS"
        case .portal: "Portal"
        case .opportunisticTLS: "Mail without proved TLS"
        }
    }

    /// Whether the content is encrypted to the person's own key.
    package var needsRecipientKey: Bool { self == .smime || self == .openPGP }

    /// Whether the way between the servers need not prove itself: there is nothing to protect on it, or it protects itself.
    package var isOpportunistic: Bool { self == .opportunisticTLS || needsRecipientKey }
}

/// What staff chooses for one message, within what the sensitivity allows.
package enum MethodChoice: String, CaseIterable, Sendable, Codable, Hashable {
    /// The organization's order decides.
    case automatic
    /// Forced TLS: without verified TLS the message waits for a person, it never falls back to anything.
    case tlsOnly = "tls_only"
    case portalOnly = "portal_only"

    package var methods: Set<SendMethod> {
        switch self {
        case .automatic: [.smime, .openPGP, .verifiedTLS, .portal]
        case .tlsOnly: [.verifiedTLS]
        case .portalOnly: [.portal]
        }
    }
}

/// How often a message whose fate is unknown goes out (reliability.md B2, rule 4).
package enum DeliveryGuarantee: String, CaseIterable, Sendable, Codable, Hashable {
    /// An attempt in doubt is repeated once, byte for byte the same; when that is in doubt too, its fate stays unknown.
    case atLeastOnce = "at_least_once"
    /// An attempt in doubt is not repeated: its fate stays unknown and is shown as that.
    case atMostOnce = "at_most_once"
}
