// SPDX-License-Identifier: Apache-2.0

package import WardDNS
package import WardTrust

/// How one attempt to hand a message over ended.
package enum SMTPOutcome: Sendable, Hashable {
    /// The server took responsibility (2xx to the final dot) for every recipient that is `accepted`; the others were
    /// refused one by one before, each with its reply.
    case delivered(SMTPAttempt)
    /// The policy was not met; nothing of the message left, MAIL FROM included.
    case notProtected(ProtectionFailure, SMTPAttempt)
    /// Nobody got it, and a later attempt, or the next host, may succeed. (A recipient may still have a permanent
    /// refusal of their own in `attempt.recipients`.)
    case transient(SMTPFailure, SMTPAttempt)
    /// Nobody got it, and trying again is pointless.
    case permanent(SMTPFailure, SMTPAttempt)
    /// The final dot was written and no final reply was understood (reliability.md B2): the accepted recipients may have
    /// the message.
    case inDoubt(SMTPFailure, SMTPAttempt)

    package var attempt: SMTPAttempt {
        switch self {
        case .delivered(let attempt), .notProtected(_, let attempt), .transient(_, let attempt),
            .permanent(_, let attempt), .inDoubt(_, let attempt):
            attempt
        }
    }

    /// The same with what is known about the attempt changed.
    func changing(_ change: (inout SMTPAttempt) -> Void) -> SMTPOutcome {
        var attempt = attempt
        change(&attempt)
        return switch self {
        case .delivered: .delivered(attempt)
        case .notProtected(let failure, _): .notProtected(failure, attempt)
        case .transient(let failure, _): .transient(failure, attempt)
        case .permanent(let failure, _): .permanent(failure, attempt)
        case .inDoubt(let failure, _): .inDoubt(failure, attempt)
        }
    }

    /// Whether the next host of the same domain is worth an attempt now: it may be up or protected where this one is not.
    /// Never after the final dot.
    package var mayTryNextHost: Bool {
        switch self {
        case .delivered, .inDoubt, .permanent: false
        case .notProtected: true
        case .transient(let failure, _): failure.isAboutTheHost
        }
    }
}

/// What is known about one attempt, for the record.
package struct SMTPAttempt: Sendable, Hashable {
    package var host: String
    package var address: IPAddress?
    /// nil: no TLS was established.
    package var tls: TLSEvidence?
    /// In the order of the transaction.
    package var recipients: [SMTPRecipientResult]
    /// The reply that decided, where there was one.
    package var reply: SMTPReply?
    /// Whether the server was asked, and promised, to pass the message on over TLS alone (RFC 8689).
    package var asksTLSOnward = false
    /// Of this machine, on the connection.
    package var ownAddress: IPAddress?
    /// The name that the server gave itself in answer to EHLO.
    package var serverName: String?
    /// Why the dialogue went on in the clear; nil where it did not.
    package var clearBecause: ProtectionFailure?
    /// Whether another message went over the connection before, so that nothing new was proved.
    package var isReused = false

    package init(
        host: String,
        address: IPAddress? = nil,
        tls: TLSEvidence? = nil,
        recipients: [SMTPRecipientResult] = [],
        reply: SMTPReply? = nil
    ) {
        self.host = host
        self.address = address
        self.tls = tls
        self.recipients = recipients
        self.reply = reply
    }
}

/// What became of one recipient.
package enum SMTPRecipientResult: Sendable, Hashable {
    /// The server took the recipient at RCPT; what that means for the message is the outcome's case.
    case accepted
    case refusedForNow(SMTPReply)
    case refusedForGood(SMTPReply)
    /// The attempt ended before the server answered for this recipient.
    case notTried
}

/// What TLS proved.
package struct TLSEvidence: Sendable, Hashable {
    /// `TLSv1.2` or `TLSv1.3`.
    package var version: String
    /// The IANA name, such as `TLS_AES_256_GCM_SHA384`.
    package var cipher: String
    /// SHA-256 of the server's certificate (DER), lower-case hexadecimal.
    package var certificateFingerprint: String
    package var verdict: TrustVerdict

    package init(version: String, cipher: String, certificateFingerprint: String, verdict: TrustVerdict) {
        self.version = version
        self.cipher = cipher
        self.certificateFingerprint = certificateFingerprint
        self.verdict = verdict
    }
}

/// Why the policy was not met.
package enum ProtectionFailure: Sendable, Hashable {
    /// The server does not offer STARTTLS.
    case startTLSMissing
    /// It offered STARTTLS and refused it.
    case startTLSRefused(SMTPReply)
    /// The handshake failed or broke off: too old a version, no common cipher, garbage, an alert.
    case handshakeFailed
    /// The certificate does not prove the name.
    case untrusted(TrustProblem)
    /// The message may only go to a server that promises to pass it on over TLS alone (REQUIRETLS), and this one does not.
    case onwardTLSMissing

    /// A safe word for records and counts.
    package var word: String {
        switch self {
        case .startTLSMissing: "starttls_missing"
        case .startTLSRefused: "starttls_refused"
        case .handshakeFailed: "tls_handshake_failed"
        case .untrusted(let problem): "certificate_" + problem.word
        case .onwardTLSMissing: "requiretls_missing"
        }
    }
}

extension ProtectionFailure: CustomStringConvertible {
    package var description: String {
        switch self {
        case .startTLSMissing: "the server offers no encryption (STARTTLS)"
        case .startTLSRefused(let reply): "the server refused encryption (STARTTLS answered \(reply.code))"
        case .handshakeFailed: "no protected connection could be agreed with the server"
        case .untrusted(let problem): problem.description
        case .onwardTLSMissing: "the server does not promise to pass mail on over TLS alone (REQUIRETLS)"
        }
    }
}

/// Where in the dialogue something happened.
package enum SMTPStage: String, Sendable, Hashable, CaseIterable {
    case connect, greeting, hello
    case startTLS = "starttls"
    case handshake
    case helloAgain = "hello_again"
    case authentication, mail, recipient, data, body
    case finalDot = "final_dot"
    case quit
}

/// Why an attempt failed.
package struct SMTPFailure: Sendable, Hashable {
    package enum Cause: Sendable, Hashable {
        /// No address of the host could be connected to.
        case unreachable
        /// The time for this stage was over (RFC 5321 section 4.5.3.2).
        case timeout
        /// The connection ended.
        case connectionLost
        /// The server refused; `attempt.reply` has its code.
        case refused(SMTPReply)
        /// Bytes or a code that the protocol does not allow here.
        case protocolError(String)
        /// AUTH PLAIN is not offered.
        case authenticationNotOffered
        /// The message is larger than the server takes (SIZE, RFC 1870).
        case tooLarge(limit: Int)
        /// The message has 8-bit octets and the server does not offer 8BITMIME.
        case eightBitNotOffered
        /// An address needs SMTPUTF8 (RFC 6531), which the server does not offer; it is never written in another way.
        case internationalAddressesNotOffered
        /// The server offers CHUNKING and does not know BDAT; the next attempt goes by DATA.
        case chunkingRefused
        /// The caller's hook failed, so that the final dot was never written.
        case withheld
        /// The client is closing or the task was cancelled.
        case cancelled
    }

    package var stage: SMTPStage
    package var cause: Cause

    package init(_ cause: Cause, at stage: SMTPStage) {
        self.stage = stage
        self.cause = cause
    }

    /// Whether it says something about this host rather than about the message or its recipients.
    package var isAboutTheHost: Bool {
        switch cause {
        case .unreachable, .timeout, .connectionLost, .protocolError, .chunkingRefused: true
        case .refused(let reply): reply.code == 421 || [.greeting, .hello, .helloAgain].contains(stage)
        case .authenticationNotOffered, .tooLarge, .eightBitNotOffered, .internationalAddressesNotOffered, .withheld,
            .cancelled:
            false
        }
    }

    /// A safe word for records and counts.
    package var word: String {
        switch cause {
        case .unreachable: "unreachable"
        case .timeout: "timeout"
        case .connectionLost: "connection_lost"
        case .refused: "refused"
        case .protocolError: "protocol_error"
        case .authenticationNotOffered: "authentication_not_offered"
        case .tooLarge: "too_large"
        case .eightBitNotOffered: "eight_bit_not_offered"
        case .internationalAddressesNotOffered: "international_addresses_not_offered"
        case .chunkingRefused: "chunking_refused"
        case .withheld: "withheld"
        case .cancelled: "cancelled"
        }
    }
}
