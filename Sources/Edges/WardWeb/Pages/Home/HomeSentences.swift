// SPDX-License-Identifier: Apache-2.0

import WardIdentity
import WardKernel
import WardRender

/// What Home says. Each area adds its sentences here, asking its façade; whoever lacks the permission gets none.
enum HomeSentences {
    static func today(_ visit: Visit) async throws -> [HomeContent.Sentence] { [] }

    static func due(_ visit: Visit) async throws -> [HomeContent.Sentence] { [] }

    static func attention(_ visit: Visit) async throws -> [HomeContent.Sentence] {
        var sentences: [HomeContent.Sentence] = []
        if let banner = visit.settings.banner {
            sentences.append(.init(sentenceText: visit.words(banner), sentenceHref: nil))
        }
        guard try visit.requester.may(.manageStaff) else { return sentences }
        let accounts = try await visit.facades.identity.accounts(by: try visit.requester)
        let invited = accounts.filter { $0.state == .invited }.count
        if invited > 0 {
            let text = visit.words(
                "{count} {count|colleague has|colleagues have} been invited and not signed in yet.",
                count: invited
            )
            sentences.append(.init(sentenceText: text, sentenceHref: visit.base + "/staff"))
        }
        let privacy = accounts.filter { $0.roles.contains(.compliance) && $0.state == .active }
        if privacy.isEmpty {
            let text = visit.words("Nobody holds the compliance role. Name a privacy official.")
            sentences.append(.init(sentenceText: text, sentenceHref: visit.base + "/staff"))
        }
        return sentences
    }
}
