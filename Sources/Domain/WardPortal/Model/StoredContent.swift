// SPDX-License-Identifier: Apache-2.0
//
// The sealed form of a message in the portal:
//
//     octet      version, 1; 2 for what came by mail; 3 for a mail that was encrypted or signed
//     octet      in versions 2 and 3: 1 for a mail, 2 for one that a program sent by itself, 3 for one from the person's own
//                address
//     2 octets   in version 3: `ReplyProtection.Encryption`, `ReplyProtection.Signature`
//     then for the author's name, the subject and the text (in version 3 then the signer's fingerprint, in versions 2 and 3
//     each attachment's name):
//     4 octets   length in octets, most significant first
//     octets     UTF-8
//
// The version stands inside, under the seal, as do the lengths.

/// What a message says and who wrote it, as its reader sees it. It does not print.
package struct StoredContent: Hashable, Sendable {
    /// The name of the clinic, team or member of staff; empty for what the person wrote.
    package var author: String
    package var subject: String
    /// Plain text; pages show it escaped, with its line ends.
    package var text: String
    /// How it came here.
    package var origin = Origin.portal
    /// The names of what was attached to a mail; the mail itself is kept beside it.
    package var attachments: [String] = []
    /// For what came by mail.
    package var protection = ReplyProtection()

    /// How a message came into the conversation.
    package enum Origin: UInt8, Hashable, Sendable {
        case portal
        /// By mail to the conversation's own address. Whoever has the address can write there.
        case mail
        /// The same, and the mail says that a program sent it by itself.
        case automaticMail
        /// From the person's own address, which its domain vouches for (DMARC).
        case provedMail
    }

    package init(author: String, subject: String, text: String) {
        self.author = author
        self.subject = subject
        self.text = text
    }

    var encoded: [UInt8] {
        let isProtected = origin != .portal && protection != ReplyProtection()
        var start: [UInt8] = origin == .portal ? [1] : [2, origin.rawValue]
        if isProtected {
            start = [3, origin.rawValue, protection.encryption.rawValue, protection.signature.rawValue]
        }
        return ([author, subject, text] + (isProtected ? [protection.signer] : []) + attachments).reduce(into: start) {
            bytes,
            part in
            let octets = Array(part.utf8)
            bytes += (0..<4).map { UInt8(truncatingIfNeeded: octets.count >> (24 - 8 * $0)) }
            bytes += octets
        }
    }

    /// Nil for anything that `encoded` does not make.
    init?(encoded bytes: [UInt8]) {
        var origin = Origin.portal
        var protection: ReplyProtection?
        var rest = bytes.dropFirst()
        switch bytes.first {
        case 1: break
        case 2, 3:
            guard let named = rest.popFirst().flatMap(Origin.init(rawValue:)), named != .portal else { return nil }
            origin = named
            guard bytes.first == 3 else { break }
            guard let encryption = rest.popFirst().flatMap(ReplyProtection.Encryption.init(rawValue:)),
                let signature = rest.popFirst().flatMap(ReplyProtection.Signature.init(rawValue:))
            else { return nil }
            protection = ReplyProtection(encryption: encryption, signature: signature)
        default: return nil
        }
        var parts: [String] = []
        while parts.count < 3 || origin != .portal && !rest.isEmpty {
            guard rest.count >= 4 else { return nil }
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard rest.count >= length else { return nil }
            parts.append(String(decoding: rest.prefix(length), as: UTF8.self))
            rest = rest.dropFirst(length)
        }
        guard rest.isEmpty, protection == nil || parts.count > 3 else { return nil }
        if protection != nil { protection?.signer = parts.remove(at: 3) }
        self.init(author: parts[0], subject: parts[1], text: parts[2])
        self.origin = origin
        attachments = Array(parts.dropFirst(3))
        self.protection = protection ?? ReplyProtection()
    }
}

extension StoredContent: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹redacted message›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// The bounds of what a person or a member of staff may write in the portal.
package enum AnswerLimits {
    /// Octets of UTF-8 in one answer.
    package static let octets = 20_000
    /// Files that may come with one answer, and their octets together.
    package static let files = 10
    package static let fileOctets = 20 << 20
    /// Answers that one visit may write.
    package static let perVisit = 20
}

/// An answer's text, checked: not empty, not too long, one kind of line end, no control characters.
package struct AnswerText: Hashable, Sendable {
    package enum Problem: Error, Hashable, Sendable {
        case empty
        /// `over` is by how many octets.
        case tooLong(over: Int)
    }

    let text: String

    package init(_ typed: String) throws(Problem) {
        var cleaned = ""
        for character in typed {
            if character.isNewline {
                cleaned.append("\n")
            } else if character == "\t"
                || !character.unicodeScalars.allSatisfy({ $0.properties.generalCategory == .control })
            {
                cleaned.append(character)
            }
        }
        while let last = cleaned.last, last.isWhitespace { cleaned.removeLast() }
        let body = cleaned.drop { $0 == "\n" }
        guard body.contains(where: { !$0.isWhitespace }) else { throw .empty }
        guard body.utf8.count <= AnswerLimits.octets else {
            throw .tooLong(over: body.utf8.count - AnswerLimits.octets)
        }
        text = String(body)
    }
}
