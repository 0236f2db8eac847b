// SPDX-License-Identifier: Apache-2.0

import WardKernel
import WardSubmission

@testable import WardInbound

/// Speaks with a dialogue without a socket, and keeps what it said and which messages it handed over.
struct DialogueDriver {
    var dialogue: SMTPDialogue
    var said = ""
    var messages: [ReceivedMail] = []
    var asked: [DialogueQuestion] = []
    var isClosed = false
    var startsTLS = false
    /// The largest number of octets that the dialogue held after any event.
    var mostHeld = 0
    /// Whether questions are answered as they come.
    var answersAtOnce = true
    /// Addresses for which there is no mailbox.
    var unknown: Set<String> = []
    /// Whether the certificate that is presented signs an account in.
    var isCertificateKnown = false
    var messageReply = DialogueReply(250, "2.0.0", "Kept")

    init(
        _ service: DialogueTerms.Service = .incoming,
        limits: DialogueLimits = DialogueLimits(),
        isSecured: Bool = false,
        handshake: HandshakeFacts = HandshakeFacts()
    ) {
        let terms = DialogueTerms(service: service, hostName: "mx.ward.example", offersTLS: true, limits: limits)
        dialogue = SMTPDialogue(terms: terms, peer: "192.0.2.1", isSecured: isSecured)
        apply(isSecured ? .secured(handshake) : .connected)
    }

    /// Sends the text and returns what the server says to it.
    @discardableResult
    mutating func send(_ text: String) -> String { send(Array(text.utf8)) }

    @discardableResult
    mutating func send(_ octets: [UInt8]) -> String {
        let before = said.utf8.count
        apply(.received(octets))
        return String(decoding: Array(said.utf8)[before...], as: UTF8.self)
    }

    mutating func apply(_ event: SMTPDialogue.Event) {
        var waiting = dialogue.apply(event)[...]
        mostHeld = max(mostHeld, dialogue.heldOctets)
        while let action = waiting.popFirst() {
            switch action {
            case .send(let octets): said += String(decoding: octets, as: UTF8.self)
            case .startTLS: startsTLS = true
            case .close: isClosed = true
            case .ask(let question):
                asked.append(question)
                if case .message(let mail) = question { messages.append(mail) }
                if answersAtOnce { waiting += dialogue.apply(.answered(answer(question))) }
            }
        }
        mostHeld = max(mostHeld, dialogue.heldOctets)
    }

    func answer(_ question: DialogueQuestion) -> DialogueAnswer {
        switch question {
        case .authenticate: .sasl(.rejected)
        case .certificate: .certificate(isKnown: isCertificateKnown)
        case .recipient(let address, _):
            .reply(
                unknown.contains(address.mailbox)
                    ? DialogueReply(550, "5.1.1", "No such mailbox") : DialogueReply(250, "2.1.5", "Recipient OK")
            )
        case .message: .reply(messageReply)
        }
    }

    /// The codes of the replies so far, without the continued lines.
    var codes: [Int] {
        said.split(separator: "\r\n").filter { $0.dropFirst(3).first == " " }.compactMap { Int($0.prefix(3)) }
    }

    var bodies: [String] {
        messages.map { $0.octets.expose(for: .evaluating) { String(decoding: $0, as: UTF8.self) } }
    }
}

/// Through EHLO, MAIL and RCPT.
let opening = "EHLO client.example\r\nMAIL FROM:<a@client.example>\r\nRCPT TO:<bounce+x@ward.example>\r\n"
