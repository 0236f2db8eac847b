// SPDX-License-Identifier: Apache-2.0

/// Names of drugs for the content scan, as somebody pastes them or as they come with Ward.
package enum DrugList {
    /// Names that one policy holds at most.
    package static let limit = 20_000
    /// Words of a name: the scan looks at no more neighbours.
    package static let words = 4

    /// Generic names that are often prescribed; used by an organization only once it takes them.
    package static var common: [String] { names(in: EmbeddedResources.files["drugs/common.txt"] ?? "") }

    /// The names in a text: one a line or separated by commas or semicolons, each once, in lower case; lines that begin with
    /// # are remarks.
    package static func names(in text: String) -> [String] {
        var seen: Set<String> = []
        return text.split(whereSeparator: \.isNewline)
            .filter { $0.first { !$0.isWhitespace } != "#" }
            .flatMap { $0.split { ",;".contains($0) } }
            .map { $0.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ") }
            .filter { !$0.isEmpty && seen.insert($0).inserted }
    }

    /// The first name that the scan could not find: longer than 100 octets, or more than four words.
    package static func firstUnusable(in names: [String]) -> String? {
        names.first { $0.utf8.count > 100 || $0.split(separator: " ").count > words }
    }
}
