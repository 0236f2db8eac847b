// SPDX-License-Identifier: Apache-2.0

import WardContacts
import WardKernel
import WardRender

/// What Home says about imports, to those who may import.
enum ImportSentences {
    /// For how long an import that needs mending is shown.
    private static let shown: Duration = .days(7)
    /// So many files that ended today are told one by one.
    private static let few = 3

    /// Those that run, and those that ended today.
    static func today(_ visit: Visit) async throws -> [HomeContent.Sentence] {
        let today = visit.times.date(of: visit.now)
        let all = try await imports(visit)
        let running = all.filter { $0.state == .running }.map { progress in
            let values = [
                "name": progress.fileName, "done": Numbers.grouped(progress.rowsDone),
                "total": Numbers.grouped(progress.rowTotal ?? 0),
            ]
            return sentence("{name} is being imported: {done} of {total} rows.", values, progress, visit)
        }
        let done = all.filter { progress in
            progress.state == .finished && progress.finishedAt.map { visit.times.date(of: $0) } == today
        }
        if done.count > few { return running + [together(done, visit)] }
        return running
            + done.map { progress in
                let values = [
                    "name": progress.fileName, "added": Numbers.grouped(progress.counts.added),
                    "updated": Numbers.grouped(progress.counts.updated),
                ]
                return sentence("{name} is imported: {added} added, {updated} updated.", values, progress, visit)
            }
    }

    /// One sentence for a day with many files.
    private static func together(_ done: [ImportProgress], _ visit: Visit) -> HomeContent.Sentence {
        let values = [
            "added": Numbers.grouped(done.reduce(0) { $0 + $1.counts.added }),
            "updated": Numbers.grouped(done.reduce(0) { $0 + $1.counts.updated }),
        ]
        let text = visit.words(
            "{count} files are imported: {added} added, {updated} updated.",
            count: done.count,
            values
        )
        return .init(sentenceText: text, sentenceHref: visit.base + "/imports")
    }

    /// Files that were uploaded and wait for their basis.
    static func due(_ visit: Visit) async throws -> [HomeContent.Sentence] {
        try await imports(visit).filter { $0.state == .ready }.map { progress in
            let text = "{name} is uploaded. Say on what basis its people may be written to, then start the import."
            return sentence(text, ["name": progress.fileName], progress, visit)
        }
    }

    /// Imports that stopped, and rows that were left out, for a week.
    static func attention(_ visit: Visit) async throws -> [HomeContent.Sentence] {
        let oldest = visit.now - shown
        return try await imports(visit).filter { ($0.finishedAt ?? $0.createdAt) >= oldest }.compactMap { progress in
            var values = ["name": progress.fileName]
            switch progress.state {
            case .failed:
                return sentence("The import of {name} stopped. What was imported stays.", values, progress, visit)
            case .finished where progress.counts.rejected > 0:
                values["count"] = Numbers.grouped(progress.counts.rejected)
                let text = "{name}: {count} {count|row was|rows were} rejected. Mend them and upload them again."
                return sentence(text, values, progress, visit)
            default: return nil
            }
        }
    }

    private static func imports(_ visit: Visit) async throws -> [ImportProgress] {
        let requester = try visit.requester
        guard requester.may(.importContacts) else { return [] }
        return try await visit.contacts.imports(by: requester)
    }

    private static func sentence(
        _ text: String,
        _ values: [String: String],
        _ progress: ImportProgress,
        _ visit: Visit
    ) -> HomeContent.Sentence {
        .init(
            sentenceText: visit.words(text, values),
            sentenceHref: visit.path("imports", "\(progress.id)").text
        )
    }
}
