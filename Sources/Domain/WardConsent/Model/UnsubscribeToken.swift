// SPDX-License-Identifier: Apache-2.0
//
// The token of an unsubscribe link: base64url without padding (RFC 4648 section 5) of the organization (16 octets) and 128
// random bits, 43 characters. Stored is only SHA-256 of `"ward.unsubscribe"`, 0, organization, random. It says neither who
// is unsubscribed nor from what, works for two years from its making (CAN-SPAM asks for 30 days) and as often as it is
// used, also after the campaign it came with was deleted. A GET shows a page and changes nothing; the page's form and the
// mail program's one-click POST (RFC 8058) do.

import Crypto
package import WardKernel

/// An unsubscribe token as it travels in a link; it does not print.
package struct UnsubscribeToken: Hashable, Sendable {
    /// How long it works.
    package static let lifetime: Duration = .days(2 * 365 + 1)

    package let organization: OrganizationID
    private let random: [UInt8]

    /// Makes a new token with 128 random bits.
    package init(for organization: OrganizationID, surroundings: Surroundings) {
        self.organization = organization
        random = surroundings.randomBytes(16)
    }

    /// Reads a token; nil for anything that is not exactly one.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == 43, let bytes = Base64URL.decoded(text), bytes.count == 32,
            let organization = OrganizationID(bytes: bytes[..<16])
        else { return nil }
        self.organization = organization
        random = Array(bytes[16...])
    }

    /// The token in text, for the link that carries it and for nothing else.
    package var secretText: String { Base64URL.encoded(organization.bytes + random) }

    /// The form that is stored and looked up.
    var hash: [UInt8] {
        Array(SHA256.hash(data: Array("ward.unsubscribe".utf8) + [0] + organization.bytes + random))
    }
}

extension UnsubscribeToken: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹token›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What the page behind an unsubscribe link may show: nothing that gives away a condition.
package struct UnsubscribeOffer: Sendable, Hashable {
    package let organization: OrganizationID
    package let purpose: Purpose
    package let channel: Channel
    /// Whether the person is already unsubscribed from it.
    package let isAlreadyDone: Bool
}

/// What using a token did.
package enum UnsubscribeOutcome: Sendable, Hashable {
    /// From now on nothing of this purpose goes out on this channel.
    case unsubscribed(Purpose, Channel)
    /// It was so before.
    case already(Purpose, Channel)
    /// No such token, or its two years are over.
    case unknown
}
