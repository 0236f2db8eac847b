// SPDX-License-Identifier: Apache-2.0

import WardCampaigns
import WardDelivery
import WardKernel
import WardRender

struct CampaignPeopleContent: PageModel {
    static let template = "campaigns/people"

    struct Row: Sendable {
        let rowPerson: ProtectedValueModel
        let rowHref: String?
        let changed: MomentModel?
        /// Where somebody can give what is missing to reach this person.
        let remedyLink: LinkModel?
    }

    let reasonText: String?
    let rows: [Row]
    let nextHref: String?
}

/// The people behind one number of a report or preflight, masked.
enum CampaignPeoplePages {
    private static let pageSize = 50

    static func list(_ visit: Visit) async throws -> Reply {
        let id: CampaignID = try visit.identifier("campaign")
        let campaign = try await CampaignPages.find(id, visit)
        let (title, reason, people) = try await people(id, visit)
        let names = try await MessagesPages.names(of: Set(people.map(\.contact)), visit)
        let isPreflight = try visit.query.text("of") == "preflight"
        let isUnrecognisable = try visit.query.optional("reason") == HoldReason.noRecognition.rawValue
        let rows = people.map { person in
            CampaignPeopleContent.Row(
                rowPerson: names[person.contact] ?? .init(phiText: "••••", isMasked: true),
                rowHref: isPreflight
                    ? nil : visit.path("campaigns", "\(id)", "people", "\(person.contact)").text,
                changed: person.changedAt.map(visit.moment),
                remedyLink: isUnrecognisable
                    ? HoldRemedy.link(for: person.contact, campaign.draft.sensitivity, visit) : nil
            )
        }
        let next = people.count == Self.pageSize ? people.last.map { nextHref($0, id, visit) } : nil
        let content = CampaignPeopleContent(reasonText: reason, rows: rows, nextHref: next)
        var page = Page(title, .staff(section: .campaigns), content: content)
        page.crumbs = [
            .init(label: visit.words("Campaigns"), href: visit.base + "/campaigns"),
            .init(
                label: campaign.draft.name.isEmpty ? visit.words("Campaign") : campaign.draft.name,
                href: visit.base + "/campaigns/\(id)"
            ),
        ]
        return .page(page)
    }

    private static func people(_ id: CampaignID, _ visit: Visit) async throws -> (String, String?, [ReportPerson]) {
        let query = visit.query
        let campaigns = visit.facades.campaigns
        let requester = try visit.requester
        let after = ContactID(try query.text("after"))
        let reason = try query.optional("reason")
        switch try query.text("of") {
        case "preflight":
            guard let method = PreflightMethod(rawValue: try query.text("method")), let reason else { throw NotFound() }
            let found = try await campaigns.people(
                behind: (method: method, reason: reason),
                of: id,
                after: after,
                limit: pageSize,
                requester: requester
            )
            let group = PreflightGroup(method: method, reason: reason, count: 0)
            let people = found.map { ReportPerson(contact: $0, message: nil, changedAt: nil) }
            return (PreflightWords.status(method, visit).statusWord, visit.words(group.sentence), people)
        case "none":
            let source = ReportRow.Source.noMessage(reason ?? "")
            return try await report(source, id, visit, after: after)
        default:
            guard let standing = DeliveryStanding(rawValue: try query.text("standing")) else { throw NotFound() }
            let count = DeliveryCount(
                standing: standing,
                reason: reason,
                method: SendMethod(rawValue: try query.text("method")),
                count: 0
            )
            return try await report(.delivery(count), id, visit, after: after)
        }
    }

    private static func report(
        _ source: ReportRow.Source,
        _ id: CampaignID,
        _ visit: Visit,
        after: ContactID?
    ) async throws -> (String, String?, [ReportPerson]) {
        let message = MessageID(try visit.query.text("message"))
        let position = after.map { ReportPerson(contact: $0, message: message, changedAt: nil) }
        let people = try await visit.facades.campaigns.people(
            behind: source,
            of: id,
            after: position,
            limit: pageSize,
            requester: try visit.requester
        )
        let row = ReportRow(source: source, count: 0)
        return (visit.words(row.title), row.sentence.map { visit.words($0) }, people)
    }

    private static func nextHref(_ last: ReportPerson, _ id: CampaignID, _ visit: Visit) -> String {
        var query = ["of", "standing", "reason", "method"].compactMap { name in
            visit.query.all(name).first.map { (name, $0) }
        }
        query.append(("after", "\(last.contact)"))
        if let message = last.message { query.append(("message", "\(message)")) }
        return visit.path("campaigns", "\(id)", "people", query: query).text
    }
}
