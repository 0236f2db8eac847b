// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardCrypto
package import WardKernel
import WardMailCrypto
import WardStorage
import WardVault

extension SenderDomains {
    /// The organization's keys, oldest first.
    package func keys(by requester: Requester) async throws -> [SigningKey] {
        try require(requester)
        return try await store.read { try SigningKeyQueries.all(of: requester.organization, in: $0) }
    }

    /// Makes the next pair of keys, RSA and Ed25519, for the organization's sender domain. They wait until their DNS records
    /// are seen; what is active goes on signing meanwhile.
    package func makeKeys(why reason: String, by requester: Requester) async throws -> [SigningKey] {
        try require(requester)
        let why = try Self.checked(reason)
        let surroundings = surroundings
        let made = try await ProcessorThreads.shared.map([DKIMAlgorithm.rsa, .ed25519], piece: 1) { algorithm in
            try DKIMSigningKey.make(algorithm, randomBytes: surroundings.randomBytes)
        }
        return try await store.write { [self] tx in
            let organization = requester.organization
            let domain = try domain(of: organization, in: tx)
            let existing = try SigningKeyQueries.all(of: organization, in: tx).filter { $0.domain == domain }
            guard !existing.contains(where: { $0.state == .waiting }) else { throw SenderDomainError.keysWaiting }
            let now = surroundings.now()
            let stem = Self.selectorStem(at: now, besides: Set(existing.map(\.selector)))
            return try made.map { secret in
                let key = SigningKey(
                    id: surroundings.makeIdentifier(),
                    domain: domain,
                    selector: "\(stem)-\(secret.algorithm.keyType)",
                    algorithm: secret.algorithm,
                    state: .waiting,
                    publicKey: secret.publicKey,
                    madeAt: now
                )
                guard (try? DKIMSigner(domain: domain, selector: key.selector, key: secret)) != nil else {
                    throw SenderDomainError.domainMalformed
                }
                let sealed = try vault.seal(try secret.stored(), at: Self.place(of: key.id, organization), in: tx)
                try SigningKeyQueries.insert(key, sealed: sealed, of: organization, in: tx)
                try record(.signingKeyMake, key, why: why, by: requester, in: tx)
                return key
            }
        }
    }

    /// `ward-20261125`, and `ward-20261125b` … where the day has keys already: a selector is never used for two keys, since
    /// receivers remember records.
    private static func selectorStem(at now: Timestamp, besides taken: Set<String>) -> String {
        let day = "ward-" + String("\(now)".prefix(10)).filter { $0 != "-" }
        let stems = [day] + "bcdefghijklmnopqrstuvwxyz".map { "\(day)\($0)" }
        return stems.first { stem in !taken.contains { $0.hasPrefix(stem + "-") } } ?? "\(day)-\(taken.count)"
    }
}
