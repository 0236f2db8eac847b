// SPDX-License-Identifier: Apache-2.0

import WardDNS
import WardKernel
import WardMailCrypto

/// What a receiver finds out about a message's DKIM signatures, each by the record that its domain publishes.
struct InboxSignatures: Sendable {
    let resolver: any Resolver
    let surroundings: Surroundings

    struct Finding: Sendable {
        /// Such as `lakeside.example, ward-20261125-rsa, rsa-sha256`.
        let signer: String
        let verdict: DKIMVerdict

        var words: String {
            switch verdict {
            case .verified: "verified"
            case .failed(let failure): failure.rawValue.replacing("_", with: " ")
            }
        }
    }

    /// One finding for each signature; empty for a message without.
    func findings(on bytes: [UInt8]) async -> [Finding] {
        let message: DKIMMessage
        do {
            message = try DKIMMessage(bytes)
        } catch {
            return [Finding(signer: error.description, verdict: .failed(.malformedSignature))]
        }
        var findings: [Finding] = []
        for signature in message.signatures {
            switch signature {
            case .failure(let failure): findings.append(Finding(signer: "unreadable", verdict: .failed(failure)))
            case .success(let field):
                var records: [String] = []
                if case .found(let texts, _) = await resolver.texts(of: field.recordName) { records = texts }
                findings.append(
                    Finding(
                        signer: "\(field.domain), \(field.selector), \(field.algorithm.rawValue)",
                        verdict: message.verdict(on: field, records: records, now: surroundings.now())
                    )
                )
            }
        }
        return findings
    }

    /// Whether both of Ward's signatures are there and hold.
    func isSigned(_ bytes: [UInt8]) async -> Bool {
        let findings = await findings(on: bytes)
        return findings.count >= 2 && findings.allSatisfy { $0.verdict == .verified }
    }
}
