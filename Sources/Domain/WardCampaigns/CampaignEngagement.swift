// SPDX-License-Identifier: Apache-2.0

import Synchronization
package import WardDelivery
package import WardKernel
package import WardSegments
package import WardStorage
package import WardVault

/// Tells segments what happened with people's messages: `sent`, `delivered`, `opened` (in the portal) and `refused`, of any
/// message or of a campaign by its name. Nothing is known about clicks: Ward's messages hold no trackers. Made before the
/// delivery, from its rows alone.
package final class CampaignEngagement: EngagementFacts {
    private struct Known {
        var version: Int
        var name: String
    }

    package let events: [EngagementTerm.Event] = [.sent, .delivered, .opened, .refused]
    private let vault: Vault
    private let facts: DeliveryFacts
    /// The names of campaigns that were opened before.
    private let names = Mutex<[OrganizationID: [CampaignID: Known]]>([:])

    package init(vault: Vault, facts: DeliveryFacts = DeliveryFacts()) {
        self.vault = vault
        self.facts = facts
    }

    package func answer(
        _ question: EngagementQuestion,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> EngagementAnswer {
        let event: DeliveryFacts.Event
        switch question.event {
        case .sent: event = .sent
        case .delivered: event = .delivered
        case .opened: event = .opened
        case .refused: event = .refused
        case .clicked: return .notKept
        }
        var asked = DeliveryFacts.Question(
            event,
            ignoring: question.ignoring,
            period: question.period,
            among: question.among
        )
        if let name = question.campaign {
            let campaigns = try campaigns(named: name, of: organization, in: tx)
            guard !campaigns.isEmpty else { return .noSuchCampaign }
            asked.campaigns = campaigns
        }
        return .people(try facts.people(asked, of: organization, in: tx))
    }

    /// All of this name, in either case: staff tell campaigns apart by more than names.
    private func campaigns(
        named name: String,
        of organization: OrganizationID,
        in tx: any ReadTransaction
    ) throws -> [CampaignID] {
        let versions = try CampaignQueries.versions(of: organization, in: tx)
        let known = names.withLock { $0[organization] ?? [:] }
        var current: [CampaignID: Known] = [:]
        for (id, version) in versions {
            if let found = known[id], found.version == version {
                current[id] = found
            } else if let row = try CampaignQueries.find(id, of: organization, in: tx) {
                let opened = try vault.open(
                    row.draftSealed,
                    at: Campaigns.place(of: id, organization: organization),
                    in: tx
                )
                let draft = try opened.expose(for: .evaluating) { try CampaignJSON.draft(from: $0, of: id) }
                current[id] = Known(version: version, name: draft.name.lowercased())
            }
        }
        names.withLock { [current] in $0[organization] = current }
        let wanted = name.lowercased()
        return current.filter { $0.value.name == wanted }.keys.sorted()
    }
}
