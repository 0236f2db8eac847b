// SPDX-License-Identifier: Apache-2.0
//
// What a message that comes back is: a notice about delivery (RFC 3464, and the texts of qmail, Exim and others that send no
// such report), a complaint (RFC 5965), an automatic answer (RFC 3834), or ordinary mail. Everything in it is a claim of
// whoever sent it; whether it counts is decided elsewhere.

/// What a message from outside is.
package enum MailReading: Hashable, Sendable {
    case bounce(BounceReading)
    case complaint(ComplaintReading)
    case automaticReply
    case ordinary

    /// - Parameters:
    ///   - mail: as it was parsed.
    ///   - hasNullReturnPath: whether MAIL named the null path, as notices must (RFC 5321 section 4.5.5).
    package init(_ mail: ParsedMail, hasNullReturnPath: Bool) {
        if let complaint = ComplaintReading(mail) {
            self = .complaint(complaint)
        } else if let bounce = BounceReading(report: mail) {
            self = .bounce(bounce)
        } else if Self.isAutomaticReply(mail) {
            self = .automaticReply
        } else if let bounce = BounceReading(text: mail, hasNullReturnPath: hasNullReturnPath) {
            self = .bounce(bounce)
        } else {
            self = .ordinary
        }
    }

    /// RFC 3834 section 5, and what programs wrote before it.
    static func isAutomaticReply(_ mail: ParsedMail) -> Bool {
        func word(_ name: String) -> String? {
            mail.header(name)?.split { $0 == ";" || $0 == " " || $0 == "(" }.first?.lowercased()
        }
        if let submitted = word("Auto-Submitted"), submitted != "no" {
            // A notice about delivery calls itself auto-replied, too.
            return submitted != "auto-generated" || mail.header("X-Failed-Recipients") == nil
        }
        if let precedence = word("Precedence"), precedence == "auto_reply" { return true }
        if ["X-Autoreply", "X-Autorespond", "X-AutoReply-From"].contains(where: { mail.header($0) != nil }) {
            return true
        }
        let subject = mail.subject.lowercased()
        return ["automatic reply:", "autoreply:", "auto reply:", "out of office:", "out of office autoreply:"].contains
        {
            subject.hasPrefix($0)
        }
    }
}

/// A complaint in the Abuse Reporting Format (RFC 5965).
package struct ComplaintReading: Hashable, Sendable {
    /// Such as `abuse`, `fraud`, `not-spam`; lower case, `other` where it cannot be read.
    package let kind: String
    /// Addresses in the report that may be the message's return path, in the order of their worth: `Original-Mail-From`,
    /// then the `Return-Path` of the message that is reported.
    package let returnPaths: [String]

    /// Whether somebody did not want the message; `not-spam` says the contrary.
    package var isUnwanted: Bool { kind != "not-spam" }

    init?(_ mail: ParsedMail) {
        guard let report = mail.body.leaves.first(where: { $0.mediaType == "message/feedback-report" }) else {
            return nil
        }
        let fields = StatusFields.groups(report.content).first ?? [:]
        let named = fields["feedback-type"]?.first?.lowercased() ?? "other"
        kind = ["abuse", "fraud", "virus", "opt-out", "not-spam"].contains(named) ? named : "other"
        var paths = fields["original-mail-from"] ?? []
        let reported = mail.body.leaves.first { part in
            ["message/rfc822", "text/rfc822-headers", "message/rfc822-headers"].contains(part.mediaType)
        }
        if let reported { paths += StatusFields.groups(reported.content).first?["return-path"] ?? [] }
        returnPaths = paths.prefix(10).map { $0.filter { !"<> \t".contains($0) } }
    }
}

/// The fields of a status report: groups of header fields with an empty line between two groups.
enum StatusFields {
    private static let most = 65_536

    /// Names in lower case; at most 200 groups of the first 64 KiB.
    static func groups(_ content: [UInt8]) -> [[String: [String]]] {
        var groups: [[String: [String]]] = []
        var group: [String: [String]] = [:]
        var last: String?
        let text = String(decoding: content.prefix(most), as: UTF8.self).replacing("\r\n", with: "\n")
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.allSatisfy({ $0 == " " || $0 == "\t" }) {
                if !group.isEmpty { groups.append(group) }
                group = [:]
                last = nil
                if groups.count == 200 { break }
            } else if let first = line.first, first == " " || first == "\t" {
                guard let last, let index = group[last]?.indices.last else { continue }
                group[last]?[index] += " " + String(line).trimmedOfSpaces
            } else if let colon = line.firstIndex(of: ":") {
                let name = String(line[..<colon]).trimmedOfSpaces.lowercased()
                group[name, default: []].append(String(line[line.index(after: colon)...]).trimmedOfSpaces)
                last = name
            }
        }
        if !group.isEmpty { groups.append(group) }
        return groups
    }
}
