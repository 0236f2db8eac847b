// SPDX-License-Identifier: Apache-2.0

import WardKernel

// A receiving SMTP server as a value: lines in, actions out (RFC 5321, 3207, 2920). It takes what a well-behaved client
// sends and is not meant for strangers: it listens on loopback, in the demonstration only.

/// What the connection does next.
enum ReceivingAction: Equatable, Sendable {
    case reply(String)
    /// Reply, then begin the handshake.
    case replyAndStartTLS(String)
    /// Keep the message for these mailboxes, then reply after a delay.
    case keep(sender: String, recipients: [String], bytes: [UInt8], reply: String, delay: Duration)
    case replyAndClose(String)
}

struct ReceivingSession: Sendable {
    private enum Phase { case command, body }

    static let largestMessage = 10 << 20
    private static let largestRecipients = 100

    private let behaviour: ReceivingBehaviour
    private let hostName: String
    private var phase = Phase.command
    private var isProtected = false
    private var sender: String?
    private var recipients: [String] = []
    private var body: [UInt8] = []

    init(behaviour: ReceivingBehaviour, hostName: String) {
        self.behaviour = behaviour
        self.hostName = hostName
    }

    var greeting: String { "220 \(hostName) ESMTP" }

    /// The handshake is done: what was said before it is forgotten (RFC 3207 section 4.2).
    mutating func protected() {
        isProtected = true
        forget()
    }

    /// Takes one line without its CRLF.
    ///
    /// - Parameter greylisted: whether a mailbox is put off at this moment.
    mutating func line(_ line: [UInt8], greylisted: (String) -> Bool) -> ReceivingAction? {
        switch phase {
        case .body: bodyLine(line)
        case .command: command(String(decoding: line, as: UTF8.self), greylisted: greylisted)
        }
    }

    private mutating func command(_ line: String, greylisted: (String) -> Bool) -> ReceivingAction {
        let verb = line.prefix { $0 != " " && $0 != ":" }.uppercased()
        switch verb {
        case "EHLO": return .reply(capabilities)
        case "HELO": return .reply("250 \(hostName)")
        case "STARTTLS":
            guard behaviour.offersTLS, !isProtected else { return .reply("502 5.5.1 Not offered") }
            return .replyAndStartTLS("220 2.0.0 Go ahead")
        case "MAIL": return mail(line)
        case "RCPT": return recipient(line, greylisted: greylisted)
        case "DATA":
            guard !recipients.isEmpty else { return .reply("503 5.5.1 No recipients") }
            phase = .body
            return .reply("354 End with a line of one dot")
        case "RSET":
            forget()
            return .reply("250 2.0.0 Forgotten")
        case "NOOP": return .reply("250 2.0.0 Here")
        case "QUIT": return .replyAndClose("221 2.0.0 Bye")
        default: return .reply("500 5.5.2 Unknown command")
        }
    }

    private var capabilities: String {
        var names = [hostName, "PIPELINING", "SIZE \(Self.largestMessage)", "8BITMIME", "ENHANCEDSTATUSCODES"]
        if behaviour.offersTLS && !isProtected { names.append("STARTTLS") }
        let last = names.count - 1
        return names.enumerated().map { "250\($0 == last ? " " : "-")\($1)" }.joined(separator: "\r\n")
    }

    private mutating func mail(_ line: String) -> ReceivingAction {
        guard let path = Self.path(line) else { return .reply("501 5.1.7 Bad sender") }
        forget()
        sender = path
        return .reply("250 2.1.0 Sender ok")
    }

    private mutating func recipient(_ line: String, greylisted: (String) -> Bool) -> ReceivingAction {
        guard sender != nil else { return .reply("503 5.5.1 MAIL first") }
        guard let path = Self.path(line), let address = EmailAddress(path) else {
            return .reply("501 5.1.3 Bad recipient")
        }
        guard address.domain == behaviour.domain else { return .reply("550 5.7.1 Not a domain of this server") }
        guard recipients.count < Self.largestRecipients else { return .reply("452 4.5.3 Too many recipients") }
        if behaviour == .refusing, address.local.lowercased().hasPrefix("gone") {
            return .reply("550 5.1.1 No such mailbox")
        }
        if behaviour == .greylisting, greylisted(address.normalized) {
            return .reply("450 4.2.0 Greylisted, try again")
        }
        recipients.append(address.normalized)
        return .reply("250 2.1.5 Recipient ok")
    }

    private mutating func bodyLine(_ line: [UInt8]) -> ReceivingAction? {
        if line == [UInt8(ascii: ".")] {
            defer { forget() }
            guard body.count <= Self.largestMessage else { return .reply("552 5.3.4 Too large") }
            let delay: Duration = behaviour == .slow ? .seconds(3 + body.count % 5) : .zero
            return .keep(
                sender: sender ?? "",
                recipients: recipients,
                bytes: body,
                reply: "250 2.0.0 Taken",
                delay: delay
            )
        }
        if body.count <= Self.largestMessage {
            body.append(contentsOf: line.first == UInt8(ascii: ".") ? line.dropFirst() : line[...])
            body.append(contentsOf: [13, 10])
        }
        return nil
    }

    private mutating func forget() {
        phase = .command
        sender = nil
        recipients = []
        body = []
    }

    private static func path(_ line: String) -> String? {
        guard let start = line.firstIndex(of: "<"), let end = line[start...].firstIndex(of: ">") else { return nil }
        return String(line[line.index(after: start)..<end])
    }
}
