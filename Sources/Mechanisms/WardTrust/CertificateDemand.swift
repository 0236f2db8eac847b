// SPDX-License-Identifier: Apache-2.0

import Crypto
import SwiftASN1
import WardDNS
import WardKernel
import X509

/// What a server's certificate is measured against.
package enum CertificateDemand: Sendable, Hashable {
    /// A path to a trusted root, and the server's name.
    case webPKI
    /// One of these TLSA records; a path to a public root helps nothing (RFC 7672 section 3.1).
    case dane(DANERecords)

    /// A safe word for records and counts.
    package var word: String {
        switch self {
        case .webPKI: "web_pki"
        case .dane: "dane"
        }
    }
}

extension CertificateVerifier {
    /// The verdict on `chain` (DER, the server's own certificate first) for the host `name`.
    package func verify(_ chain: [[UInt8]], for name: String, demand: CertificateDemand) async -> TrustVerdict {
        switch demand {
        case .webPKI: await verify(chain, for: name)
        case .dane(let records): await verify(chain, for: name, records)
        }
    }

    private func verify(_ chain: [[UInt8]], for name: String, _ records: DANERecords) async -> TrustVerdict {
        guard let own = chain.first else { return .untrusted(.noCertificate) }
        let leaf: Certificate
        do {
            leaf = try Certificate(derEncoded: own)
        } catch {
            return .untrusted(KeyStrength.problem(unreadable: own))
        }
        // RFC 7672 section 3.1.1: with DANE-EE neither the names nor the dates in the certificate count.
        if records.records.contains(where: { $0.usage == 3 && $0.matches(own) }) {
            if let problem = KeyStrength.keyProblem(leaf) { return .untrusted(problem) }
            return .trusted(name: name, expiresAt: Timestamp(leaf.notValidAfter))
        }
        let anchors = records.records.filter { $0.usage == 2 }
        guard !anchors.isEmpty else { return .untrusted(.matchesNoRecord) }
        return await verify(chain, for: [name] + records.otherNames, anchors)
    }

    /// RFC 7672 section 3.1.2: a path to a certificate that a record names, with the names and dates of all of it.
    private func verify(_ chain: [[UInt8]], for names: [String], _ anchors: [TLSARecord]) async -> TrustVerdict {
        let named = chain.dropFirst().filter { certificate in anchors.contains { $0.matches(certificate) } }
        // A record may hold the whole certificate of the anchor, which the server then need not send.
        let whole = anchors.filter { $0.selector == 0 && $0.matching == 0 }.map(\.association)
        let roots = (named + whole).compactMap { bytes in
            // What cannot be read is no anchor.
            try? Certificate(derEncoded: bytes)
        }
        guard !roots.isEmpty else { return .untrusted(.matchesNoRecord) }
        let verifier = CertificateVerifier(roots: TrustRoots(roots), surroundings: surroundings)
        var verdict = TrustVerdict.untrusted(.matchesNoRecord)
        for name in names {
            verdict = await verifier.verify(chain, for: name)
            guard case .untrusted(.nameMismatch) = verdict else { break }
        }
        if case .untrusted(let problem) = verdict, problem == .unknownIssuer || problem == .selfSigned {
            return .untrusted(.matchesNoRecord)
        }
        return verdict
    }
}

extension TLSARecord {
    /// Whether a certificate (DER) is the one that the record names (RFC 6698 sections 2.1.2 and 2.1.3).
    func matches(_ certificate: [UInt8]) -> Bool {
        guard let selected = selector == 0 ? certificate : KeyStrength.publicKeyInfo(certificate) else { return false }
        return switch matching {
        case 0: selected == association
        case 1: Array(SHA256.hash(data: selected)) == association
        case 2: Array(SHA512.hash(data: selected)) == association
        default: false
        }
    }
}
