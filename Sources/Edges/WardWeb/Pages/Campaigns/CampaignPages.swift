// SPDX-License-Identifier: Apache-2.0

import WardCampaigns
import WardKernel
import WardRender

/// One campaign: the compose page while it is a draft, the report from then on; and what is asked of it.
enum CampaignPages {
    static func show(_ visit: Visit) async throws -> Reply {
        let campaign = try await find(try visit.identifier("campaign"), visit)
        if campaign.state == .draft { return .page(try await ComposePages.page(visit, campaign)) }
        return .page(try await ReportPages.page(visit, campaign))
    }

    /// Sends now, or at the day and time in the organization's zone.
    static func send(_ visit: Visit) async throws -> Reply {
        let id: CampaignID = try visit.identifier("campaign")
        let requester = try visit.requester
        let campaigns = visit.facades.campaigns
        do {
            if try visit.form.text("when") == "later" {
                guard let time = try moment(visit) else { throw CampaignError.badTime }
                try await campaigns.schedule(id, at: time, requester: requester)
            } else {
                try await campaigns.sendNow(id, requester: requester)
            }
        } catch let error as CampaignError {
            if case .notFound = error { throw NotFound() }
            let campaign = try await find(id, visit)
            guard campaign.state == .draft else { return .seeOther(visit.path("campaigns", "\(id)")) }
            let text = visit.words(error.description)
            return .page(try await ComposePages.page(visit, campaign, sendProblem: text), status: 422)
        }
        return .seeOther(visit.path("campaigns", "\(id)"))
    }

    static func command(_ visit: Visit) async throws -> Reply {
        let id: CampaignID = try visit.identifier("campaign")
        let requester = try visit.requester
        let campaigns = visit.facades.campaigns
        do {
            switch CampaignCommand(rawValue: try visit.form.text("command")) {
            case .pause: try await campaigns.pause(id, requester: requester)
            case .resume: try await campaigns.resume(id, requester: requester)
            case .cancel: try await campaigns.cancel(id, requester: requester)
            case .unschedule: try await campaigns.unschedule(id, requester: requester)
            default: throw BadRequest(reason: .missingField)
            }
        } catch CampaignError.notPossible {
            // Somebody or something was quicker: the page says how it stands now.
        }
        return .seeOther(visit.path("campaigns", "\(id)"))
    }

    static func find(_ id: CampaignID, _ visit: Visit) async throws -> Campaign {
        do {
            return try await visit.facades.campaigns.campaign(id, requester: try visit.requester)
        } catch CampaignError.notFound {
            throw NotFound()
        }
    }

    private static func moment(_ visit: Visit) throws -> Timestamp? {
        guard let day = CalendarDate(try visit.form.text("date")) else { return nil }
        let parts = try visit.form.text("time").split(separator: ":").compactMap { Int($0) }
        guard parts.count >= 2, (0...23).contains(parts[0]), (0...59).contains(parts[1]) else { return nil }
        return visit.times.moment(on: day, minutes: parts[0] * 60 + parts[1])
    }
}
