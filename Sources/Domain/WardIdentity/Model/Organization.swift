// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// A tenant as people name it. None of this is protected: it stands on every page and in every mail.
package struct Organization: Sendable, Hashable {
    package let id: OrganizationID
    /// The first path segment of its addresses: 2 … 40 of `a-z 0-9 -`.
    package let slug: String
    package let name: String
    package let postalAddress: String
    /// A name of the IANA time zone database, such as `America/Chicago`.
    package let timeZone: String
    /// The domain that its mail comes from.
    package let senderDomain: String
    /// The staff pages' origin, such as `https://ward.lakeside.example`.
    package let staffAddress: String
    /// The patient pages' origin.
    package let patientAddress: String
}

/// What `ward init` asks about an organization.
package struct OrganizationDetails: Sendable, Hashable {
    package var name: String
    package var postalAddress: String
    package var timeZone: String
    package var senderDomain: String
    package var staffAddress: String
    package var patientAddress: String

    package init(
        name: String,
        postalAddress: String,
        timeZone: String,
        senderDomain: String,
        staffAddress: String,
        patientAddress: String
    ) {
        self.name = name
        self.postalAddress = postalAddress
        self.timeZone = timeZone
        self.senderDomain = senderDomain
        self.staffAddress = staffAddress
        self.patientAddress = patientAddress
    }
}

/// The words that addresses need for themselves and an organization cannot take.
enum Slug {
    static let reserved: Set<String> = ["assets", "api", "health", "well-known", "ward"]

    /// The name in `a-z 0-9 -`, at most 40; `organization` when nothing of it is left.
    static func make(from name: String) -> String {
        let letters = name.lowercased().unicodeScalars.map { scalar -> Character in
            switch scalar {
            case "a"..."z", "0"..."9": Character(scalar)
            default: "-"
            }
        }
        let slug = String(String(letters).split(separator: "-").joined(separator: "-").prefix(40))
        return slug.count < 2 || reserved.contains(slug) ? "organization" : slug
    }
}
