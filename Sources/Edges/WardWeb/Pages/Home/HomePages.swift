// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardRender

/// Three columns of sentences with numbers: what happened today, what is due, what needs somebody.
struct HomeContent: PageModel {
    static let template = "home/home"

    struct Sentence: Sendable {
        let sentenceText: String
        let sentenceHref: String?
    }

    struct Column: Sendable {
        let columnTitle: String
        let sentences: [Sentence]
        /// What stands there when there is no sentence.
        let columnEmpty: String
    }

    let columns: [Column]
}

enum HomePages {
    static func show(_ visit: Visit) async throws -> Reply {
        let words = visit.words
        let columns = [
            HomeContent.Column(
                columnTitle: words("Today"),
                sentences: try await HomeSentences.today(visit),
                columnEmpty: words("Nothing was sent yet today.")
            ),
            HomeContent.Column(
                columnTitle: words("Due"),
                sentences: try await HomeSentences.due(visit),
                columnEmpty: words("Nothing is due.")
            ),
            HomeContent.Column(
                columnTitle: words("Attention"),
                sentences: try await HomeSentences.attention(visit),
                columnEmpty: words("Nothing needs you now.")
            ),
        ]
        let lede = visit.times.longDay(visit.times.date(of: visit.now))
        return .page(
            Page(visit.organization.name, .staff(section: .home), lede: lede, content: HomeContent(columns: columns))
        )
    }
}
