// SPDX-License-Identifier: Apache-2.0

import WardKernel

extension SMTPDialogue {
    /// Acts on one command line.
    mutating func take(_ command: SMTPCommand) -> [Action] {
        if let ended = count() { return ended }
        switch command {
        case .hello(let name, let isExtended): return hello(name, isExtended: isExtended)
        case .startTLS: return startTLS()
        case .authenticate(let mechanism, let initial): return authenticate(mechanism, initial: initial)
        case .mail(let mail): return begin(mail)
        case .recipient(let address): return ask(address)
        case .postmaster:
            guard let address = EmailAddress("postmaster@\(terms.hostName)") else { return refuse(.malformedRecipient) }
            return ask(address)
        case .foreignRecipient:
            return obstacleBeforeMail() ?? (envelope == nil ? refuse(.outOfOrder) : refuse(Self.notOurs))
        case .data: return beginData()
        case .chunk(let octets, let isLast): return beginChunk(octets, isLast: isLast)
        case .reset:
            endTransaction()
            return [.send(DialogueReply.reset.octets)]
        case .noop: return [.send(DialogueReply.ok.octets)]
        case .verify: return [.send(DialogueReply.cannotVerify.octets)]
        case .quit: return end(.bye)
        case .otherProtocol: return end(.notSMTP)
        case .refused(let reply): return refuse(reply)
        }
    }

    /// A mailbox that Ward never gives out: quoted local parts, address literals, letters outside ASCII.
    private static let notOurs = DialogueReply(550, "5.1.1", "There is no such mailbox here")

    private mutating func hello(_ name: String, isExtended: Bool) -> [Action] {
        endTransaction()
        session.name = name
        session.isExtended = isExtended
        guard isExtended else { return [.send(DialogueReply(250, nil, terms.hostName).octets)] }
        if takesAuthentication, session.isCertificateKnown == nil, let certificate = session.handshake.certificate {
            phase = .asked(.certificate)
            return [.ask(.certificate(certificate))]
        }
        return extensions()
    }

    /// The answer to EHLO.
    func extensions() -> [Action] {
        var lines = [
            terms.hostName, "PIPELINING", "SIZE \(terms.limits.message)", "8BITMIME", "SMTPUTF8", "CHUNKING",
            "ENHANCEDSTATUSCODES",
        ]
        if terms.offersTLS && !session.isSecured { lines.append("STARTTLS") }
        // RFC 8689 section 3: offered over TLS alone.
        if session.isSecured { lines.append("REQUIRETLS") }
        if takesAuthentication { lines.append("AUTH \(mechanisms.joined(separator: " "))") }
        return [.send(DialogueReply(250, nil, lines: lines).octets)]
    }

    var takesAuthentication: Bool {
        terms.service == .submission && session.isSecured && session.account == nil
    }

    private mutating func startTLS() -> [Action] {
        guard terms.offersTLS, session.isExtended else { return refuse(.notHere) }
        guard !session.isSecured, envelope == nil else { return refuse(.outOfOrder) }
        // What follows in the same read was written by whoever could write in the clear.
        if hasMoreInput { return end(.afterStartTLS) }
        phase = .handshake
        return [.send(DialogueReply.startTLS.octets), .startTLS]
    }

    /// What keeps this session from sending mail at all, nil when nothing does.
    private mutating func obstacleBeforeMail() -> [Action]? {
        guard session.name != nil else { return refuse(.outOfOrder) }
        guard terms.service == .submission else { return nil }
        if !session.isSecured { return refuse(.encryptionFirst) }
        return session.account == nil ? refuse(.authenticationFirst) : nil
    }

    private mutating func begin(_ mail: MailCommand) -> [Action] {
        if let obstacle = obstacleBeforeMail() { return obstacle }
        guard envelope == nil else { return refuse(.outOfOrder) }
        guard messages < terms.limits.messages else { return end(.tooManyMessages) }
        if mail.requiresTLS && !session.isSecured { return refuse(.encryptionFirst) }
        if let size = mail.size, size > terms.limits.message { return refuse(.tooLarge) }
        var begun = ReceivedEnvelope(returnPath: mail.path)
        begun.isUTF8 = mail.isUTF8
        begun.requiresTLS = mail.requiresTLS
        begun.envelopeID = mail.envelopeID
        envelope = begun
        return [.send(DialogueReply(250, "2.1.0", "Sender OK").octets)]
    }

    private mutating func ask(_ address: EmailAddress) -> [Action] {
        if let obstacle = obstacleBeforeMail() { return obstacle }
        guard let envelope, !hasChunks else { return refuse(.outOfOrder) }
        if envelope.recipients.contains(address) { return [.send(Self.recipientOK.octets)] }
        guard envelope.recipients.count < terms.limits.recipients else { return refuse(.tooManyRecipients) }
        phase = .asked(.recipient(address))
        return [.ask(.recipient(address, envelope))]
    }

    private static let recipientOK = DialogueReply(250, "2.1.5", "Recipient OK")

    mutating func recipientAnswered(_ address: EmailAddress, _ reply: DialogueReply) -> [Action] {
        guard reply.isPositive else { return refuse(reply) }
        envelope?.recipients.append(address)
        return [.send(reply.octets)]
    }

    // MARK: The message

    private mutating func beginData() -> [Action] {
        if let obstacle = obstacleBeforeMail() { return obstacle }
        // RFC 3030 section 2: DATA does not go with BDAT in one transaction.
        guard let envelope, !hasChunks, !isChunkingBroken else { return refuse(.outOfOrder) }
        guard !envelope.recipients.isEmpty else { return refuse(.noValidRecipients) }
        reader = DataReader(limit: terms.limits.message)
        phase = .data
        return [.send(DialogueReply.sendMessage.octets)]
    }

    /// The octets of a chunk follow its command whatever the command is worth, so they are read before it is answered.
    private mutating func beginChunk(_ octets: Int, isLast: Bool) -> [Action] {
        if isBeyondPatience(octets + (reader?.total ?? 0)) { return end(.tooLarge) }
        let mayBegin = envelope.map { !$0.recipients.isEmpty } ?? false
        if mayBegin && !isChunkingBroken && session.isExtended {
            if reader == nil { reader = DataReader(limit: terms.limits.message) }
            hasChunks = true
        } else {
            reader = nil
            isChunkingBroken = envelope != nil
        }
        phase = .chunk(left: octets, isLast: isLast)
        return []
    }

    mutating func chunkEnded(isLast: Bool) -> [Action] {
        phase = .commands
        guard reader != nil else {
            if isLast { endTransaction() }
            return refuse(envelope?.recipients.isEmpty == true ? .noValidRecipients : .outOfOrder)
        }
        if isLast { return messageEnded() }
        if let reply = reader?.reply {
            reader = nil
            isChunkingBroken = true
            return refuse(reply)
        }
        return [.send(DialogueReply(250, "2.0.0", "Chunk received").octets)]
    }

    /// The whole message is here: it is refused, or whoever keeps it is asked.
    mutating func messageEnded() -> [Action] {
        if hasChunks { reader?.endChunks() }
        guard let reader, let envelope else { return refuse(.outOfOrder) }
        messages += 1
        phase = .commands
        if let reply = reader.reply {
            endTransaction()
            return refuse(reply)
        }
        let mail = ReceivedMail(session: session, envelope: envelope, octets: Sensitive(reader.octets))
        self.reader = nil
        phase = .asked(.message)
        return [.ask(.message(mail))]
    }
}
