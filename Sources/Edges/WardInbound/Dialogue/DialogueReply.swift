// SPDX-License-Identifier: Apache-2.0

/// One reply of the server (RFC 5321 section 4.2) with its enhanced code (RFC 2034, RFC 3463).
package struct DialogueReply: Sendable, Hashable {
    /// 200 … 599.
    package let code: Int
    /// Such as `5.1.1`; nil for the greeting, for EHLO and for 3xx.
    package let enhanced: String?
    package let lines: [String]

    package init(_ code: Int, _ enhanced: String? = nil, _ line: String) {
        self.init(code, enhanced, lines: [line])
    }

    package init(_ code: Int, _ enhanced: String? = nil, lines: [String]) {
        self.code = code
        self.enhanced = enhanced
        self.lines = lines
    }

    package var isPositive: Bool { (200..<300).contains(code) }
    package var isPermanent: Bool { code >= 500 }

    /// As it goes on the wire: printable ASCII, each line under 512 octets, so that nothing in a text can begin a reply.
    package var octets: [UInt8] {
        var octets: [UInt8] = []
        for (index, line) in lines.enumerated() {
            octets += Array("\(code)\(index == lines.count - 1 ? " " : "-")".utf8)
            if let enhanced { octets += Array("\(enhanced) ".utf8) }
            octets += line.utf8.prefix(480).map { (0x20...0x7e).contains($0) ? $0 : UInt8(ascii: "?") }
            octets += [0x0d, 0x0a]
        }
        return octets
    }
}

extension DialogueReply {
    static let ok = DialogueReply(250, "2.0.0", "OK")
    static let startTLS = DialogueReply(220, "2.0.0", "Ready to start TLS")
    static let bye = DialogueReply(221, "2.0.0", "Bye")
    static let sendMessage = DialogueReply(354, nil, "End data with <CR><LF>.<CR><LF>")
    static let reset = DialogueReply(250, "2.0.0", "Reset")
    static let cannotVerify = DialogueReply(252, "2.0.0", "Send some mail, I will do my best")
    static let signedIn = DialogueReply(235, "2.7.0", "Authentication succeeded")

    static let stopping = DialogueReply(421, "4.3.2", "Service is stopping, try again")
    static let tooSlow = DialogueReply(421, "4.4.2", "Timed out waiting for you")
    static let tooManyErrors = DialogueReply(421, "4.7.0", "Too many errors")
    static let tooManyCommands = DialogueReply(421, "4.7.0", "Too many commands")
    static let tooManyMessages = DialogueReply(421, "4.7.0", "Too many messages on one connection, connect again")
    static let unavailable = DialogueReply(451, "4.3.0", "Not now, try again")
    static let overloaded = DialogueReply(452, "4.3.1", "Too much mail at the same time, try again")
    static let tooManyRecipients = DialogueReply(452, "4.5.3", "Too many recipients, send the rest separately")
    static let handshakeNotNow = DialogueReply(454, "4.7.0", "TLS is not available")

    static let lineTooLong = DialogueReply(500, "5.5.6", "Line is too long")
    static let lineEnds = DialogueReply(500, "5.5.2", "Lines end with CRLF; a bare CR, a bare LF or a NUL is not taken")
    static let unknownCommand = DialogueReply(500, "5.5.1", "Command is not known")
    static let malformed = DialogueReply(501, "5.5.4", "Parameters are not understood")
    static let malformedSender = DialogueReply(501, "5.1.7", "Sender address is not understood")
    static let malformedRecipient = DialogueReply(501, "5.1.3", "Recipient address is not understood")
    static let cancelled = DialogueReply(501, "5.7.0", "Authentication cancelled")
    static let notHere = DialogueReply(502, "5.5.1", "Command is not offered")
    static let outOfOrder = DialogueReply(503, "5.5.1", "Command is out of order")
    static let noValidRecipients = DialogueReply(503, "5.5.1", "No valid recipients")
    static let unknownMechanism = DialogueReply(504, "5.5.4", "Mechanism is not offered")
    static let encryptionFirst = DialogueReply(530, "5.7.0", "Must issue a STARTTLS command first")
    static let authenticationFirst = DialogueReply(530, "5.7.0", "Authentication required")
    static let wrongCredentials = DialogueReply(535, "5.7.8", "Credentials are not valid")
    static let throttled = DialogueReply(454, "4.7.0", "Too many failed attempts, try later")
    static let tooLarge = DialogueReply(552, "5.3.4", "Message is too large")
    static let strictLineEnds = DialogueReply(
        550,
        "5.6.0",
        "Message has a bare CR, a bare LF or a NUL: lines end with CRLF"
    )
    static let afterStartTLS = DialogueReply(554, "5.5.1", "Nothing may follow STARTTLS before the handshake")
    static let notSMTP = DialogueReply(554, "5.5.1", "This is SMTP")
    static let unknownParameter = DialogueReply(555, "5.5.4", "Parameter is not offered")
}
