// SPDX-License-Identifier: Apache-2.0

package import WardKernel
package import WardSubmission

/// Who speaks, as far as it is known.
package struct DialogueSession: Sendable, Hashable {
    /// The peer's IP address as text.
    package let peer: String
    /// What EHLO or HELO said; nobody checks it.
    package var name: String?
    package var isExtended = false
    package var isSecured: Bool
    package var handshake = HandshakeFacts()
    /// Whether an account signs in with the certificate that was presented; nil until that is asked.
    package var isCertificateKnown: Bool?
    package var account: SubmissionAccount?

    package init(peer: String, isSecured: Bool) {
        self.peer = peer
        self.isSecured = isSecured
    }
}

/// What the TLS handshake of a connection left behind.
package struct HandshakeFacts: Sendable, Hashable {
    /// What a sign-in may be bound to.
    package var binding: ChannelBinding?
    /// What the client presented.
    package var certificate: PresentedCertificate?

    package init(binding: ChannelBinding? = nil, certificate: PresentedCertificate? = nil) {
        self.binding = binding
        self.certificate = certificate
    }
}

/// The envelope of one message.
package struct ReceivedEnvelope: Sendable, Hashable {
    package let returnPath: ReversePath
    package var isUTF8 = false
    /// REQUIRETLS (RFC 8689): it may be passed on over verified TLS alone, to servers that promise the same.
    package var requiresTLS = false
    /// ENVID (RFC 3461).
    package var envelopeID: String?
    /// Those that were accepted, in order, each once.
    package var recipients: [EmailAddress] = []

    package init(returnPath: ReversePath) { self.returnPath = returnPath }
}

/// A whole message as it arrived.
package struct ReceivedMail: Sendable {
    package let session: DialogueSession
    package let envelope: ReceivedEnvelope
    /// CRLF line ends, dots unstuffed.
    package let octets: Sensitive<[UInt8]>
}

/// What the dialogue cannot answer by itself. It waits for the answer and reads nothing meanwhile.
package enum DialogueQuestion: Sendable {
    /// One round of SASL (RFC 4954); no exchange yet in the first.
    case authenticate(mechanism: String, response: Sensitive<[UInt8]>, exchange: SASLExchange?)
    /// Does an account sign in with this certificate alone? Asked before EHLO is answered.
    case certificate(PresentedCertificate)
    /// May this one be written to from here? Answered with the reply to RCPT.
    case recipient(EmailAddress, ReceivedEnvelope)
    /// Answered with the reply to the end of the message, once it is kept for good.
    case message(ReceivedMail)
}

/// The answer to a question.
package enum DialogueAnswer: Sendable {
    case sasl(SASLOutcome)
    case certificate(isKnown: Bool)
    case reply(DialogueReply)
}
