// SPDX-License-Identifier: Apache-2.0

/// One bar or stage: what it counts and how many.
package struct ChartValue: Sendable, Hashable {
    package let label: String
    package let count: Int
    /// The class of the mark: the colour's token, which never carries meaning alone.
    package let tone: Tone

    package enum Tone: String, Sendable { case plain, good, warn, bad }

    package init(label: String, count: Int, tone: Tone = .plain) {
        self.label = label
        self.count = count
        self.tone = tone
    }
}

/// Pictures for people who would rather look than read: SVG without scripts or inline style, with the same numbers in a
/// table behind it (WCAG 1.1.1).
package enum Charts {
    /// Horizontal bars, labels at the left, numbers at the right.
    package static func bars(
        _ values: [ChartValue],
        title: String,
        tableHeading: (label: String, count: String)
    ) -> Markup {
        let top = max(1, values.map(\.count).max() ?? 1)
        let rowHeight = 28
        var rows = ""
        for (position, value) in values.enumerated() {
            let y = position * rowHeight
            let width = value.count == 0 ? 0 : max(2, value.count * 380 / top)
            rows += """
                <text x="0" y="\(y + 18)" class="chart-label">\(Markup.escaping(value.label).html)</text>\
                <rect x="200" y="\(y + 5)" width="\(width)" height="18" rx="2" class="mark-\(value.tone.rawValue)"/>\
                <text x="\(200 + width + 8)" y="\(y + 18)" class="chart-number">\(Numbers.grouped(value.count))</text>
                """
        }
        let height = max(rowHeight, values.count * rowHeight)
        return figure(width: 680, height: height, body: rows, title: title, values: values, heading: tableHeading)
    }

    /// A funnel: each stage as a centred bar as wide as its share of the first.
    package static func funnel(
        _ values: [ChartValue],
        title: String,
        tableHeading: (label: String, count: String)
    ) -> Markup {
        let top = max(1, values.first?.count ?? 1)
        let rowHeight = 44
        var rows = ""
        for (position, value) in values.enumerated() {
            let y = position * rowHeight
            let width = value.count == 0 ? 0 : max(2, min(value.count, top) * 400 / top)
            rows += """
                <rect x="\(240 - width / 2)" y="\(y)" width="\(width)" height="32" rx="2" \
                class="mark-\(value.tone.rawValue)"/>\
                <text x="460" y="\(y + 14)" class="chart-number">\(Numbers.grouped(value.count))</text>\
                <text x="460" y="\(y + 30)" class="chart-label">\(Markup.escaping(value.label).html)</text>
                """
        }
        let height = max(rowHeight, values.count * rowHeight)
        return figure(width: 680, height: height, body: rows, title: title, values: values, heading: tableHeading)
    }

    /// A line of the last values without axes; the title says first, last, least and most.
    package static func sparkline(_ counts: [Int], title: String) -> Markup {
        guard counts.count > 1, let least = counts.min(), let most = counts.max() else { return .empty }
        let span = max(1, most - least)
        let points = counts.enumerated().map { position, count in
            "\(2 + position * 92 / (counts.count - 1)),\(20 - (count - least) * 18 / span)"
        }
        return Markup(
            html: """
                <svg class="sparkline" viewBox="0 0 96 22" width="96" height="22" role="img">\
                <title>\(Markup.escaping(title).html)</title>\
                <polyline points="\(points.joined(separator: " "))" class="spark"/></svg>
                """
        )
    }

    private static func figure(
        width: Int,
        height: Int,
        body: String,
        title: String,
        values: [ChartValue],
        heading: (label: String, count: String)
    ) -> Markup {
        let cells = values.map {
            "<tr><th scope=\"row\">\(Markup.escaping($0.label).html)</th>"
                + "<td class=\"number\">\(Numbers.grouped($0.count))</td></tr>"
        }
        return Markup(
            html: """
                <figure class="chart"><svg viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)" \
                role="img" aria-hidden="true">\(body)</svg>\
                <details><summary>\(Markup.escaping(title).html)</summary><table><thead><tr>\
                <th scope="col">\(Markup.escaping(heading.label).html)</th>\
                <th scope="col" class="number">\(Markup.escaping(heading.count).html)</th></tr></thead>\
                <tbody>\(cells.joined())</tbody></table></details></figure>
                """
        )
    }
}
