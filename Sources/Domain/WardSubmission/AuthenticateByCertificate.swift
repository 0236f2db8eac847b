// SPDX-License-Identifier: Apache-2.0
//
// EXTERNAL (RFC 4422 appendix A): the TLS handshake has proved a key, and an account counts it as its own.

import WardAudit
import WardIdentity
import WardKernel
import WardStorage
import WardVault

extension Submission {
    /// Whether an account signs in with this certificate alone, so that EXTERNAL is worth offering.
    package func offersExternal(to certificate: PresentedCertificate) async throws -> Bool {
        try await store.read { [self] tx in !(try holders(of: certificate, in: tx).filter(\.isRight).isEmpty) }
    }

    func external(_ response: Sensitive<[UInt8]>, from peer: SigningClient) async throws -> SASLOutcome {
        let given = response.expose(for: .evaluating) { octets in
            octets.count <= 255 && !octets.contains(0) ? String(validating: octets, as: UTF8.self) : nil
        }
        guard let name = given else { return .malformed }
        let account = try await store.write { [self] tx -> SubmissionAccount? in
            let holders = try peer.certificate.map { try self.holders(of: $0, in: tx) } ?? []
            guard let holder = try acted(as: name, among: holders, in: tx) else { return nil }
            let found = try records.account(holder.row, organization: holder.organization, in: tx)
            var requester = found.requester
            requester.networkAddress = peer.networkAddress
            try audit.record(
                AuditEntry(
                    .submissionSignIn,
                    object: AuditObject(kind: "submission_account", holder.row.id),
                    outcome: holder.isRight ? .success : .failed,
                    facts: ["mechanism": "EXTERNAL"].merging(holder.certificate.map { ["certificate": $0] } ?? [:]) {
                        $1
                    }
                ),
                by: requester,
                in: tx
            )
            return holder.isRight ? found : nil
        }
        return outcome(account, from: peer)
    }

    /// An account that a certificate is pinned for, or one that was named and has not pinned it.
    private struct Holder {
        let organization: OrganizationID
        let row: AccountRow
        /// Its fingerprint.
        let certificate: String?
        let isRight: Bool
    }

    private func holders(of presented: PresentedCertificate, in tx: any ReadTransaction) throws -> [Holder] {
        let now = surroundings.now()
        return try CertificateQueries.holders(of: presented.keyDigest, in: tx).compactMap { found in
            guard let row = try AccountQueries.find(found.account, of: found.organization, in: tx) else { return nil }
            return Holder(
                organization: found.organization,
                row: row,
                certificate: found.certificate.fingerprint,
                isRight: row.disabledAt == nil && row.signInRule == .certificate
                    && found.certificate.admits(presented, at: now)
            )
        }
    }

    /// Without a name the one account that may sign in so; where there is none or several, none is guessed.
    private func acted(as name: String, among holders: [Holder], in tx: any ReadTransaction) throws -> Holder? {
        if name.isEmpty {
            let right = holders.filter(\.isRight)
            if right.isEmpty { return holders.count == 1 ? holders.first : nil }
            return right.count == 1 ? right.first : nil
        }
        guard let (organization, row) = try records.find(name, in: tx) else { return nil }
        return holders.first { $0.organization == organization && $0.row.id == row.id }
            ?? Holder(organization: organization, row: row, certificate: nil, isRight: false)
    }
}
