// SPDX-License-Identifier: Apache-2.0

/// A language that Ward's own pages speak.
package enum Language: String, CaseIterable, Sendable, Hashable {
    case english = "en"
    case spanish = "es"

    /// The best match for an `Accept-Language` header (RFC 9110 section 12.5.4); English when nothing matches.
    ///
    /// Reads at most 16 ranges; quality values are compared as written.
    package init(acceptLanguage header: String?) {
        let ranges = (header ?? "").split(separator: ",").prefix(16).map { range -> (tag: String, quality: Double) in
            let parts = range.split(separator: ";").map { $0.filter { $0 != " " } }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) } ?? 1
            return (parts.first.map { $0.lowercased() } ?? "", quality)
        }
        let best = ranges.sorted { $0.quality > $1.quality }.lazy
            .filter { $0.quality > 0 }
            .compactMap { Language(rawValue: String($0.tag.prefix(2))) }
            .first
        self = best ?? .english
    }
}
