// SPDX-License-Identifier: Apache-2.0

import WardRender

/// A sentence per entry, the state of the log above.
struct AuditContent: PageModel {
    static let template = "audit/list"

    struct Entry: Sendable {
        let sentence: String
        let at: MomentModel
        let networkAddress: String?
        let reason: String?
        let isReasonErased: Bool
        let outcome: StatusModel?
        /// Facts, action and position, folded.
        let details: [Detail]
    }

    struct Detail: Sendable {
        let term: String
        let value: String
    }

    struct FilterOption: Sendable {
        let optionValue: String
        let optionLabel: String
        let isSelected: Bool
    }

    let verdict: StatusModel
    let verdictText: String
    let entries: [Entry]
    let groups: [FilterOption]
    let outcomes: [FilterOption]
    let from: String
    let until: String
    let nextHref: String?
    let mayExport: Bool
    let isFiltered: Bool
}
