// SPDX-License-Identifier: Apache-2.0
//
// Does a chain of certificates prove that a server is the host it should be? RFC 5280 (path validation), RFC 9525 (the name:
// subject alternative names only), NIST SP 800-52 Rev. 2 (keys and signatures; `hipaa/rules.md` section 8).

import Crypto
import Foundation
import SwiftASN1
package import WardKernel
import X509

/// Verifies what a server showed in the TLS handshake.
package struct CertificateVerifier: Sendable {
    /// A chain longer than this is not looked at.
    private static let longestChain = 10

    private let roots: TrustRoots
    let surroundings: Surroundings

    package init(roots: TrustRoots, surroundings: Surroundings) {
        self.roots = roots
        self.surroundings = surroundings
    }

    /// The verdict of the Web PKI on `chain` (DER, the server's own certificate first) for the host `name`.
    package func verify(_ chain: [[UInt8]], for name: String) async -> TrustVerdict {
        guard !chain.isEmpty else { return .untrusted(.noCertificate) }
        let certificates = chain.prefix(Self.longestChain).map { bytes in
            // An unreadable certificate becomes the verdict `malformed`; why it cannot be read helps nobody.
            try? Certificate(derEncoded: bytes)
        }
        guard let leaf = certificates[0] else { return .untrusted(KeyStrength.problem(unreadable: chain[0])) }
        let now = surroundings.now()
        if let problem = leafProblem(leaf, name: name, now: now) { return .untrusted(problem) }
        let presented = certificates.dropFirst().compactMap(\.self)
        return await chainVerdict(leaf, presented, name: name, now: now)
    }

    /// SHA-256 of a certificate (DER) in lower-case hexadecimal.
    package static func fingerprint(_ certificate: [UInt8]) -> String {
        SHA256.hash(data: certificate).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
    }

    private func leafProblem(_ leaf: Certificate, name: String, now: Timestamp) -> TrustProblem? {
        let end = Timestamp(leaf.notValidAfter)
        if end < now { return .expired(end) }
        let begin = Timestamp(leaf.notValidBefore)
        if now < begin { return .notYetValid(begin) }
        let names = ServerNames(leaf)
        if !names.include(name) { return .nameMismatch(expected: name, seen: names.shown) }
        return KeyStrength.problem(leaf)
    }

    private func chainVerdict(
        _ leaf: Certificate,
        _ presented: [Certificate],
        name: String,
        now: Timestamp
    ) async -> TrustVerdict {
        let moment = Date(timeIntervalSince1970: Double(now.microseconds) / 1_000_000)
        var verifier = Verifier(rootCertificates: roots.store) {
            RFC5280Policy(validationTime: moment)
            ServerUsePolicy()
        }
        switch await verifier.validate(leaf: leaf, intermediates: CertificateStore(presented)) {
        case .validCertificate(let path):
            // The root itself is trusted as it is; every other certificate must carry its weight.
            if let problem = path.dropLast().compactMap(KeyStrength.problem).first { return .untrusted(problem) }
            return .trusted(name: name, expiresAt: Timestamp(leaf.notValidAfter))
        case .couldNotValidate(let failures):
            return .untrusted(problem(leaf, presented, failures: failures, now: now))
        }
    }

    private func problem(
        _ leaf: Certificate,
        _ presented: [Certificate],
        failures: [CertificateValidationResult.PolicyFailure],
        now: Timestamp
    ) -> TrustProblem {
        if let expired = presented.first(where: { Timestamp($0.notValidAfter) < now }) {
            return .expired(Timestamp(expired.notValidAfter))
        }
        if let weak = presented.compactMap(KeyStrength.problem).first { return weak }
        if let failure = failures.first { return .notAllowed(String(describing: failure.policyFailureReason)) }
        if leaf.issuer == leaf.subject { return .selfSigned }
        return .unknownIssuer
    }
}

extension Timestamp {
    init(_ date: Date) { self.init(microseconds: Int64((date.timeIntervalSince1970 * 1_000_000).rounded())) }
}

/// The certificate may be used by a TLS server (RFC 5280 section 4.2.1.12): no extended key usage, or one that has it.
struct ServerUsePolicy: VerifierPolicy {
    let verifyingCriticalExtensions: [ASN1ObjectIdentifier] = [
        .X509ExtensionID.extendedKeyUsage, .X509ExtensionID.subjectAlternativeName, .X509ExtensionID.keyUsage,
    ]

    mutating func chainMeetsPolicyRequirements(chain: UnverifiedCertificateChain) -> PolicyEvaluationResult {
        do {
            guard let usages = try chain.leaf.extensions.extendedKeyUsage else { return .meetsPolicy }
            return usages.contains(.serverAuth) || usages.contains(.any)
                ? .meetsPolicy : .failsToMeetPolicy(reason: "its extended key usage excludes servers")
        } catch {
            return .failsToMeetPolicy(reason: "its extended key usage cannot be read")
        }
    }
}
