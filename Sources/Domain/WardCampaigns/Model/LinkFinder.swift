// SPDX-License-Identifier: Apache-2.0

/// Finds links in text that an author wrote: `http://` or `https://` up to the next space, quote or angle bracket,
/// without the punctuation that ends the sentence around it. Never used on a person's data.
enum LinkFinder {
    struct Part: Hashable {
        var text: String
        var isLink: Bool
    }

    static func parts(of text: String) -> [Part] {
        var parts: [Part] = []
        var rest = Substring(text)
        while let start = nextStart(in: rest) {
            var end = rest[start...].firstIndex(where: endsLink) ?? rest.endIndex
            while end > start, ".,;:!?)]'".contains(rest[rest.index(before: end)]) { end = rest.index(before: end) }
            if start > rest.startIndex { parts.append(Part(text: String(rest[..<start]), isLink: false)) }
            let link = String(rest[start..<end])
            let hasHost = link.split(separator: "/", omittingEmptySubsequences: false).count > 2 && link.last != "/"
            parts.append(Part(text: link, isLink: hasHost || link.dropFirst(8).contains(where: { $0 != "/" })))
            rest = rest[end...]
        }
        if !rest.isEmpty { parts.append(Part(text: String(rest), isLink: false)) }
        return parts
    }

    /// Whether the text's last word is the beginning of a link, so that what follows directly would belong to it.
    static func endsInsideLink(_ text: String) -> Bool {
        let word = text.reversed().prefix { !endsLink($0) }.reversed()
        let lowered = String(word).lowercased()
        return lowered.contains("http://") || lowered.contains("https://") || lowered.contains("www.")
    }

    private static func nextStart(in text: Substring) -> Substring.Index? {
        var index = text.startIndex
        while let candidate = text[index...].firstIndex(where: { $0 == "h" || $0 == "H" }) {
            let head = text[candidate...].prefix(8).lowercased()
            if head.hasPrefix("https://") || head.hasPrefix("http://") { return candidate }
            index = text.index(after: candidate)
        }
        return nil
    }

    private static func endsLink(_ character: Character) -> Bool {
        character.isWhitespace || "<>\"“”".contains(character)
    }
}
