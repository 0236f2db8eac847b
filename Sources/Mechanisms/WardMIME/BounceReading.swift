// SPDX-License-Identifier: Apache-2.0
//
// Notices about delivery. Standard ones (RFC 3464) name an action and an enhanced status code (RFC 3463, with the codes of RFC
// 7372, 7505 and those that Exchange adds); where a code says nothing (x.0.0) the other server's own words are looked at.
// Notices without a report are read as far as the text says; what only the wording says is marked as such.

/// What a notice about delivery says.
package struct BounceReading: Hashable, Sendable {
    package enum Action: String, Hashable, Sendable {
        case failed, delayed, delivered, relayed, expanded
    }

    /// Why the message did not arrive.
    package enum Cause: String, CaseIterable, Hashable, Sendable {
        case unknownUser = "unknown_user"
        case noSuchDomain = "no_such_domain"
        case mailboxUnavailable = "mailbox_unavailable"
        case mailboxFull = "mailbox_full"
        case tooLarge = "too_large"
        /// The sender, its network address or the content is on somebody's list.
        case blocked
        case policy
        /// It was tried for as long as that server tries.
        case expired
        case other

        /// Whether another message to the address may well arrive.
        package var isPassing: Bool {
            switch self {
            case .mailboxFull, .expired, .tooLarge, .other: true
            case .unknownUser, .noSuchDomain, .mailboxUnavailable, .blocked, .policy: false
            }
        }
    }

    package let action: Action
    package let cause: Cause
    /// Such as `5.1.1`; nil where there is none.
    package let status: String?
    /// Whether a code says the cause, and not the wording alone.
    package let isByCode: Bool

    /// Reads a report; nil where there is none. The first recipient that failed counts, else the first.
    init?(report mail: ParsedMail) {
        let types = ["message/delivery-status", "message/global-delivery-status"]
        guard let part = mail.body.leaves.first(where: { types.contains($0.mediaType) }) else { return nil }
        let groups = StatusFields.groups(part.content).filter { $0["action"] != nil || $0["status"] != nil }
        let failed = groups.first { $0["action"]?.first?.lowercased().hasPrefix("failed") == true }
        guard let group = failed ?? groups.first else { return nil }
        let diagnostic = (group["diagnostic-code"] ?? []).joined(separator: " ")
        let status = group["status"]?.first.flatMap { StatusCode.first(in: $0) }
        let named = group["action"]?.first?.split(separator: " ").first.map { $0.lowercased() }
        action = named.flatMap(Action.init(rawValue:)) ?? (status?.first == "4" ? .delayed : .failed)
        let judged = Self.judge(
            status,
            words: diagnostic + " " + (mail.text.map { String($0.prefix(4_000)) } ?? ""),
            diagnostic
        )
        (cause, self.status, isByCode) = judged
    }

    /// Reads a notice that has no report: null return path or a mailer's name, and words that say so.
    init?(text mail: ParsedMail, hasNullReturnPath: Bool) {
        let from = (mail.header("From") ?? "").lowercased()
        let isFromMailer = ["mailer-daemon", "postmaster", "mail delivery"].contains { from.contains($0) }
        guard hasNullReturnPath || isFromMailer || mail.header("X-Failed-Recipients") != nil else { return nil }
        let body = Self.withoutCopy(mail.text ?? mail.html.map(HTMLText.plain) ?? "")
        let words = (mail.subject + "\n" + body).lowercased()
        let isNotice =
            mail.header("X-Failed-Recipients") != nil
            || [
                "qmail-send program", "undeliverable", "could not be delivered", "delivery failed", "delivery failure",
                "returned mail", "delivery status notification", "undelivered", "mail delivery failed",
                "wasn't able to deliver", "couldn't be delivered", "delivery has failed", "delayed",
            ].contains { words.contains($0) }
        guard isNotice else { return nil }
        let isWarning =
            words.contains("warning") && words.contains("delayed") || words.contains("will be retried")
            || words.contains("no action is required on your part")
        action = isWarning ? .delayed : .failed
        (cause, status, isByCode) = Self.judge(StatusCode.first(in: words), words: words, words)
    }

    /// The part above the copy of the message, which is the sender's own text and says nothing about delivery.
    private static func withoutCopy(_ text: String) -> String {
        let text = String(text.prefix(65_536))
        let marks = [
            "--- Below this line is a copy of the message", "------ This is a copy of the message",
            "----- Original message -----", "--- The header of the original message", "Original message headers:",
        ]
        let cuts = marks.compactMap { text.firstRange(of: $0)?.lowerBound }
        return cuts.min().map { String(text[..<$0]) } ?? text
    }

    /// - Parameters:
    ///   - words: everything that was said, for causes that no code names.
    ///   - diagnostic: where a better code than a general one may stand.
    private static func judge(_ status: String?, words: String, _ diagnostic: String) -> (Cause, String?, Bool) {
        var code = status
        if code == nil || code?.hasSuffix(".0.0") == true, let better = StatusCode.first(in: diagnostic) {
            code = better
        }
        let words = words.lowercased()
        if let code, let cause = cause(of: code, words) { return (cause, code, true) }
        let wording: [(Cause, [String])] = [
            (
                .mailboxFull,
                [
                    "mailbox is full", "mailbox full", "over quota", "quota exceeded", "exceeded storage",
                    "user is over quota",
                ]
            ),
            (
                .unknownUser,
                [
                    "no mailbox here by that name", "user unknown", "unknown user", "no such user", "does not exist",
                    "recipnotfound", "mailbox not found", "unknown recipient", "unknown address", "no such mailbox",
                    "address couldn't be found", "invalid recipient",
                ]
            ),
            (.noSuchDomain, ["host not found", "unrouteable", "domain not found", "couldn't find any host"]),
            (.blocked, ["blacklist", "blocklist", "blocked", "spamhaus", "reputation", "listed at", "as spam"]),
            (.tooLarge, ["message size exceeds", "too large", "too big"]),
            (.expired, ["retry timeout exceeded", "i'm not going to try again", "delivery time expired", "timed out"]),
        ]
        let found = wording.first { $0.1.contains { words.contains($0) } }?.0
        return (found ?? (code?.first == "4" ? .expired : .other), code, false)
    }

    private static func cause(of code: String, _ words: String) -> Cause? {
        let detail = code.dropFirst(2)
        switch detail {
        // 5.1.10: Exchange's own for a recipient that is not found, RFC 7505's for a domain with a null MX.
        case "1.10" where words.contains("null mx"): return .noSuchDomain
        case "1.1", "1.6", "1.10": return code.first == "5" ? .unknownUser : nil
        case "1.2", "4.4": return code.first == "5" ? .noSuchDomain : .expired
        case "2.1": return .mailboxUnavailable
        case "2.2": return .mailboxFull
        case "2.3", "3.4": return .tooLarge
        case "4.7", "4.1": return code.first == "4" ? .expired : nil
        default: break
        }
        guard detail.hasPrefix("7.") else { return nil }
        let isBlock = ["blacklist", "blocklist", "block list", "blocked", "spamhaus", "reputation", "listed", "spam"]
            .contains { words.contains($0) }
        return isBlock ? .blocked : .policy
    }
}

enum StatusCode {
    /// The first enhanced status code (RFC 3463: class 4 or 5, subject and detail of one to three digits) that stands by itself.
    static func first(in text: String) -> String? {
        let bytes = Array(text.utf8.prefix(65_536))
        for start in bytes.indices where bytes[start] == 0x34 || bytes[start] == 0x35 || bytes[start] == 0x32 {
            if start > 0, isPart(bytes[start - 1]) { continue }
            if let end = code(bytes, start) { return String(decoding: bytes[start..<end], as: UTF8.self) }
        }
        return nil
    }

    private static func code(_ bytes: [UInt8], _ start: Int) -> Int? {
        var index = start + 1
        for _ in 0..<2 {
            guard index < bytes.count, bytes[index] == 0x2e else { return nil }
            index += 1
            let digits = bytes[index...].prefix(4).prefix { (0x30...0x39).contains($0) }.count
            guard (1...3).contains(digits) else { return nil }
            index += digits
        }
        // A fourth part makes it a network address.
        let isMore = index + 1 < bytes.count && bytes[index] == 0x2e && (0x30...0x39).contains(bytes[index + 1])
        return isMore || index < bytes.count && isLetterOrDigit(bytes[index]) ? nil : index
    }

    private static func isPart(_ byte: UInt8) -> Bool { byte == 0x2e || isLetterOrDigit(byte) }
    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: false
        }
    }
}
