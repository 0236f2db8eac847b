// SPDX-License-Identifier: Apache-2.0

import WardTrust

// From the greeting to a connection that may carry mail.

extension SMTPSession {
    mutating func answered(_ answer: SMTPReplyLines) -> [Action] {
        let reply = answer.reply
        switch state {
        case .greeting: return greeted(reply)
        case .hello: return helloAnswered(answer)
        case .heloFallback: return reply.isPositive ? becomeReady() : refusedByHost(reply)
        case .startTLS: return startTLSAnswered(reply)
        case .helloAgain:
            guard reply.isPositive else { return refusedByHost(reply) }
            capabilities = SMTPCapabilities(answer.lines)
            attempt.serverName = Self.serverName(answer.lines) ?? attempt.serverName
            return authenticateOrReady()
        case .authentication:
            if reply.code == 235 { return becomeReady() }
            return reply.isPositive || reply.isIntermediate
                ? violated("AUTH was answered \(reply.code)") : refusedByHost(reply)
        case .transaction: return transactionAnswered(reply)
        case .body: return chunk?.isAnswered == false ? chunkAnswered(reply) : answeredEarly(reply)
        case .finalDot: return chunk?.isAnswered == false ? chunkAnswered(reply) : finallyAnswered(reply)
        case .idle: return violated("a reply came unasked")
        case .connecting, .handshake, .quitting, .closed: return []
        }
    }

    private mutating func greeted(_ reply: SMTPReply) -> [Action] {
        if reply.code == 220 {
            state = .hello
            return [.write("EHLO \(heloName)\r\n"), .wait(.hello)]
        }
        if reply.isPositive || reply.isIntermediate { return violated("the greeting was \(reply.code)") }
        return refusedByHost(reply)
    }

    private mutating func helloAnswered(_ answer: SMTPReplyLines) -> [Action] {
        let reply = answer.reply
        if reply.isPositive {
            capabilities = SMTPCapabilities(answer.lines)
            attempt.serverName = Self.serverName(answer.lines)
            if avoidsTLS { return withoutTLS(.handshakeFailed) }
            if capabilities.startTLS {
                state = .startTLS
                return [.write("STARTTLS\r\n"), .wait(.startTLS)]
            }
            return withoutTLS(.startTLSMissing)
        }
        if reply.isIntermediate { return violated("EHLO was answered \(reply.code)") }
        // RFC 5321 section 3.2: a server that does not know EHLO may know HELO; it cannot know STARTTLS.
        guard [500, 502, 504].contains(reply.code) else { return refusedByHost(reply) }
        guard policy == .opportunistic, credentials == nil else {
            return end(.notProtected(.startTLSMissing, attempt), close: true)
        }
        state = .heloFallback
        attempt.clearBecause = .startTLSMissing
        return [.write("HELO \(heloName)\r\n"), .wait(.hello)]
    }

    private mutating func startTLSAnswered(_ reply: SMTPReply) -> [Action] {
        switch reply.code {
        case 220:
            state = .handshake
            reader.reset()
            capabilities = SMTPCapabilities()
            return [.startTLS, .wait(.handshake)]
        // It closes the connection, which says nothing about its TLS.
        case 421: return refusedByHost(reply)
        case 400...599:
            attempt.reply = reply
            return withoutTLS(.startTLSRefused(reply))
        default: return violated("STARTTLS was answered \(reply.code)")
        }
    }

    /// The name in the first line of an answer to EHLO (RFC 5321 section 4.1.1.1); nil where there is none that looks like one.
    private static func serverName(_ lines: [String]) -> String? {
        guard let word = lines.first?.split(separator: " ").first, word.utf8.count <= 255,
            word.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
        else { return nil }
        return String(word)
    }

    /// The only place from which a dialogue goes on in the clear.
    private mutating func withoutTLS(_ failure: ProtectionFailure) -> [Action] {
        switch policy {
        case .opportunistic where credentials == nil:
            attempt.clearBecause = failure
            return becomeReady()
        case .opportunistic, .requireTLS, .requireVerifiedTLS: return end(.notProtected(failure, attempt), close: true)
        }
    }

    private mutating func authenticateOrReady() -> [Action] {
        guard let credentials else { return becomeReady() }
        guard attempt.tls?.verdict.isTrusted == true else {
            return end(.notProtected(.startTLSMissing, attempt), close: true)
        }
        guard capabilities.authPlain else {
            return end(.transient(SMTPFailure(.authenticationNotOffered, at: .authentication), attempt), close: true)
        }
        state = .authentication
        return [.write("AUTH PLAIN \(credentials)\r\n"), .wait(.authentication)]
    }

    private mutating func becomeReady() -> [Action] {
        state = .idle
        return [.stopWaiting, .report(.ready)]
    }

    /// A refusal that is about the host, not about a message: permanent only where the host says that it takes no mail at all
    /// (521 and 556, RFC 7504).
    private mutating func refusedByHost(_ reply: SMTPReply) -> [Action] {
        attempt.reply = reply
        let failure = SMTPFailure(.refused(reply), at: stage)
        let isForGood = state == .greeting && (reply.code == 521 || reply.code == 556)
        return end(isForGood ? .permanent(failure, attempt) : .transient(failure, attempt), close: true)
    }
}
