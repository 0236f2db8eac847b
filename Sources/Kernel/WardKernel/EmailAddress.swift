// SPDX-License-Identifier: Apache-2.0

/// One mailbox, `local@domain`, as it goes on an SMTP envelope (RFC 5321 section 4.1.2).
///
/// Accepted: a dot-atom local part of at most 64 octets and a host name with at least two labels, lower-cased, together at
/// most 254 octets. Refused: quoted local parts, address literals, source routes, comments, lists and control characters,
/// which no patient has and which every injection uses. Letters outside ASCII (RFC 6531) are refused, since few servers
/// take them; a host name is given in its ASCII form (`xn--…`, RFC 5890).
package struct EmailAddress: Hashable, Sendable {
    package let local: String
    /// Lower case.
    package let domain: String

    package init?(_ text: some StringProtocol) {
        var text = String(text)
        guard let at = text.withUTF8(Self.at) else { return nil }
        let index = text.utf8.index(text.utf8.startIndex, offsetBy: at)
        local = String(text[..<index])
        domain = text[text.utf8.index(after: index)...].lowercased()
    }

    /// What two spellings of one mailbox share: both parts in lower case. Used for look-ups and suppression only; mail
    /// goes to the address as it was written, since only the receiving host may interpret a local part.
    package var normalized: String { local.lowercased() + "@" + domain }

    /// Where the only @ of an address stands that is accepted. Octets of other than ASCII are refused wherever they are, so
    /// that octets are characters here.
    private static func at(_ text: UnsafeBufferPointer<UInt8>) -> Int? {
        // A path has at most 256 octets with its brackets (RFC 5321 section 4.5.3.1.3).
        guard text.count <= 254, let at = text.firstIndex(of: UInt8(ascii: "@")) else { return nil }
        let isAccepted = isDotAtom(text[..<at]) && isHostName(text[(at + 1)...])
        return isAccepted ? at : nil
    }

    private static func isDotAtom(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard (1...64).contains(text.count) else { return false }
        var previous = UInt8(ascii: ".")
        for octet in text {
            guard octet == UInt8(ascii: ".") ? previous != octet : isAtomText(octet) else { return false }
            previous = octet
        }
        return previous != UInt8(ascii: ".")
    }

    /// At least two labels of 1 to 63 letters, digits and hyphens, none of which begins or ends with a hyphen.
    private static func isHostName(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        var (labels, length) = (0, 0)
        var previous = UInt8(ascii: ".")
        for octet in text {
            switch octet {
            case UInt8(ascii: "."):
                guard (1...63).contains(length), previous != UInt8(ascii: "-") else { return false }
                labels += 1
                length = 0
            case UInt8(ascii: "-"):
                guard length > 0 else { return false }
                length += 1
            default:
                guard isLetterOrDigit(octet) else { return false }
                length += 1
            }
            previous = octet
        }
        return labels > 0 && (1...63).contains(length) && previous != UInt8(ascii: "-")
    }

    /// The characters of an atom (RFC 5322 section 3.2.3).
    private static func isAtomText(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "?"),
            UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "{")...UInt8(ascii: "~"):
            true
        default: isLetterOrDigit(octet)
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
