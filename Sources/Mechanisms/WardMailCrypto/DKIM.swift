// SPDX-License-Identifier: Apache-2.0
//
// DomainKeys Identified Mail: RFC 6376, with RFC 8301 (no SHA-1, no RSA key below 1,024 bits) and RFC 8463 (Ed25519).
//
// What Ward signs
//
//     v=1; a=rsa-sha256 | ed25519-sha256; c=relaxed/relaxed; d= the domain of From; s= the selector; t= seconds since 1970;
//     h= the names below; bh= SHA-256 of the body; b= the signature. No l= (it would let anyone add to the body), no i=,
//     no x= (a message may wait for days in somebody's queue).
//
// - h= names each of `covered` once more than the message has it, so that nobody can add a second From, Subject, …
//   (RFC 6376 section 8.15). It holds List-Unsubscribe and List-Unsubscribe-Post, as RFC 8058 section 4 demands. Fields
//   that a mailing list or a relay adds by right (`coveredWherePresent`) are named as often as they are there.
// - Two signatures, RSA-2048 first, since not every receiver knows Ed25519. Neither covers the other.
// - A signature is kept as its selector, algorithm, time and value: the field's text follows from these and the message
//   (`DKIMSignature.field`), always the same, so that a retry is the same bytes and nothing is signed twice. A change of
//   the text takes a new format number where signatures are stored (WardDelivery).
// - A message is signed only when it reaches the receiver as it is: lines end with CRLF and have at most 998 octets, no
//   bare CR or LF, each field of RFC 5322 section 3.6 at most once, From there.
//
// What Ward verifies
//
// - Canonicalization simple and relaxed, for header and body each. Bare CR or LF make the message malformed: what one
//   program takes for a line end another does not, and the two would read different messages.
// - A signature that leaves part of the body uncovered (l=), that does not cover From, that is past x= or from the future,
//   whose i= is outside d=, or whose key says another service, is a failure with that name.
// - At most `signatureLimit` signatures of one message are looked at; the others are not verified.

package import WardKernel

/// An algorithm of signatures (RFC 8301, RFC 8463).
package enum DKIMAlgorithm: String, Sendable, Hashable, CaseIterable, Codable {
    case rsa = "rsa-sha256"
    case ed25519 = "ed25519-sha256"

    /// The key record's k=.
    package var keyType: String {
        switch self {
        case .rsa: "rsa"
        case .ed25519: "ed25519"
        }
    }
}

/// The rules of both sides.
package enum DKIM {
    /// Signatures of one message that are looked at: each costs a look-up and a verification.
    package static let signatureLimit = 8
    /// The field's name.
    package static let fieldName = "DKIM-Signature"

    /// Over-signed: in h= once more than in the message, in this order.
    static let covered = [
        "from", "to", "cc", "subject", "date", "message-id", "reply-to", "mime-version", "content-type",
        "content-transfer-encoding", "list-unsubscribe", "list-unsubscribe-post",
    ]
    /// In h= as often as in the message.
    static let coveredWherePresent = ["sender", "in-reply-to", "references", "list-id", "auto-submitted"]
    /// RFC 5322 section 3.6: at most once in a message. Two of one are two messages in one.
    static let atMostOnce: Set<String> = [
        "from", "sender", "reply-to", "to", "cc", "bcc", "subject", "date", "message-id", "in-reply-to", "references",
        "mime-version", "content-type", "content-transfer-encoding", "list-unsubscribe", "list-unsubscribe-post",
    ]
    static let longestLine = 998

    /// The signatures of all the signers, in their order.
    package static func signatures(
        of message: [UInt8],
        by signers: [DKIMSigner],
        at time: Timestamp
    ) throws -> [DKIMSignature] {
        let plan = try SigningPlan(message)
        return try signers.map { try $0.signature(of: plan, at: time) }
    }

    /// The message with the fields of its signatures in front, and these signatures: the message is canonicalized once.
    package static func signed(
        _ message: [UInt8],
        by signers: [DKIMSigner],
        domain: String,
        at time: Timestamp
    ) throws -> (signatures: [DKIMSignature], octets: [UInt8]) {
        guard !signers.isEmpty else { return ([], message) }
        let plan = try SigningPlan(message)
        let signatures = try signers.map { try $0.signature(of: plan, at: time) }
        var octets: [UInt8] = []
        octets.reserveCapacity(message.count + 1_024 * signatures.count)
        for signature in signatures { octets += signature.field(domain: domain, plan: plan).utf8 }
        octets += message
        return (signatures, octets)
    }

    /// Throws what `signatures` would throw about the message.
    package static func check(_ message: [UInt8]) throws(DKIMError) {
        _ = try SigningPlan.fields(of: MessageOctets(message))
    }

    /// The fields to put in front of the message, each with its line end.
    package static func fields(
        _ signatures: [DKIMSignature],
        domain: String,
        of message: [UInt8]
    ) throws(DKIMError) -> [UInt8] {
        guard !signatures.isEmpty else { return [] }
        let plan = try SigningPlan(message)
        return signatures.flatMap { Array($0.field(domain: domain, plan: plan).utf8) }
    }
}

/// Why a message is not signed, or cannot be looked at. Names the place, never the content.
package enum DKIMError: Error, Hashable, Sendable, CustomStringConvertible {
    /// CR without LF or LF without CR.
    case bareLineEnd
    /// A line of the header that is neither field nor continuation.
    case malformedHeader
    case lineTooLong
    case fieldMissing(String)
    case fieldRepeated(String)
    /// A selector or domain that is no DNS name.
    case malformedName
    /// The stored key is not one of its algorithm.
    case malformedKey

    package var description: String {
        switch self {
        case .bareLineEnd: "dkim.bare_line_end: a line ends with CR or LF alone."
        case .malformedHeader: "dkim.malformed_header: the header has a line that is no field."
        case .lineTooLong: "dkim.line_too_long: a line has more than 998 octets; a server on the way would break it."
        case .fieldMissing(let name): "dkim.field_missing: the message has no field \(name)."
        case .fieldRepeated(let name): "dkim.field_repeated: the message has the field \(name) more than once."
        case .malformedName: "dkim.malformed_name: the selector or the domain is no DNS name."
        case .malformedKey: "dkim.malformed_key: the signing key cannot be read."
        }
    }
}
