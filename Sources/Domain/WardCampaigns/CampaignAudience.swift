// SPDX-License-Identifier: Apache-2.0

import WardDelivery
package import WardKernel
package import WardSegments
package import WardStorage

/// Tells the send gate who still belongs to a campaign's audience, by the segment's rule and what is true now. Made before
/// the delivery, which it answers.
package final class CampaignAudience: AudienceSource {
    private let segments: Segments

    package init(segments: Segments) { self.segments = segments }

    package func members(
        among contacts: [ContactID],
        of campaign: CampaignID,
        organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> Set<ContactID> {
        guard let row = try CampaignQueries.find(campaign, of: organization, in: tx), let segment = row.segment,
            row.state != .cancelled
        else { return [] }
        return try segments.members(among: contacts, in: segment, ignoring: campaign, of: organization, in: tx)
    }

    package func prepare(_ organization: OrganizationID) async throws {
        try await segments.prepareMembership(of: organization, builds: false)
    }
}
