// SPDX-License-Identifier: Apache-2.0
//
// The client's side of an SMTP dialogue as a value: what happened goes in, what to do comes out; no socket, no clock. RFC 5321,
// RFC 3207 (STARTTLS), RFC 2920 (PIPELINING), RFC 1870 (SIZE), RFC 6152 (8BITMIME), RFC 4954 (AUTH),
// RFC 6531 (SMTPUTF8), RFC 3030 (CHUNKING), RFC 3461 (DSN).

import WardTrust

/// One connection's dialogue. Every input returns the actions to carry out, in order.
struct SMTPSession {
    enum Action: Equatable {
        case write(String)
        /// Hand the body over; nothing of it counts before the final dot.
        case writeBody
        /// `BDAT size` and the body as it is, without dots; nothing of it counts before `BDAT 0 LAST`.
        case writeChunk(size: Int)
        case startTLS
        /// Wait for the server at most this stage's time; replaces the wait before it.
        case wait(SMTPStage)
        case stopWaiting
        case report(Report)
        case close
    }

    enum Report: Equatable {
        /// Connected, the policy met, and nothing under way.
        case ready
        /// 354: the body is on its way; the final dot waits for `finish()`.
        case awaitingFinalDot(SMTPAttempt)
        case ended(SMTPOutcome)
    }

    /// What a transaction needs to know about its message.
    struct Envelope {
        /// The part of MAIL FROM between the angle brackets.
        var returnPath: String
        var recipients: [String]
        var size: Int
        var hasEightBitOctets: Bool
        var onward = OnwardTLS.unasked
        /// An address, or a header field, has letters beyond ASCII (RFC 6531).
        var needsInternationalAddresses = false
        var notification: SMTPNotification?
    }

    enum State: Equatable {
        case connecting, greeting, hello, heloFallback, startTLS, handshake, helloAgain, authentication
        case idle, transaction, body, finalDot, quitting
        case closed(SMTPOutcome?)
    }

    let heloName: String
    let policy: TransportPolicy
    /// The argument of AUTH PLAIN; nil: none is needed.
    let credentials: String?
    /// A handshake with this server failed just before, and the policy allows to go on without: STARTTLS is not asked for.
    let avoidsTLS: Bool
    /// This server refused BDAT although it offered it.
    var avoidsChunking = false

    var state = State.connecting
    var capabilities = SMTPCapabilities()
    var reader = SMTPReplyReader()
    /// What is known about the attempt under way.
    var attempt: SMTPAttempt
    var transaction: SMTPSessionTransaction?
    /// The last transaction ended before its final dot, so the next begins with RSET.
    var needsReset = false
    /// The body of this transaction goes out by BDAT; whether its chunk was answered yet.
    var chunk: SMTPChunk?

    init(heloName: String, host: String, policy: TransportPolicy, credentials: String?, avoidsTLS: Bool = false) {
        self.heloName = heloName
        self.policy = policy
        self.credentials = credentials
        self.avoidsTLS = avoidsTLS
        attempt = SMTPAttempt(host: host)
    }

    var isIdle: Bool { state == .idle }
    /// Whether a certificate that proves nothing ends the dialogue.
    var mustTrust: Bool { policy == .requireVerifiedTLS || credentials != nil }

    mutating func connected() -> [Action] {
        state = .greeting
        return [.wait(.greeting)]
    }

    /// Octets from the server. Whatever follows the answer to STARTTLS in the same octets is dropped: it was not protected.
    mutating func received(_ bytes: some Sequence<UInt8>) -> [Action] {
        var actions: [Action] = []
        for byte in bytes {
            switch state {
            case .handshake, .quitting, .closed: return actions
            default: break
            }
            do {
                if let reply = try reader.take(byte) { actions += answered(reply) }
            } catch {
                return actions + violated(error.rawValue)
            }
        }
        return actions
    }

    /// The handshake is complete and the certificate was judged.
    mutating func secured(_ evidence: TLSEvidence) -> [Action] {
        guard state == .handshake else { return [] }
        attempt.tls = evidence
        if case .untrusted(let problem) = evidence.verdict, mustTrust {
            return end(.notProtected(.untrusted(problem), attempt), close: true)
        }
        capabilities = SMTPCapabilities()
        reader.reset()
        state = .helloAgain
        return [.write("EHLO \(heloName)\r\n"), .wait(.helloAgain)]
    }

    mutating func handshakeFailed(_ failure: ProtectionFailure) -> [Action] {
        guard state == .handshake else { return connectionEnded() }
        return end(.notProtected(failure, attempt), close: true)
    }

    mutating func connectionEnded() -> [Action] {
        switch state {
        case .idle, .quitting:
            state = .closed(nil)
            return [.stopWaiting, .close]
        case .startTLS, .handshake: return end(.notProtected(.handshakeFailed, attempt), close: true)
        case .finalDot: return doubt(.connectionLost)
        case .closed: return []
        default: return fail(.connectionLost)
        }
    }

    mutating func timedOut() -> [Action] {
        switch state {
        case .idle: return quit()
        case .quitting:
            state = .closed(nil)
            return [.close]
        case .finalDot: return doubt(.timeout)
        case .closed: return []
        default: return fail(.timeout)
        }
    }

    /// Gives up, unless the final dot was written: then the wait for the answer goes on, shorter (the handler's business).
    mutating func cancelled() -> [Action] {
        switch state {
        case .finalDot, .closed, .quitting: []
        case .idle: quit()
        default: fail(.cancelled)
        }
    }

    /// Says goodbye; the answer is waited for briefly.
    mutating func quit() -> [Action] {
        guard state == .idle else { return [] }
        state = .quitting
        return [.write("QUIT\r\n"), .wait(.quit)]
    }
}

// MARK: - Ends

extension SMTPSession {
    /// Where the dialogue stands, for a failure.
    var stage: SMTPStage {
        switch state {
        case .connecting: .connect
        case .greeting: .greeting
        case .hello, .heloFallback: .hello
        case .startTLS: .startTLS
        case .handshake: .handshake
        case .helloAgain: .helloAgain
        case .authentication: .authentication
        case .transaction: transaction?.stage ?? .mail
        case .body: .body
        case .finalDot: .finalDot
        case .idle, .quitting, .closed: .quit
        }
    }

    /// Ends what is under way. With `close` the connection goes too.
    mutating func end(_ outcome: SMTPOutcome, close: Bool) -> [Action] {
        transaction = nil
        chunk = nil
        if close {
            state = .closed(outcome)
            return [.stopWaiting, .close, .report(.ended(outcome))]
        }
        state = .idle
        return [.stopWaiting, .report(.ended(outcome))]
    }

    mutating func fail(_ cause: SMTPFailure.Cause) -> [Action] {
        end(.transient(SMTPFailure(cause, at: stage), attempt), close: true)
    }

    mutating func doubt(_ cause: SMTPFailure.Cause) -> [Action] {
        end(.inDoubt(SMTPFailure(cause, at: .finalDot), attempt), close: true)
    }

    /// The server said what the protocol does not allow here.
    mutating func violated(_ rule: String) -> [Action] {
        switch state {
        case .finalDot: return doubt(.protocolError(rule))
        case .startTLS: return end(.notProtected(.handshakeFailed, attempt), close: true)
        case .idle:
            state = .closed(nil)
            return [.close]
        default: return fail(.protocolError(rule))
        }
    }
}
