// SPDX-License-Identifier: Apache-2.0

import WardDelivery
import WardIdentity
import WardKernel
import WardRender

struct DrugListContent: PageModel {
    static let template = "protection/drugs"

    let summary: ErrorSummary?
    let standing: String
    let search: String
    let isSearched: Bool
    /// What is found, as far as it is shown.
    let drugNames: [DrugName]
    let moreText: String?
    let isEmpty: Bool
    let hasNames: Bool
    let commonText: String
    let added: FieldModel
    let removed: FieldModel

    struct DrugName: Sendable {
        let drugName: String
    }
}

/// The names of drugs that the content scan looks for: a list in the draft of the policy.
enum DrugListPages {
    /// Names shown at once; the search finds the others.
    static let shown = 60
    /// Characters that one form takes: with every line break encoded they stay below the form's 64 KiB.
    static let typed = 40_000

    static func show(_ visit: Visit) async throws -> Reply { .page(try await page(visit)) }

    static func add(_ visit: Visit) async throws -> Reply {
        var names = DrugList.names(in: try visit.form.text("added"))
        if try visit.form.text("common") == "yes" { names += DrugList.common }
        if names.isEmpty {
            return try await again(
                visit,
                "added",
                visit.words("Write the name of a drug, or choose the list that comes with Ward.")
            )
        }
        if DrugList.firstUnusable(in: names) != nil {
            let text = "A name has at most {words} words and 100 characters; the scan would not find a longer one."
            return try await again(visit, "added", visit.words(text, ["words": "\(DrugList.words)"]))
        }
        let given = names
        return try await change(visit, "added") { kept in
            let known = Set(kept)
            return kept + DrugList.names(in: given.filter { !known.contains($0) }.joined(separator: "\n"))
        }
    }

    static func remove(_ visit: Visit) async throws -> Reply {
        if try visit.form.text("all") == "yes" { return try await change(visit, "removed") { _ in [] } }
        let names = Set(DrugList.names(in: try visit.form.text("removed")))
        if names.isEmpty { return try await again(visit, "removed", visit.words("Write the names that shall go.")) }
        return try await change(visit, "removed") { kept in kept.filter { !names.contains($0) } }
    }

    private static func change(
        _ visit: Visit,
        _ field: String,
        _ change: @escaping @Sendable ([String]) -> [String]
    ) async throws -> Reply {
        let outcome = try await visit.facades.delivery.draft(by: try visit.requester) { policy in
            policy.scan.drugNames = change(policy.scan.drugNames)
            return nil
        }
        if case .refused(let problem) = outcome { return try await again(visit, field, visit.words(problem.sentence)) }
        return .seeOther(visit.path("settings", "protection", "drugs"))
    }

    private static func again(_ visit: Visit, _ field: String, _ text: String) async throws -> Reply {
        .page(try await page(visit, problem: (field, text)), status: 422)
    }

    private static func page(_ visit: Visit, problem: (field: String, text: String)? = nil) async throws -> Page {
        let words = visit.words
        let standing = try await visit.facades.delivery.policies(by: try visit.requester)
        let kept = (standing.draft ?? standing.inForce).policy.scan.drugNames
        let search = try visit.query.text("q").lowercased()
        let found = kept.filter { search.isEmpty || $0.contains(search) }.sorted()
        func field(_ name: String, _ label: String, _ help: String? = nil) -> FieldModel {
            FieldModel(
                name,
                label,
                help: help,
                error: problem?.field == name ? problem?.text : nil,
                value: visit.form.all(name).first ?? "",
                isRequired: false,
                isOptional: false,
                isLong: true,
                maxLength: typed
            )
        }
        let content = DrugListContent(
            summary: ErrorSummary(words, problem.map { [$0] } ?? []),
            standing: standing.draft == nil
                ? words("The policy in force looks for {count} {count|name|names}.", count: kept.count)
                : words(
                    "The draft looks for {count} {count|name|names}. It holds once the draft is in force.",
                    count: kept.count
                ),
            search: search,
            isSearched: !search.isEmpty,
            drugNames: found.prefix(shown).map { .init(drugName: $0) },
            moreText: found.count > shown
                ? words("And {count} more. Search for them.", ["count": Numbers.grouped(found.count - shown)]) : nil,
            isEmpty: found.isEmpty,
            hasNames: !kept.isEmpty,
            commonText: words(
                "Add the {count} generic names that come with Ward",
                ["count": Numbers.grouped(DrugList.common.count)]
            ),
            added: field(
                "added",
                words("Names to add"),
                words("One on a line, or separated by commas. Capitals do not matter.")
            ),
            removed: field("removed", words("Names to remove"))
        )
        var page = Page(
            words("Drug names"),
            .staff(section: .settings),
            lede: words(
                "A message that names a drug says something about a person’s health. What follows is a rule of the content scan."
            ),
            content: content
        )
        page.crumbs = [
            .init(label: words("Settings"), href: visit.base + "/settings"),
            .init(label: words("Protection"), href: visit.base + "/settings/protection"),
        ]
        return page
    }
}
