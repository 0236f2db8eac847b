// SPDX-License-Identifier: Apache-2.0

package import WardKernel

/// What was found about the servers of one domain: what its owner says of them, and whether they live up to it.
package struct DestinationPosture: Sendable, Hashable, Codable {
    /// How much is proved when mail is handed over.
    package enum Level: Int, Sendable, Hashable, Comparable, CaseIterable {
        /// Verified TLS is not possible: protected mail goes another way.
        case unprotected = 0
        /// The server proves its name; that it is the domain's own server is what unsigned DNS says.
        case certificate = 1
        /// The domain's policy (MTA-STS) or signed DNS (DANE) proves the name too.
        case proved = 2

        package static func < (one: Level, other: Level) -> Bool { one.rawValue < other.rawValue }

        /// The level in words.
        package var title: String {
            switch self {
            case .unprotected: "no verified TLS"
            case .certificate: "verified TLS"
            case .proved: "verified TLS to a proved host"
            }
        }
    }

    /// MTA-STS (RFC 8461): `enforce`, `testing`, `none`, or a word for why a policy that is announced could not be had.
    package var policy: String
    /// The policy's identifier, where there is a policy.
    package var policyIdentifier: String?
    /// DANE (RFC 7672), all hosts together: `records`, `no_records`, `unusable`, `unsigned`, or `mixed`.
    package var dane: String
    /// What the certificate was measured against: `web_pki` or `dane`; nil where none was proved.
    package var proof: String?
    /// Why verified TLS was not possible; nil where it was.
    package var failure: String?

    package init(
        policy: String,
        policyIdentifier: String? = nil,
        dane: String,
        proof: String? = nil,
        failure: String? = nil
    ) {
        self.policy = policy
        self.policyIdentifier = policyIdentifier
        self.dane = dane
        self.proof = proof
        self.failure = failure
    }

    /// The same after a handshake that proved the server's name in this way, or did not.
    func proved(by proof: String?) -> DestinationPosture {
        var posture = self
        posture.proof = proof
        return posture
    }

    /// The same after every server failed to protect mail.
    func failing(_ word: String) -> DestinationPosture {
        var posture = self
        (posture.proof, posture.failure) = (nil, word)
        return posture
    }

    package var level: Level {
        if failure != nil { return .unprotected }
        return policy == "enforce" || proof == "dane" ? .proved : .certificate
    }
}

/// Whether a destination is below the level that it had. One alert at a time, until the level is back.
struct PostureAlert: Sendable, Hashable {
    /// The level that it had.
    var level: DestinationPosture.Level
    var since: Timestamp

    /// The alert after a finding, from the one before and the level before.
    static func after(
        _ level: DestinationPosture.Level,
        previous: DestinationPosture.Level,
        alert: PostureAlert?,
        at now: Timestamp
    ) -> PostureAlert? {
        if let alert { return level < alert.level ? alert : nil }
        return level < previous ? PostureAlert(level: previous, since: now) : nil
    }
}

/// Names a destination without saying its domain: the keyed hash, in addresses of pages.
package struct DestinationKey: Sendable, Hashable, CustomStringConvertible {
    let hash: [UInt8]

    init(hash: [UInt8]) { self.hash = hash }

    /// Reads lower-case hexadecimal of at most 64 octets; anything else is nil.
    package init?(_ text: String) {
        let digits = text.utf8.compactMap { digit -> UInt8? in
            switch digit {
            case 0x30...0x39: digit - 0x30
            case 0x61...0x66: digit - 0x57
            default: nil
            }
        }
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2), (2...128).contains(digits.count) else {
            return nil
        }
        hash = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    package var description: String {
        hash.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

/// One destination as it stands.
package struct DestinationSummary: Sendable, Hashable {
    package let key: DestinationKey
    package let domain: String
    package let posture: DestinationPosture
    /// Since when it is as it is.
    package let foundAt: Timestamp
    /// Within the hour before this it was last seen to be so.
    package let lookedAt: Timestamp
    /// Since when it is below the level that it had, nil where it is not.
    package let alertSince: Timestamp?
}

/// One change of a destination's posture.
package struct DestinationChange: Sendable, Hashable {
    package let foundAt: Timestamp
    package let posture: DestinationPosture
}

/// One destination with everything that was ever found about it, the newest first, at most 200.
package struct DestinationHistory: Sendable, Hashable {
    package let summary: DestinationSummary
    package let changes: [DestinationChange]
}
