// SPDX-License-Identifier: Apache-2.0

import WardCampaigns
import WardKernel
import WardRender

struct CampaignListContent: PageModel {
    static let template = "campaigns/list"

    struct Row: Sendable {
        let rowName: String
        let rowHref: String
        let status: StatusModel
        let rowClass: String?
        let rowWhenLabel: String
        let when: MomentModel?
    }

    let mayEdit: Bool
    let rows: [Row]
    let nextHref: String?
    let empty: EmptyModel?
}

enum CampaignListPages {
    static func list(_ visit: Visit) async throws -> Reply {
        let requester = try visit.requester
        let (campaigns, next) = try await visit.facades.campaigns.list(
            after: try position(visit),
            requester: requester
        )
        let content = CampaignListContent(
            mayEdit: requester.may(.editCampaigns),
            rows: campaigns.map { row($0, visit) },
            nextHref: next.map { position in
                let query = [("at", "\(position.at.microseconds)"), ("id", "\(position.id)")]
                return visit.path("campaigns", query: query).text
            },
            empty: campaigns.isEmpty
                ? EmptyModel(
                    emptyTitle: visit.words("No campaign yet"),
                    emptyText: visit.words(
                        "A campaign writes one message to everybody in a segment, each with their own facts. Each message is "
                            + "checked for consent and protection before it leaves."
                    ),
                    emptyAction: nil
                ) : nil
        )
        return .page(
            Page(
                visit.words("Campaigns"),
                .staff(section: .campaigns),
                lede: visit.words("One message to many people, each protected and accounted for."),
                content: content
            )
        )
    }

    static func create(_ visit: Visit) async throws -> Reply {
        let id = try await visit.facades.campaigns.create(requester: try visit.requester)
        return .seeOther(visit.path("campaigns", "\(id)"))
    }

    private static func position(_ visit: Visit) throws -> CampaignPosition? {
        guard let at = Int64(try visit.query.text("at")), let id = CampaignID(try visit.query.text("id")) else {
            return nil
        }
        return CampaignPosition(at: Timestamp(microseconds: at), id: id)
    }

    private static func row(_ campaign: Campaign, _ visit: Visit) -> CampaignListContent.Row {
        let (label, time): (String, Timestamp?) =
            switch campaign.state {
            case .draft: ("changed", campaign.changedAt)
            case .scheduled: ("goes out", campaign.scheduledAt)
            case .sending, .paused: ("began", campaign.startedAt)
            case .finished: ("finished", campaign.finishedAt)
            case .cancelled: ("cancelled", campaign.changedAt)
            }
        return .init(
            rowName: campaign.draft.name.isEmpty ? visit.words("Without a name") : campaign.draft.name,
            rowHref: visit.base + "/campaigns/\(campaign.id)",
            status: CampaignWords.state(campaign.state, visit),
            rowClass: campaign.draft.messageClass.map { visit.words(CampaignWords.className($0)) },
            rowWhenLabel: visit.words(label),
            when: time.map(visit.moment)
        )
    }
}
