// SPDX-License-Identifier: Apache-2.0
//
// Header fields: RFC 5322 section 2.2 and 3.2, folded at spaces; RFC 2047 (encoded words) where a value is not plain ASCII.
// A value with a control character or a Unicode line separator is refused: it can only be an attempt to add a header.

import WardKernel

enum HeaderField {
    static let longestValue = 8_000
    private static let foldAt = 76
    /// A word that cannot be folded and is longer than this is refused, so that no line exceeds 998 octets.
    private static let longestWord = 900

    /// `name: value` folded, the value as it is or in encoded words.
    static func unstructured(_ name: String, _ value: String) throws(MailMessageError) -> String {
        try check(name, value)
        if value.isEmpty { return name + ":" }
        let words = isPlain(value) ? value.split(separator: " ").map(String.init) : EncodedWord.words(value)
        return try fold(name, words)
    }

    /// A header that the caller adds.
    static func further(_ header: MailHeaderField) throws(MailMessageError) -> String {
        guard header.name.lowercased() == "list-unsubscribe" else {
            return try unstructured(header.name, header.value)
        }
        try check(header.name, header.value)
        let addresses = header.value.split(separator: ",").map { $0.drop { $0 == " " } }
        let isWell =
            !addresses.isEmpty
            && addresses.allSatisfy { address in
                (address.hasPrefix("<https://") || address.hasPrefix("<mailto:")) && address.hasSuffix(">")
                    && address.dropFirst().dropLast().utf8.allSatisfy {
                        (0x21...0x7e).contains($0) && $0 != 0x3c && $0 != 0x3e
                    }
            }
        guard isWell else { throw .malformedUnsubscribe }
        return try fold(
            header.name,
            addresses.enumerated().map { $0.offset == addresses.count - 1 ? "\($0.element)" : "\($0.element)," }
        )
    }

    /// Mailboxes after each other, each `name <address>`.
    static func mailboxes(_ name: String, _ mailboxes: [Mailbox]) throws(MailMessageError) -> String {
        var words: [String] = []
        for (index, mailbox) in mailboxes.enumerated() {
            try check(name, mailbox.name)
            words += phrase(mailbox.name)
            words.append("<\(mailbox.address.mailbox)>" + (index == mailboxes.count - 1 ? "" : ","))
        }
        return try fold(name, words)
    }

    /// Whether a caller may set it: not one that the message writes itself, nor one that only a server writes.
    static func mayBeSet(_ name: String) -> Bool {
        let own: Set<String> = [
            "date", "from", "sender", "to", "cc", "bcc", "reply-to", "message-id", "subject", "mime-version",
            "return-path",
            "received", "dkim-signature", "authentication-results",
        ]
        let lower = name.lowercased()
        return (1...76).contains(name.utf8.count) && name.utf8.allSatisfy(isNameCharacter) && !own.contains(lower)
            && !lower.hasPrefix("content-") && !lower.hasPrefix("resent-") && !lower.hasPrefix("arc-")
    }

    /// A name for an error: what may be in a header name, nothing else.
    static func safeName(_ name: String) -> String {
        String(decoding: name.utf8.filter(isNameCharacter).prefix(76), as: UTF8.self)
    }

    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }

    static func isAtomCharacter(_ byte: UInt8) -> Bool {
        isNameCharacter(byte) || "!#$%&'*+/=?^_`{|}~".utf8.contains(byte)
    }

    /// RFC 2045 token.
    static func isTokenCharacter(_ byte: UInt8) -> Bool { isNameCharacter(byte) || "!#$&^_.+".utf8.contains(byte) }

    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d: true
        default: false
        }
    }

    private static func check(_ name: String, _ value: String) throws(MailMessageError) {
        if value.unicodeScalars.contains(where: isControl) { throw .controlCharacter(in: name) }
        if value.utf8.count > longestValue { throw .headerTooLong(name) }
    }

    /// ASCII that says what it says: no `=?`, no space at an end or twice.
    private static func isPlain(_ value: String) -> Bool {
        value.utf8.allSatisfy { (0x20...0x7e).contains($0) } && !value.contains("=?") && !value.contains("  ")
            && value.first != " " && value.last != " "
    }

    /// A display name as atoms, as a quoted string, or in encoded words (RFC 5322 section 3.2.5, RFC 2047 section 5).
    private static func phrase(_ name: String) -> [String] {
        if name.isEmpty { return [] }
        guard isPlain(name), name.utf8.count <= 64 else { return EncodedWord.words(name) }
        if name.utf8.allSatisfy({ isAtomCharacter($0) || $0 == 0x20 }) {
            return name.split(separator: " ").map(String.init)
        }
        return ["\"" + name.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""]
    }

    private static func fold(_ name: String, _ words: [String]) throws(MailMessageError) -> String {
        var text = name + ":"
        var column = text.utf8.count
        for (index, word) in words.enumerated() {
            let width = word.utf8.count
            if width > longestWord { throw .headerTooLong(name) }
            if index > 0 && column + 1 + width > foldAt {
                text += "\r\n"
                column = 0
            }
            text += " " + word
            column += 1 + width
        }
        return text
    }
}

/// RFC 2047: `=?utf-8?B?…?=`, each at most 75 characters, none splitting a character.
enum EncodedWord {
    /// 45 octets become 60 characters; with the frame that is 72.
    private static let octetsPerWord = 45

    static func words(_ text: String) -> [String] {
        var words: [String] = []
        var pending: [UInt8] = []
        for scalar in text.unicodeScalars {
            let octets = Array(String(scalar).utf8)
            if pending.count + octets.count > octetsPerWord {
                words.append(word(pending))
                pending = []
            }
            pending += octets
        }
        if !pending.isEmpty { words.append(word(pending)) }
        return words
    }

    private static func word(_ octets: [UInt8]) -> String {
        var writer = MessageWriter()
        writer.base64(octets)
        return "=?utf-8?B?" + String(decoding: writer.bytes.dropLast(2), as: UTF8.self) + "?="
    }
}
