// SPDX-License-Identifier: Apache-2.0
//
// AUTH (RFC 4954), over TLS alone: SCRAM-SHA-256, bound to the server's certificate (-PLUS) or not (RFC 5802, RFC 7677), PLAIN
// (RFC 4616), and EXTERNAL (RFC 4422) where the client presented a certificate that an account signs in with.

import Foundation
import WardKernel
import WardSubmission

extension SMTPDialogue {
    /// The strongest first.
    var mechanisms: [String] {
        (session.isCertificateKnown == true ? ["EXTERNAL"] : [])
            + (session.handshake.binding == nil ? [] : ["SCRAM-SHA-256-PLUS"]) + ["SCRAM-SHA-256", "PLAIN"]
    }

    mutating func authenticate(_ mechanism: String, initial: String?) -> [Action] {
        guard terms.service == .submission else { return refuse(.notHere) }
        guard session.isSecured else { return refuse(.encryptionFirst) }
        guard session.isExtended, session.account == nil, envelope == nil else { return refuse(.outOfOrder) }
        guard mechanisms.contains(mechanism) else { return refuse(.unknownMechanism) }
        guard let initial else {
            phase = .challenge(mechanism: mechanism, exchange: nil)
            return [.send(Array("334 \r\n".utf8))]
        }
        // Section 4: a single `=` is an empty initial response.
        return ask(mechanism, initial == "=" ? [] : Array(initial.utf8), exchange: nil)
    }

    /// The client's line in answer to a challenge.
    mutating func respond(_ line: [UInt8], _ mechanism: String, _ exchange: SASLExchange?) -> [Action] {
        if let ended = count() { return ended }
        if line == [UInt8(ascii: "*")] { return refuse(.cancelled) }
        return ask(mechanism, line, exchange: exchange)
    }

    private mutating func ask(_ mechanism: String, _ line: [UInt8], exchange: SASLExchange?) -> [Action] {
        guard let response = Data(base64Encoded: Data(line)) else { return refuse(.malformed) }
        phase = .asked(.authentication(mechanism: mechanism))
        return [
            .ask(.authenticate(mechanism: mechanism, response: Sensitive(Array(response)), exchange: exchange))
        ]
    }

    mutating func authenticated(_ mechanism: String, _ outcome: SASLOutcome) -> [Action] {
        switch outcome {
        case .challenge(let octets, let exchange):
            phase = .challenge(mechanism: mechanism, exchange: exchange)
            return [.send(Array("334 \(Data(octets).base64EncodedString())\r\n".utf8))]
        case .authenticated(let account):
            session.account = account
            return [.send(DialogueReply.signedIn.octets)]
        case .rejected: return refuse(.wrongCredentials)
        case .malformed: return refuse(.malformed)
        case .throttled: return end(.throttled)
        case .unavailable: return refuse(.unavailable)
        }
    }
}
