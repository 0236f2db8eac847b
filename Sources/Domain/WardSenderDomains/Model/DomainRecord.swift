// SPDX-License-Identifier: Apache-2.0

package import WardKernel
import WardMailCrypto

/// What a DNS record is for.
package enum RecordPurpose: Sendable, Hashable {
    /// The public half of a signing key.
    case dkim(SigningKey)
    /// Which servers send for the domain (RFC 7208).
    case spf
    /// What receivers do with mail that neither DKIM nor SPF vouches for (RFC 9989).
    case dmarc
    /// That mail to the domain arrives over verified TLS alone (RFC 8461): answers and bounces.
    case mtaSTS
    /// Where other servers report how that went (RFC 8460).
    case tlsReports

    /// A fixed word.
    package var word: String {
        switch self {
        case .dkim: "DKIM"
        case .spf: "SPF"
        case .dmarc: "DMARC"
        case .mtaSTS: "MTA-STS"
        case .tlsReports: "TLS-RPT"
        }
    }
}

/// How the DNS answers for a record.
package enum RecordStanding: Sendable, Hashable {
    /// As it should be.
    case good
    case missing
    /// There, and wrong: receivers will not take it as meant.
    case wrong(RecordProblem)
    /// There and valid, with something to think about.
    case advice(RecordProblem)
    /// The look-up had no answer: a fixed word of the resolver's.
    case unknown(String)
    /// There, and no longer needed.
    case removable

    /// A fixed word for machines.
    package var word: String {
        switch self {
        case .good: "good"
        case .missing: "missing"
        case .wrong: "wrong"
        case .advice: "advice"
        case .unknown: "unknown"
        case .removable: "removable"
        }
    }

    /// What to know and to do; a sentence without names, so that it can be translated.
    package var sentence: String {
        switch self {
        case .good: "Published as it should be."
        case .missing: "Not in the DNS. Publish it as it stands here."
        case .wrong(let problem), .advice(let problem): problem.rawValue
        case .unknown: "The DNS had no answer just now. Look again later."
        case .removable: "No longer needed: the record can be removed from the DNS."
        }
    }

    /// Whether receivers can rely on it.
    package var holds: Bool {
        switch self {
        case .good, .advice, .removable: true
        case .missing, .wrong, .unknown: false
        }
    }
}

/// What is wrong with a record, or to think about; the sentence itself.
package enum RecordProblem: String, Sendable, Hashable, CaseIterable {
    case keyDiffers = "The record holds another key. Publish the text as it stands here, as one record."
    case keyUnreadable = "The record cannot be read as a key. Look for missing strings, quotes or line breaks."
    case severalKeys = "There is more than one record at this name. Keep the one that stands here."
    case severalPolicies = "There is more than one such record, and receivers then take none. Merge them into one."
    case everybodyMaySend = "The record lets every server of the world send (+all). End it with -all or ~all."
    case hasNoEnd = "The record does not say what holds for other servers. End it with -all or ~all."
    case hostNotNamed =
        "The record does not name the server that sends. Unless one of its networks or includes covers it, SPF fails."
    case hostNameNotFull =
        "Ward has no full host name. Set mail.hostName to the sending server's name in the DNS first."
    case policyUnreadable =
        "The record has no policy that can be read. It begins v=DMARC1; p=none, quarantine or reject."
    case policyOnlyWatches = "Receivers only watch (p=none). Once reports are clean, raise it to quarantine or reject."
    case policyInherited = "The domain has no record of its own; the one of the domain above holds."
    case policyMissing =
        "Other servers may send mail to your domain in the clear. Serve the policy, then publish the record."
    case policyNotFetched =
        "The record announces a policy that cannot be fetched. It must be served as plain text, with a valid certificate."
    case policyLacksHost =
        "The policy does not name every server that takes your domain's mail. Mail to it will be lost."
    case policyOnlyTested = "The policy is not enforced yet. Once reports are clean, set its mode to enforce."
    case identifierUnreadable =
        "The record has no identifier that can be read. It reads v=STSv1; id=, letters and digits."
    case reportsMissing =
        "Nobody tells you when mail to your domain cannot be protected. Publish an address for reports."
    case reportsUnreadable =
        "The record names no address for reports. It reads v=TLSRPTv1; rua=mailto: and an address, or rua=https:."
    case stillNeeded = "The key is retired, but mail that it signed may still be on its way. Leave the record for now."
}

/// One DNS record of a sender domain: what to publish, and what is there.
package struct DomainRecord: Sendable, Hashable {
    package var purpose: RecordPurpose
    package var name: String
    /// What to publish, as one text; in a zone file as `zoneStrings`.
    package var text: String
    package var standing: RecordStanding

    /// A text as the strings of one TXT record: each holds at most 255 octets (RFC 1035 section 3.3.14).
    package static func zoneStrings(_ text: String) -> [String] { DKIMKeyRecord.strings(text) }
}

/// All records of the organization's sender domain.
package struct DomainReport: Sendable, Hashable {
    package var domain: String
    package var mailHostName: String
    package var keys: [SigningKey]
    package var records: [DomainRecord]
    package var lookedAt: Timestamp
    /// The MTA-STS policy to serve, where the domain has servers that take mail; else nil.
    package var policyText: String?

    /// Whether mail is signed now.
    package var isSigning: Bool { keys.contains { $0.domain == domain && $0.state == .active } }
}
