// SPDX-License-Identifier: Apache-2.0

import Testing
import WardRender

@Suite struct ChartTests {
    private static let values = [
        ChartValue(label: "in the audience", count: 12_040), ChartValue(label: "<b>cleared</b>", count: 3, tone: .good),
        ChartValue(label: "opened", count: 0, tone: .bad),
    ]

    private func charts(_ values: [ChartValue], title: String = "From \"a\" to <b>") -> [String] {
        let heading = (label: "Stage", count: "People & more")
        return [
            Charts.bars(values, title: title, tableHeading: heading).html,
            Charts.funnel(values, title: title, tableHeading: heading).html,
        ]
    }

    @Test func `a chart is a picture with the same numbers in a table behind it`() {
        for html in charts(Self.values) {
            #expect(html.contains("<svg") && html.contains("</svg>"))
            #expect(html.contains("<th scope=\"row\">in the audience</th><td class=\"number\">12,040</td>"))
            #expect(html.contains("<th scope=\"row\">opened</th><td class=\"number\">0</td>"))
            #expect(html.contains("<th scope=\"col\">Stage</th>"))
            #expect(html.contains("class=\"mark-good\"") && html.contains("class=\"mark-plain\""))
        }
    }

    @Test func `no label brings markup, script or style along`() {
        for html in charts(Self.values) {
            #expect(!html.contains("<b>") && !html.contains("style=") && !html.contains("<script"))
            #expect(html.contains("&lt;b&gt;cleared&lt;/b&gt;"))
            #expect(html.contains("From &quot;a&quot; to &lt;b&gt;"))
            #expect(html.contains("People &amp; more"))
        }
        let line = Charts.sparkline([1, 2], title: "<script>x</script>").html
        #expect(line.contains("<title>&lt;script&gt;x&lt;/script&gt;</title>"))
    }

    @Test func `a mark is as wide as its share, seen when it is small, and absent when it is nothing`() {
        let html = Charts.bars(
            [.init(label: "a", count: 1_000_000), .init(label: "b", count: 1), .init(label: "c", count: 0)],
            title: "t",
            tableHeading: (label: "l", count: "c")
        ).html
        let widths = html.split(separator: "<rect").dropFirst().compactMap { piece in
            piece.split(separator: "width=\"").dropFirst().first?.split(separator: "\"").first
        }
        #expect(widths == ["380", "2", "0"])
    }

    @Test func `nothing to draw is drawn as nothing`() {
        for html in charts([]) { #expect(html.contains("<tbody></tbody>")) }
        #expect(Charts.sparkline([], title: "x") == .empty)
        #expect(Charts.sparkline([5], title: "x") == .empty)
        let level = Charts.sparkline([5, 5, 5], title: "x").html
        #expect(level.contains("points=\"2,20 48,20 94,20\""))
        #expect(Charts.sparkline([0, 10], title: "x").html.contains("points=\"2,20 94,2\""))
    }
}
