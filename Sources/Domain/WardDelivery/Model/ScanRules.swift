// SPDX-License-Identifier: Apache-2.0

package import WardContentScan

/// What follows when the content scan finds something of a kind.
package enum ScanAction: String, CaseIterable, Sendable, Codable, Hashable {
    /// It is on record, and nothing else happens.
    case note
    /// The message counts as restricted: only what restricted messages may take carries it.
    case raise
    /// A person looks at it first.
    case hold
    case refuse

    /// The action in words.
    package var title: String {
        switch self {
        case .note: "Note it"
        case .raise: "Raise the message to restricted"
        case .hold: "Hold it for review"
        case .refuse: "Refuse to send"
        }
    }
}

/// The rules of the content scan, with what it looks for beside the known formats.
package struct ScanRules: Sendable, Codable, Hashable {
    /// By kind; a kind without a rule is noted, and what could not be read is held.
    package var actions: [ContentKind: ScanAction]
    package var drugNames: [String]
    package var patterns: [SafePattern]

    package init(
        actions: [ContentKind: ScanAction] = [:],
        drugNames: [String] = [],
        patterns: [SafePattern] = []
    ) {
        self.actions = actions
        self.drugNames = drugNames
        self.patterns = patterns
    }

    /// What follows from a kind.
    package func action(for kind: ContentKind) -> ScanAction {
        actions[kind] ?? (kind == .unreadable ? .hold : .note)
    }

    /// The finding whose action is the strictest, with that action; nil when there is none.
    package func strictest(of findings: [ContentFinding]) -> (finding: ContentFinding, action: ScanAction)? {
        var found: (finding: ContentFinding, action: ScanAction)?
        for finding in findings {
            let action = action(for: finding.kind)
            if found.map({ Self.rank(action) > Self.rank($0.action) }) ?? true { found = (finding, action) }
        }
        return found
    }

    /// Whether a rule raises the message.
    func raises(_ findings: [ContentFinding]) -> Bool { findings.contains { action(for: $0.kind) == .raise } }

    private static func rank(_ action: ScanAction) -> Int { ScanAction.allCases.firstIndex(of: action) ?? 0 }
}
