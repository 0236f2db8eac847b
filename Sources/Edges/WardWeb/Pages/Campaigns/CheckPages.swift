// SPDX-License-Identifier: Apache-2.0

import WardCampaigns
import WardKernel
import WardRender

/// Asking the gate about everybody: at once for a small audience, followed like an import for a large one.
enum CheckPages {
    static func begin(_ visit: Visit) async throws -> Reply {
        let id: CampaignID = try visit.identifier("campaign")
        do {
            _ = try await visit.facades.campaigns.beginPreflight(id, requester: try visit.requester)
        } catch CampaignError.incomplete {
            return .seeOther(visit.path("campaigns", "\(id)"))
        } catch CampaignError.notFound {
            throw NotFound()
        }
        return .seeOther(visit.path("campaigns", "\(id)", query: [("checked", "1")]))
    }

    /// The part of the page that is looked at again every second.
    static func follow(_ visit: Visit) async throws -> Reply {
        let id: CampaignID = try visit.identifier("campaign")
        _ = try await CampaignPages.find(id, visit)
        let progress = try await visit.facades.campaigns.preflightProgress(id, requester: try visit.requester)
        return .fragment(progress.map { content($0, visit) } ?? over(visit))
    }

    static func cancel(_ visit: Visit) async throws -> Reply {
        let id: CampaignID = try visit.identifier("campaign")
        _ = try await CampaignPages.find(id, visit)
        // One that ended meanwhile has its answers on the page.
        _ = try await visit.facades.campaigns.cancelPreflight(id, requester: try visit.requester)
        return .seeOther(visit.path("campaigns", "\(id)"))
    }

    static func content(_ progress: PreflightProgress, _ visit: Visit) -> ProgressContent {
        let words = visit.words
        let values = ["done": Numbers.grouped(progress.done), "total": Numbers.grouped(progress.total)]
        var text = words("{done} of {total} people asked about", values)
        if let rate = progress.rate.map({ Int($0.rounded()) }), rate > 0 {
            let left = max(0, progress.total - progress.done) / rate
            text +=
                ", " + words("{count} a second", count: rate) + ", "
                + words("{count} {count|second|seconds} left", count: left)
        }
        return ProgressContent(
            done: min(progress.done, progress.total),
            total: max(1, progress.total),
            progressText: text,
            progressIsRunning: true
        )
    }

    private static func over(_ visit: Visit) -> ProgressContent {
        ProgressContent(
            done: 1,
            total: 1,
            progressText: visit.words("Everybody was asked about"),
            progressIsRunning: false
        )
    }
}
