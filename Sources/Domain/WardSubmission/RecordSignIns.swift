// SPDX-License-Identifier: Apache-2.0

import WardAudit
import WardCrypto
import WardKernel
import WardStorage

/// The end of an exchange: what was proved, if anything, and from where.
struct SignIn: Sendable {
    let login: String
    /// The keys that were proved; nil: none.
    let keys: SCRAMKeys?
    let peer: SigningClient
}

/// Writes sign-ins into the audit log, those that end at the same time together.
struct SignInRecords: Sendable {
    let accounts: AccountRecords
    let audit: Audit
    let surroundings: Surroundings

    /// The accounts that are signed in, as they are now, in the order of the sign-ins; nil where what was proved is not
    /// theirs or no longer, the account is disabled, or asks for a certificate that was not presented.
    func record(_ signIns: [SignIn], in tx: any WriteTransaction) throws -> [SubmissionAccount?] {
        struct Present {
            let account: SubmissionAccount
            let keys: SCRAMKeys
        }
        var known: [String: Present?] = [:]
        for login in Set(signIns.map(\.login)) {
            known[login] = try accounts.find(login, in: tx).map { organization, row in
                let secrets = try accounts.secrets(of: row, organization: organization, in: tx)
                return Present(
                    account: accounts.account(row, secrets, organization: organization),
                    keys: secrets.expose(for: .evaluating, \.keys)
                )
            }
        }
        return try signIns.map { signIn in
            guard let present = known[signIn.login] ?? nil else { return nil }
            let account = present.account
            let certificate = try CertificateQueries.admitted(
                signIn.peer.certificate,
                by: account.id,
                at: surroundings.now(),
                organization: account.organization,
                in: tx
            )
            let isRight =
                account.disabledAt == nil && signIn.keys == present.keys
                && account.signInRule.takesPassword(with: certificate)
            var requester = account.requester
            requester.networkAddress = signIn.peer.networkAddress
            try audit.record(
                AuditEntry(
                    .submissionSignIn,
                    object: AuditObject(kind: "submission_account", account.id),
                    outcome: isRight ? .success : .failed,
                    facts: certificate.map { ["certificate": $0.fingerprint] } ?? [:]
                ),
                by: requester,
                in: tx
            )
            return isRight ? account : nil
        }
    }
}
