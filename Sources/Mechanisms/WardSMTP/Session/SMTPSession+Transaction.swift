// SPDX-License-Identifier: Apache-2.0

import WardTrust

// MAIL, RCPT, DATA, the body and the final dot; with CHUNKING the body by BDAT, whose last chunk is empty and stands for the dot:
// `may have been sent` is committed between the body and it, as with DATA, and the way takes as many round trips.

/// A transaction before its body: the commands, how many went out, and which of them was answered last.
struct SMTPSessionTransaction {
    enum Command: Equatable {
        case reset, mail
        case recipient(Int)
        case data
    }

    var commands: [Command]
    var lines: [String]
    var sent = 0
    var answered = 0
    /// The refusal of MAIL.
    var mailRefusal: SMTPReply?

    var expected: Command? { answered < sent ? commands[answered] : nil }

    var stage: SMTPStage {
        switch expected {
        case .reset, .mail, nil: .mail
        case .recipient: .recipient
        case .data: .data
        }
    }
}

/// The one chunk that holds the body.
struct SMTPChunk: Equatable {
    var size: Int
    var isAnswered = false
}

extension SMTPSession {
    /// Begins a transaction on an idle connection.
    mutating func begin(_ envelope: Envelope) -> [Action] {
        attempt.recipients = envelope.recipients.map { _ in .notTried }
        attempt.reply = nil
        guard state == .idle else {
            let outcome = SMTPOutcome.transient(SMTPFailure(.connectionLost, at: .mail), attempt)
            return [.report(.ended(outcome)), .close]
        }
        if envelope.onward == .required && !promisesTLSOnward {
            return end(.notProtected(.onwardTLSMissing, attempt), close: false)
        }
        if let failure = obstacle(envelope) { return end(.permanent(failure, attempt), close: false) }
        state = .transaction
        transaction = prepare(envelope)
        return send(all: capabilities.pipelining)
    }

    /// The caller's hook has committed: the final dot goes out, and from here on the end may be in doubt.
    mutating func finish() -> [Action] {
        switch state {
        case .body:
            state = .finalDot
            return [.write(chunk == nil ? ".\r\n" : "BDAT 0 LAST\r\n"), .wait(.finalDot)]
        case .closed(let outcome): return reportAgain(outcome)
        default: return []
        }
    }

    /// The caller's hook failed: the connection is dropped before the final dot, which makes the server drop the message.
    mutating func withhold() -> [Action] {
        switch state {
        case .body: return fail(.withheld)
        case .closed(let outcome): return reportAgain(outcome)
        default: return []
        }
    }

    private func reportAgain(_ outcome: SMTPOutcome?) -> [Action] {
        [.report(.ended(outcome ?? .transient(SMTPFailure(.connectionLost, at: .body), attempt)))]
    }

    private func obstacle(_ envelope: Envelope) -> SMTPFailure? {
        if let limit = capabilities.size, limit > 0, envelope.size > limit {
            return SMTPFailure(.tooLarge(limit: limit), at: .mail)
        }
        if envelope.hasEightBitOctets && !capabilities.eightBit {
            return SMTPFailure(.eightBitNotOffered, at: .mail)
        }
        if envelope.needsInternationalAddresses && !capabilities.internationalAddresses {
            return SMTPFailure(.internationalAddressesNotOffered, at: .mail)
        }
        return nil
    }

    private mutating func prepare(_ envelope: Envelope) -> SMTPSessionTransaction {
        var commands: [SMTPSessionTransaction.Command] = []
        var lines: [String] = []
        if needsReset {
            commands.append(.reset)
            lines.append("RSET\r\n")
        }
        needsReset = true
        commands.append(.mail)
        lines.append("MAIL FROM:<\(envelope.returnPath)>\(parameters(envelope))\(onward(envelope))\r\n")
        let notification = capabilities.statusNotifications ? envelope.notification : nil
        for (index, recipient) in envelope.recipients.enumerated() {
            commands.append(.recipient(index))
            lines.append("RCPT TO:<\(recipient)>\(notification?.recipientParameters ?? "")\r\n")
        }
        if capabilities.chunking, !avoidsChunking {
            chunk = SMTPChunk(size: envelope.size)
        } else {
            commands.append(.data)
            lines.append("DATA\r\n")
        }
        return SMTPSessionTransaction(commands: commands, lines: lines)
    }

    /// What follows the reverse path: only what was offered, or what `obstacle` has seen to.
    private func parameters(_ envelope: Envelope) -> String {
        var text = capabilities.size == nil ? "" : " SIZE=\(envelope.size)"
        if envelope.hasEightBitOctets { text += " BODY=8BITMIME" }
        if envelope.needsInternationalAddresses { text += " SMTPUTF8" }
        if capabilities.statusNotifications { text += envelope.notification?.mailParameters ?? "" }
        return text
    }

    /// RFC 8689 section 4.2: only over TLS, and of a server that proved its name.
    private var promisesTLSOnward: Bool { capabilities.requireTLS && attempt.tls?.verdict.isTrusted == true }

    private mutating func onward(_ envelope: Envelope) -> String {
        let asks = envelope.onward != .unasked && promisesTLSOnward
        attempt.asksTLSOnward = asks
        return asks ? " REQUIRETLS" : ""
    }

    private mutating func send(all: Bool) -> [Action] {
        guard var current = transaction, current.sent < current.commands.count else { return [] }
        let end = all ? current.commands.count : current.sent + 1
        let text = current.lines[current.sent..<end].joined()
        current.sent = end
        transaction = current
        return [.write(text), .wait(current.stage)]
    }

    mutating func transactionAnswered(_ reply: SMTPReply) -> [Action] {
        guard let command = transaction?.expected else { return violated("a reply came unasked") }
        if reply.code == 421 {
            attempt.reply = reply
            return fail(.refused(reply))
        }
        switch command {
        case .reset:
            guard reply.isPositive else { return violated("RSET was answered \(reply.code)") }
        case .mail:
            if reply.isIntermediate { return violated("MAIL was answered \(reply.code)") }
            if !reply.isPositive { transaction?.mailRefusal = reply }
        case .recipient(let index):
            if reply.isIntermediate { return violated("RCPT was answered \(reply.code)") }
            attempt.recipients[index] =
                reply.isPositive ? .accepted : reply.isTransient ? .refusedForNow(reply) : .refusedForGood(reply)
        case .data: return dataAnswered(reply)
        }
        transaction?.answered += 1
        return goOn()
    }

    /// After an answer: waits for the next, sends the next command, or ends when nobody is left to send to.
    private mutating func goOn() -> [Action] {
        guard let current = transaction else { return [] }
        if current.answered < current.sent { return [.wait(current.stage)] }
        let isComplete = current.sent == current.commands.count
        let isHopeless =
            current.mailRefusal != nil
            || ((isComplete || current.commands[current.sent] == .data) && !attempt.recipients.contains(.accepted))
        if isHopeless { return end(refusal(), close: false) }
        guard isComplete, let chunk else { return send(all: false) }
        state = .body
        return [.writeChunk(size: chunk.size), .wait(.body), .report(.awaitingFinalDot(attempt))]
    }

    /// The answer to the chunk that holds the body; it may come before or after the last, empty one went out. A body that was
    /// refused is not sent, whatever would be said to the last chunk (RFC 3030 section 2).
    mutating func chunkAnswered(_ reply: SMTPReply) -> [Action] {
        if reply.isPositive {
            chunk?.isAnswered = true
            return state == .finalDot ? [.wait(.finalDot)] : []
        }
        attempt.reply = reply
        if [500, 502, 503, 504].contains(reply.code) {
            return end(.transient(SMTPFailure(.chunkingRefused, at: .body), attempt), close: true)
        }
        let failure = SMTPFailure(.refused(reply), at: .body)
        if reply.isTransient { return end(.transient(failure, attempt), close: true) }
        if reply.isPermanent { return end(.permanent(failure, attempt), close: true) }
        return violated("BDAT was answered \(reply.code)")
    }

    private mutating func dataAnswered(_ reply: SMTPReply) -> [Action] {
        let isWanted = transaction?.mailRefusal == nil && attempt.recipients.contains(.accepted)
        if reply.code == 354 {
            // RFC 2920 section 3.1: a server may ask for data although it refused everybody; it gets none.
            guard isWanted else { return end(refusal(), close: true) }
            state = .body
            return [.writeBody, .wait(.body), .report(.awaitingFinalDot(attempt))]
        }
        if !isWanted { return end(refusal(), close: reply.isPositive || reply.isIntermediate) }
        attempt.reply = reply
        let failure = SMTPFailure(.refused(reply), at: .data)
        if reply.isTransient { return end(.transient(failure, attempt), close: false) }
        if reply.isPermanent { return end(.permanent(failure, attempt), close: false) }
        return violated("DATA was answered \(reply.code)")
    }

    /// The outcome when MAIL or every recipient was refused: permanent only when no later attempt can help anybody.
    private mutating func refusal() -> SMTPOutcome {
        if let reply = transaction?.mailRefusal {
            attempt.recipients = attempt.recipients.map { _ in .notTried }
            attempt.reply = reply
            let failure = SMTPFailure(.refused(reply), at: .mail)
            return reply.isPermanent ? .permanent(failure, attempt) : .transient(failure, attempt)
        }
        var forNow: SMTPReply?
        var forGood: SMTPReply?
        for result in attempt.recipients {
            switch result {
            case .refusedForNow(let reply): forNow = forNow ?? reply
            case .refusedForGood(let reply): forGood = forGood ?? reply
            case .accepted, .notTried: break
            }
        }
        attempt.reply = forNow ?? forGood
        if let forNow { return .transient(SMTPFailure(.refused(forNow), at: .recipient), attempt) }
        if let forGood { return .permanent(SMTPFailure(.refused(forGood), at: .recipient), attempt) }
        return .transient(SMTPFailure(.protocolError("no recipient was answered for"), at: .recipient), attempt)
    }

    /// A reply between 354 and the final dot: the server gave up. The dot is not written, so nothing was sent.
    mutating func answeredEarly(_ reply: SMTPReply) -> [Action] {
        attempt.reply = reply
        guard reply.isTransient || reply.isPermanent else { return violated("a reply came before the final dot") }
        let failure = SMTPFailure(.refused(reply), at: .body)
        return end(reply.isPermanent ? .permanent(failure, attempt) : .transient(failure, attempt), close: true)
    }

    mutating func finallyAnswered(_ reply: SMTPReply) -> [Action] {
        attempt.reply = reply
        let failure = SMTPFailure(.refused(reply), at: .finalDot)
        if reply.isPositive {
            needsReset = false
            return end(.delivered(attempt), close: false)
        }
        if reply.isTransient { return end(.transient(failure, attempt), close: reply.code == 421) }
        if reply.isPermanent { return end(.permanent(failure, attempt), close: false) }
        return doubt(.protocolError("the final dot was answered \(reply.code)"))
    }
}
