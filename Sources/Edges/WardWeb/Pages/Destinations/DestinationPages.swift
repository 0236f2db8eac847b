// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardKernel
import WardRender

struct DestinationListContent: PageModel {
    static let template = "destinations/list"

    struct Row: Sendable {
        let rowDomain: String
        let rowHref: String
        let protection: StatusModel
        let rowPolicy: String
        let rowDANE: String
        let since: MomentModel
        let seen: MomentModel
    }

    let rows: [Row]
    let empty: EmptyModel?
}

struct DestinationContent: PageModel {
    static let template = "destinations/destination"

    struct Change: Sendable {
        let found: MomentModel
        let protection: StatusModel
        let changePolicy: String
        let changeDANE: String
        let changeProof: String
    }

    let now: StatusModel
    let seen: MomentModel
    let alert: MomentModel?
    let changes: [Change]
    let reportsHref: String
}

/// What protects mail to other domains, and what was found before.
enum DestinationPages {
    static func list(_ visit: Visit) async throws -> Reply {
        let words = visit.words
        let destinations = try await visit.facades.delivery.destinations(by: try visit.requester)
        let empty = EmptyModel(
            emptyTitle: words("No destinations yet"),
            emptyText: words(
                "With the first message to a domain, or the first check of a campaign, Ward looks at its servers."
            ),
            emptyAction: nil
        )
        let content = DestinationListContent(
            rows: destinations.map { row($0, visit) },
            empty: destinations.isEmpty ? empty : nil
        )
        var page = Page(
            words("Destinations"),
            .staff(section: .settings),
            lede: words("What protects mail on its way to other domains, as Ward last found it."),
            content: content
        )
        page.crumbs = [.init(label: words("Settings"), href: visit.base + "/settings")]
        return .page(page)
    }

    static func show(_ visit: Visit) async throws -> Reply {
        guard let key = visit.parameters["destination"].flatMap({ DestinationKey($0) }),
            let history = try await visit.facades.delivery.destination(key, by: try visit.requester)
        else { throw NotFound() }
        let words = visit.words
        let content = DestinationContent(
            now: status(history.summary.posture, isBelow: history.summary.alertSince != nil, visit),
            seen: visit.moment(history.summary.lookedAt),
            alert: history.summary.alertSince.map(visit.moment),
            changes: history.changes.map { change in
                .init(
                    found: visit.moment(change.foundAt),
                    protection: status(change.posture, isBelow: false, visit),
                    changePolicy: policy(change.posture, visit),
                    changeDANE: signedDNS(change.posture, visit),
                    changeProof: proof(change.posture, visit)
                )
            },
            reportsHref: visit.path("settings", "tls-reports", query: [("domain", history.summary.domain)]).text
        )
        var page = Page(history.summary.domain, .staff(section: .settings), content: content)
        page.crumbs = [
            .init(label: words("Settings"), href: visit.base + "/settings"),
            .init(label: words("Destinations"), href: visit.base + "/settings/destinations"),
        ]
        return .page(page)
    }

    private static func row(_ summary: DestinationSummary, _ visit: Visit) -> DestinationListContent.Row {
        .init(
            rowDomain: summary.domain,
            rowHref: visit.path("settings", "destinations", "\(summary.key)").text,
            protection: status(summary.posture, isBelow: summary.alertSince != nil, visit),
            rowPolicy: policy(summary.posture, visit),
            rowDANE: signedDNS(summary.posture, visit),
            since: visit.moment(summary.foundAt),
            seen: visit.moment(summary.lookedAt)
        )
    }

    private static func status(_ posture: DestinationPosture, isBelow: Bool, _ visit: Visit) -> StatusModel {
        switch posture.level {
        case .proved: StatusModel(visit.words("verified TLS to a proved host"), .good)
        case .certificate: StatusModel(visit.words("verified TLS"), isBelow ? .warn : .good)
        case .unprotected: StatusModel(visit.words("no verified TLS: protected mail goes another way"), .bad)
        }
    }

    private static func policy(_ posture: DestinationPosture, _ visit: Visit) -> String {
        let identifier = posture.policyIdentifier.map { " · \($0)" } ?? ""
        return switch posture.policy {
        case "enforce": visit.words("enforced") + identifier
        case "testing": visit.words("being tested") + identifier
        case "none": visit.words("no policy")
        default: visit.words("announced, and cannot be fetched")
        }
    }

    private static func signedDNS(_ posture: DestinationPosture, _ visit: Visit) -> String {
        switch posture.dane {
        case "records": visit.words("certificates named in signed DNS")
        case "no_records": visit.words("signed, without certificates")
        case "unusable": visit.words("signed, with records that cannot be used")
        case "unsigned": visit.words("not signed")
        default: visit.words("differs from host to host")
        }
    }

    private static func proof(_ posture: DestinationPosture, _ visit: Visit) -> String {
        switch (posture.proof, posture.failure) {
        case (_, let failure?): failure.replacing("_", with: " ")
        case ("dane", _): visit.words("by signed DNS (DANE)")
        case (_, nil): visit.words("by a public certificate authority")
        }
    }
}

/// What Home says about destinations, to those who manage settings.
enum DestinationSentences {
    /// So many are named one by one.
    private static let few = 3

    static func attention(_ visit: Visit) async throws -> [HomeContent.Sentence] {
        let requester = try visit.requester
        guard requester.may(.manageSettings) else { return [] }
        let alerts = try await visit.facades.delivery.destinationAlerts(by: requester)
        if alerts.count > few {
            let text = visit.words(
                "{count} {count|domain is|domains are} less protected on the way than before.",
                count: alerts.count
            )
            return [.init(sentenceText: text, sentenceHref: visit.base + "/settings/destinations")]
        }
        return alerts.map { alert in
            let text = visit.words(
                alert.posture.level == .unprotected
                    ? "Mail to {domain} can no longer be protected on the way: protected mail goes to the portal."
                    : "Mail to {domain} is less protected on the way than before.",
                ["domain": alert.domain]
            )
            let href = visit.path("settings", "destinations", "\(alert.key)").text
            return .init(sentenceText: text, sentenceHref: href)
        }
    }
}
