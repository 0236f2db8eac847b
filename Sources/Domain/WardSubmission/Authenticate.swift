// SPDX-License-Identifier: Apache-2.0

import Foundation
import WardAudit
import WardConsent
import WardCrypto
import WardDelivery
import WardIdentity
package import WardKernel
import WardStorage
import WardVault

extension Submission {
    /// One round of PLAIN (RFC 4616), SCRAM-SHA-256 (RFC 7677), with binding (-PLUS) or without, or EXTERNAL (RFC 4422). The
    /// answer never tells whether the account exists.
    ///
    /// - Parameters:
    ///   - exchange: what the round before answered; nil in the first.
    ///   - peer: the client, as the connection knows it.
    package func authenticate(
        _ mechanism: String,
        _ response: Sensitive<[UInt8]>,
        exchange: SASLExchange?,
        from peer: SigningClient
    ) async throws -> SASLOutcome {
        guard throttle.admits(peer.networkAddress, at: surroundings.now()) else { return .throttled }
        switch (mechanism, exchange?.state) {
        case ("PLAIN", nil): return try await plain(response, from: peer)
        case ("EXTERNAL", nil): return try await external(response, from: peer)
        case ("SCRAM-SHA-256", nil): return try await firstOfSCRAM(response, isBound: false, from: peer)
        case ("SCRAM-SHA-256-PLUS", nil): return try await firstOfSCRAM(response, isBound: true, from: peer)
        case ("SCRAM-SHA-256", .awaitingProof(let scram)?), ("SCRAM-SHA-256-PLUS", .awaitingProof(let scram)?):
            let login = scram.first.login
            switch response.expose(for: .evaluating, scram.judge) {
            case .malformed: return .malformed
            case .wrong: return try await ended(login, keys: nil, from: peer)
            case .right(let proof):
                let outcome = try await ended(login, keys: scram.keys, from: peer)
                guard case .authenticated(let account) = outcome else { return outcome }
                return .challenge(proof, SASLExchange(login: login, state: .awaitingNothing(account)))
            }
        case ("SCRAM-SHA-256", .awaitingNothing(let account)?), ("SCRAM-SHA-256-PLUS", .awaitingNothing(let account)?):
            return response.expose(for: .evaluating, \.isEmpty) ? .authenticated(account) : .malformed
        default: return .malformed
        }
    }

    private func plain(_ response: Sensitive<[UInt8]>, from peer: SigningClient) async throws -> SASLOutcome {
        let parts = response.expose(for: .evaluating) { octets in
            octets.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
        }
        guard parts.count == 3, !parts[1].isEmpty, !parts[2].isEmpty, parts[2].utf8.count <= 255,
            parts[0].isEmpty || parts[0] == parts[1]
        else { return .malformed }
        let keys = try await keys(of: parts[1])
        let isRight = try await isRight(parts[2], of: parts[1], keys: keys)
        return try await ended(parts[1], keys: isRight ? keys : nil, from: peer)
    }

    private func isRight(_ password: String, of login: String, keys: SCRAMKeys) async throws -> Bool {
        if provenPasswords.isProven(password, of: login, keys: keys) { return true }
        let made = try await ProcessorThreads.shared.run {
            try SCRAMKeys(password: password, salt: keys.salt, iterations: keys.iterations)
        }
        guard Digest.isEqual(made.storedKey, keys.storedKey) else { return false }
        provenPasswords.remember(password, of: login, keys: keys)
        return true
    }

    private func firstOfSCRAM(
        _ response: Sensitive<[UInt8]>,
        isBound: Bool,
        from peer: SigningClient
    ) async throws -> SASLOutcome {
        guard let first = response.expose(for: .evaluating, SCRAMFirst.init) else { return .malformed }
        guard first.fits(peer.binding, isBound: isBound) else {
            return try await ended(first.login, keys: nil, from: peer)
        }
        let scram = SCRAMExchange(
            first,
            keys: try await keys(of: first.login),
            nonce: surroundings.randomBytes(18),
            binding: isBound ? peer.binding : nil
        )
        let exchange = SASLExchange(login: first.login, state: .awaitingProof(scram))
        return .challenge(Array(scram.challenge.utf8), exchange)
    }

    /// The keys of a login; made up, and the same each time, where there is none.
    private func keys(of login: String) async throws -> SCRAMKeys {
        let found = try await store.read { [self] tx -> SCRAMKeys? in
            guard let (organization, row) = try records.find(login, in: tx), row.disabledAt == nil else { return nil }
            return try records.secrets(of: row, organization: organization, in: tx).expose(for: .evaluating, \.keys)
        }
        let salt = Array(SCRAM.code(decoy, Array(login.utf8)).prefix(16))
        return found ?? SCRAMKeys(nothing: salt, surroundings.randomBytes(Digest.byteCount))
    }

    /// Writes the sign-in into the audit log: the account as it is now, with the keys that were proved, and the certificate
    /// where the account asks for one.
    private func ended(_ login: String, keys: SCRAMKeys?, from peer: SigningClient) async throws -> SASLOutcome {
        outcome(try await signIns.write(SignIn(login: login, keys: keys, peer: peer)), from: peer)
    }

    func outcome(_ account: SubmissionAccount?, from peer: SigningClient) -> SASLOutcome {
        guard let account else {
            throttle.noteFailure(peer.networkAddress, at: surroundings.now())
            return .rejected
        }
        throttle.noteSuccess(peer.networkAddress)
        return .authenticated(account)
    }
}
