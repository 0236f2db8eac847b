// SPDX-License-Identifier: Apache-2.0

/// One mailbox, `local@domain`, as it goes on an SMTP envelope (RFC 5321 section 4.1.2).
///
/// Accepted: a dot-atom local part of at most 64 octets and a host name with at least two labels, lower-cased, together at
/// most 254 octets. Refused: quoted local parts, address literals, source routes, comments, lists and control characters,
/// which no patient has and which every injection uses. Letters outside ASCII (RFC 6531) are refused until the mail
/// engine speaks SMTPUTF8.
package struct EmailAddress: Hashable, Sendable {
    package let local: String
    /// Lower case.
    package let domain: String

    package init?(_ text: some StringProtocol) {
        // A path has at most 256 octets with its brackets (RFC 5321 section 4.5.3.1.3).
        guard text.utf8.count <= 254 else { return nil }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isDotAtom(parts[0]), Self.isHostName(parts[1]) else { return nil }
        local = String(parts[0])
        domain = parts[1].lowercased()
    }

    /// What two spellings of one mailbox share: both parts in lower case. Used for look-ups and suppression only; mail
    /// goes to the address as it was written, since only the receiving host may interpret a local part.
    package var normalized: String { local.lowercased() + "@" + domain }

    private static func isDotAtom(_ text: some StringProtocol) -> Bool {
        guard (1...64).contains(text.utf8.count) else { return false }
        let symbols = Set("!#$%&'*+-/=?^_`{|}~".utf8)
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { atom in
            !atom.isEmpty && atom.utf8.allSatisfy { isLetterOrDigit($0) || symbols.contains($0) }
        }
    }

    private static func isHostName(_ text: some StringProtocol) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, text.utf8.count <= 255 else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

extension EmailAddress: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The domain alone: the local part names a person (invariant I8). `mailbox` is the whole address.
    package var description: String { "‹redacted›@\(domain)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }

    /// The whole address, for an envelope, a header or a disclosure; never for a log, an error or a URL.
    package var mailbox: String { local + "@" + domain }
}
