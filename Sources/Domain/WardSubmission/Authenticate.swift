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
        let password = parts[2]
        let made = try await ProcessorThreads.shared.run {
            try SCRAMKeys(password: password, salt: keys.salt, iterations: keys.iterations)
        }
        let isRight = Digest.isEqual(made.storedKey, keys.storedKey)
        return try await ended(parts[1], keys: isRight ? keys : nil, from: peer)
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
            guard let (organization, row) = try find(login, in: tx), row.disabledAt == nil else { return nil }
            return try secrets(of: row, organization: organization, in: tx).expose(for: .evaluating, \.keys)
        }
        let salt = Array(SCRAM.code(decoy, Array(login.utf8)).prefix(16))
        return found ?? SCRAMKeys(nothing: salt, surroundings.randomBytes(Digest.byteCount))
    }

    func find(
        _ login: String,
        in tx: any ReadTransaction
    ) throws -> (organization: OrganizationID, row: AccountRow)? {
        let parts = login.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let organization = try identity.tenant(slug: String(parts[1]), in: tx),
            let row = try AccountQueries.find(String(parts[0]), of: organization.id, in: tx)
        else { return nil }
        return (organization.id, row)
    }

    /// Writes the sign-in into the audit log: the account as it is now, with the keys that were proved, and the certificate
    /// where the account asks for one.
    private func ended(_ login: String, keys: SCRAMKeys?, from peer: SigningClient) async throws -> SASLOutcome {
        let account = try await store.write { [self] tx -> SubmissionAccount? in
            guard let (organization, row) = try find(login, in: tx) else { return nil }
            let present = try secrets(of: row, organization: organization, in: tx).expose(for: .evaluating, \.keys)
            let certificate = try CertificateQueries.admitted(
                peer.certificate,
                by: row.id,
                at: surroundings.now(),
                organization: organization,
                in: tx
            )
            let isRight =
                row.disabledAt == nil && keys == present && row.signInRule.takesPassword(with: certificate)
            let found = try self.account(row, organization: organization, in: tx)
            var requester = found.requester
            requester.networkAddress = peer.networkAddress
            try audit.record(
                AuditEntry(
                    .submissionSignIn,
                    object: AuditObject(kind: "submission_account", row.id),
                    outcome: isRight ? .success : .failed,
                    facts: certificate.map { ["certificate": $0.fingerprint] } ?? [:]
                ),
                by: requester,
                in: tx
            )
            return isRight ? found : nil
        }
        return outcome(account, from: peer)
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
