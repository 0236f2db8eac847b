// SPDX-License-Identifier: Apache-2.0

/// What the receiving side is asked to report about a message (RFC 3461). Written only to servers that offer DSN; without it
/// a server reports failures in the way it likes.
package struct SMTPNotification: Sendable, Hashable {
    package enum Event: String, Sendable, Hashable, CaseIterable {
        case success = "SUCCESS"
        case failure = "FAILURE"
        case delay = "DELAY"
    }

    /// Which events are reported; empty: NEVER.
    package var events: Set<Event>
    /// Whether a report brings the header alone (RET=HDRS), so that no body comes back in the clear.
    package var returnsHeaderOnly: Bool
    /// ENVID: comes back in the report; at most 100 characters, written as xtext (section 4).
    package var envelopeIdentifier: String?

    package init(events: Set<Event>, returnsHeaderOnly: Bool = true, envelopeIdentifier: String? = nil) {
        self.events = events
        self.returnsHeaderOnly = returnsHeaderOnly
        self.envelopeIdentifier = envelopeIdentifier
    }

    /// What MAIL FROM gets.
    var mailParameters: String {
        let identifier = envelopeIdentifier.map { " ENVID=" + Self.xtext($0) } ?? ""
        return " RET=\(returnsHeaderOnly ? "HDRS" : "FULL")" + identifier
    }

    /// What each RCPT TO gets.
    var recipientParameters: String {
        let names = Event.allCases.filter { events.contains($0) }.map(\.rawValue)
        return " NOTIFY=" + (names.isEmpty ? "NEVER" : names.joined(separator: ","))
    }

    /// RFC 3461 section 4: printable ASCII but `+` and `=` stands for itself, everything else is `+` and two digits.
    static func xtext(_ text: String) -> String {
        text.utf8.prefix(100).map { byte in
            let isPlain = (33...126).contains(byte) && byte != UInt8(ascii: "+") && byte != UInt8(ascii: "=")
            if isPlain { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return "+" + (digits.count == 1 ? "0" + digits : digits)
        }.joined()
    }
}
