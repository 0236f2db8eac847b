// SPDX-License-Identifier: Apache-2.0
//
// Command lines: RFC 5321 section 4.1, with the parameters of RFC 1870 (SIZE), 6152 (BODY), 6531 (SMTPUTF8), 3461 (RET, ENVID,
// NOTIFY, ORCPT), 4954 (AUTH), 8689 (REQUIRETLS) and 3030 (BDAT).

package import WardKernel

/// Where notices about a message go: the null path, or an address as it was given.
package struct ReversePath: Hashable, Sendable {
    /// Empty for the null path; at most 320 octets, without control characters.
    package let text: String
    package var isNull: Bool { text.isEmpty }
    /// Nil for the null path and for what Ward does not write to.
    package var address: EmailAddress? { EmailAddress(text) }

    package init(_ text: String) { self.text = text }
}

extension ReversePath: CustomStringConvertible, CustomReflectable {
    package var description: String { isNull ? "<>" : "‹redacted›" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What MAIL says.
struct MailCommand: Hashable, Sendable {
    var path: ReversePath
    var size: Int?
    var isUTF8 = false
    /// REQUIRETLS (RFC 8689).
    var requiresTLS = false
    var isBinary = false
    /// RET and ENVID (RFC 3461), kept with the message; nil where not given.
    var returns: String?
    var envelopeID: String?
}

/// One command, or what is wrong with the line.
enum SMTPCommand: Hashable, Sendable {
    case hello(name: String, isExtended: Bool)
    case startTLS
    case authenticate(mechanism: String, initial: String?)
    case mail(MailCommand)
    case recipient(EmailAddress)
    /// RCPT to an address that is well formed and that Ward never gives out.
    case foreignRecipient
    /// RCPT to `<Postmaster>` without a domain (RFC 5321 section 4.5.1).
    case postmaster
    case data
    case chunk(octets: Int, isLast: Bool)
    case reset
    case noop
    case verify
    case quit
    /// Another protocol speaks: a browser that was made to.
    case otherProtocol
    case refused(DialogueReply)

    static func parse(_ line: ArraySlice<UInt8>) -> SMTPCommand {
        guard !line.contains(where: { $0 == 0x0d || $0 == 0x0a || $0 == 0 }) else { return .refused(.lineEnds) }
        let text = String(decoding: line, as: UTF8.self)
        let verb = text.prefix { $0 != " " }
        let rest = text.dropFirst(verb.count).drop { $0 == " " }
        switch verb.uppercased() {
        case "EHLO": return hello(rest, isExtended: true)
        case "HELO": return hello(rest, isExtended: false)
        case "STARTTLS": return rest.isEmpty ? .startTLS : .refused(.malformed)
        case "AUTH": return authenticate(rest)
        case "MAIL": return mail(rest)
        case "RCPT": return recipient(rest)
        case "DATA": return rest.isEmpty ? .data : .refused(.malformed)
        case "BDAT": return chunk(rest)
        case "RSET": return rest.isEmpty ? .reset : .refused(.malformed)
        case "NOOP": return .noop
        case "VRFY": return rest.isEmpty ? .refused(.malformed) : .verify
        case "QUIT": return rest.isEmpty ? .quit : .refused(.malformed)
        case "EXPN", "HELP", "ETRN", "TURN": return .refused(.notHere)
        case "GET", "POST", "PUT", "HEAD", "OPTIONS", "CONNECT", "PRI": return .otherProtocol
        default: return .refused(.unknownCommand)
        }
    }

    private static func hello(_ rest: Substring, isExtended: Bool) -> SMTPCommand {
        let name = rest.prefix { $0 != " " }
        let isName =
            (1...255).contains(name.utf8.count)
            && name.utf8.allSatisfy { (0x21...0x7e).contains($0) && !"<>()\\\",;@".utf8.contains($0) }
        return isName ? .hello(name: String(name), isExtended: isExtended) : .refused(.malformed)
    }

    private static func authenticate(_ rest: Substring) -> SMTPCommand {
        let words = rest.split(separator: " ", omittingEmptySubsequences: true)
        guard (1...2).contains(words.count) else { return .refused(.malformed) }
        return .authenticate(mechanism: words[0].uppercased(), initial: words.count > 1 ? String(words[1]) : nil)
    }

    private static func chunk(_ rest: Substring) -> SMTPCommand {
        let words = rest.split(separator: " ", omittingEmptySubsequences: true)
        guard let first = words.first, (1...10).contains(first.utf8.count),
            first.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let octets = Int(first),
            words.count == 1 || words.count == 2 && words[1].uppercased() == "LAST"
        else { return .refused(.malformed) }
        return .chunk(octets: octets, isLast: words.count == 2)
    }

    private static func mail(_ rest: Substring) -> SMTPCommand {
        guard let (path, parameters) = path(rest, after: "FROM:") else { return .refused(.malformedSender) }
        guard isReversePath(path) else { return .refused(.malformedSender) }
        var command = MailCommand(path: ReversePath(String(path)))
        var seen: Set<String> = []
        for parameter in parameters {
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts[0].uppercased()
            guard seen.insert(name).inserted else { return .refused(.malformed) }
            if let problem = take(name, parts.count > 1 ? parts[1] : nil, &command) { return .refused(problem) }
        }
        let isPlain = path.utf8.allSatisfy { $0 < 0x80 }
        return isPlain || command.isUTF8 ? .mail(command) : .refused(.malformedSender)
    }

    private static func take(_ name: String, _ value: Substring?, _ command: inout MailCommand) -> DialogueReply? {
        switch (name, value) {
        case ("SIZE", let value?):
            guard (1...12).contains(value.utf8.count), value.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let size = Int(value)
            else { return .malformed }
            command.size = size
        case ("BODY", let value?):
            // BINARYMIME is not offered: content without lines has none to keep in order.
            guard ["7BIT", "8BITMIME"].contains(value.uppercased()) else { return .unknownParameter }
        case ("SMTPUTF8", nil): command.isUTF8 = true
        case ("REQUIRETLS", nil): command.requiresTLS = true
        case ("RET", let value?):
            guard ["FULL", "HDRS"].contains(value.uppercased()) else { return .malformed }
            command.returns = value.uppercased()
        case ("ENVID", let value?):
            guard (1...100).contains(value.utf8.count), value.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                return .malformed
            }
            command.envelopeID = String(value)
        // RFC 4954 section 5: whom the client says the message is from; nobody is believed about that.
        case ("AUTH", _?): break
        default: return .unknownParameter
        }
        return nil
    }

    private static func recipient(_ rest: Substring) -> SMTPCommand {
        guard let (path, parameters) = path(rest, after: "TO:") else { return .refused(.malformedRecipient) }
        for parameter in parameters {
            let name = parameter.prefix { $0 != "=" }.uppercased()
            guard ["NOTIFY", "ORCPT"].contains(name), parameter.contains("=") else {
                return .refused(.unknownParameter)
            }
        }
        if let address = EmailAddress(path) { return .recipient(address) }
        if path.lowercased() == "postmaster" { return .postmaster }
        return isReversePath(path) && !path.isEmpty ? .foreignRecipient : .refused(.malformedRecipient)
    }

    /// The path between the angle brackets and the parameters after it; a quoted local part may hold a `>`.
    private static func path(_ rest: Substring, after word: String) -> (Substring, [Substring])? {
        guard rest.prefix(word.count).uppercased() == word else { return nil }
        let text = rest.dropFirst(word.count).drop { $0 == " " }
        guard text.first == "<" else { return nil }
        var isQuoted = false
        var isEscaped = false
        var end: Substring.Index?
        for index in text.indices.dropFirst() {
            let character = text[index]
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = isQuoted
            } else if character == "\"" {
                isQuoted.toggle()
            } else if character == ">" && !isQuoted {
                end = index
                break
            }
        }
        guard let end else { return nil }
        let after = text[text.index(after: end)...]
        guard after.isEmpty || after.first == " " else { return nil }
        let parameters = after.split(separator: " ", omittingEmptySubsequences: true)
        return (text[text.index(after: text.startIndex)..<end], parameters)
    }

    /// The null path, or one that could be an address: no control characters, no source route, one `@` with text around it
    /// (RFC 5321 section 4.5.3.1.3: 256 octets; with a local part and a domain of full length 320).
    private static func isReversePath(_ path: Substring) -> Bool {
        if path.isEmpty { return true }
        guard path.utf8.count <= 320, !path.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }),
            path.first != "@", let at = path.lastIndex(of: "@")
        else { return false }
        let domain = path[path.index(after: at)...]
        return at != path.startIndex && !domain.isEmpty && !domain.contains(where: { " <>(),;:\\\"".contains($0) })
    }
}
