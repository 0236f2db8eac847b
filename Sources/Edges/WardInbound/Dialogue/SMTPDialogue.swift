// SPDX-License-Identifier: Apache-2.0
//
// The server's side of SMTP (RFC 5321) as a value without I/O: events in, actions out.
//
//                      ┌── STARTTLS ──► handshake ── secured ──► commands, everything forgotten
//     greeting ─► commands ── AUTH ──► challenge ⇄ (asked) ──► commands
//                      ├── DATA ──► data ── CRLF.CRLF ──► (asked) ──► commands
//                      ├── BDAT ──► chunk ── all octets ──► commands, or after LAST (asked) ──► commands
//                      └── QUIT, too many errors, out of time ──► closed
//
// While a question is open nothing is read; what is held is at most one read, one command line and one message. Nothing that
// arrived in the clear is acted on after STARTTLS: octets after the command end the connection (CVE-2011-0411).

import WardKernel
import WardSubmission

/// One connection's dialogue.
package struct SMTPDialogue: Sendable {
    /// What happens.
    package enum Event: Sendable {
        case connected
        case received([UInt8])
        /// The handshake is done: the one that `startTLS` asked for, or the one with which the connection began.
        case secured(HandshakeFacts)
        case answered(DialogueAnswer)
        case timeOver
        /// All connections together hold too much: the message that is arriving is refused for now.
        case overloaded
        /// The server stops: the client is told, unless its message is just being kept.
        case stopping
    }

    /// What is to be done, in order.
    package enum Action: Sendable {
        case send([UInt8])
        case startTLS
        case ask(DialogueQuestion)
        case close
    }

    enum Phase: Sendable {
        case greeting
        case commands
        case handshake
        case challenge(mechanism: String, exchange: SASLExchange?)
        case data
        case chunk(left: Int, isLast: Bool)
        /// A question is open.
        case asked(Question)
        case closed
    }

    enum Question: Sendable {
        case authentication(mechanism: String)
        case certificate
        case recipient(EmailAddress)
        case message
    }

    package let terms: DialogueTerms
    package internal(set) var session: DialogueSession
    var phase = Phase.greeting
    var envelope: ReceivedEnvelope?
    var reader: DataReader?
    /// A chunk was refused: further chunks are read and refused until the transaction ends (RFC 3030 section 2).
    var isChunkingBroken = false
    var hasChunks = false
    private var input: [UInt8] = []
    private var isSkippingLine = false
    private var isStopping = false
    private var errors = 0
    private var commands = 0
    var messages = 0

    /// - Parameter isSecured: whether the connection began with TLS (RFC 8314).
    package init(terms: DialogueTerms, peer: String, isSecured: Bool = false) {
        self.terms = terms
        session = DialogueSession(peer: peer, isSecured: isSecured)
    }

    /// Whether more octets may be read from the connection now.
    package var wantsOctets: Bool {
        switch phase {
        case .commands, .challenge, .data, .chunk: true
        case .greeting, .handshake, .asked, .closed: false
        }
    }

    /// How long the client may be silent; nil while it is not its turn.
    package var patience: Duration? {
        switch phase {
        case .commands, .challenge, .handshake: terms.limits.commandPatience
        case .data, .chunk: terms.limits.messagePatience
        case .greeting, .asked, .closed: nil
        }
    }

    /// Octets held of a message and of what was read and not yet understood.
    package var heldOctets: Int { input.count + (reader?.octets.count ?? 0) }

    package var isClosed: Bool { if case .closed = phase { true } else { false } }

    /// Applies an event. Events that cannot happen in this phase change nothing.
    package mutating func apply(_ event: Event) -> [Action] {
        guard !isClosed else { return [] }
        switch event {
        case .connected: return greet()
        case .received(let octets):
            input += octets
            return proceed()
        case .secured(let facts): return secured(facts)
        case .answered(let answer): return answered(answer) + proceed()
        case .timeOver: return end(.tooSlow)
        case .overloaded:
            reader?.refuse(.overloaded)
            return []
        case .stopping:
            isStopping = true
            if case .asked = phase { return [] }
            return end(.stopping)
        }
    }

    private mutating func greet() -> [Action] {
        guard case .greeting = phase else { return [] }
        phase = .commands
        return [.send(DialogueReply(220, nil, "\(terms.hostName) ESMTP").octets)] + proceed()
    }

    private mutating func secured(_ facts: HandshakeFacts) -> [Action] {
        if case .greeting = phase, session.isSecured {
            session.handshake = facts
            return greet()
        }
        guard case .handshake = phase else { return [] }
        session = DialogueSession(peer: session.peer, isSecured: true)
        session.handshake = facts
        endTransaction()
        phase = .commands
        return []
    }

    /// Works through what was read until more is needed or a question is open.
    private mutating func proceed() -> [Action] {
        var actions: [Action] = []
        var isGoingOn = true
        while isGoingOn {
            switch phase {
            case .commands, .challenge: isGoingOn = readLine(&actions)
            case .data: isGoingOn = readData(&actions)
            case .chunk(let left, let isLast): isGoingOn = readChunk(left, isLast, &actions)
            case .greeting, .handshake, .asked, .closed: isGoingOn = false
            }
        }
        return actions
    }

    /// Takes one line; false when there is no whole one yet.
    private mutating func readLine(_ actions: inout [Action]) -> Bool {
        var limit = terms.limits.commandLine
        if case .challenge = phase { limit = terms.limits.authenticationLine }
        if input.prefix(5).elementsEqual("AUTH ".utf8) { limit = terms.limits.authenticationLine }
        guard let end = lineEnd() else {
            // A CR at the end may be half of a line end.
            if isSkippingLine || input.count > limit {
                isSkippingLine = true
                input = input.last == 0x0d ? [0x0d] : []
            }
            return false
        }
        let line = Array(input[..<end])
        input.removeFirst(end + 2)
        let wasSkipping = isSkippingLine
        isSkippingLine = false
        if wasSkipping || line.count + 2 > limit {
            actions += refuse(.lineTooLong)
        } else if case .challenge(let mechanism, let exchange) = phase {
            actions += respond(line, mechanism, exchange)
        } else {
            actions += take(SMTPCommand.parse(line[...]))
        }
        return true
    }

    private func lineEnd() -> Int? {
        var index = 0
        while index + 1 < input.count {
            if input[index] == 0x0d && input[index + 1] == 0x0a { return index }
            index += 1
        }
        return nil
    }

    private mutating func readData(_ actions: inout [Action]) -> Bool {
        guard !input.isEmpty, var reader else { return false }
        self.reader = nil
        let end = reader.read(input[...])
        self.reader = reader
        guard let end else {
            input = []
            guard isBeyondPatience(reader.total) else { return false }
            actions += self.end(.tooLarge)
            return false
        }
        input.removeFirst(end)
        actions += messageEnded()
        return true
    }

    private mutating func readChunk(_ left: Int, _ isLast: Bool, _ actions: inout [Action]) -> Bool {
        let count = min(left, input.count)
        if var reader {
            self.reader = nil
            reader.readChunk(input[..<count])
            self.reader = reader
        }
        input.removeFirst(count)
        guard left == count else {
            phase = .chunk(left: left - count, isLast: isLast)
            return false
        }
        actions += chunkEnded(isLast: isLast)
        return true
    }

    /// A message that is refused already is read on to its end, but not for ever.
    func isBeyondPatience(_ total: Int) -> Bool { total > 4 * terms.limits.message + 1_048_576 }

    /// Whether something follows the command that was just taken.
    var hasMoreInput: Bool { !input.isEmpty }

    mutating func end(_ reply: DialogueReply) -> [Action] {
        phase = .closed
        input = []
        reader = nil
        return [.send(reply.octets), .close]
    }

    /// Refuses a command; too many refusals end the connection.
    mutating func refuse(_ reply: DialogueReply) -> [Action] {
        errors += 1
        if case .challenge = phase { phase = .commands }
        return errors >= terms.limits.errors ? end(.tooManyErrors) : [.send(reply.octets)]
    }

    /// Counts a command; nil while there may be more.
    mutating func count() -> [Action]? {
        commands += 1
        return commands > terms.limits.commands ? end(.tooManyCommands) : nil
    }

    mutating func endTransaction() {
        envelope = nil
        reader = nil
        hasChunks = false
        isChunkingBroken = false
    }

    private mutating func answered(_ answer: DialogueAnswer) -> [Action] {
        guard case .asked(let question) = phase else { return [] }
        phase = .commands
        var actions: [Action]
        switch (question, answer) {
        case (.authentication(let mechanism), .sasl(let outcome)): actions = authenticated(mechanism, outcome)
        case (.certificate, .certificate(let isKnown)):
            session.isCertificateKnown = isKnown
            actions = extensions()
        case (.recipient(let address), .reply(let reply)): actions = recipientAnswered(address, reply)
        case (.message, .reply(let reply)):
            endTransaction()
            actions = reply.isPositive ? [.send(reply.octets)] : refuse(reply)
        default: actions = refuse(.unavailable)
        }
        if isStopping, !isClosed { actions += end(.stopping) }
        return actions
    }
}
