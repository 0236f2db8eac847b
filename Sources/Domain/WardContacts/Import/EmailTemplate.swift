// SPDX-License-Identifier: Apache-2.0

import Foundation
package import WardKernel

/// A pattern that derives an address from a name: `{first}.{last}@tls.example`.
///
/// Names are lower-cased; accents, spaces, digits and everything but the letters a to z are stripped. The second person
/// with the same result gets `2` before the `@`, the third `3`.
package struct EmailTemplate: Hashable, Sendable, Codable {
    package let text: String

    /// Nil when it has no placeholder, an unknown one, or makes no address.
    package init?(_ text: String) {
        self.text = text
        let placeholders = text.split(separator: "{", omittingEmptySubsequences: false).dropFirst()
        guard !placeholders.isEmpty else { return nil }
        for part in placeholders {
            guard let end = part.firstIndex(of: "}"), ["first", "last"].contains(part[..<end]) else { return nil }
        }
        guard text.split(separator: "@").count == 2, !(text.split(separator: "@").last?.contains("{") ?? true) else {
            return nil
        }
        guard address(given: "a", family: "b", number: 1) != nil else { return nil }
    }

    /// The address of the person with this name who is number `number` (1, 2 …) of those with the same; nil when no
    /// letter of the name is left.
    package func address(given: String, family: String, number: Int) -> EmailAddress? {
        let first = Self.letters(given)
        let last = Self.letters(family)
        guard !first.isEmpty || !last.isEmpty else { return nil }
        let filled = text.replacingOccurrences(of: "{first}", with: first)
            .replacingOccurrences(of: "{last}", with: last)
        guard let at = filled.lastIndex(of: "@") else { return nil }
        let local = filled[..<at].split(separator: ".").joined(separator: ".")
        let room = 64 - (number > 1 ? String(number).utf8.count : 0)
        let short = String(local.prefix(room)).trimmingSuffix(".")
        return EmailAddress(short + (number > 1 ? String(number) : "") + String(filled[at...]))
    }

    static func letters(_ name: String) -> String {
        String(
            decoding: CellText.folded(name).utf8.filter { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) },
            as: UTF8.self
        )
    }
}

extension String {
    fileprivate func trimmingSuffix(_ character: Character) -> String {
        var text = self
        while text.last == character { text.removeLast() }
        return text
    }
}
