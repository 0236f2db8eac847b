// SPDX-License-Identifier: Apache-2.0

import WardCampaigns
import WardDelivery
import WardIdentity
import WardKernel

/// Who and what the identifiers in a policy's rules stand for.
struct PolicyNames: Sendable {
    private var staff: [StaffID: String] = [:]
    private var campaigns: [CampaignID: String] = [:]

    static func of(_ policy: ProtectionPolicy, _ visit: Visit) async throws -> PolicyNames {
        let senders = policy.scoped.filter { $0.level == .sender }.compactMap { StaffID($0.name) }
        let campaigns = policy.scoped.filter { $0.level == .campaign }.compactMap { CampaignID($0.name) }
        return try await of(senders, campaigns, visit)
    }

    static func of(sender: StaffID?, campaign: CampaignID?, _ visit: Visit) async throws -> PolicyNames {
        try await of([sender].compactMap { $0 }, [campaign].compactMap { $0 }, visit)
    }

    private static func of(_ staff: [StaffID], _ campaigns: [CampaignID], _ visit: Visit) async throws -> PolicyNames {
        var names = PolicyNames()
        names.staff = try await visit.facades.identity.names(of: Set(staff), in: visit.organization.id)
        let requester = try visit.requester
        guard requester.may(.viewCampaigns) else { return names }
        for id in campaigns {
            do {
                names.campaigns[id] = try await visit.facades.campaigns.campaign(id, requester: requester).draft.name
            } catch CampaignError.notFound {
                // A rule may outlive its campaign: its identifier is shown.
                continue
            }
        }
        return names
    }

    func title(_ level: ProtectionLevel, _ name: String) -> String? {
        switch level {
        case .sender: StaffID(name).flatMap { staff[$0] }
        case .campaign: CampaignID(name).flatMap { campaigns[$0] }
        case .builtIn, .organization, .domain, .contact: nil
        }
    }
}
