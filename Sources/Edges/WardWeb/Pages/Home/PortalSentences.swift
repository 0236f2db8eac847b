// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardPortal
import WardRender

/// What Home says about the portal, to those who see its conversations.
enum PortalSentences {
    /// Answers that nobody has answered.
    static func due(_ visit: Visit) async throws -> [HomeContent.Sentence] {
        let requester = try visit.requester
        guard requester.may(.viewMessages) else { return [] }
        let count = try await visit.facades.portal.countOfThreadsNeedingAnswer(requester: requester)
        guard count > 0 else { return [] }
        let text = visit.words(
            "{count} {count|conversation waits|conversations wait} for an answer.",
            count: count
        )
        return [.init(sentenceText: text, sentenceHref: visit.base + "/messages")]
    }

    /// People whom the portal keeps out until somebody has spoken to them.
    static func attention(_ visit: Visit) async throws -> [HomeContent.Sentence] {
        let requester = try visit.requester
        guard requester.may(.viewMessages) else { return [] }
        let people = Set(try await visit.facades.portal.alerts(requester: requester).map(\.contact))
        guard !people.isEmpty else { return [] }
        let text = visit.words(
            "{count} {count|person is|people are} locked out of the portal after five wrong attempts. Call them.",
            count: people.count
        )
        return [.init(sentenceText: text, sentenceHref: visit.base + "/messages")]
    }
}
