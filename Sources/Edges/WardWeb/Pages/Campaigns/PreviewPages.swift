// SPDX-License-Identifier: Apache-2.0

import WardCampaigns
import WardDelivery
import WardKernel
import WardRender
import WardSegments

struct PreviewContent: PageModel {
    static let template = "campaigns/preview"

    struct Member: Sendable {
        let memberLabel: String
        let memberHref: String
        let memberIsShown: Bool
    }

    let members: [Member]
    let isShown: Bool
    let subject: String
    let bodyMarkup: Markup
    let noMessage: String?
}

/// A draft as one chosen member of its segment would read it; looking is audited.
enum PreviewPages {
    static func show(_ visit: Visit) async throws -> Reply {
        let id: CampaignID = try visit.identifier("campaign")
        let requester = try visit.requester
        let campaign = try await CampaignPages.find(id, visit)
        guard let segment = campaign.draft.segment else { return .seeOther(visit.path("campaigns", "\(id)")) }
        let members = try await visit.facades.segments.members(of: segment, by: requester)
        let chosen = ContactID(try visit.query.text("as"))
        var shown: (subject: String, body: Markup)?
        var noMessage: String?
        if let chosen {
            switch try await visit.facades.campaigns.preview(id, as: chosen, requester: requester) {
            case .message(let content):
                shown = content.expose(for: .disclosing) { ($0.subject, .paragraphs($0.text)) }
            case .nothing(let reason): noMessage = visit.words(reason.sentence)
            }
        }
        let content = PreviewContent(
            members: members.members.map { member in
                .init(
                    memberLabel: member.maskedName,
                    memberHref: visit.path("campaigns", "\(id)", "preview", query: [("as", "\(member.contact)")]).text,
                    memberIsShown: member.contact == chosen
                )
            },
            isShown: shown != nil,
            subject: shown?.subject ?? "",
            bodyMarkup: shown?.body ?? .empty,
            noMessage: noMessage
        )
        var page = Page(
            visit.words("Preview"),
            .staff(section: .campaigns),
            lede: visit.words("Choose a member of the segment. Looking is written to the audit log."),
            content: content
        )
        page.crumbs = [
            .init(label: visit.words("Campaigns"), href: visit.base + "/campaigns"),
            .init(label: visit.words("Back to the draft"), href: visit.base + "/campaigns/\(id)"),
        ]
        return .page(page)
    }
}
