// SPDX-License-Identifier: Apache-2.0
//
// Header protection (RFC 9788): what of a message's header travels outside an encrypted part, and what inside.
//
//     inside     every field of the message, then one HP-Outer field (section 2.2) for each field that stands outside, then
//                Content-Type with hp="cipher" (section 2.1), which says that the sender meant the fields to be confidential
//     outside    the same fields, with `Subject: [...]` (section 3.2.1, hcp_baseline); Comments and Keywords stand inside alone
//
// A message that is signed and not encrypted has the same fields on both sides, and hp="clear" inside.
//
// MIME-Version and Content-… are structural: they are not protected fields, and each side has its own. A mail program that
// does not know RFC 9788 shows `[...]` as the subject and the whole text; no second copy of the subject is put into the text
// (section 5.2.2), since programs that know it would show that twice.

/// A message taken apart for its encryption.
package struct ProtectedHeader: Sendable {
    /// What stands for the subject outside (RFC 9788 section 3.2.1).
    package static let outerSubject = "[...]"
    /// Everything that is encrypted or signed: a MIME entity with the fields inside.
    package let payload: [UInt8]
    /// The fields outside, each with its CRLF; without MIME-Version and Content-….
    package let outer: [UInt8]

    /// Takes a message apart; throws `malformed` for bytes that are no message with a content type.
    ///
    /// - Parameter isClear: for a message that is signed alone.
    package init(of message: [UInt8], isClear: Bool = false) throws(MailProtectionError) {
        let octets = try MessageOctets.reading(message)
        var inner: [UInt8] = []
        var outer: [UInt8] = []
        var marks: [UInt8] = []
        var structural: [UInt8] = []
        inner.reserveCapacity(message.count + 1_024)
        for field in octets.fields {
            let raw = Array(message[field.range]) + lineEnd
            switch field.name {
            case "mime-version": continue
            case "content-type":
                let mark = "; hp=\"\(isClear ? "clear" : "cipher")\""
                structural += Array(message[field.range]) + Array(mark.utf8) + lineEnd
            case let name where name.hasPrefix("content-"): structural += raw
            case _ where isClear:
                inner += raw
                outer += raw
            case "subject":
                inner += raw
                outer += Array("Subject: \(Self.outerSubject)".utf8) + lineEnd
                marks += Array("HP-Outer: Subject: \(Self.outerSubject)".utf8) + lineEnd
            case "comments", "keywords": inner += raw
            default:
                inner += raw
                outer += raw
                marks += Array("HP-Outer: ".utf8) + raw
            }
        }
        guard octets.fields.contains(where: { $0.name == "content-type" }) else {
            throw MailProtectionError(.malformed)
        }
        payload = inner + marks + structural + lineEnd + Array(octets.bodyOctets)
        self.outer = outer
    }
}

/// Why a message cannot be protected or opened: a code and nothing of the input (invariant I8).
package struct MailProtectionError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, Codable {
        /// The bytes are not of the format that their reader knows.
        case malformed
        /// The key opens nothing of this message.
        case doesNotOpen
        /// The content could have been changed on the way: nothing of it is given out (EFAIL).
        case notAuthenticated
        /// A signature does not verify.
        case badSignature
        /// The key cannot encrypt, now or at all.
        case unusableKey
        /// OpenPGP of a version that librnp does not read (version 6, RFC 9580).
        case newerThanSupported
        /// The library refused: out of memory, or an algorithm that it lacks.
        case unavailable
    }

    package let code: Code

    package init(_ code: Code) { self.code = code }

    package var description: String { "mail_protection.\(code.rawValue)" }
}

let lineEnd: [UInt8] = [0x0d, 0x0a]

extension MessageOctets {
    /// The message's fields and body, with this module's error for protection.
    static func reading(_ bytes: [UInt8]) throws(MailProtectionError) -> MessageOctets {
        do throws(DKIMError) { return try MessageOctets(bytes) } catch { throw MailProtectionError(.malformed) }
    }
}
