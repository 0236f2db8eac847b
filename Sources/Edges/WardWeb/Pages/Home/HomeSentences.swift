// SPDX-License-Identifier: Apache-2.0

import WardCampaigns
import WardIdentity
import WardKernel
import WardRender

/// What Home says. Each area adds its sentences here, asking its façade; whoever lacks the permission gets none.
enum HomeSentences {
    /// At most so many campaigns are asked about.
    private static let campaigns = 20

    /// What today's campaigns and imports have come to.
    static func today(_ visit: Visit) async throws -> [HomeContent.Sentence] {
        try await campaignsToday(visit) + ImportSentences.today(visit)
    }

    private static func campaignsToday(_ visit: Visit) async throws -> [HomeContent.Sentence] {
        guard try visit.requester.may(.viewCampaigns) else { return [] }
        let today = visit.times.date(of: visit.now)
        var sentences: [HomeContent.Sentence] = []
        let recent = try await visit.facades.campaigns.list(limit: campaigns, requester: try visit.requester).campaigns
        for campaign in recent where campaign.startedAt.map({ visit.times.date(of: $0) }) == today {
            let report = try await visit.facades.campaigns.report(campaign.id, requester: try visit.requester)
            let text = visit.words(
                "{name}: {delivered} delivered, {portal} waiting in the portal, {rest} not reached.",
                [
                    "name": campaign.draft.name, "delivered": Numbers.grouped(report.delivered),
                    "portal": Numbers.grouped(report.waitingInPortal),
                    "rest": Numbers.grouped(report.refused + report.expired + report.notSent + report.held),
                ]
            )
            sentences.append(.init(sentenceText: text, sentenceHref: visit.base + "/campaigns/\(campaign.id)"))
        }
        return sentences
    }

    /// What goes out by itself, and what waits for somebody to go on with it.
    static func due(_ visit: Visit) async throws -> [HomeContent.Sentence] {
        try await scheduled(visit) + ImportSentences.due(visit) + PortalSentences.due(visit)
    }

    private static func scheduled(_ visit: Visit) async throws -> [HomeContent.Sentence] {
        guard try visit.requester.may(.viewCampaigns) else { return [] }
        let recent = try await visit.facades.campaigns.list(limit: campaigns, requester: try visit.requester).campaigns
        return recent.filter { $0.state == .scheduled }.map { campaign in
            let time = campaign.scheduledAt.map { visit.times.moment($0) } ?? ""
            let text = visit.words("{name} goes out {time}.", ["name": campaign.draft.name, "time": time])
            return .init(sentenceText: text, sentenceHref: visit.base + "/campaigns/\(campaign.id)")
        }
    }

    static func attention(_ visit: Visit) async throws -> [HomeContent.Sentence] {
        var sentences: [HomeContent.Sentence] = []
        if let banner = visit.settings.banner {
            sentences.append(.init(sentenceText: visit.words(banner), sentenceHref: nil))
        }
        sentences += try await PortalSentences.attention(visit)
        sentences += try await ImportSentences.attention(visit)
        sentences += try await DestinationSentences.attention(visit)
        guard try visit.requester.may(.manageStaff) else { return sentences }
        let accounts = try await visit.facades.identity.accounts(by: try visit.requester)
        let invited = accounts.filter { $0.state == .invited }.count
        if invited > 0 {
            let text = visit.words(
                "{count} {count|colleague has|colleagues have} been invited and not signed in yet.",
                count: invited
            )
            sentences.append(.init(sentenceText: text, sentenceHref: visit.base + "/staff"))
        }
        let privacy = accounts.filter { $0.roles.contains(.compliance) && $0.state == .active }
        if privacy.isEmpty {
            let text = visit.words("Nobody holds the compliance role. Name a privacy official.")
            sentences.append(.init(sentenceText: text, sentenceHref: visit.base + "/staff"))
        }
        return sentences
    }
}
