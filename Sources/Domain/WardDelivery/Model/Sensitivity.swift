// SPDX-License-Identifier: Apache-2.0

/// How much a message would give away. Routine: a flu-shot reminder. Sensitive: results, bills. Restricted: substance use
/// disorder records (42 CFR Part 2), psychotherapy notes.
package enum Sensitivity: String, CaseIterable, Sendable, Codable, Hashable, Comparable {
    case routine, sensitive, restricted

    /// The methods that may carry a message of this sensitivity.
    package var allowedMethods: Set<SendMethod> {
        switch self {
        case .routine, .sensitive: [.verifiedTLS, .portal]
        case .restricted: [.portal]
        }
    }

    private var rank: Int { self == .routine ? 0 : self == .sensitive ? 1 : 2 }
    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
}

/// How a message travels.
package enum SendMethod: String, CaseIterable, Sendable, Codable, Hashable {
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
        case .verifiedTLS: "Verified TLS"
        case .portal: "Portal"
        case .opportunisticTLS: "Mail without proved TLS"
        }
    }
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
        case .automatic: [.verifiedTLS, .portal]
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
