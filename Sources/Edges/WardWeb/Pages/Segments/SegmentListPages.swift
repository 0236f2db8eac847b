// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardRender
import WardSegments

struct SegmentListContent: PageModel {
    static let template = "segments/list"

    struct Row: Sendable {
        let rowName: String
        let rowHref: String
        let size: String?
        let sparkMarkup: Markup
        let changed: MomentModel
    }

    let rows: [Row]
    let countText: String
    let empty: EmptyModel?
}

enum SegmentListPages {
    static func list(_ visit: Visit) async throws -> Reply {
        let requester = try visit.requester
        let segments = try await visit.segments.list(by: requester)
        let words = visit.words
        let mayEdit = requester.may(.editSegments)
        let new = LinkModel(linkLabel: words("Make a segment"), linkHref: visit.base + "/segments/new")
        let content = SegmentListContent(
            rows: segments.map { row($0, visit) },
            countText: words("{count} {count|segment|segments}", count: segments.count),
            empty: segments.isEmpty
                ? EmptyModel(
                    emptyTitle: words("No segments yet"),
                    emptyText: words(
                        "A segment is a rule that says who belongs, such as everybody due for a screening. It is kept up to date by itself."
                    ),
                    emptyAction: mayEdit ? new : nil
                ) : nil
        )
        var page = Page(
            words("Segments"),
            .staff(section: .segments),
            lede: words("Rules that say who belongs. Campaigns are sent to them."),
            content: content
        )
        page.action = mayEdit ? .init(label: new.linkLabel, href: new.linkHref) : nil
        return .page(page)
    }

    private static func row(_ segment: Segment, _ visit: Visit) -> SegmentListContent.Row {
        .init(
            rowName: segment.name,
            rowHref: visit.base + "/segments/\(segment.id)",
            size: segment.sizes.last.map { "\($0.size)" },
            sparkMarkup: SegmentPages.sparkline(segment, visit),
            changed: visit.moment(segment.changedAt)
        )
    }
}
